/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query.h - one question on its way: who asks, what is read, how it is answered.
 *
 * Private to the query_*.c files. A handler begins a query (which checks the
 * token), reads once or several times, and answers exactly once; after that the query
 * is gone with its request.
 *
 * Whatever a reading finds, it also learns whether Redis is being filled again, and every
 * answer that follows a reading says so (`recovering`), refusals too. Those that no reading came
 * before say what was judged last (query_api.c).
 *
 * Ownership: a query lives in its request's arena, which also holds whatever a
 * handler needs until it answers.
 */
#ifndef PROJECTOR_SVC_QUERY_QUERY_H
#define PROJECTOR_SVC_QUERY_QUERY_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/redis/redisconn.h"
#include "common/run/activity.h"
#include "projector-svc/core/readers.h"
#include "projector-svc/query/slots.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loss_watch;
struct order_waits;
struct query;
struct stream_hub;

typedef void query_reply_fn(struct query *query, const struct redisconn_reply *reply);

struct query_context {
    struct loop *loop;
    struct redisconn *reader;
    struct redisconn *decider; /* may write what operators decide; nothing else uses it */
    struct loss_watch *losses;
    struct order_waits *waits;
    struct stream_hub *streams; /* NULL: none are served here */
    const struct auth *auth;
    int64_t recent_cap;
    struct query *live;      /* begun and not answered */
    struct query *queued;    /* whose reading is still to be sent */
    size_t readings;         /* on their way to Redis */
    struct activity reading; /* Redis's words about it are for the log, not for clients */
    bool is_draining;
};

/* The views, as the last reading found them. */
enum query_views { QUERY_VIEWS_UNREAD = 0, QUERY_VIEWS_WHOLE, QUERY_VIEWS_RECOVERING };

struct query {
    struct query_context *context;
    struct http_request *request;
    struct arena *arena;
    enum readable readable;
    unsigned auth_epoch; /* of the tokens by which it may be asked */
    int64_t until_ms;    /* from then on the token has expired: principal.h */
    enum role role;      /* who reads what: readers.h */
    struct strview only; /* may_see(): a customer's id; empty: sees everybody's. In the arena */
    enum query_views views;
    struct redisconn_command reading; /* in the arena */
    struct strbuf body;               /* of the answer, while it is written */
    struct json_writer writer;
    struct query *next_queued, *previous_queued;
    bool is_queued;
    query_reply_fn *on_reply;
    void (*on_end)(struct query *query); /* before it is answered, however; may be NULL */
    struct query *next, *previous;       /* among the live */
};

enum {
    /* Bytes of an answer. The largest lawful one, an order of 500 lines with a page of its
     * timeline, has a mebibyte and a half. While it is put together it is in no budget, and nor is
     * Redis's reply that it is made of: both live for one callback, one at a time, as replies come
     * one after the other on the one connection. What of it is not sent at once counts for its
     * client from then on. */
    QUERY_BODY_MAX = 8 << 20,
    QUERY_LIMIT_DEFAULT = 50,
    QUERY_LIMIT_MAX = 200,
};

/*
 * Checks token, role and the names of the query's parameters (NULL-ended, or NULL). NULL: it has
 * been answered. size: of the handler's own struct, which begins with struct query.
 */
MUST_USE struct query *query_begin(struct query_context *context, struct http_request *request,
                                   enum readable readable, const char *const *parameters,
                                   size_t size);

/* Reads all of it as one moment shows it; callback gets the array. Without Redis it answers 503.
 * A key that could not be composed (data NULL) is want of memory: 503. */
void query_read(struct query *query, const struct redisconn_command *commands, size_t count,
                query_reply_fn *callback);

/* How long a query may wait that would wait for so long: no longer than its token is good. */
int64_t query_may_wait_ms(const struct query *query, int64_t wait_ms);

/* Begins the answer's body, one JSON object, which is written in one go with query_answer(). */
struct json_writer *query_write(struct query *query);

/* Answers with what was written; 500 when that failed. headers may be NULL. */
void query_answer(struct query *query, const struct http_header *headers);

/* Ends the object, with its member "recovering" while it is so, and answers with it. */
void query_end(struct query *query, const struct http_header *headers);

/* It is answered by other means, with what the request still holds. */
void query_leave(struct query *query);

/* 304: the reader has it already. */
void query_answer_unmodified(struct query *query, const struct http_header *headers);

void query_refuse(struct query *query, int status, const char *slug, const char *detail);
void query_malformed(struct query *query, const char *detail); /* 400 */
void query_problem(struct query *query, const struct http_problem *problem);

/* 503, with the reason. */
void query_unavailable(struct query *query, const char *reason);

/* The answer for what is not there, and for what belongs to somebody else: the same bytes. Reads
 * first where nothing was read, so that neither the time it takes nor `recovering` differs. */
void query_not_found(struct query *query);

/* The member "recovering" of an answer, while it is so. */
void query_put_recovering(const struct query *query, struct json_writer *writer);

/* --- parameters: false = it has been answered with 400 --------------------------------------- */

MUST_USE bool query_limit(struct query *query, int64_t *ret_limit);

/* "": from the first on. */
MUST_USE bool query_cursor(struct query *query, bool (*is_one)(struct strview text),
                           struct strview *ret);

/* A place among orders by time, also before 1970: "<milliseconds>_<order id>". */
bool query_is_place(struct strview text);

/* What was put together as one command; where the arena was full, one that query_read() refuses. */
struct arglist;
struct redisconn_command query_command(const struct arglist *args);

/* --- lists, and how fresh they are ------------------------------------------------------------ */

/* The reply to a list, and the first of those to slots_ask(). */
enum { QUERY_LIST = 0, QUERY_LIST_SLOTS };

/* Reads the list that one command finds. */
void query_read_list(struct query *query, const struct arglist *args, query_reply_fn *callback);

/* The members that say how fresh it is: projected_at and lag_ms. first: as slots_read() has it. */
void query_put_slowest(struct arena *arena, struct json_writer *writer,
                       const struct redisconn_reply *reply, size_t first);

/* query_end(), with the member "freshness". */
void query_end_list(struct query *query, const struct redisconn_reply *reply, size_t first);

typedef void query_row_fn(struct json_writer *writer, const struct redisconn_reply *row);

/* Each element of the list but the first, in an array of that name. */
void query_put_rows(struct json_writer *writer, const struct redisconn_reply *reply,
                    const char *name, query_row_fn *put_row);

/* Answers with a page: of the list the first element is the next cursor. */
void query_answer_page(struct query *query, const struct redisconn_reply *reply, const char *name,
                       query_row_fn *put_row);

/* --- routes
 * ---------------------------------------------------------------------------------------- */

extern const struct http_route QUERY_ORDER_ROUTES[];
extern const struct http_route QUERY_LIST_ROUTES[];
extern const struct http_route QUERY_PARTY_ROUTES[];
extern const struct http_route QUERY_SEARCH_ROUTES[];
extern const struct http_route QUERY_OPS_ROUTES[];
extern const struct http_route QUERY_FRESHNESS_ROUTES[];
extern const struct http_route QUERY_STREAM_ROUTES[];
extern const struct http_route QUERY_DEAD_LETTER_ROUTES[];

/* Answers with the customers that are in all of the sets of customers; data NULL: it is none. */
void query_find_customers(struct query *query, const struct strview *sets, size_t count,
                          int64_t limit);

/* Waiting orders answer with what there is. */
void query_orders_drain(struct query_context *context);

#endif
