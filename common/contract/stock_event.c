/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/stock_event.h"

#include "common/contract/event_json.h"
#include "common/contract/json.h"

#include <assert.h>

#define TYPE_ROW(KIND, kind, type) [STOCK_##KIND] = (type),
static const char *const TYPES[] = {STOCK_EVENTS(TYPE_ROW)};

static const struct event_form FORM = {
    .id_member = "sku", .types = TYPES, .type_count = STOCK_EVENT_KIND_COUNT};

const char *stock_event_type(enum stock_event_kind kind)
{
    assert(kind < STOCK_EVENT_KIND_COUNT);
    return TYPES[kind];
}

bool stock_event_encode(const struct stock_event *event, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    envelope_encode(&writer, FORM.id_member, &event->envelope);
    json_put_member_integer(&writer, "available", event->level_changed.available);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

enum error_kind stock_event_decode(struct strview type, struct strview payload, struct arena *arena,
                                   struct stock_event *ret, struct error *err)
{
    struct event_frame frame;
    const enum error_kind opened = event_open(&FORM, type, payload, arena, &frame, err);
    if (opened != ERROR_NONE) {
        return opened;
    }
    struct stock_event event = {.kind = (enum stock_event_kind)frame.kind,
                                .envelope = frame.envelope};
    struct event_reader reader = {.err = err};
    event.level_changed.available = event_read_integer(&reader, frame.payload, "available");
    if (reader.failed) {
        return ERROR_INVALID;
    }
    *ret = event;
    return ERROR_NONE;
}
