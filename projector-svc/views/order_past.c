/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/order_past.h"

#include "common/contract/event_reader.h"
#include "common/contract/json.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/view_json.h"

struct folding {
    struct order_view now;
    struct order_view then;
    struct arena *arena;
};

static enum error_kind read_event(const struct folding *folding, const struct json_value *element,
                                  struct order_event *ret, struct error *err)
{
    const struct json_value *data = json_member(element, "data");
    const struct json_value *actor = json_member(element, "actor");
    struct event_reader reader = {.arena = folding->arena, .err = err, .is_lenient = true};
    *ret = (struct order_event){
        .envelope = {.aggregate_id = folding->now.order_id,
                     .version = folding->then.version + 1,
                     .occurred_at_ms = json_time(element, "at", 0),
                     .actor = {json_text(actor, "role"), json_text(actor, "subject")},
                     .reason = json_text(data, "reason")}};
    if (!order_event_read_members(&reader, json_text(element, "type"), data, ret)) {
        return error_set(err, ERROR_INVALID, "the timeline has an event of an unknown type");
    }
    if (ret->kind == ORDER_PLACED) { /* what is not told there never changes but for the address */
        const struct strview region = ret->placed.region;
        ret->placed = folding->now.placed;
        ret->placed.region = region;
        ret->placed.address = (struct shipping_address){.country = STRVIEW("")};
    }
    return reader.failure;
}

static enum error_kind fold_on(struct folding *folding, const struct json_value *element,
                               struct error *err)
{
    const struct strview event_id = json_text(element, "event_id");
    const struct strview type = json_text(element, "type");
    struct order_event event;
    if (strview_is(type, INCOMING_SKIPPED)) {
        order_view_pass(&folding->then, event_id, type, json_time(element, "at", 0));
        return ERROR_NONE;
    }
    const enum error_kind kind = read_event(folding, element, &event, err);
    return kind == ERROR_NONE ? order_view_apply(&folding->then, &event, event_id, err) : kind;
}

static bool is_by_then(const struct json_value *element, const struct order_moment *moment)
{
    return json_integer(element, "version", INT64_MAX) <= moment->version &&
           json_time(element, "at", INT64_MAX) <= moment->as_of_ms;
}

/* Folds as far as was meant; *ret_has_moved: its address changed behind that, or may have. */
static enum error_kind fold_all(struct folding *folding, const struct order_history *history,
                                const struct order_moment *moment, bool *ret_has_moved,
                                struct error *err)
{
    bool is_over = false;
    *ret_has_moved = history->count < history->length;
    for (size_t i = 0; i < history->count; i++) {
        const struct json_value *element = NULL;
        enum error_kind kind = json_parse(history->timeline[i], folding->arena, &element, err);
        is_over = is_over || (kind == ERROR_NONE && !is_by_then(element, moment));
        if (kind == ERROR_NONE && !is_over) {
            kind = fold_on(folding, element, err);
        } else if (kind == ERROR_NONE) {
            *ret_has_moved =
                *ret_has_moved || strview_is(json_text(element, "type"),
                                             order_event_type(ORDER_SHIPPING_ADDRESS_CHANGED));
        }
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    if (!is_over && history->count < history->length) {
        return error_set(err, ERROR_EXHAUSTED, "only the first %zu versions can be shown",
                         history->count);
    }
    return ERROR_NONE;
}

enum error_kind order_past_fold(const struct order_history *history,
                                const struct order_moment *moment, struct arena *arena,
                                struct order_view *ret, struct error *err)
{
    struct folding folding = {.arena = arena};
    bool has_moved;
    enum error_kind kind = view_json_read_details(history->details, arena, &folding.now, err);
    if (kind == ERROR_NONE) {
        kind = fold_all(&folding, history, moment, &has_moved, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    const bool is_reached = moment->version == INT64_MAX || folding.then.version == moment->version;
    if (folding.then.version == 0 || !is_reached) {
        return error_set(err, ERROR_NOT_FOUND, "it has no such version");
    }
    folding.then.order_id = folding.now.order_id;
    if (!has_moved) {
        folding.then.placed.region = folding.now.placed.region;
        folding.then.placed.address = folding.now.placed.address;
    }
    *ret = folding.then;
    return ERROR_NONE;
}
