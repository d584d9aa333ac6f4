/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/answer.h"

#include "common/contract/json.h"
#include "common/io/http/message.h"

#include <assert.h>

enum { DETAIL_MAX = 512 };

/* ---- what was accepted --------------------------------------------------------------------- */

/* Where readers find each kind of aggregate. */
#define PATH_ROW(NAME, name) [AGGREGATE_##NAME] = "/v1/" #name "s/",
static const char *const QUERY_PATHS[] = {AGGREGATES(PATH_ROW)};

static void write_aggregate(struct json_writer *writer, const struct command *command)
{
    const char *type = aggregate_name(command_aggregate(command->kind));
    json_open_member_object(writer, "aggregate");
    json_put_member_string(writer, "type", strview_of(type));
    json_put_member_string(writer, "id", command->aggregate_id);
    json_close_object(writer);
}

static void write_events(struct json_writer *writer, const struct command *command,
                         const struct event *event)
{
    json_open_member_array(writer, "events");
    json_open_object(writer);
    json_put_member_string(writer, "id", uuid_view(&command->event_id));
    json_put_member_string(writer, "type", strview_of(event_type(event)));
    json_put_member_integer(writer, "version", event_envelope(event)->version);
    json_close_object(writer);
    json_close_array(writer);
}

static bool write_receipt(const struct command *command, const struct event *event, int64_t now_ms,
                          struct strbuf *body)
{
    struct json_writer writer = JSON_WRITER(body);
    json_open_object(&writer);
    json_put_member_string(&writer, "command_id", uuid_view(&command->command_id));
    json_put_member_string(&writer, "command", strview_of(command_name(command->kind)));
    write_aggregate(&writer, command);
    json_put_member_integer(&writer, "version", event_envelope(event)->version);
    write_events(&writer, command, event);
    json_put_member_time(&writer, "accepted_at", now_ms);
    json_close_object(&writer);
    const bool is_whole = json_writer_done(&writer);
    strbuf_append_char(body, '\n');
    return is_whole && strbuf_ok(body);
}

static bool write_accepted(const struct command *command, const struct event *event, int64_t now_ms,
                           struct strbuf *body, struct strbuf *location, struct answer *ret)
{
    const int64_t version = event_envelope(event)->version;
    const bool is_new = version == 1;
    if (is_new) {
        strbuf_append_cstr(location, QUERY_PATHS[command_aggregate(command->kind)]);
        strbuf_append(location, command->aggregate_id);
        strbuf_append(location, STRVIEW("?min_version="));
        strbuf_append_i64(location, version);
        strbuf_append(location, STRVIEW("&wait=2s"));
    }
    if (!write_receipt(command, event, now_ms, body) || !strbuf_ok(location)) {
        return false;
    }
    *ret = (struct answer){.status = is_new ? 201 : 200,
                           .version = version,
                           .location = strbuf_view(location),
                           .body = strbuf_view(body)};
    return true;
}

/* ---- what was refused ---------------------------------------------------------------------- */

/* How a refusal is told: a sentence in which names in braces stand for what put_word() knows, and
 * the members that a program needs. */
struct words {
    const char *detail;
    const char *placing;  /* of PlaceOrder, where it is another one; NULL: it is not */
    const char *nothing;  /* the same, and the number is 0 */
    const char *number;   /* the members' names: NULL: there is none */
    const char *expected; /* before it */
    http_members *more;   /* others; user is a struct telling */
    bool has_sku;
};

struct telling {
    const struct command *command;
    const struct rejection *rejection;
};

static void put_transition(struct json_writer *writer, const void *user)
{
    const struct rejection *rejection = ((const struct telling *)user)->rejection;
    json_put_member_string(writer, "from", strview_of(rejection->from));
    json_put_member_string(writer, "command", strview_of(rejection->command));
    json_open_member_array(writer, "allowed");
    for (size_t i = 0; i < ALLOWED_MAX && rejection->allowed[i] != NULL; i++) {
        json_put_string(writer, strview_of(rejection->allowed[i]));
    }
    json_close_array(writer);
}

