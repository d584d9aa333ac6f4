/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h - one request and its answer: what a handler may ask, and what it may say.
 *
 * Handlers answer now or later, but exactly once, with http_respond() or http_problem(); after
 * that the request is gone. When the peer leaves first the request stays valid, and answering it
 * only frees it. A peer that only stops sending (FIN) may have left or may still read: whoever
 * waits for it learns of it by http_request_on_gone() and answers at once with what there is. It
 * is not seen while the peer has sent 4 KiB of further requests, which stay in the kernel until
 * the answer.
 *
 * Answering calls nobody back: it sends what the socket takes, and what follows from it (the next
 * request, closing) happens in a turn of its own. A handler may so answer other requests than its
 * own, too.
 *
 * Ownership: views from a request (path, header, body, parameters) and its arena
 * live until it is answered. Header and answer bytes given to http_respond() are copied,
 * unless the answer says that its body stays.
 */
#ifndef COMMON_IO_HTTP_EXCHANGE_H
#define COMMON_IO_HTTP_EXCHANGE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/http/message.h"
#include "common/io/http/router.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct http_request;

/* --- the request ----------------------------------------------------------- */

enum http_method http_request_method(const struct http_request *request);
int http_request_tag(const struct http_request *request);
struct strview http_request_path(const struct http_request *request); /* as sent, no query */
struct strview http_request_body(const struct http_request *request);

/* The index-th {…} of the pattern, percent-decoded. */
struct strview http_request_param(const struct http_request *request, size_t index);

/* A query parameter, decoded; data is NULL when absent. Doubles were refused with 400. */
struct strview http_request_query(const struct http_request *request, const char *name);

/*
 * Names of the query must be among the names given (NULL-ended; NULL: there may be none): otherwise
 * answers 400 itself and returns false.
 */
MUST_USE bool http_request_query_only(struct http_request *request, const char *const *names);

/* A header's value without blanks around it; data is NULL when absent. Case does not count. */
struct strview http_request_header(const struct http_request *request, const char *name);

/* The same; data is NULL also where it stands twice. */
struct strview http_request_lone_header(const struct http_request *request, const char *name);

/* Made at first use; freed with the request. */
struct arena *http_request_arena(struct http_request *request);

/* Whether an arena that had no room lacked it because of what all requests hold: 503, not 413. */
bool http_request_is_crowded(const struct http_request *request);

/* What on_head keeps for the handler, in the request's arena. */
void http_request_keep(struct http_request *request, void *kept);
void *http_request_kept(const struct http_request *request);

/* A token was shown: what the request holds is no stranger's any more. */
void http_request_admit(struct http_request *request);

/*
 * What the request holds is that party's from here on; once. False: it has answered, here or later
 * before its handler, as memory is scarce and that party has most of it: 429, or 503 where there is
 * no other.
 */
MUST_USE bool http_request_charge(struct http_request *request, uint64_t who);

/*
 * False when it has answered: 411 without a length, 415 with a content coding. The server asks
 * after on_head, too; for those that want it earlier.
 */
MUST_USE bool http_request_check_form(struct http_request *request);

/*
 * Calls back once when the peer sends nothing more before the answer: at once, when that is so
 * already. NULL takes it back.
 */
void http_request_on_gone(struct http_request *request, void (*callback)(void *user), void *user);

/* --- the answer ------------------------------------------------------------ */

void http_respond(struct http_request *request, const struct http_answer *answer);

/* An answer of one JSON object, which put_members fills; 500 where it cannot be written. */
void http_respond_json(struct http_request *request, int status, http_members *put_members,
                       const void *user);

/* A handler for a document that is part of the program; user is its text, in JSON. */
void http_send_document(struct http_request *request, void *user);

/* Answers with application/problem+json. As all answers do, 429 and 503 get a
 * Retry-After by pause.h unless headers have one. */
void http_problem(struct http_request *request, const struct http_problem *problem);

/* The usual case: no members, no headers. */
void http_refuse(struct http_request *request, int status, const char *slug, const char *detail);

#endif
