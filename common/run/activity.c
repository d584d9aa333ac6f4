/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/activity.h"

#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <string.h>

void activity_init(struct activity *activity, const char *name)
{
    *activity = (struct activity)ACTIVITY(name);
}

bool activity_is_failing(const struct activity *activity)
{
    return activity->last.kind != ERROR_NONE;
}

/* Each kind has its own minute: two that take turns are no news either. */
static bool is_news(const struct activity *activity, enum error_kind kind, int64_t now_ms)
{
    return !activity->kinds[kind].is_told ||
           now_ms - activity->kinds[kind].at_ms >= ACTIVITY_TELL_EVERY_MS;
}

static void tell(struct activity *activity, int64_t now_ms)
{
    activity->is_told = true;
    activity->kinds[activity->last.kind].is_told = true;
    activity->kinds[activity->last.kind].at_ms = now_ms;
    activity->told++;
    log_event(LOG_WARN, "activity_failed", LOG_STR("activity", activity->name),
              LOG_INT("failures", activity->failures),
              LOG_INT("failing_for_ms", now_ms - activity->told_since_ms),
              LOG_ERR(&activity->last));
}

int64_t activity_failed(struct activity *activity, const struct error *err, int64_t now_ms,
                        uint64_t random)
{
    activity->failing_since_ms =
        activity_is_failing(activity) ? activity->failing_since_ms : now_ms;
    activity->told_since_ms = activity->is_told ? activity->told_since_ms : now_ms;
    activity->last = *err;
    activity->failed_ms = now_ms;
    activity->failures++;
    if (is_news(activity, err->kind, now_ms)) {
        tell(activity, now_ms);
    }
    return backoff_next_ms(&activity->backoff, random);
}

static void tell_recovery(struct activity *activity)
{
    activity->is_told = false;
    memset(activity->kinds, 0, sizeof activity->kinds);
    activity->recovered++;
    log_event(LOG_INFO, "activity_recovered", LOG_STR("activity", activity->name),
              LOG_INT("failed_for_ms", activity->failed_ms - activity->told_since_ms));
}

void activity_succeeded(struct activity *activity, int64_t now_ms)
{
    if (activity_is_failing(activity)) {
        activity->last = (struct error){.kind = ERROR_NONE};
        backoff_reset(&activity->backoff);
    }
    if (activity->is_told && now_ms - activity->failed_ms >= ACTIVITY_WELL_MS) {
        tell_recovery(activity);
    }
}

bool activity_note(struct activity *activity, const struct error *err)
{
    const bool is_well = err == NULL || err->kind == ERROR_NONE;
    if (is_well) {
        activity_succeeded(activity, loop_now_ms());
    } else {
        (void)activity_failed(activity, err, loop_now_ms(), jitter_draw());
    }
    return is_well;
}

bool activity_is_failing_lately(const struct activity *activity, int64_t now_ms)
{
    return activity_is_failing(activity) && now_ms - activity->failed_ms < ACTIVITY_LATELY_MS;
}

void activity_succeeded_elsewhere(struct activity *activity, int64_t now_ms)
{
    if (!activity_is_failing_lately(activity, now_ms)) {
        activity_succeeded(activity, now_ms);
    }
}

static enum error_kind say(const struct activity *activity, struct error *err)
{
    return error_set(err, activity->last.kind, "%s: %s", activity->name, activity->last.text);
}

enum error_kind activity_probe_lately(const struct activity *activity, int64_t now_ms,
                                      struct error *err)
{
    return activity_is_failing_lately(activity, now_ms) ? say(activity, err) : ERROR_NONE;
}

enum error_kind activity_probe(void *user, struct error *err)
{
    const struct activity *activity = user;
    return activity_is_failing(activity) ? say(activity, err) : ERROR_NONE;
}
