/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/asking_read.h"

#include "command-svc/http/asking.h"
#include "command-svc/http/headers.h"
#include "command-svc/http/identity.h"
#include "common/base/id_form.h"
#include "common/contract/shard.h"
#include "common/io/digest.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "common/run/auth.h"

#include <assert.h>
#include <stdio.h>

enum { DETAIL_MAX = 256 };

/* ---- the steps to a command: each goes on with true, or has answered ----------------------- */

typedef bool step_fn(struct asking *asking);

static bool check_form(struct asking *asking)
{
    const struct asking_means *means = asking->means; /* outlive the request, where asking lives */
    if (!http_request_check_form(asking->request) ||
        !http_request_query_only(asking->request, NULL)) {
        asking_count_refusal(means, DOOR_INVALID);
        return false;
    }
    if (!headers_is_json(http_request_header(asking->request, "Content-Type"))) {
        return asking_refuse(asking, 415, "unsupported-media-type",
                             "send the body as Content-Type: application/json, in UTF-8");
    }
    return true;
}

/* Whoever holds another token has other keys. */
static bool read_key(struct asking *asking)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t key_len;
    const struct strview value = http_request_header(asking->request, "Idempotency-Key");
    if (!headers_read_key(value, key, &key_len)) {
        return asking_refuse(
            asking, 400, "idempotency-key-missing",
            "send an Idempotency-Key of 1 to 255 visible ASCII characters: one key per "
            "intent, the same again for a retry");
    }
    asking->identity = identity_make(http_request_arena(asking->request), asking->principal,
                                     (struct strview){key, key_len});
    if (asking->identity.data == NULL) {
        return asking_refuse_memory(asking);
    }
    asking->submission.who = identity_party(asking->identity);
    return true;
}

/* From here on what the request holds is its principal's share of the memory of all. */
static bool charge(struct asking *asking)
{
    const struct asking_means *means = asking->means; /* outlive the request */
    if (http_request_charge(asking->request, asking->submission.who)) {
        return true;
    }
    asking_count_refusal(means, DOOR_OVER_SHARE);
    return false;
}

/* Last of what the head decides: whoever is refused for something else keeps its tokens. */
static bool take_token(struct asking *asking)
{
    struct rate *rate = &asking->means->rate;
    if (!rate_is_limited(rate)) {
        return true;
    }
    asking->rate = rate_ask(rate, asking->submission.who, loop_now_us());
    return asking->rate.is_allowed || asking_refuse_rate(asking);
}

static bool read_conditions(struct asking *asking)
{
    struct command *command = &asking->submission.command;
    const struct strview if_match = http_request_header(asking->request, "If-Match");
    const struct strview trace = http_request_lone_header(asking->request, "traceparent");
    command->expected_version = EXPECT_ANY_VERSION;
    if (if_match.data != NULL && !headers_read_version(if_match, &command->expected_version)) {
        return asking_refuse(
            asking, 400, "malformed-request",
            "If-Match must be one ETag as this service gives them, such as \"v3\" with "
            "its quotes");
    }
    command->traceparent = headers_is_traceparent(trace) ? trace : STRVIEW("");
    return true;
}

static void set_actor(struct asking *asking, const char *subject)
{
    struct command *command = &asking->submission.command;
    const struct principal *principal = asking->principal;
    const bool is_customer = principal->role == ROLE_CUSTOMER && !principal->is_anyone;
    command->actor.role = strview_of(role_name(principal->role));
    command->actor.subject = strview_of(subject);
    command->owner = is_customer ? command->actor.subject : STRVIEW("");
    command->refund_window_ms = asking->means->refund_window_ms;
    command->may_set_price = principal->is_anyone || principal->role == ROLE_AGENT;
}

static bool read_actor(struct asking *asking)
{
    const char *subject =
        arena_copy(http_request_arena(asking->request), strview_of(asking->principal->subject));
    if (subject == NULL) {
        return asking_refuse_memory(asking);
    }
    set_actor(asking, subject);
    return true;
}

static bool read_uuid_in_path(struct asking *asking, struct strview id)
{
    struct uuid uuid;
    if (!uuid_parse(id, &uuid)) {
        return asking_refuse(asking, 404, "not-found",
                             "no order has such an id: it must be a UUID");
    }
    const struct strview copy = arena_view(http_request_arena(asking->request), uuid_view(&uuid));
    asking->submission.command.aggregate_id = copy;
    return copy.data != NULL || asking_refuse_memory(asking);
}