/* As the command reader would have said it, had it known prices and stock. */
static void put_too_large(struct json_writer *writer, const void *user)
{
    const enum command_kind kind = ((const struct telling *)user)->command->kind;
    const char *pointer = kind == COMMAND_PLACE_ORDER     ? "/lines"
                          : kind == COMMAND_RECEIVE_STOCK ? "/quantity"
                                                          : "/delta";
    json_open_member_array(writer, "errors");
    json_open_object(writer);
    json_put_member_string(writer, "pointer", strview_of(pointer));
    json_put_member_string(writer, "detail", STRVIEW("is too much"));
    json_close_object(writer);
    json_close_array(writer);
}

static void put_outbox_age(struct json_writer *writer, const void *user)
{
    (void)user;
    http_problem_put_reason(writer, "outbox-age");
}

static const struct words WORDS[REJECTION_KIND_COUNT] = {
    [REJECTION_NOT_FOUND] = {.detail = "there is no order {id}, or it belongs to someone else"},
    [REJECTION_CUSTOMER_UNKNOWN] =
        {.detail = "there is no customer {id}, or it is not you",
         .placing = "there is no customer {customer}, or you may not order for it"},
    [REJECTION_CUSTOMER_INACTIVE] =
        {.detail = "customer {customer} is deactivated and cannot order until it is reactivated"},
    [REJECTION_PRODUCT_UNKNOWN] = {.detail = "there is no product {sku}", .has_sku = true},
    [REJECTION_PRODUCT_DISCONTINUED] = {.detail =
                                            "product {sku} is no longer sold: order without it",
                                        .has_sku = true},
    [REJECTION_CURRENCY_MISMATCH] = {.detail = "product {sku} is not sold in {currency}",
                                     .has_sku = true},
    [REJECTION_PRICE_CHANGED] =
        {.detail = "product {sku} costs {number} minor units now: show the buyer the "
                   "new price and order again with a new Idempotency-Key",
         .has_sku = true,
         .number = "unit_price_minor"},
    [REJECTION_INSUFFICIENT_STOCK] =
        {.detail = "of product {sku} {number} are available: no more can be taken away",
         .placing = "of product {sku} only {number} are available: order fewer, or later, with a "
                    "new Idempotency-Key",
         .nothing = "of product {sku} nothing is available: order later, with a new "
                    "Idempotency-Key",
         .has_sku = true,
         .number = "available"},
    [REJECTION_ALREADY_EXISTS] = {.detail = "{type} {id} exists already"},
    [REJECTION_ILLEGAL_TRANSITION] = {.detail =
                                          "{command} is not possible while the {type} is {from}; "
                                          "possible now: {allowed}",
                                      .more = put_transition},
    [REJECTION_AMOUNT_MISMATCH] = {.detail = "amount_minor must equal the order's total, {number}",
                                   .number = "expected_minor"},
    [REJECTION_AMOUNT_EXCEEDED] = {.detail = "{number} minor units are left to be {done}",
                                   .number = "remaining_minor"},
    [REJECTION_REFUND_WINDOW_CLOSED] = {.detail =
                                            "the order was delivered too long ago: refund it with "
                                            "override true and a new Idempotency-Key"},
    [REJECTION_VERSION_CONFLICT] = {.detail =
                                        "the {type} is at version {number}, If-Match asked for "
                                        "{expected}: read it again, then decide anew",
                                    .expected = "expected_version",
                                    .number = "current_version"},
    [REJECTION_TOTAL_TOO_LARGE] = {.detail = "the stock would pass 10^15 pieces",
                                   .placing = "the order's total passes 10^12 minor units",
                                   .more = put_too_large},
    [REJECTION_KEY_REUSED] =
        {.detail = "this Idempotency-Key came with a different request before: repeat "
                   "that request as it was, or use a new key"},
    [REJECTION_OUTBOX_TOO_OLD] =
        {.detail = "events have been waiting for Kafka for too long, so no new "
                   "orders are taken: try again later with the same Idempotency-Key",
         .more = put_outbox_age},
};

