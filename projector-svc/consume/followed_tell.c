/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/consume/followed.h"
#include "projector-svc/consume/followed_internal.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/core/keys.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 16 << 10, NAMES_MAX = 200, HOLDERS_MAX = 120 };

/* --- to readers */

static void tell(const struct followed *followed, const struct followed_partition *at,
                 struct strview command, int64_t lag_ms)
{
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    const struct strview topic = strview_of(followed->topics[at->place.topic]);
    const struct partition_report report = {.end = at->known.end, .lag_ms = lag_ms, .reached = -1};
    const struct strview args[] = {
        command, STRVIEW(KEYS_STATUS),
        keys_status_end(&arena, keys_slot(&arena, topic, at->place.partition)),
        report_document(&arena, &report, at->known.reported_at)};
    if (args[2].data != NULL && args[3].data != NULL) {
        redisconn_tell(followed->redis, (struct redisconn_command){args, 4});
    }
}

/* Its owner may be writing at this moment. */
void followed_tell_unreported(const struct followed *followed,
                              const struct followed_partition *partition)
{
    tell(followed, partition, STRVIEW("HSETNX"), -1);
}

void followed_tell_readers(const struct followed *followed)
{
    for (size_t i = 0; i < followed->count; i++) {
        const struct followed_partition *at = &followed->partitions[i];
        const struct following *known = &at->known;
        if (at->missed > 0 && (known->told_end != known->end || known->told_lag_ms == 0)) {
            tell(followed, at, STRVIEW("HSET"), known->told_lag_ms == 0 ? 1 : known->told_lag_ms);
        }
    }
}

/* --- to operators */

/* Appends to a text of at most max bytes, cutting it. */
static void append(char *text, size_t max, const char *before, const char *what)
{
    const size_t len = strlen(text);
    if (len + 1 < max) {
        (void)snprintf(text + len, max - len, "%s%s", before, what);
    }
}

/* "order.events/0,3,7 customer.events/2" */
static void name_partitions(const struct followed *followed, char names[static NAMES_MAX])
{
    int last = -1;
    for (size_t i = 0; i < followed->count; i++) {
        const struct followed_partition *at = &followed->partitions[i];
        if (at->missed == 0) {
            continue;
        }
        if (at->place.topic != last) {
            append(names, NAMES_MAX, last < 0 ? "" : " ", followed->topics[at->place.topic]);
        }
        append(names, NAMES_MAX, at->place.topic == last ? "," : "/",
               NUMBER_TEXT(at->place.partition));
        last = at->place.topic;
    }
}

/* Each once. */
static void name_holders(const struct followed *followed, char names[static HOLDERS_MAX])
{
    for (size_t i = 0; i < followed->count; i++) {
        const struct followed_partition *at = &followed->partitions[i];
        if (at->missed > 0 && at->place.holder[0] != '\0' &&
            strstr(names, at->place.holder) == NULL) {
            append(names, HOLDERS_MAX, names[0] == '\0' ? "" : ", ", at->place.holder);
        }
    }
}

static enum error_kind describe(const struct followed *followed, struct error *err)
{
    char names[NAMES_MAX] = "";
    char holders[HOLDERS_MAX] = "";
    name_partitions(followed, names);
    name_holders(followed, holders);
    return names[0] == '\0'
               ? ERROR_NONE
               : error_set(err, ERROR_TRANSIENT,
                           "%s: nobody brings them into this Redis; held in the group by %s", names,
                           holders[0] == '\0' ? "nobody, or not told" : holders);
}

void followed_tell_operators(struct followed *followed)
{
    struct error err;
    const bool lacks_some = describe(followed, &err) != ERROR_NONE;
    (void)activity_note(&followed->bringing, lacks_some ? &err : NULL);
}

void followed_add(const struct followed *followed, int64_t now_ms, struct report_totals *totals)
{
    for (size_t i = 0; i < followed->count; i++) {
        const struct followed_partition *at = &followed->partitions[i];
        if (at->missed > 0) {
            const int64_t since_ms =
                at->known.reported_at > 0 ? at->known.reported_at : followed->since_ms;
            int64_t *silent_ms = &totals->silent_ms[at->place.topic];
            totals->unreported++;
            totals->missed_events[at->place.topic] += at->missed;
            *silent_ms = now_ms - since_ms > *silent_ms ? now_ms - since_ms : *silent_ms;
        }
    }
}

size_t followed_count(const struct followed *followed)
{
    size_t count = 0;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        count += followed->is_followed[type] ? 1 : 0;
    }
    return count;
}

enum error_kind followed_probe(void *user, struct error *err)
{
    const struct followed *followed = user;
    char names[NAMES_MAX * AGGREGATE_COUNT] = "";
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        if (!followed->is_followed[type]) {
            append(names, sizeof names, names[0] == '\0' ? "" : ", ", followed->topics[type]);
        }
    }
    return names[0] == '\0' ? ERROR_NONE
                            : error_set(err, ERROR_TRANSIENT, "not followed: %s", names);
}

enum error_kind followed_probe_all(void *user, struct error *err)
{
    const struct followed *followed = user;
    const int64_t now_ms = loop_wall_ms();
    for (size_t i = 0; i < followed->count; i++) {
        if (following_is_reported(&followed->partitions[i].known, now_ms)) {
            return ERROR_NONE;
        }
    }
    return describe(followed, err);
}
