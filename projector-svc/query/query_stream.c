/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders as they change, live: who may follow which, and from where on.
 *
 * Why the query ends with the answer's head: what goes on behind it is the hub's, and holds nothing
 * of the request.
 */
#include "common/base/id_form.h"
#include "projector-svc/query/query.h"
#include "projector-svc/query/stream_hub.h"

static void copy(char *out, struct strview text)
{
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static bool read_order(struct query *query, struct stream_filter *filter)
{
    const struct strview text = http_request_query(query->request, "order");
    struct uuid order_id;
    if (text.data == NULL) {
        return true;
    }
    if (uuid_parse(text, &order_id)) {
        copy(filter->order_id, uuid_view(&order_id));
        return true;
    }
    query_malformed(query, "order is not an order's id");
    return false;
}

/* Whoever is not told whose an order is may not ask for somebody's. */
static bool read_customer(struct query *query, struct stream_filter *filter)
{
    const struct strview asked = http_request_query(query->request, "customer");
    const struct strview text = asked.data == NULL ? query->only : asked;
    if (asked.data != NULL && !readers_may_read(query->role, READABLE_STREAM_CUSTOMER)) {
        query_refuse(query, 403, "forbidden", "this token's role may not ask by customer");
        return false;
    }
    if (text.len == 0 && asked.data == NULL) {
        return true;
    }
    if (!id_form_fits(text)) {
        query_malformed(query, "customer is not a customer's id");
        return false;
    }
    if (!may_see(query->only, text)) {
        query_not_found(query);
        return false;
    }
    copy(filter->customer_id, text);
    return true;
}

static void refuse_full(struct query *query, int status, const char *slug, const char *detail)
{
    query_problem(query, &(struct http_problem){.status = status,
                                                .slug = slug,
                                                .detail = detail,
                                                .put_members = http_problem_put_reason,
                                                .members_user = "streams"});
}

static bool find_room(struct query *query)
{
    switch (stream_hub_room(query->context->streams, query->only)) {
    case STREAM_HUB_OPEN:
        return true;
    case STREAM_HUB_DRAINING:
        query_unavailable(query, "shutting down");
        return false;
    case STREAM_HUB_AWAY:
        query_unavailable(query, "the views cannot be read now");
        return false;
    case STREAM_HUB_FULL:
        refuse_full(query, 503, "overloaded", "too many streams are open");
        return false;
    case STREAM_HUB_GREEDY:
        refuse_full(query, 429, "rate-limited", "this customer has as many streams open as it may");
        return false;
    }
    return false;
}

static void on_request(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {"order", "customer", NULL};
    struct query *query =
        query_begin(user, request, READABLE_STREAM, PARAMETERS, sizeof(struct query));
    struct stream_hub_wish wish = {.filter = {.order_id = ""}};
    if (query == NULL || !read_order(query, &wish.filter) || !read_customer(query, &wish.filter) ||
        !find_room(query)) {
        return;
    }
    struct stream_hub *hub = query->context->streams;
    wish.role = query->role;
    wish.is_own = query->only.len > 0;
    wish.until_ms = query->until_ms;
    wish.resume = http_request_header(request, "Last-Event-ID");
    query_leave(query);
    stream_hub_add(hub, request, &wish);
}

const struct http_route QUERY_STREAM_ROUTES[] = {
    {HTTP_GET, "/v1/stream", on_request, .tag = 0},
    {.pattern = NULL},
};
