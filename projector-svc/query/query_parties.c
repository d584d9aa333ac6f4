/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Customers and products, and finding them.
 */
#include "common/base/id_form.h"
#include "common/base/parse.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/words.h"
#include "projector-svc/query/query.h"
#include "projector-svc/views/arglist.h"

#include <inttypes.h>
#include <stdio.h>

enum party_kind { PARTY_CUSTOMER = 0, PARTY_PRODUCT, PARTY_COUNT };

struct party_query {
    struct query query; /* first */
    enum party_kind kind;
    struct strview id;
};

static struct party_query *own(struct query *query)
{
    return (struct party_query *)(void *)query;
}

enum field_type { FIELD_TEXT = 0, FIELD_NUMBER, FIELD_TIME, FIELD_BOOL };

struct field {
    const char *name;
    enum field_type type;
};

/* The first three are those of freshness, the fourth says what is missing; then what is shown. */
enum { FIELD_VERSION = 0, FIELD_EVENT_ID, FIELD_PROJECTED, FIELD_WAITING, FIELD_SHOWN };

static const struct field CUSTOMER_FIELDS[] = {
    {"source_version", FIELD_NUMBER},
    {"last_event_id", FIELD_TEXT},
    {"projected_at", FIELD_TIME},
    {"waiting_for", FIELD_NUMBER},
    {"name", FIELD_TEXT},
    {"email", FIELD_TEXT},
    {"phone", FIELD_TEXT},
    {"active", FIELD_BOOL},
};

static const struct field PRODUCT_FIELDS[] = {
    {"source_version", FIELD_NUMBER},
    {"last_event_id", FIELD_TEXT},
    {"projected_at", FIELD_TIME},
    {"waiting_for", FIELD_NUMBER},
    {"name", FIELD_TEXT},
    {"currency", FIELD_TEXT},
    {"unit_price_minor", FIELD_NUMBER},
    {"discontinued", FIELD_BOOL},
    {"available", FIELD_NUMBER},
    {"stock_version", FIELD_NUMBER},
    {"stock_waiting_for", FIELD_NUMBER},
};

static const struct {
    enum readable readable;
    const struct field *fields;
    size_t count;
    const char *id_member;
    struct strview (*key)(struct arena *arena, int32_t partition, struct strview id);
} PARTIES[PARTY_COUNT] = {
    [PARTY_CUSTOMER] = {READABLE_CUSTOMER, CUSTOMER_FIELDS,
                        sizeof CUSTOMER_FIELDS / sizeof CUSTOMER_FIELDS[0], "customer_id",
                        keys_customer},
    [PARTY_PRODUCT] = {READABLE_PRODUCT, PRODUCT_FIELDS,
                       sizeof PRODUCT_FIELDS / sizeof PRODUCT_FIELDS[0], "sku", keys_product},
};

static void ask_fields(struct arglist *args, enum party_kind kind)
{
    for (size_t i = 0; i < PARTIES[kind].count; i++) {
        arglist_add(args, strview_of(PARTIES[kind].fields[i].name));
    }
}

static void put_field(struct json_writer *writer, const struct field *field,
                      const struct redisconn_reply *value)
{
    const struct strview text = redisconn_reply_text(value);
    if (text.len == 0) {
        return;
    }
    if (field->type == FIELD_TEXT) {
        json_put_member_string(writer, field->name, text);
    } else if (field->type == FIELD_BOOL) {
        json_put_member_bool(writer, field->name, strview_is(text, "1"));
    } else if (field->type == FIELD_TIME) {
        json_put_member_time(writer, field->name, redisconn_reply_integer(value, 0));
    } else {
        json_put_member_integer(writer, field->name, redisconn_reply_integer(value, 0));
    }
}

/* values: one per field of the kind, from index first on. */
static void put_party(struct json_writer *writer, enum party_kind kind, struct strview id,
                      const struct redisconn_reply *values, size_t first)
{
    const struct field *fields = PARTIES[kind].fields;
    json_put_member_string(writer, PARTIES[kind].id_member, id);
    for (size_t i = FIELD_SHOWN; i < PARTIES[kind].count; i++) {
        put_field(writer, &fields[i], redisconn_reply_at(values, first + i));
    }
    json_open_member_object(writer, "freshness");
    for (size_t i = FIELD_VERSION; i <= FIELD_PROJECTED; i++) {
        put_field(writer, &fields[i], redisconn_reply_at(values, first + i));
    }
    json_close_object(writer);
    put_field(writer, &fields[FIELD_WAITING], redisconn_reply_at(values, first + FIELD_WAITING));
}

/* --- one of them */

static void on_party(struct query *query, const struct redisconn_reply *reply)
{
    enum { ETAG_MAX = 32 };
    const struct party_query *asked = own(query);
    const struct redisconn_reply *values = redisconn_reply_at(reply, 0);
    const int64_t version = redisconn_reply_integer_at(values, FIELD_VERSION, 0);
    if (version == 0) {
        query_not_found(query);
        return;
    }
    char etag[ETAG_MAX];
    (void)snprintf(etag, sizeof etag, "\"v%" PRId64 "\"", version);
    const struct http_header headers[] = {{"ETag", etag}, {NULL, NULL}};
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    put_party(writer, asked->kind, asked->id, values, 0);
    query_end(query, headers);
}

