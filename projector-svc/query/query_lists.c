/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of orders, newest first: all of them, or a customer's.
 *
 * A cursor names the last order seen by its time and id, not a place in the
 * list, so orders that come meanwhile neither repeat nor hide one.
 */
#include "common/base/id_form.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/order_row.h"
#include "projector-svc/query/query.h"

#include <stdio.h>

enum list_kind { LIST_RECENT = 0, LIST_OF_CUSTOMER };

struct list_query {
    struct query query; /* first */
    enum list_kind kind;
    struct strview customer_id; /* whose list it is; empty: all orders */
    int64_t limit;
};

enum {
    READ_PAGE = 0,
    READ_CUSTOMER,
    READ_SIZE,
    READ_SLOTS,
    READ_COUNT = READ_SLOTS + SLOTS_COMMANDS
};

static struct list_query *own(struct query *query)
{
    return (struct list_query *)(void *)query;
}

/* --- reading */

static query_reply_fn on_page;

/* cursor: when the last order that was seen was placed, and its id. */
static void read_page(struct list_query *asked, struct strview cursor)
{
    struct arena *arena = asked->query.arena;
    const bool is_all = asked->customer_id.len == 0;
    struct arglist args = {.arena = arena};
    const struct strview key = is_all ? STRVIEW(KEYS_ORDERS_RECENT)
                                      : keys_customer_orders(arena, KEYS_ALL, asked->customer_id);
    arglist_add(&args, STRVIEW("PAGE"));
    arglist_add(&args, key);
    arglist_add_number(&args, asked->limit);
    arglist_add(&args, strview_take(&cursor, '_'));
    arglist_add(&args, cursor.data == NULL ? STRVIEW("") : cursor);
    order_row_ask(&args);
    const struct strview customer_key =
        keys_customer(arena, keys_partition_of(asked->customer_id), asked->customer_id);
    struct redisconn_command commands[READ_COUNT] = {
        [READ_PAGE] = query_command(&args),
        [READ_CUSTOMER] = REDISCONN_COMMAND(STRVIEW("EXISTS"), customer_key),
        [READ_SIZE] = REDISCONN_COMMAND(STRVIEW("ZCARD"), key),
    };
    slots_ask(&commands[READ_SLOTS]);
    query_read(&asked->query, commands, READ_COUNT, on_page);
}

/* --- answering */

static void put_cursor(struct json_writer *writer, const struct redisconn_reply *row)
{
    enum { CURSOR_MAX = 128 };
    char cursor[CURSOR_MAX];
    const struct strview id = redisconn_reply_text_at(row, 0);
    const struct strview score = redisconn_reply_text_at(row, 1);
    (void)snprintf(cursor, sizeof cursor, "%.*s_%.*s", STRVIEW_ARG(score), STRVIEW_ARG(id));
    json_put_member_string(writer, "next_cursor", strview_of(cursor));
}

/* The list of all orders keeps the newest: what was trimmed off is behind no cursor. */
static bool is_trimmed(const struct list_query *asked, const struct redisconn_reply *reply)
{
    return asked->customer_id.len == 0 &&
           redisconn_reply_integer_at(reply, READ_SIZE, 0) >= asked->query.context->recent_cap;
}

static void answer_page(struct list_query *asked, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *rows = redisconn_reply_at(reply, READ_PAGE);
    const size_t found = redisconn_reply_count(rows);
    const size_t shown = found > (size_t)asked->limit ? (size_t)asked->limit : found;
    struct json_writer *writer = query_write(&asked->query);
    json_open_object(writer);
    json_open_member_array(writer, "orders");
    for (size_t i = 0; i < shown; i++) {
        order_row_put(writer, redisconn_reply_at(rows, i));
    }
    json_close_array(writer);
    if (found > shown) {
        put_cursor(writer, redisconn_reply_at(rows, shown - 1));
    } else if (is_trimmed(asked, reply)) {
        json_put_member_bool(writer, "truncated", true);
    }
    query_end_list(&asked->query, reply, READ_SLOTS);
}

static void on_page(struct query *query, const struct redisconn_reply *reply)
{
    struct list_query *asked = own(query);
    const bool is_customer_known = redisconn_reply_integer_at(reply, READ_CUSTOMER, 0) == 1;
    const bool is_empty = redisconn_reply_count(redisconn_reply_at(reply, READ_PAGE)) == 0;
    if (asked->kind == LIST_OF_CUSTOMER && is_empty && !is_customer_known) {
        query_not_found(query);
        return;
    }
    answer_page(asked, reply);
}

/* --- routes */

static void on_request(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {"cursor", "limit", NULL};
    struct query *query =
        query_begin(user, request, READABLE_ORDER_LIST, PARAMETERS, sizeof(struct list_query));
    if (query == NULL) {
        return;
    }
    struct list_query *asked = own(query);
    asked->kind = (enum list_kind)http_request_tag(request);
    asked->customer_id =
        asked->kind == LIST_OF_CUSTOMER ? http_request_param(request, 0) : query->only;
    const bool is_named = asked->kind == LIST_RECENT || id_form_fits(asked->customer_id);
    if (!is_named || !may_see(query->only, asked->customer_id)) {
        query_not_found(query);
        return;
    }
    struct strview cursor;
    if (query_limit(query, &asked->limit) && query_cursor(query, query_is_place, &cursor)) {
        read_page(asked, cursor);
    }
}

const struct http_route QUERY_LIST_ROUTES[] = {
    {HTTP_GET, "/v1/orders", on_request, .tag = LIST_RECENT},
    {HTTP_GET, "/v1/customers/{id}/orders", on_request, .tag = LIST_OF_CUSTOMER},
    {.pattern = NULL},
};
