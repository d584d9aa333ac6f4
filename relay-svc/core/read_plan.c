/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/read_plan.h"

#include <assert.h>

static int count_much(const enum read_wish *wishes, int shard_count)
{
    int count = 0;
    for (int i = 0; i < shard_count; i++) {
        assert(wishes[i] < READ_WISH_COUNT);
        count += wishes[i] == READ_MUCH ? 1 : 0;
    }
    return count;
}

static bool has_much(enum read_wish wish)
{
    assert(wish < READ_WISH_COUNT);
    return wish == READ_MUCH || wish == READ_GOING;
}

/* Not by a difference: a person may have written any place. */
static bool is_ahead(int64_t place, int64_t of, int64_t by)
{
    assert(by > 0);
    return of < INT64_MAX - by && place > of + by;
}

/* Of those that have much to read; -1: none has. */
static int find_first(const enum read_wish *wishes, const int64_t *places, int shard_count)
{
    int first = -1;
    assert(shard_count > 0);
    for (int i = 0; i < shard_count; i++) {
        first = has_much(wishes[i]) && (first < 0 || places[i] > places[first]) ? i : first;
    }
    assert(first < 0 || has_much(wishes[first]));
    return first;
}

/* The last one that is near enough to it, which it is itself. */
static int64_t last_near(const enum read_wish *wishes, const int64_t *places, int shard_count,
                         int first)
{
    assert(has_much(wishes[first]));
    int64_t last = places[first];
    for (int i = 0; i < shard_count; i++) {
        const bool counts = has_much(wishes[i]) && !is_ahead(places[first], places[i], READ_FAR);
        last = counts && places[i] < last ? places[i] : last;
    }
    assert(last <= places[first]);
    assert(!is_ahead(places[first], last, READ_FAR));
    return last;
}

void read_plan_keep_step(enum read_wish *wishes, const int64_t *places, int shard_count)
{
    const int first = find_first(wishes, places, shard_count);
    if (first < 0) {
        return;
    }
    const int64_t last = last_near(wishes, places, shard_count, first);
    for (int i = 0; i < shard_count; i++) {
        if (wishes[i] == READ_MUCH && is_ahead(places[i], last, READ_LEAD)) {
            wishes[i] = READ_NOTHING;
        }
    }
}

/* The next one after the last. */
static int choose_alone(struct read_plan *plan, const enum read_wish *wishes, int shard_count,
                        int *ret_shards)
{
    for (int n = 1; n <= shard_count; n++) {
        const int i = (plan->last_alone + n) % shard_count;
        if (wishes[i] == READ_ALONE) {
            assert(i >= 0 && i < shard_count);
            plan->last_alone = i;
            ret_shards[0] = i;
            return 1;
        }
    }
    return 0;
}

/* A fair part of those that have much to read, and all that only want to be looked at. */
static int choose_shared(const enum read_wish *wishes, int shard_count, int free_readers,
                         int *ret_shards)
{
    int much_left = (count_much(wishes, shard_count) + free_readers - 1) / free_readers;
    assert(much_left <= shard_count);
    int count = 0;
    for (int i = 0; i < shard_count; i++) {
        if (wishes[i] == READ_LOOK) {
            ret_shards[count++] = i;
        } else if (wishes[i] == READ_MUCH && much_left > 0) {
            ret_shards[count++] = i;
            much_left--;
        }
    }
    assert(much_left >= 0);
    assert(count <= shard_count);
    return count;
}

int read_plan_next(struct read_plan *plan, const enum read_wish *wishes, int shard_count,
                   int free_readers, int *ret_shards)
{
    assert(shard_count > 0);
    assert(free_readers > 0);
    assert(plan->last_alone >= 0 && plan->last_alone < shard_count);
    int count = plan->was_alone ? 0 : choose_alone(plan, wishes, shard_count, ret_shards);
    bool is_alone = count > 0;
    if (count == 0) {
        count = choose_shared(wishes, shard_count, free_readers, ret_shards);
    }
    if (count == 0 && plan->was_alone) {
        count = choose_alone(plan, wishes, shard_count, ret_shards);
        is_alone = count > 0;
    }
    plan->was_alone = is_alone;
    assert(!is_alone || count == 1);
    assert(count >= 0 && count <= shard_count);
    return count;
}