static void read_party(struct party_query *asked)
{
    struct arena *arena = asked->query.arena;
    struct arglist args = {.arena = arena};
    arglist_add(&args, STRVIEW("HMGET"));
    arglist_add(&args, PARTIES[asked->kind].key(arena, keys_partition_of(asked->id), asked->id));
    ask_fields(&args, asked->kind);
    const struct redisconn_command command = query_command(&args);
    query_read(&asked->query, &command, 1, on_party);
}

static void on_request(struct http_request *request, void *user)
{
    const enum party_kind kind = (enum party_kind)http_request_tag(request);
    struct query *query =
        query_begin(user, request, PARTIES[kind].readable, NULL, sizeof(struct party_query));
    if (query == NULL) {
        return;
    }
    struct party_query *asked = own(query);
    asked->kind = kind;
    asked->id = http_request_param(request, 0);
    if (!id_form_fits(asked->id) || !may_see(query->only, asked->id)) {
        query_not_found(query);
        return;
    }
    read_party(asked);
}

/* --- finding */

/* A row is the customer's id, then the fields. */
static void put_found(struct json_writer *writer, const struct redisconn_reply *row)
{
    json_open_object(writer);
    put_party(writer, PARTY_CUSTOMER, redisconn_reply_text_at(row, 0), row, 1);
    json_close_object(writer);
}

/* The first element says whether some were left out; the rows follow. */
static void on_found(struct query *query, const struct redisconn_reply *reply)
{
    const struct redisconn_reply *found = redisconn_reply_at(reply, QUERY_LIST);
    struct json_writer *writer = query_write(query);
    json_open_object(writer);
    query_put_rows(writer, reply, "customers", put_found);
    json_put_member_bool(writer, "truncated", redisconn_reply_integer_at(found, 0, 0) == 1);
    query_end_list(query, reply, QUERY_LIST_SLOTS);
}

/* Who is in all of the sets is found. */
void query_find_customers(struct query *query, const struct strview *sets, size_t count,
                          int64_t limit)
{
    struct arglist args = {.arena = query->arena};
    size_t given = 0;
    for (size_t i = 0; i < count; i++) {
        given += sets[i].data != NULL ? 1 : 0;
    }
    arglist_add(&args, STRVIEW("FIND"));
    arglist_add_number(&args, limit);
    arglist_add_number(&args, (int64_t)given);
    for (size_t i = 0; i < count; i++) {
        if (sets[i].data != NULL) {
            arglist_add(&args, sets[i]);
        }
    }
    ask_fields(&args, PARTY_CUSTOMER);
    query_read_list(query, &args, on_found);
}

/* --- products by the words of their names */

enum { WORDS_MAX = 8 };

/* "<set>.<cursor>.<seen>", as MATCH of orderspine.lua makes it. */
static bool is_match_cursor(struct strview text)
{
    enum { PARTS = 3 };
    int64_t number;
    size_t parts = 0;
    while (text.len > 0) {
        if (!parse_i64(strview_take(&text, '.'), &number) || number < 0) {
            return false;
        }
        parts++;
    }
    return parts == PARTS;
}

/* One set per word; 0: there is none, or there are too many. */
static size_t read_words(struct query *query, struct strview sets[static WORDS_MAX])
{
    struct strview text = http_request_query(query->request, "q");
    struct strview word;
    size_t count = 0;
    while (words_take(query->arena, &text, &word)) {
        if (count == WORDS_MAX) {
            return 0;
        }
        sets[count++] =
            word.data == NULL ? word : keys_search_product(query->arena, KEYS_ALL, word);
    }
    return count;
}

static void put_matched(struct json_writer *writer, const struct redisconn_reply *row)
{
    json_open_object(writer);
    put_party(writer, PARTY_PRODUCT, redisconn_reply_text_at(row, 0), row, 1);
    json_close_object(writer);
}

static void on_matched(struct query *query, const struct redisconn_reply *reply)
{
    query_answer_page(query, reply, "products", put_matched);
}

static void read_matching(struct query *query, int64_t limit, struct strview cursor)
{
    struct arglist args = {.arena = query->arena};
    struct strview sets[WORDS_MAX];
    const size_t count = read_words(query, sets);
    if (count == 0) {
        query_malformed(query, "q has one to eight words to look for");
        return;
    }
    arglist_add(&args, STRVIEW("MATCH"));
    arglist_add_number(&args, limit);
    arglist_add(&args, cursor);
    arglist_add(&args, keys_product(query->arena, KEYS_ALL, STRVIEW("")));
    arglist_add_number(&args, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        arglist_add(&args, sets[i]);
    }
    ask_fields(&args, PARTY_PRODUCT);
    query_read_list(query, &args, on_matched);
}

static void on_search_products(struct http_request *request, void *user)
{
    static const char *const PARAMETERS[] = {"q", "cursor", "limit", NULL};
    struct query *query = query_begin(user, request, READABLE_PRODUCT, PARAMETERS, sizeof *query);
    struct strview cursor;
    int64_t limit;
    if (query != NULL && query_limit(query, &limit) &&
        query_cursor(query, is_match_cursor, &cursor)) {
        read_matching(query, limit, cursor);
    }
}

const struct http_route QUERY_PARTY_ROUTES[] = {
    {HTTP_GET, "/v1/products", on_search_products, .tag = 0},
    {HTTP_GET, "/v1/customers/{id}", on_request, .tag = PARTY_CUSTOMER},
    {HTTP_GET, "/v1/products/{sku}", on_request, .tag = PARTY_PRODUCT},
    {.pattern = NULL},
};
