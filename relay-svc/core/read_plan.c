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

void read_plan_keep_step(enum read_wish *wishes, const int64_t *places, int shard_count)
{
    int64_t last = INT64_MAX;
    for (int i = 0; i < shard_count; i++) {
        assert(wishes[i] < READ_WISH_COUNT);
        const bool has_much = wishes[i] == READ_MUCH || wishes[i] == READ_GOING;
        last = has_much && places[i] < last ? places[i] : last;
    }
    for (int i = 0; i < shard_count; i++) {
        /* Not by a difference: a person may have written any place. */
        if (wishes[i] == READ_MUCH && last < INT64_MAX - READ_LEAD &&
            places[i] > last + READ_LEAD) {
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
