/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/mark_json.h"

#include "common/contract/json.h"
#include "projector-svc/views/incoming.h"

#include <string.h>

/* What the others say is the same whoever reads. */
static bool is_of_reader(enum lineup_state reason)
{
    return reason == LINEUP_UNREADABLE || reason == LINEUP_DRAINING;
}

bool mark_json_frozen(const struct mark_frozen *frozen, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_string(&writer, "reason", strview_of(lineup_state_name(frozen->reason)));
    json_put_member_integer(&writer, "waits_for", frozen->waits_for);
    json_put_member_integer(&writer, "since", frozen->since_ms);
    if (frozen->reason == LINEUP_DRAINING) {
        json_put_member_integer(&writer, "left", frozen->pass_left);
        json_put_member_integer(&writer, "moved", frozen->pass);
    }
    if (frozen->reader.len > 0 && is_of_reader(frozen->reason)) {
        json_put_member_text(&writer, "reader", frozen->reader);
    }
    json_put_member_nonzero(&writer, "decided", frozen->decided);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

/* Another number is another version's, or a person's: one more pass does no harm. */
static enum lineup_pass pass_of(int64_t number)
{
    const bool is_known = number == LINEUP_PASS_NOTHING || number == LINEUP_PASS_UNREAD;
    return is_known ? (enum lineup_pass)number : LINEUP_PASS_MOVED;
}

struct mark_frozen mark_json_read_frozen(struct strview json, struct arena *arena)
{
    const struct json_value *doc = NULL;
    struct error ignored;
    if (json_parse(json, arena, &doc, &ignored) != ERROR_NONE) {
        doc = NULL;
    }
    return (struct mark_frozen){
        .reason = lineup_state_of_name(json_text(doc, "reason")),
        .waits_for = json_integer(doc, "waits_for", 0),
        .since_ms = json_time(doc, "since", 0),
        .pass_left = json_integer(doc, "left", 0),
        .pass = pass_of(json_integer(doc, "moved", 0)),
        .reader = json_text(doc, "reader"),
        .decided = json_integer(doc, "decided", 0),
    };
}

bool mark_wants_reader(const struct mark_frozen *frozen, struct strview reader)
{
    return frozen->reason == LINEUP_UNREADABLE && !strview_equal(frozen->reader, reader);
}

bool mark_json_last(const struct incoming *incoming, int64_t processed_at_ms, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_text(&writer, "event_id", incoming->event_id);
    json_put_member_text(&writer, "aggregate_id", incoming->aggregate_id);
    json_put_member_integer(&writer, "version", incoming->version);
    json_put_member_integer(&writer, "at", incoming->at_ms);
    json_put_member_integer(&writer, "processed_at", processed_at_ms);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

bool mark_json_identity(const struct incoming *incoming, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_integer(&writer, "offset", incoming->offset);
    json_put_member_text(&writer, "id", incoming->event_id);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

struct anchor_identity mark_json_read_identity(struct strview json, struct arena *arena)
{
    struct anchor_identity identity = {.offset = ANCHOR_NONE};
    const struct json_value *document = NULL;
    struct error ignored; /* then nothing was kept */
    if (json_parse(json, arena, &document, &ignored) != ERROR_NONE) {
        return identity;
    }
    const struct strview id = json_text(document, "id");
    if (id.len > 0 && id.len <= ANCHOR_ID_MAX) {
        memcpy(identity.id, id.data, id.len);
        identity.offset = json_integer(document, "offset", ANCHOR_NONE);
    }
    return identity;
}
