/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projector-svc/view_diff_fixture.h"

struct arena arena;
struct write_set set;
static char script[16384];

static const char *const NAMES[WRITE_KIND_COUNT] = {
    [WRITE_HSET] = "HSET",       [WRITE_HDEL] = "HDEL",        [WRITE_HINCRBY] = "HINCRBY",
    [WRITE_SET] = "SET",         [WRITE_DEL] = "DEL",          [WRITE_RPUSH] = "RPUSH",
    [WRITE_SADD] = "SADD",       [WRITE_RPUSH_AT] = "RPUSHAT", [WRITE_SREM] = "SREM",
    [WRITE_ZADD] = "ZADD",       [WRITE_ZREM] = "ZREM",        [WRITE_ZCAP] = "ZCAP",
    [WRITE_PUBLISH] = "PUBLISH", [WRITE_COUNT] = "COUNT",      [WRITE_EXPIRE_AT] = "EXPIREAT",
};

const struct order_limits LIMITS = {.ms = {[ORDER_STATUS_PLACED] = 100,
                                           [ORDER_STATUS_CONFIRMED] = 2000,
                                           [ORDER_STATUS_SHIPPED] = 30000}};
const struct view_moment MOMENT = {.projected_at_ms = 9999, .recent_cap = 100, .limits = &LIMITS};

void begin(void)
{
    arena_init(&arena, 1 << 20);
    write_set_init(&set, &arena);
}

const char *written(void)
{
    struct strbuf out;
    strbuf_init(&out, sizeof script - 1);
    ck_assert(write_set_ok(&set));
    for (size_t i = 0; i < set.count; i++) {
        const struct write *write = &set.writes[i];
        strbuf_printf(&out, "%s %.*s", NAMES[write->kind], STRVIEW_ARG(write->key));
        for (size_t j = 0; j < write->count; j++) {
            strbuf_printf(&out, " %.*s", STRVIEW_ARG(write->args[j]));
        }
        strbuf_append_char(&out, '\n');
    }
    memcpy(script, strbuf_cstr(&out), strbuf_view(&out).len + 1);
    strbuf_done(&out);
    arena_done(&arena);
    return script;
}

struct order_view apply(struct order_view view, enum order_event_kind kind, const char *id)
{
    const struct order_event event = an_event(kind, view.version + 1);
    struct error err;
    ck_assert_int_eq(order_view_apply(&view, &event, strview_of(id), &err), ERROR_NONE);
    return view;
}

void diff(const struct order_view *before, const struct order_view *after)
{
    static const struct strview TIMELINE[] = {{"t1", 2}, {"t2", 2}};
    static const struct strview MESSAGES[] = {{"m1", 2}, {"m2", 2}};
    const struct order_documents documents = {
        .details = STRVIEW("DETAILS"),
        .timeline = TIMELINE,
        .messages = MESSAGES,
        .count = (size_t)(after->version - before->version),
    };
    view_diff_order(before, after, &documents, &MOMENT, &set);
}
