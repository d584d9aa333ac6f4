/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - an answer, or a problem (RFC 9457), as bytes.
 *
 * Why apart from sending: what goes out can be read here and tested without a socket. The head
 * and the body stay two pieces, so that a body is never copied only to stand behind its head.
 *
 * Every answer says no-store and nosniff: most are somebody's, and none is a page.
 *
 * Pure. Ownership: what an answer or a problem points at is borrowed for the call.
 */
#ifndef COMMON_IO_HTTP_MESSAGE_H
#define COMMON_IO_HTTP_MESSAGE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

struct json_writer;
struct strbuf;

enum { HTTP_DATE_SIZE = 32, HTTP_PROBLEM_MAX = 65536 };

struct http_header {
    const char *name; /* NULL ends a list */
    const char *value;
};

/* How the reader of an answer learns where its body ends. */
enum http_coding {
    HTTP_CODING_LENGTH = 0,
    HTTP_CODING_CHUNKED, /* the body comes later, in chunks */
    HTTP_CODING_CLOSE,   /* or up to the connection's end */
};

struct http_answer {
    int status;
    const char *content_type;          /* NULL: application/json when there is a body */
    const struct http_header *headers; /* may be NULL; ended by a NULL name */
    enum http_coding coding;
    struct strview body;
    bool body_stays; /* its bytes outlive the server: none are copied */
};

/* Puts members into the problem's object, which is open. */
typedef void http_members(struct json_writer *writer, const void *user);

struct http_problem {
    int status;
    const char *slug;                  /* type becomes urn:problem:<slug> */
    const char *detail;                /* one sentence, or NULL */
    http_members *put_members;         /* more than these; may be NULL */
    const void *members_user;          /* for put_members */
    const struct http_header *headers; /* may be NULL */
};

/* The usual member: "reason", user being its text. */
http_members http_problem_put_reason;

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_message_date(int64_t wall_s, char ret_date[HTTP_DATE_SIZE]);

/* 429 or 503, and no Retry-After of its own. */
bool http_message_needs_pause(const struct http_answer *answer);

/* Appends the head of an answer, blank line included; with Retry-After where pause_s is not 0, and
 * with more lines, which come as they stand. */
void http_message_head(const struct http_answer *answer, const char *date, int pause_s, bool closes,
                       struct strview more, struct strbuf *out);

/* RFC 9110 §6.4.1: no body, and no length, for 1xx, 204 and 304. */
bool http_message_may_have_body(int status);

/*
 * Appends the problem's body. False: it did not fit, or a text is no UTF-8; then out ends with
 * the problem without detail and members, where there is room for that.
 */
bool http_problem_write(const struct http_problem *problem, struct strbuf *out);

/* The problem as an answer; its body is written to body. */
struct http_answer http_problem_answer(const struct http_problem *problem, struct strbuf *body);

/* The standard reason phrase; "Unknown" for codes we never send. */
const char *http_reason(int status);

#endif
