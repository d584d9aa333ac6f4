/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/turns.h"

#include <assert.h>

/* Only a lock that was queued for in vain pauses, and only one that was missed long enough to be
 * queued for is tried again out of turn. */
static bool is_sound(const struct turn *turn)
{
    return turn->misses >= 0 && turn->waits >= 0 && turn->pause_ms >= 0 &&
           turn->pause_ms <= TURNS_PAUSE_MAX_MS && (turn->waits > 0 || turn->pause_ms == 0) &&
           (!turn->may_try_again || turn->misses >= TURNS_MISSES);
}

static int checked(int shard)
{
    assert(shard >= 0 && shard < SHARDS_MAX);
    return shard;
}

bool turns_may_try(const struct turns *turns, int shard)
{
    const struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    return !turn->is_in_use && (turn->misses < TURNS_MISSES || turn->may_try_again);
}

void turns_got(struct turns *turns, int shard)
{
    struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    *turn = (struct turn){.is_in_use = turn->is_in_use};
    assert(is_sound(turn));
}

void turns_missed(struct turns *turns, int shard, int64_t now_ms)
{
    struct turn *turn = &turns->of[checked(shard)];
    if (turn->misses == 0) {
        turn->missed_since_ms = now_ms;
    }
    assert(is_sound(turn));
    assert(now_ms >= turn->missed_since_ms);
    turn->misses++;
    turn->may_try_again = false;
    assert(is_sound(turn));
}

static bool is_to_queue(const struct turn *turn, int64_t now_ms)
{
    assert(is_sound(turn));
    return turn->misses >= TURNS_MISSES && !turn->is_in_use && turn->due_ms <= now_ms;
}

int turns_next(struct turns *turns, const struct backlog *backlog, int shards, int64_t now_ms)
{
    assert(shards > 0 && shards <= SHARDS_MAX);
    assert(turns->last >= 0 && turns->last < SHARDS_MAX);
    for (int i = 1; i <= shards; i++) {
        const int shard = (turns->last + i) % shards;
        if (is_to_queue(&turns->of[shard], now_ms) && backlog_first(backlog, shard) != NULL) {
            turns->last = shard;
            assert(shard >= 0 && shard < shards);
            assert(!turns->of[shard].is_in_use);
            return shard;
        }
    }
    return TURNS_NONE;
}

void turns_take(struct turns *turns, int shard)
{
    struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    assert(!turn->is_in_use); /* two batches would let commands of a shard overtake each other */
    turn->is_in_use = true;
}

void turns_give(struct turns *turns, int shard)
{
    struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    assert(turn->is_in_use);
    turn->is_in_use = false;
}

void turns_waited(struct turns *turns, int shard, bool is_same_holder, int64_t now_ms)
{
    struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    const int64_t longer = turn->pause_ms == 0 ? TURNS_WAIT_MS : 2 * turn->pause_ms;
    turn->waits++;
    turn->pause_ms = is_same_holder ? longer : 0;
    if (turn->pause_ms > TURNS_PAUSE_MAX_MS) {
        turn->pause_ms = TURNS_PAUSE_MAX_MS;
    }
    assert(is_sound(turn));
    turn->due_ms = now_ms + turn->pause_ms;
}

void turns_let_try(struct turns *turns, int first, int step, int shards)
{
    assert(first >= 0);
    assert(step > 0);
    assert(shards <= SHARDS_MAX);
    for (int shard = first; shard < shards; shard += step) {
        struct turn *turn = &turns->of[checked(shard)];
        turn->may_try_again = turn->misses >= TURNS_MISSES && turn->waits == 0;
        assert(is_sound(turn));
    }
}

bool turns_is_stuck(const struct turns *turns, int shard)
{
    const struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    return turn->waits > 0;
}

int64_t turns_missed_for_ms(const struct turns *turns, int shard, int64_t now_ms)
{
    const struct turn *turn = &turns->of[checked(shard)];
    assert(is_sound(turn));
    assert(turn->misses == 0 || now_ms >= turn->missed_since_ms);
    return turn->misses < TURNS_MISSES ? 0 : now_ms - turn->missed_since_ms;
}
