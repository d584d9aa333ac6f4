/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/decision_json.h"

#include "common/contract/json.h"

static bool put(const struct decision *decision, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_string(&writer, "decision", strview_of(decision_kind_name(decision->kind)));
    json_put_member_string(&writer, "state", strview_of(lineup_state_name(decision->state)));
    json_put_member_integer(&writer, "version", decision->version);
    json_put_member_integer(&writer, "at", decision->at_ms);
    json_put_member_string(&writer, "by", decision->by);
    json_put_member_text(&writer, "reason", decision->reason);
    json_put_member_text(&writer, "slot", decision->slot);
    json_put_member_nonzero(&writer, "below", decision->below);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

bool decision_json_append(struct strview before, const struct decision *decision,
                          struct strbuf *out)
{
    if (before.len > 0) {
        before.len--; /* its closing bracket */
        strbuf_append(out, before);
    }
    strbuf_append_char(out, before.len > 0 ? ',' : '[');
    const bool is_put = put(decision, out);
    strbuf_append_char(out, ']');
    return is_put && strbuf_ok(out);
}

enum error_kind decision_json_read(struct strview json, struct arena *arena, struct decisions *ret,
                                   struct error *err)
{
    const struct json_value *document = NULL;
    *ret = (struct decisions){.count = 0};
    if (json.len == 0) {
        return ERROR_NONE;
    }
    if (json_parse(json, arena, &document, err) != ERROR_NONE) {
        return err->kind;
    }
    if (document->type != JSON_ARRAY) {
        return error_set(err, ERROR_INVALID, "decisions are an array");
    }
    struct decision *list = arena_array(arena, document->count + 1, sizeof *list);
    const struct json_value *at = document->first;
    if (list == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "decisions need too much memory");
    }
    for (size_t i = 0; i < document->count; i++, at = at->next) {
        list[i] = (struct decision){
            .kind = decision_kind_of_name(json_text(at, "decision")),
            .state = lineup_state_of_name(json_text(at, "state")),
            .version = json_integer(at, "version", 0),
            .at_ms = json_time(at, "at", 0),
            .by = json_text(at, "by"),
            .reason = json_text(at, "reason"),
            .slot = json_text(at, "slot"),
            .below = json_integer(at, "below", 0),
        };
    }
    *ret = (struct decisions){.list = list, .count = document->count};
    return ERROR_NONE;
}
