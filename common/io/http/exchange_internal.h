/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange_internal.h - what a connection does with its request; for common/io/http/.
 */
#ifndef COMMON_IO_HTTP_EXCHANGE_INTERNAL_H
#define COMMON_IO_HTTP_EXCHANGE_INTERNAL_H

#include "common/io/http/exchange.h"
#include "common/io/http/internal.h"

/*
 * A request from its complete head; tells the line whether it closes afterwards and which body
 * follows. NULL, with the reason, when the head is refused.
 */
struct http_request *http_exchange_new(struct http_server *server, struct http_line *line,
                                       struct strview head, struct http_verdict *ret_refusal);

/*
 * Judges the request on its head alone: route, place, room, parameters, token, form. False: it
 * has been answered.
 */
MUST_USE bool http_exchange_judge(struct http_request *request);

/* Takes a piece of the body. False: there is no room, and it has been answered. */
MUST_USE bool http_exchange_take(struct http_request *request, struct strview piece);

/* Hands it to its handler, which may answer at once. */
void http_exchange_handle(struct http_request *request);

/* The peer sends nothing more: whoever waits for that is told, and may answer at once. */
void http_exchange_end_input(struct http_request *request);

/*
 * The connection lets go of it. Where a handler still has it, that is told and keeps it until it
 * answers; otherwise it is freed.
 */
void http_exchange_part(struct http_request *request);

/* Frees what handlers still have: those are gone, and nobody is told. */
void http_exchange_free_pending(struct http_server *server);

/* ---- exchange_answer.c ---- */

/* Sends the answer; request is NULL where its head was refused. Gives nothing back. */
void http_exchange_say(struct http_server *server, struct http_line *line,
                       const struct http_answer *answer, const struct http_request *request);

/* Says that problem, of which no handler knows; the line closes afterwards. */
void http_exchange_refuse(struct http_server *server, struct http_line *line,
                          const struct http_verdict *verdict);

/* ---- exchange_share.c ---- */

#define HTTP_CROWDED "too many requests are waiting"

/* 503: there is no memory left for it. Returns false. */
bool http_exchange_refuse_crowd(struct http_request *request);

/* False: memory is scarce and its party has most of it, and it has been answered. */
MUST_USE bool http_exchange_is_within_share(struct http_request *request);

/* What it held is its party's no more; its arena is done, the rest still counted in it. */
void http_exchange_leave_share(struct http_request *request);

#endif