/* What has no id in its path has one in its body, or gets one. */
static bool read_path(struct asking *asking)
{
    const struct strview id = http_request_param(asking->request, 0);
    if (id.data == NULL) {
        asking->submission.command.aggregate_id = STRVIEW("");
        return true;
    }
    if (command_aggregate(asking->kind) == AGGREGATE_ORDER) {
        return read_uuid_in_path(asking, id);
    }
    if (!id_form_fits(id)) {
        char detail[DETAIL_MAX];
        (void)snprintf(detail, sizeof detail, "no %s has such an id: it must be %s",
                       aggregate_name(command_aggregate(asking->kind)), ID_FORM_RULE);
        return asking_refuse(asking, 404, "not-found", detail);
    }
    asking->submission.command.aggregate_id = id;
    return true;
}

/* Big-endian, so that the hash is the same on every machine. */
static void spell_length(size_t len, char text[static sizeof(uint64_t)])
{
    for (size_t i = 0; i < sizeof(uint64_t); i++) {
        text[i] = (char)((uint64_t)len >> (8 * (sizeof(uint64_t) - 1 - i)) & 0xff);
    }
}

/* Each part behind its length: no two different requests give the same bytes. Runs before the
 * body is read, when aggregate_id is the path's. */
static bool hash_request(struct asking *asking)
{
    enum { PARTS = 4 };
    struct command *command = &asking->submission.command;
    const struct strview parts[PARTS] = {
        strview_of(command_name(asking->kind)),
        command->aggregate_id,
        http_request_header(asking->request, "If-Match"),
        http_request_body(asking->request),
    };
    char lengths[PARTS][sizeof(uint64_t)];
    struct strview pieces[2 * PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        spell_length(parts[i].len, lengths[i]);
        pieces[2 * i] = (struct strview){lengths[i], sizeof lengths[i]};
        pieces[2 * i + 1] = parts[i];
    }
    static_assert((int)DIGEST_LEN == (int)REQUEST_HASH_LEN, "requests are told apart by SHA-256");
    return (digest_of(asking->means->digest, pieces, 2 * PARTS, command->request_hash) &&
            identity_receipt_key(asking->means->digest, asking->identity, &command->receipt_key)) ||
           asking_refuse(asking, 500, "internal", "the request could not be hashed");
}

static bool read_body(struct asking *asking)
{
    char detail[DETAIL_MAX + ERROR_TEXT_MAX];
    struct command_faults faults = {.count = 0};
    struct error err;
    const enum error_kind kind = command_json_read(asking->kind, http_request_body(asking->request),
                                                   http_request_arena(asking->request),
                                                   &asking->submission.command, &faults, &err);
    if (kind == ERROR_EXHAUSTED) {
        return asking_refuse_memory(asking);
    }
    if (kind != ERROR_NONE) {
        (void)snprintf(detail, sizeof detail, "the body is refused: %s", err.text);
        return asking_refuse(asking, 400, "malformed-request", detail);
    }
    return faults.count == 0 || asking_refuse_faults(asking, &faults);
}

/* The client gave no order_id: one in the shard of the key, where a retry will look for it. */
static bool draw_order_id(struct asking *asking, int64_t now_ms)
{
    struct command *command = &asking->submission.command;
    const int shards = lanes_shards(asking->means->lanes);
    if (shards == 0) {
        return asking_refuse_unavailable(asking);
    }
    const struct uuid id = id_source_next_in_shard(&asking->means->ids, now_ms,
                                                   shard_of(asking->identity, shards), shards);
    command->aggregate_id = arena_view(http_request_arena(asking->request), uuid_view(&id));
    command->place_order.id_is_ours = true;
    return command->aggregate_id.data != NULL || asking_refuse_memory(asking);
}

static bool draw_ids(struct asking *asking)
{
    struct command *command = &asking->submission.command;
    const int64_t now_ms = loop_wall_ms();
    command->command_id = id_source_next(&asking->means->ids, now_ms);
    command->event_id = id_source_next(&asking->means->ids, now_ms);
    return command->aggregate_id.len > 0 || draw_order_id(asking, now_ms);
}

/* ---- in their order ------------------------------------------------------------------------ */

/* What the head decides, before a byte of the body is taken; then what needs the body. */
static step_fn *const HEAD_STEPS[] = {check_form, read_key,  charge,    read_conditions,
                                      read_actor, read_path, take_token};
static step_fn *const BODY_STEPS[] = {hash_request, read_body, draw_ids};

static bool take_steps(struct asking *asking, step_fn *const *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!steps[i](asking)) {
            return false;
        }
    }
    return true;
}

bool asking_read_head(struct asking *asking)
{
    return take_steps(asking, HEAD_STEPS, sizeof HEAD_STEPS / sizeof HEAD_STEPS[0]);
}

bool asking_read_body(struct asking *asking)
{
    return take_steps(asking, BODY_STEPS, sizeof BODY_STEPS / sizeof BODY_STEPS[0]);
}
