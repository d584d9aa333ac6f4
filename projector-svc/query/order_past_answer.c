/* SPDX-License-Identifier: Apache-2.0 */
/* An order as it was at some moment, as the answer that its reader may have. */
#include "projector-svc/query/order_answer.h"
#include "projector-svc/query/view_filter.h"
#include "projector-svc/views/view_json.h"

enum { FOLD_MAX = 32 << 20 }; /* bytes; the bounds of the reading are far below */

/* The reply is the whole timeline's length, then its first elements. */
static bool read_history(const struct order_answer *answer, struct arena *arena,
                         struct order_history *ret)
{
    const struct redisconn_reply *timeline = redisconn_reply_at(answer->reply, READ_TIMELINE);
    const size_t count = redisconn_reply_count(timeline);
    struct strview *elements = arena_array(arena, count, sizeof *elements);
    if (elements == NULL) {
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        elements[i - 1] = redisconn_reply_text_at(timeline, i);
    }
    *ret = (struct order_history){
        .details = redisconn_reply_text_at(answer->reply, READ_DETAILS),
        .timeline = elements,
        .count = count > 0 ? count - 1 : 0,
        .length = (size_t)redisconn_reply_integer_at(timeline, 0, 0),
    };
    return true;
}

static void put_view(const struct order_answer *answer, const struct order_view *view,
                     struct json_writer *writer)
{
    struct strbuf details = STRBUF(QUERY_BODY_MAX);
    const bool is_whole =
        view_json_details(view, answer->state->projected_at_ms, JSON_TIMES_TEXT, &details);
    view_filter_details(writer, is_whole ? strbuf_view(&details) : STRVIEW(""),
                        answer->query->role);
    strbuf_done(&details);
    order_answer_put_state(writer, answer);
    json_close_object(writer);
}

enum error_kind order_answer_write_past(const struct order_answer *answer,
                                        const struct order_moment *moment,
                                        struct json_writer *writer, int64_t *ret_version,
                                        struct error *err)
{
    struct order_history history;
    struct order_view view;
    struct arena arena = ARENA(FOLD_MAX);
    enum error_kind kind = read_history(answer, &arena, &history)
                               ? order_past_fold(&history, moment, &arena, &view, err)
                               : error_set(err, ERROR_EXHAUSTED, "no memory for this request");
    if (kind == ERROR_NONE) {
        put_view(answer, &view, writer);
        *ret_version = view.version;
    }
    arena_done(&arena);
    return kind;
}
