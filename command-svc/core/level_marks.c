/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/level_marks.h"

#include "command-svc/core/level.h"
#include "common/base/must.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <stdlib.h>

/* Each mark is found by its sku, and stands in the line once. Of one that is between two places of
 * the line, taken off and not put back yet, count still knows. */
static bool is_sound(const struct level_marks *marks)
{
    return (marks->first == NULL) == (marks->count == 0) &&
           (marks->first == NULL) == (marks->last == NULL) &&
           (marks->first == NULL) == (marks->by_sku.nodes == NULL) &&
           (marks->last == NULL || marks->last->next == NULL) && marks->late <= marks->count &&
           marks->count <= LEVEL_MARKS_MAX;
}

static void put_last(struct level_marks *marks, struct level_mark *mark, int64_t due_ms)
{
    mark->due_ms = due_ms;
    mark->next = NULL;
    if (marks->last == NULL) {
        marks->first = mark;
    } else {
        marks->last->next = mark;
    }
    assert(mark != marks->last); /* it was taken off before */
    marks->last = mark;
    assert(marks->first != NULL);
    assert(marks->last->next == NULL);
}

/* NULL: it is marked already, or there are too many. */
static struct level_mark *add(struct level_marks *marks, struct strview sku, int shard,
                              int64_t due_ms)
{
    assert(is_sound(marks));
    assert(sku.len > 0 && sku.len <= ID_FORM_MAX);
    assert(shard >= 0 && shard < SHARDS_MAX);
    if (marks->count == LEVEL_MARKS_MAX || id_map_find(&marks->by_sku, sku) != NULL) {
        return NULL;
    }
    struct level_mark *mark = must_allocate(1, sizeof *mark);
    mark->shard = shard;
    mark->len = sku.len;
    memcpy(mark->sku, sku.data, sku.len);
    id_map_add(&marks->by_sku, level_mark_sku(mark), mark);
    put_last(marks, mark, due_ms);
    marks->count++;
    assert(is_sound(marks));
    return mark;
}

void level_marks_change(struct level_marks *marks, struct strview sku, int shard, int64_t now_ms)
{
    struct level_mark *mark = id_map_find(&marks->by_sku, sku);
    if (mark == NULL) {
        mark = add(marks, sku, shard, level_due_ms(now_ms, LEVEL_TOGETHER_MS));
        if (mark == NULL) {
            return;
        }
        assert(mark->due_ms > now_ms);
        mark->latest_ms = now_ms + LEVEL_LONGEST_MS - LEVEL_TOGETHER_MS;
    }
    assert(now_ms >= mark->changed_ms); /* the clock does not go back */
    mark->changed_ms = now_ms;
}

void level_marks_add(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms)
{
    (void)add(marks, sku, shard, due_ms);
}

void level_marks_add_late(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms)
{
    struct level_mark *mark = add(marks, sku, shard, due_ms);
    if (mark != NULL) {
        mark->is_late = true;
        marks->late++;
        assert(is_sound(marks));
    }
}

int64_t level_marks_due_ms(const struct level_marks *marks)
{
    assert(is_sound(marks));
    return marks->first == NULL ? LEVEL_MARKS_NEVER : marks->first->due_ms;
}

static struct level_mark *unlink_first(struct level_marks *marks)
{
    struct level_mark *mark = marks->first;
    assert(mark != NULL);
    assert(marks->count > 0);
    assert(marks->late <= marks->count);
    marks->first = mark->next;
    marks->last = mark->next == NULL ? NULL : marks->last;
    mark->next = NULL;
    return mark;
}

static struct level_mark *take_first(struct level_marks *marks)
{
    struct level_mark *mark = unlink_first(marks);
    marks->count--;
    assert(!mark->is_late || marks->late > 0);
    marks->late -= mark->is_late ? 1 : 0;
    id_map_remove(&marks->by_sku, level_mark_sku(mark));
    assert(is_sound(marks));
    assert(mark->next == NULL);
    return mark;
}

static bool is_moving(const struct level_mark *mark, int64_t now_ms)
{
    assert(now_ms >= mark->changed_ms); /* the clock does not go back */
    return now_ms < mark->latest_ms && now_ms - mark->changed_ms < LEVEL_STILL_MS;
}

struct level_mark *level_marks_take(struct level_marks *marks, int64_t now_ms)
{
    assert(is_sound(marks));
    while (marks->first != NULL && marks->first->due_ms <= now_ms) {
        if (!is_moving(marks->first, now_ms)) {
            return take_first(marks);
        }
        put_last(marks, unlink_first(marks), level_next_look_ms(now_ms));
        assert(is_sound(marks));
        assert(marks->last->due_ms > now_ms); /* or this would not end */
    }
    return NULL;
}

void level_marks_done(struct level_marks *marks)
{
    while (marks->first != NULL) {
        free(take_first(marks));
    }
    assert(is_sound(marks));
    assert(marks->count == 0);
}
