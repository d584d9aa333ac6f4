/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searching: customers by email and phone, orders by what they say, all criteria together.
 *
 * Orders are found by going through the smallest key that one of the criteria names, a few hundred
 * at a time, and testing each one's hash: see SEARCH and LOOKUP of orderspine.lua. Who may search
 * by what is said by which criteria there are.
 */
#include "common/base/parse.h"
#include "common/contract/order_status.h"
#include "projector-svc/core/contact.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/order_row.h"
#include "projector-svc/query/query.h"

#include <assert.h>

/* What a criterion names: an index, a set of orders, a set of customers. */
enum base { BASE_INDEX = 0, BASE_LOOKUP, BASE_CUSTOMERS };

static struct strview email_key(struct arena *arena, int32_t partition, struct strview typed)
{
    const struct strview email = contact_email(arena, typed);
    return email.data == NULL ? email : keys_lookup_email(arena, partition, email);
}

static struct strview phone_key(struct arena *arena, int32_t partition, struct strview typed)
{
    const struct strview phone = contact_phone(arena, typed);
    return phone.data == NULL ? phone : keys_lookup_phone(arena, partition, phone);
}

static bool is_status(struct strview word)
{
    enum order_status status;
    return order_status_parse(word, &status) && status != ORDER_STATUS_NONE;
}

static bool is_payment_status(struct strview word)
{
    enum payment_status status;
    return payment_status_parse(word, &status);
}

static bool is_refund_state(struct strview word)
{
    enum refund_state state;
    return refund_state_parse(word, &state) && state != REFUND_NONE;
}

static bool is_anything(struct strview text)
{
    (void)text; /* where nothing of it is left, nobody is found by it */
    return true;
}

static bool is_text(struct strview text)
{
    return text.len > 0;
}

/* Parameter; what it names, by which key; what values there are; the test of it, and the field, as
 * in orderspine.lua. A search without any of those of orders finds customers: by e-mail and phone,
 * which stand together. */
#define CRITERIA(X)                                                                                \
    X(tracking, LOOKUP, keys_lookup_tracking, is_text, "AMONG", "customer_id")                     \
    X(payment_reference, LOOKUP, keys_lookup_payment, is_text, "AMONG", "customer_id")             \
    X(status, INDEX, keys_idx_status, is_status, "IS", "status")                                   \
    X(payment_status, INDEX, keys_idx_payment, is_payment_status, "IS", "payment_status")          \
    X(refund_state, INDEX, keys_idx_refund, is_refund_state, "IS", "refund_state")                 \
    X(carrier, INDEX, keys_idx_carrier, is_text, "IS", "carrier")                                  \
    X(risk, INDEX, keys_idx_risk, is_text, "HAS", "risk_flags")                                    \
    X(email, CUSTOMERS, email_key, is_anything, "IN", "customer_id")                               \
    X(phone, CUSTOMERS, phone_key, is_anything, "IN", "customer_id")

#define CRITERION_ENTRY(name, base, key, is_known, test, field) CRITERION_##name,
enum { CRITERIA(CRITERION_ENTRY) CRITERION_COUNT };
static_assert(CRITERION_phone == CRITERION_email + 1, "handed on as two of one list");

