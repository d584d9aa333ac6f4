/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/backlog.h"

#include <assert.h>

/* Who waits is in one line at a time, and a line knows how long it is. */
static bool is_sound(const struct line *line)
{
    return (line->first == NULL) == (line->count == 0) &&
           (line->first == NULL) == (line->last == NULL) &&
           (line->last == NULL || line->last->next == NULL);
}

static void append(struct line *line, struct waiter *waiter)
{
    assert(is_sound(line) && waiter != line->last);
    waiter->next = NULL;
    if (line->last == NULL) {
        line->first = waiter;
    } else {
        line->last->next = waiter;
    }
    line->last = waiter;
    line->count++;
    assert(is_sound(line));
}

/* previous is NULL for the head. */
static void unlink_after(struct line *line, struct waiter *previous, struct waiter *waiter)
{
    assert(line->count > 0 && waiter == (previous == NULL ? line->first : previous->next));
    if (previous == NULL) {
        line->first = waiter->next;
    } else {
        previous->next = waiter->next;
    }
    if (line->last == waiter) {
        line->last = previous;
    }
    waiter->next = NULL;
    line->count--;
    assert(is_sound(line));
}

/* Who comes back is older than nearly all: the walk is short. */
static void insert_in_order(struct line *line, struct waiter *waiter)
{
    struct waiter *previous = NULL;
    for (struct waiter *at = line->first; at != NULL && at->place < waiter->place; at = at->next) {
        previous = at;
    }
    if (previous == line->last) {
        append(line, waiter);
        return;
    }
    waiter->next = previous == NULL ? line->first : previous->next;
    if (previous == NULL) {
        line->first = waiter;
    } else {
        previous->next = waiter;
    }
    line->count++;
    assert(is_sound(line) && waiter->next->place > waiter->place);
}

void backlog_join(struct backlog *backlog, struct waiter *waiter)
{
    assert(waiter->shard >= 0 && waiter->shard < SHARDS_MAX);
    waiter->place = backlog->next_place++;
    waiter->rest_ms = 0;
    append(&backlog->lines[waiter->shard], waiter);
    backlog->count++;
}

void backlog_return(struct backlog *backlog, struct waiter *waiter)
{
    assert(waiter->place < backlog->next_place); /* it joined before */
    insert_in_order(&backlog->lines[waiter->shard], waiter);
    backlog->count++;
}

int64_t backlog_rest(struct backlog *backlog, struct waiter *waiter, int64_t now_ms)
{
    const int64_t next = waiter->rest_ms == 0 ? BACKLOG_REST_MIN_MS : 2 * waiter->rest_ms;
    waiter->rest_ms = next < BACKLOG_REST_MAX_MS ? next : BACKLOG_REST_MAX_MS;
    assert(waiter->rest_ms >= BACKLOG_REST_MIN_MS && waiter->place < backlog->next_place);
    waiter->rest_until_ms = now_ms + waiter->rest_ms;
    append(&backlog->resting, waiter);
    return waiter->rest_ms;
}

typedef bool is_due_fn(const struct waiter *waiter, int64_t now_ms);

static bool is_rested(const struct waiter *waiter, int64_t now_ms)
{
    return waiter->rest_until_ms <= now_ms;
}

static bool is_expired(const struct waiter *waiter, int64_t now_ms)
{
    return waiter->deadline_ms <= now_ms;
}

static struct waiter *take_resting(struct backlog *backlog, is_due_fn *is_due, int64_t now_ms)
{
    struct waiter *previous = NULL;
    for (struct waiter *at = backlog->resting.first; at != NULL; at = at->next) {
        if (is_due(at, now_ms)) {
            unlink_after(&backlog->resting, previous, at);
            return at;
        }
        previous = at;
    }
    return NULL;
}

void backlog_wake(struct backlog *backlog, int64_t now_ms)
{
    struct line still = {0};
    struct waiter *waiter;
    while ((waiter = backlog->resting.first) != NULL) {
        unlink_after(&backlog->resting, NULL, waiter);
        if (is_rested(waiter, now_ms)) {
            backlog_return(backlog, waiter);
        } else {
            append(&still, waiter);
        }
    }
    backlog->resting = still;
}

struct waiter *backlog_first(const struct backlog *backlog, int shard)
{
    assert(shard >= 0 && shard < SHARDS_MAX);
    return backlog->lines[shard].first;
}

struct waiter *backlog_take(struct backlog *backlog, int shard)
{
    struct waiter *waiter = backlog->lines[shard].first;
    if (waiter != NULL) {
        assert(waiter->shard == shard && backlog->count > 0);
        unlink_after(&backlog->lines[shard], NULL, waiter);
        backlog->count--;
    }
    return waiter;
}

struct waiter *backlog_take_expired(struct backlog *backlog, int64_t now_ms)
{
    for (int shard = 0; backlog->count > 0 && shard < SHARDS_MAX; shard++) {
        const struct waiter *first = backlog->lines[shard].first;
        if (first != NULL && is_expired(first, now_ms)) {
            return backlog_take(backlog, shard);
        }
    }
    return take_resting(backlog, is_expired, now_ms);
}

struct waiter *backlog_take_any(struct backlog *backlog)
{
    return backlog_take_expired(backlog, INT64_MAX);
}

bool backlog_is_empty(const struct backlog *backlog)
{
    return backlog->count == 0 && backlog->resting.count == 0;
}
