/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/ops_minute.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "projector-svc/core/keys.h"

#include <assert.h>
#include <string.h>

struct strview ops_minute_name(struct arena *arena, int64_t at_ms)
{
    enum { MINUTE_LEN = sizeof "2026-01-02T03:04" - 1, NAME_LEN = sizeof "202601020304" - 1 };
    char time[TIME_TEXT_LEN + 1];
    char *name = arena_alloc(arena, MINUTE_LEN);
    size_t len = 0;
    format_time_ms(at_ms, time);
    for (size_t i = 0; name != NULL && i < MINUTE_LEN; i++) {
        if (ascii_is_digit(time[i])) {
            name[len++] = time[i];
        }
    }
    assert(name == NULL || len == NAME_LEN); /* as many digits for every minute there is */
    return (struct strview){.data = name, .len = len};
}

/* "<region>:<provider>:<status>" */
static struct strview field_of(const struct ops_transition *transition, struct write_set *set)
{
    enum { STATUS_MAX = 16 };
    assert(transition->status < ORDER_STATUS_COUNT);
    assert(strlen(order_status_name(transition->status)) + strlen("::") <= STATUS_MAX);
    const struct strview region = keys_encode(set->arena, transition->region);
    const struct strview provider = keys_encode(set->arena, transition->provider);
    if (region.data == NULL || provider.data == NULL) {
        return (struct strview){.data = NULL};
    }
    struct strbuf field = STRBUF_IN(set->arena, region.len + provider.len + STATUS_MAX);
    strbuf_printf(&field, "%.*s:%.*s:%s", STRVIEW_ARG(region), STRVIEW_ARG(provider),
                  order_status_name(transition->status));
    return strbuf_keep(&field);
}

void ops_minute_count(const struct ops_transition *transition, int64_t now_ms,
                      struct write_set *set)
{
    const int64_t minute = transition->at_ms / OPS_MINUTE_MS;
    const int64_t expires_ms = (minute + 1) * OPS_MINUTE_MS + OPS_MINUTE_KEPT_MS;
    assert(transition->status != ORDER_STATUS_NONE);             /* nothing comes back to it */
    assert(expires_ms - OPS_MINUTE_KEPT_MS > transition->at_ms); /* the minute is over by then */
    if (expires_ms <= now_ms) {
        return;
    }
    const struct strview name = ops_minute_name(set->arena, transition->at_ms);
    const struct strview key =
        name.data == NULL ? name : keys_ops_minute(set->arena, set->partition, name);
    const struct strview field = field_of(transition, set);
    if (key.data == NULL || field.data == NULL) {
        set->failed = true;
        return;
    }
    write_set_count(set, key, field);
    write_set_add(set, WRITE_EXPIRE_AT, key, write_set_number(set, expires_ms / 1000));
}