#define CRITERION_ROW(name, base, key, is_known, test, field)                                      \
    [CRITERION_##name] = {#name, BASE_##base, key, is_known, test, field},
static const struct criterion {
    const char *name; /* of the parameter */
    enum base base;
    struct strview (*key)(struct arena *arena, int32_t partition, struct strview value);
    bool (*is_known)(struct strview value);
    const char *test, *field;
} CRITERION_ROWS[] = {CRITERIA(CRITERION_ROW)};

/* What was asked for, and by which keys it is found. */
struct asked {
    struct strview values[CRITERION_COUNT]; /* data NULL: not asked for */
    struct strview keys[CRITERION_COUNT];
    size_t count;
    size_t of_orders;
};

static struct asked read_criteria(const struct http_request *request)
{
    struct asked asked = {.count = 0};
    for (size_t i = 0; i < CRITERION_COUNT; i++) {
        asked.values[i] = http_request_query(request, CRITERION_ROWS[i].name);
        if (asked.values[i].data != NULL) {
            asked.count++;
            asked.of_orders += CRITERION_ROWS[i].base != BASE_CUSTOMERS ? 1 : 0;
        }
    }
    return asked;
}

/* A number that somebody holds in hand finds his own work; everything else is the agents'. */
static enum readable readable_of(const struct asked *asked)
{
    if (asked->count == 1 && asked->values[CRITERION_tracking].data != NULL) {
        return READABLE_BY_TRACKING;
    }
    if (asked->count == 1 && asked->values[CRITERION_payment_reference].data != NULL) {
        return READABLE_BY_PAYMENT;
    }
    return READABLE_SEARCH;
}

static bool judge_criteria(struct query *query, struct asked *asked)
{
    for (size_t i = 0; i < CRITERION_COUNT; i++) {
        if (asked->values[i].data == NULL) {
            continue;
        }
        if (!CRITERION_ROWS[i].is_known(asked->values[i])) {
            query_malformed(query, "a criterion is empty, or no word of its kind");
            return false;
        }
        asked->keys[i] = CRITERION_ROWS[i].key(query->arena, KEYS_ALL, asked->values[i]);
        if (asked->keys[i].data == NULL) {
            query_unavailable(query, "no memory for this request");
            return false;
        }
    }
    if (asked->count == 0) {
        query_malformed(query, "search by email, phone, or what orders are found by");
        return false;
    }
    return true;
}

/* --- orders */

/* A lookup of orders is gone through where there is one: it has few of them. */
static size_t lookup_of(const struct asked *asked)
{
    size_t i = 0;
    while (i < CRITERION_COUNT &&
           (asked->values[i].data == NULL || CRITERION_ROWS[i].base != BASE_LOOKUP)) {
        i++;
    }
    return i;
}

/* "<base>_<score>_<order id>" */
static bool is_search_cursor(struct strview text)
{
    int64_t base;
    return parse_i64(strview_take(&text, '_'), &base) && base >= 0 && query_is_place(text);
}

/* "<cursor>.<seen>" */
static bool is_lookup_cursor(struct strview text)
{
    int64_t number;
    return parse_i64(strview_take(&text, '.'), &number) && number >= 0 &&
           parse_i64(text, &number) && number >= 0;
}

static void add_bases(struct arglist *args, const struct asked *asked, size_t lookup)
{
    if (lookup < CRITERION_COUNT) {
        arglist_add_number(args, 1);
        arglist_add(args, asked->keys[lookup]);
        return;
    }
    arglist_add_number(args, (int64_t)asked->count);
    for (size_t i = 0; i < CRITERION_COUNT; i++) {
        if (asked->values[i].data != NULL) {
            arglist_add(args, asked->keys[i]);
        }
    }
}

static void add_tests(struct arglist *args, const struct asked *asked)
{
    arglist_add_number(args, (int64_t)asked->count);
    for (size_t i = 0; i < CRITERION_COUNT; i++) {
        if (asked->values[i].data != NULL) {
            const bool is_of_set = CRITERION_ROWS[i].base != BASE_INDEX;
            arglist_add(args, strview_of(CRITERION_ROWS[i].test));
            arglist_add(args, strview_of(CRITERION_ROWS[i].field));
            arglist_add(args, is_of_set ? asked->keys[i] : asked->values[i]);
        }
    }
}

static void on_orders(struct query *query, const struct redisconn_reply *reply)
{
    query_answer_page(query, reply, "orders", order_row_put);
}

static void read_orders(struct query *query, const struct asked *asked)
{
    const size_t lookup = lookup_of(asked);
    const bool is_of_lookup = lookup < CRITERION_COUNT;
    struct arglist args = {.arena = query->arena};
    struct strview cursor;
    int64_t limit;
    if (!query_limit(query, &limit) ||
        !query_cursor(query, is_of_lookup ? is_lookup_cursor : is_search_cursor, &cursor)) {
        return;
    }
    arglist_add(&args, is_of_lookup ? STRVIEW("LOOKUP") : STRVIEW("SEARCH"));
    arglist_add_number(&args, limit);
    arglist_add(&args, cursor);
    add_bases(&args, asked, lookup);
    add_tests(&args, asked);
    arglist_add(&args, STRVIEW("placed_at"));
    order_row_ask(&args);
    query_read_list(query, &args, on_orders);
}

/* --- customers: few are found, so there are no pages, and all that there may be where no limit is
 * given */

static void find_customers(struct query *query, const struct asked *asked)
{
    int64_t limit = QUERY_LIMIT_MAX;
    if (http_request_query(query->request, "cursor").data != NULL) {
        query_malformed(query, "a search for customers has no pages, so it takes no cursor: where "
                               "truncated is true, search by both email and phone");
        return;
    }
    if (http_request_query(query->request, "limit").data == NULL || query_limit(query, &limit)) {
        query_find_customers(query, &asked->keys[CRITERION_email], 2, limit);
    }
}

/* --- routes */

static void on_search(struct http_request *request, void *user)
{
#define CRITERION_NAME(name, base, key, is_known, test, field) #name,
    static const char *const PARAMETERS[] = {CRITERIA(CRITERION_NAME) "cursor", "limit", NULL};
    struct asked asked = read_criteria(request);
    struct query *query =
        query_begin(user, request, readable_of(&asked), PARAMETERS, sizeof *query);
    if (query == NULL || !judge_criteria(query, &asked)) {
        return;
    }
    if (asked.of_orders > 0) {
        read_orders(query, &asked);
    } else {
        find_customers(query, &asked);
    }
}

const struct http_route QUERY_SEARCH_ROUTES[] = {
    {HTTP_GET, "/v1/search", on_search, .tag = 0},
    {.pattern = NULL},
};