static void put_allowed(struct strbuf *out, const struct rejection *rejection)
{
    for (size_t i = 0; i < ALLOWED_MAX && rejection->allowed[i] != NULL; i++) {
        strbuf_printf(out, "%s%s", i == 0 ? "" : ", ", rejection->allowed[i]);
    }
    if (rejection->allowed[0] == NULL) {
        strbuf_append_cstr(out, "nothing");
    }
}

static void put_word(struct strbuf *out, const struct telling *telling, struct strview word)
{
    const struct command *command = telling->command;
    const struct rejection *rejection = telling->rejection;
    const bool is_capture = command->kind == COMMAND_CAPTURE_PAYMENT;
    const struct {
        const char *name;
        struct strview text;
    } texts[] = {
        {"id", command->aggregate_id},
        {"sku", rejection->sku},
        {"type", strview_of(aggregate_name(command_aggregate(command->kind)))},
        {"customer", command->place_order.customer_id},
        {"currency", command->place_order.currency},
        {"from", strview_of(rejection->from)},
        {"command", strview_of(rejection->command)},
        {"done", strview_of(is_capture ? "captured" : "refunded")},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strview_is(word, texts[i].name)) {
            strbuf_append(out, texts[i].text);
            return;
        }
    }
    if (strview_is(word, "allowed")) {
        put_allowed(out, rejection);
    } else {
        strbuf_append_i64(out,
                          strview_is(word, "number") ? rejection->number : rejection->expected);
    }
}

static void put_detail(struct strbuf *out, const struct words *words, const struct telling *telling)
{
    const bool is_placing = telling->command->kind == COMMAND_PLACE_ORDER;
    const char *detail = is_placing && words->placing != NULL ? words->placing : words->detail;
    if (is_placing && words->nothing != NULL && telling->rejection->number == 0) {
        detail = words->nothing;
    }
    struct strview rest = strview_of(detail);
    while (rest.len > 0) {
        strbuf_append(out, strview_take(&rest, '{'));
        if (rest.len > 0) {
            put_word(out, telling, strview_take(&rest, '}'));
        }
    }
}

static void put_members(struct json_writer *writer, const void *user)
{
    const struct rejection *rejection = ((const struct telling *)user)->rejection;
    const struct words *words = &WORDS[rejection->kind];
    if (words->has_sku) {
        json_put_member_string(writer, "sku", rejection->sku);
    }
    if (words->expected != NULL) {
        json_put_member_integer(writer, words->expected, rejection->expected);
    }
    if (words->number != NULL) {
        json_put_member_integer(writer, words->number, rejection->number);
    }
    if (words->more != NULL) {
        words->more(writer, user);
    }
}

static bool write_rejected(const struct command *command, const struct rejection *rejection,
                           struct strbuf *body, struct answer *ret)
{
    struct strbuf detail = STRBUF(DETAIL_MAX);
    const struct telling telling = {.command = command, .rejection = rejection};
    put_detail(&detail, &WORDS[rejection->kind], &telling);
    const struct http_problem problem = {.status = rejection_status(rejection->kind),
                                         .slug = rejection_slug(rejection->kind),
                                         .detail = strbuf_cstr(&detail),
                                         .put_members = put_members,
                                         .members_user = &telling};
    const bool is_whole = http_problem_write(&problem, body);
    strbuf_done(&detail);
    if (!is_whole) {
        return false;
    }
    *ret = (struct answer){.status = problem.status, .body = strbuf_view(body)};
    return true;
}

bool answer_write(const struct command *command, const struct outcome *outcome, int64_t now_ms,
                  struct strbuf *body, struct strbuf *location, struct answer *ret)
{
    assert(outcome->kind == OUTCOME_ACCEPTED || outcome->kind == OUTCOME_REJECTED);
    return outcome->kind == OUTCOME_ACCEPTED
               ? write_accepted(command, &outcome->event, now_ms, body, location, ret)
               : write_rejected(command, &outcome->rejection, body, ret);
}

bool answer_write_problem(int status, const char *slug, const char *detail, struct strbuf *body,
                          struct answer *ret)
{
    const struct http_problem problem = {.status = status, .slug = slug, .detail = detail};
    if (!http_problem_write(&problem, body)) {
        return false;
    }
    *ret = (struct answer){.status = status, .body = strbuf_view(body)};
    return true;
}
