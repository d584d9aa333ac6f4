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

/* previous is NULL for the head. */
static void link_after(struct line *line, struct waiter *previous, struct waiter *waiter)
{
    assert(is_sound(line));
    assert(waiter->next == NULL); /* in no line yet */
    assert(waiter->previous == NULL);
    assert(waiter != line->first);
    waiter->previous = previous;
    waiter->next = previous == NULL ? line->first : previous->next;
    if (waiter->next != NULL) {
        waiter->next->previous = waiter;
    } else {
        line->last = waiter;
    }
    if (previous != NULL) {
        previous->next = waiter;
    } else {
        line->first = waiter;
    }
    line->count++;
    assert(is_sound(line));
}

static void append(struct line *line, struct waiter *waiter)
{
    assert(waiter->rest_ms > 0);
    link_after(line, line->last, waiter);
    assert(line->last == waiter);
}

static void unlink_from(struct line *line, struct waiter *waiter)
{
    assert(line->count > 0);
    assert(waiter->next == NULL || waiter->next->previous == waiter); /* it is in a line */
    if (waiter->previous != NULL) {
        assert(waiter->previous->next == waiter);
        waiter->previous->next = waiter->next;
    } else {
        assert(line->first == waiter);
        line->first = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->previous = waiter->previous;
    } else {
        assert(line->last == waiter);
        line->last = waiter->previous;
    }
    waiter->next = waiter->previous = NULL;
    line->count--;
    assert(is_sound(line));
}

static bool is_before(const struct waiter *one, const struct waiter *other)
{
    assert(one == other || one->place != other->place); /* nobody came at the same time */
    return one->turn != other->turn ? one->turn < other->turn : one->place < other->place;
}

/* From behind, until one that comes before it; never past one of its own aggregate. */
static void insert_new(struct line *line, struct waiter *waiter)
{
    struct waiter *previous = line->last;
    while (previous != NULL && is_before(waiter, previous) &&
           previous->aggregate != waiter->aggregate) {
        previous = previous->previous;
    }
    if (previous != NULL && previous->turn > waiter->turn) {
        waiter->turn = previous->turn;
    }
    assert(previous == NULL || previous->turn <= waiter->turn); /* the line is in order */
    link_after(line, previous, waiter);
}

/* Who comes back is older than nearly all: the walk is short. */
static void insert_again(struct line *line, struct waiter *waiter)
{
    struct waiter *previous = NULL;
    for (struct waiter *at = line->first; at != NULL && is_before(at, waiter); at = at->next) {
        previous = at;
    }
    link_after(line, previous, waiter);
    assert(waiter->next == NULL || !is_before(waiter->next, waiter)); /* nor is anybody passed */
}

void backlog_join(struct backlog *backlog, struct waiter *waiter)
{
    assert(waiter->shard >= 0 && waiter->shard < SHARDS_MAX);
    waiter->place = backlog->next_place++;
    waiter->rest_ms = 0;
    insert_new(&backlog->lines[waiter->shard], waiter);
    backlog->count++;
    assert(backlog->count >= backlog->lines[waiter->shard].count); /* of all lines */
}

void backlog_return(struct backlog *backlog, struct waiter *waiter)
{
    assert(waiter->place < backlog->next_place); /* it joined before */
    assert(waiter->shard >= 0 && waiter->shard < SHARDS_MAX);
    insert_again(&backlog->lines[waiter->shard], waiter);
    backlog->count++;
    assert(backlog->count >= backlog->lines[waiter->shard].count);
}

int64_t backlog_rest(struct backlog *backlog, struct waiter *waiter, int64_t now_ms)
{
    assert(waiter->rest_ms >= 0 && waiter->rest_ms <= BACKLOG_REST_MAX_MS);
    const int64_t next = waiter->rest_ms == 0 ? BACKLOG_REST_MIN_MS : 2 * waiter->rest_ms;
    waiter->rest_ms = next < BACKLOG_REST_MAX_MS ? next : BACKLOG_REST_MAX_MS;
    assert(waiter->rest_ms >= BACKLOG_REST_MIN_MS);
    assert(waiter->place < backlog->next_place);
    waiter->rest_until_ms = now_ms + waiter->rest_ms;
    append(&backlog->resting, waiter);
    return waiter->rest_ms;
}

static struct waiter *find_expired(const struct line *line, int64_t now_ms)
{
    struct waiter *at = line->first;
    while (at != NULL && at->deadline_ms > now_ms) {
        at = at->next;
    }
    return at;
}

void backlog_wake(struct backlog *backlog, int64_t now_ms)
{
    struct waiter *next = NULL;
    assert(is_sound(&backlog->resting));
    for (struct waiter *at = backlog->resting.first; at != NULL; at = next) {
        next = at->next;
        assert(at->rest_ms >= BACKLOG_REST_MIN_MS && at->rest_ms <= BACKLOG_REST_MAX_MS);
        if (at->rest_until_ms <= now_ms) {
            unlink_from(&backlog->resting, at);
            backlog_return(backlog, at);
        }
    }
}

struct waiter *backlog_first(const struct backlog *backlog, int shard)
{
    assert(shard >= 0 && shard < SHARDS_MAX);
    struct waiter *first = backlog->lines[shard].first;
    assert(first == NULL || (first->shard == shard && first->previous == NULL));
    return first;
}

struct waiter *backlog_take(struct backlog *backlog, int shard)
{
    assert(shard >= 0 && shard < SHARDS_MAX);
    assert(is_sound(&backlog->lines[shard]));
    struct waiter *waiter = backlog->lines[shard].first;
    if (waiter != NULL) {
        assert(waiter->shard == shard);
        assert(backlog->count > 0);
        unlink_from(&backlog->lines[shard], waiter);
        backlog->count--;
        assert(backlog->count >= backlog->lines[shard].count);
    }
    return waiter;
}

struct waiter *backlog_take_expired(struct backlog *backlog, int64_t now_ms)
{
    for (int shard = 0; backlog->count > 0 && shard < SHARDS_MAX; shard++) {
        struct line *line = &backlog->lines[shard];
        struct waiter *waiter = find_expired(line, now_ms);
        if (waiter != NULL) {
            assert(waiter->shard == shard);
            assert(waiter->deadline_ms <= now_ms);
            unlink_from(line, waiter);
            backlog->count--;
            assert(backlog->count >= line->count);
            return waiter;
        }
    }
    struct waiter *waiter = find_expired(&backlog->resting, now_ms);
    if (waiter != NULL) {
        assert(waiter->rest_ms > 0); /* who rests was sent there */
        unlink_from(&backlog->resting, waiter);
    }
    return waiter;
}

static int64_t earlier_of(const struct line *line, int64_t deadline_ms)
{
    for (const struct waiter *at = line->first; at != NULL; at = at->next) {
        deadline_ms = at->deadline_ms < deadline_ms ? at->deadline_ms : deadline_ms;
    }
    return deadline_ms;
}

int64_t backlog_deadline_ms(const struct backlog *backlog)
{
    int64_t deadline_ms = earlier_of(&backlog->resting, INT64_MAX);
    for (int shard = 0; backlog->count > 0 && shard < SHARDS_MAX; shard++) {
        deadline_ms = earlier_of(&backlog->lines[shard], deadline_ms);
    }
    return deadline_ms;
}

bool backlog_is_empty(const struct backlog *backlog)
{
    assert(is_sound(&backlog->resting));
    return backlog->count == 0 && backlog->resting.count == 0;
}
