/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/answer.h"

#include "common/contract/json.h"
#include "common/io/http/message.h"

#include <assert.h>
#include <inttypes.h>

enum { DETAIL_MAX = 512 };

/* ---- what was accepted --------------------------------------------------------------------- */

/* Where readers find each kind of aggregate. */
#define PATH_ROW(NAME, name) [AGGREGATE_##NAME] = "/v1/" #name "s/",
static const char *const QUERY_PATHS[] = {AGGREGATES(PATH_ROW)};

static void write_aggregate(struct json_writer *writer, const struct command *command)
{
    const char *type = aggregate_name(command_aggregate(command->kind));
    json_key(writer, "aggregate");
    json_open_object(writer);
    json_put_member_string(writer, "type", strview_of(type));
    json_put_member_string(writer, "id", command->aggregate_id);
    json_close_object(writer);
}

static void write_events(struct json_writer *writer, const struct command *command,
                         const struct event *event)
{
    json_key(writer, "events");
    json_open_array(writer);
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
    struct json_writer writer;
    json_writer_init(&writer, body);
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
        strbuf_printf(location, "?min_version=%" PRId64 "&wait=2s", version);
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

typedef void detail_fn(const struct command *command, const struct rejection *rejection,
                       struct strbuf *out);
typedef void members_fn(const struct command *command, const struct rejection *rejection,
                        struct json_writer *writer);

static void say_not_found(const struct command *command, const struct rejection *rejection,
                          struct strbuf *out)
{
    (void)rejection;
    strbuf_printf(out, "there is no order %.*s, or it belongs to someone else",
                  STRVIEW_ARG(command->aggregate_id));
}

static void say_customer_unknown(const struct command *command, const struct rejection *rejection,
                                 struct strbuf *out)
{
    (void)rejection;
    if (command->kind == COMMAND_PLACE_ORDER) {
        strbuf_printf(out, "there is no customer %.*s, or you may not order for it",
                      STRVIEW_ARG(command->place_order.customer_id));
    } else {
        strbuf_printf(out, "there is no customer %.*s, or it is not you",
                      STRVIEW_ARG(command->aggregate_id));
    }
}

static void say_customer_inactive(const struct command *command, const struct rejection *rejection,
                                  struct strbuf *out)
{
    (void)rejection;
    strbuf_printf(out, "customer %.*s is deactivated and cannot order until it is reactivated",
                  STRVIEW_ARG(command->place_order.customer_id));
}

static void say_product_unknown(const struct command *command, const struct rejection *rejection,
                                struct strbuf *out)
{
    (void)command;
    strbuf_printf(out, "there is no product %.*s", STRVIEW_ARG(rejection->sku));
}

static void say_product_discontinued(const struct command *command,
                                     const struct rejection *rejection, struct strbuf *out)
{
    (void)command;
    strbuf_printf(out, "product %.*s is no longer sold: order without it",
                  STRVIEW_ARG(rejection->sku));
}

static void say_currency_mismatch(const struct command *command, const struct rejection *rejection,
                                  struct strbuf *out)
{
    strbuf_printf(out, "product %.*s is not sold in %.*s", STRVIEW_ARG(rejection->sku),
                  STRVIEW_ARG(command->place_order.currency));
}

static void say_price_changed(const struct command *command, const struct rejection *rejection,
                              struct strbuf *out)
{
    (void)command;
    strbuf_printf(out,
                  "product %.*s costs %" PRId64 " minor units now: show the buyer the new price "
                  "and order again with a new Idempotency-Key",
                  STRVIEW_ARG(rejection->sku), rejection->number);
}

static void say_insufficient_stock(const struct command *command, const struct rejection *rejection,
                                   struct strbuf *out)
{
    if (command->kind != COMMAND_PLACE_ORDER) {
        strbuf_printf(out, "of product %.*s %" PRId64 " are available: no more can be taken away",
                      STRVIEW_ARG(rejection->sku), rejection->number);
        return;
    }
    strbuf_printf(out, "of product %.*s ", STRVIEW_ARG(rejection->sku));
    if (rejection->number > 0) {
        strbuf_printf(out, "only %" PRId64 " are available: order fewer, or later",
                      rejection->number);
    } else {
        strbuf_append_cstr(out, "nothing is available: order later");
    }
    strbuf_append_cstr(out, ", with a new Idempotency-Key");
}

static void say_already_exists(const struct command *command, const struct rejection *rejection,
                               struct strbuf *out)
{
    (void)rejection;
    strbuf_printf(out, "%s %.*s exists already", aggregate_name(command_aggregate(command->kind)),
                  STRVIEW_ARG(command->aggregate_id));
}

static void say_illegal_transition(const struct command *command, const struct rejection *rejection,
                                   struct strbuf *out)
{
    strbuf_printf(out, "%s is not possible while the %s is %s; possible now: ", rejection->command,
                  aggregate_name(command_aggregate(command->kind)), rejection->from);
    for (size_t i = 0; i < ALLOWED_MAX && rejection->allowed[i] != NULL; i++) {
        strbuf_printf(out, "%s%s", i == 0 ? "" : ", ", rejection->allowed[i]);
    }
    if (rejection->allowed[0] == NULL) {
        strbuf_append_cstr(out, "nothing");
    }
}

static void say_amount_mismatch(const struct command *command, const struct rejection *rejection,
                                struct strbuf *out)
{
    (void)command;
    strbuf_printf(out, "amount_minor must equal the order's total, %" PRId64, rejection->number);
}

static void say_amount_exceeded(const struct command *command, const struct rejection *rejection,
                                struct strbuf *out)
{
    strbuf_printf(out, "%" PRId64 " minor units are left to be %s", rejection->number,
                  command->kind == COMMAND_CAPTURE_PAYMENT ? "captured" : "refunded");
}

static void say_refund_window_closed(const struct command *command,
                                     const struct rejection *rejection, struct strbuf *out)
{
    (void)command;
    (void)rejection;
    strbuf_append_cstr(out, "the order was delivered too long ago: refund it with override true "
                            "and a new Idempotency-Key");
}

static void say_version_conflict(const struct command *command, const struct rejection *rejection,
                                 struct strbuf *out)
{
    strbuf_printf(out,
                  "the %s is at version %" PRId64 ", If-Match asked for %" PRId64
                  ": read it again, then decide anew",
                  aggregate_name(command_aggregate(command->kind)), rejection->number,
                  rejection->expected);
}

static void say_too_large(const struct command *command, const struct rejection *rejection,
                          struct strbuf *out)
{
    (void)rejection;
    strbuf_append_cstr(out, command->kind == COMMAND_PLACE_ORDER
                                ? "the order's total passes 10^12 minor units"
                                : "the stock would pass 10^15 pieces");
}

static void say_key_reused(const struct command *command, const struct rejection *rejection,
                           struct strbuf *out)
{
    (void)command;
    (void)rejection;
    strbuf_append_cstr(out, "this Idempotency-Key came with a different request before: repeat "
                            "that request as it was, or use a new key");
}

static void say_outbox_too_old(const struct command *command, const struct rejection *rejection,
                               struct strbuf *out)
{
    (void)command;
    (void)rejection;
    strbuf_append_cstr(out, "events have been waiting for Kafka for too long, so no new orders are "
                            "taken: try again later with the same Idempotency-Key");
}

static void put_reason(const struct command *command, const struct rejection *rejection,
                       struct json_writer *writer)
{
    (void)command;
    (void)rejection;
    json_put_member_string(writer, "reason", STRVIEW("outbox-age"));
}

static void put_sku(const struct command *command, const struct rejection *rejection,
                    struct json_writer *writer)
{
    (void)command;
    json_put_member_string(writer, "sku", rejection->sku);
}

static void put_price(const struct command *command, const struct rejection *rejection,
                      struct json_writer *writer)
{
    put_sku(command, rejection, writer);
    json_put_member_integer(writer, "unit_price_minor", rejection->number);
}

static void put_available(const struct command *command, const struct rejection *rejection,
                          struct json_writer *writer)
{
    put_sku(command, rejection, writer);
    json_put_member_integer(writer, "available", rejection->number);
}

static void put_transition(const struct command *command, const struct rejection *rejection,
                           struct json_writer *writer)
{
    (void)command;
    json_put_member_string(writer, "from", strview_of(rejection->from));
    json_put_member_string(writer, "command", strview_of(rejection->command));
    json_key(writer, "allowed");
    json_open_array(writer);
    for (size_t i = 0; i < ALLOWED_MAX && rejection->allowed[i] != NULL; i++) {
        json_put_string(writer, strview_of(rejection->allowed[i]));
    }
    json_close_array(writer);
}

static void put_expected_amount(const struct command *command, const struct rejection *rejection,
                                struct json_writer *writer)
{
    (void)command;
    json_put_member_integer(writer, "expected_minor", rejection->number);
}

static void put_remaining_amount(const struct command *command, const struct rejection *rejection,
                                 struct json_writer *writer)
{
    (void)command;
    json_put_member_integer(writer, "remaining_minor", rejection->number);
}

static void put_versions(const struct command *command, const struct rejection *rejection,
                         struct json_writer *writer)
{
    (void)command;
    json_put_member_integer(writer, "expected_version", rejection->expected);
    json_put_member_integer(writer, "current_version", rejection->number);
}

/* As the command reader would have said it, had it known prices and stock. */
static void put_too_large(const struct command *command, const struct rejection *rejection,
                          struct json_writer *writer)
{
    (void)rejection;
    const char *pointer = command->kind == COMMAND_PLACE_ORDER     ? "/lines"
                          : command->kind == COMMAND_RECEIVE_STOCK ? "/quantity"
                                                                   : "/delta";
    json_key(writer, "errors");
    json_open_array(writer);
    json_open_object(writer);
    json_put_member_string(writer, "pointer", strview_of(pointer));
    json_put_member_string(writer, "detail", STRVIEW("is too much"));
    json_close_object(writer);
    json_close_array(writer);
}

/* How each refusal is told: a sentence, and the fields a program needs. */
#define DETAIL_ROW(KIND, kind, status, slug) [REJECTION_##KIND] = say_##kind,
static detail_fn *const DETAILS[] = {REJECTIONS(DETAIL_ROW)};

/* NULL: none. */
static members_fn *const MEMBERS[REJECTION_KIND_COUNT] = {
    [REJECTION_PRODUCT_UNKNOWN] = put_sku,
    [REJECTION_PRODUCT_DISCONTINUED] = put_sku,
    [REJECTION_CURRENCY_MISMATCH] = put_sku,
    [REJECTION_PRICE_CHANGED] = put_price,
    [REJECTION_INSUFFICIENT_STOCK] = put_available,
    [REJECTION_ILLEGAL_TRANSITION] = put_transition,
    [REJECTION_AMOUNT_MISMATCH] = put_expected_amount,
    [REJECTION_AMOUNT_EXCEEDED] = put_remaining_amount,
    [REJECTION_VERSION_CONFLICT] = put_versions,
    [REJECTION_TOTAL_TOO_LARGE] = put_too_large,
    [REJECTION_OUTBOX_TOO_OLD] = put_reason,
};

struct telling {
    const struct command *command;
    const struct rejection *rejection;
};

static void put_members(struct json_writer *writer, const void *user)
{
    const struct telling *telling = user;
    members_fn *put = MEMBERS[telling->rejection->kind];
    if (put != NULL) {
        put(telling->command, telling->rejection, writer);
    }
}

static bool write_rejected(const struct command *command, const struct rejection *rejection,
                           struct strbuf *body, struct answer *ret)
{
    struct strbuf detail;
    strbuf_init(&detail, DETAIL_MAX);
    DETAILS[rejection->kind](command, rejection, &detail);
    const struct telling telling = {.command = command, .rejection = rejection};
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
