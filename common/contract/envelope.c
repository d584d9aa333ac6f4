/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/envelope.h"

#include "common/base/parse.h"
#include "common/contract/event_reader.h"
#include "common/contract/json.h"

void envelope_encode(struct json_writer *writer, const char *id_member,
                     const struct envelope *envelope)
{
    json_put_member_string(writer, id_member, envelope->aggregate_id);
    json_put_member_integer(writer, "version", envelope->version);
    json_put_member_time(writer, "occurred_at", envelope->occurred_at_ms);
    json_open_member_object(writer, "actor");
    json_put_member_string(writer, "role", envelope->actor.role);
    json_put_member_string(writer, "subject", envelope->actor.subject);
    json_close_object(writer);
    json_put_member_text(writer, "reason", envelope->reason);
}

enum error_kind envelope_decode(const struct json_value *payload, const char *id_member,
                                struct envelope *ret, struct error *err)
{
    struct event_reader reader = {.err = err};
    const struct json_value *actor = event_read_object(&reader, payload, "actor");
    const struct strview occurred_at = event_read_text(&reader, payload, "occurred_at");
    struct envelope envelope = {
        .aggregate_id = event_read_text(&reader, payload, id_member),
        .version = event_read_integer(&reader, payload, "version"),
        .actor.role = event_read_text(&reader, actor, "role"),
        .actor.subject = event_read_text(&reader, actor, "subject"),
        .reason = event_read_optional_text(&reader, payload, "reason"),
    };
    if (reader.failure != ERROR_NONE) {
        return reader.failure;
    }
    if (envelope.version < 1) {
        return error_set(err, ERROR_INVALID, "version %lld is not 1 or more",
                         (long long)envelope.version);
    }
    if (!parse_time_ms(occurred_at, &envelope.occurred_at_ms)) {
        return error_set(err, ERROR_INVALID, "occurred_at is not a UTC time with milliseconds");
    }
    *ret = envelope;
    return ERROR_NONE;
}
