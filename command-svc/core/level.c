/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/level.h"

#include <assert.h>

/* A clock that was set back must not silence a product until it has caught up. */
static int64_t too_early_by(const struct level *level, int64_t now_ms)
{
    const int64_t age_ms = now_ms - level->announced_at_ms;
    assert(level->version >= 0);
    return level->version == 0 || age_ms < 0 || age_ms >= LEVEL_EVERY_MS ? 0
                                                                         : LEVEL_EVERY_MS - age_ms;
}

bool level_decide(const struct level *level, struct strview sku, int64_t now_ms,
                  struct stock_event *ret_event, int64_t *ret_wait_ms)
{
    assert(level->version >= 0);
    assert(level->available >= 0);
    *ret_wait_ms = 0;
    if (level->version > 0 && level->announced == level->available) {
        return false;
    }
    *ret_wait_ms = too_early_by(level, now_ms);
    if (*ret_wait_ms == 0 && level->is_locked) {
        *ret_wait_ms = LEVEL_EVERY_MS;
    }
    assert(*ret_wait_ms >= 0 && *ret_wait_ms <= LEVEL_EVERY_MS);
    if (*ret_wait_ms > 0) {
        return false;
    }
    *ret_event = (struct stock_event){
        .kind = STOCK_LEVEL_CHANGED,
        .envelope = {.aggregate_id = sku,
                     .version = level->version + 1,
                     .occurred_at_ms =
                         now_ms > level->announced_at_ms ? now_ms : level->announced_at_ms,
                     /* nobody asked for it */
                     .actor = {.role = STRVIEW("operator"), .subject = STRVIEW("command-svc")}},
        .level_changed = {.available = level->available},
    };
    return true;
}
