/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/level_marks.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

static void add(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms,
                bool is_late)
{
    assert(sku.len > 0 && sku.len <= ID_FORM_MAX);
    if (marks->count == LEVEL_MARKS_MAX || id_map_find(&marks->by_sku, sku) != NULL) {
        return;
    }
    struct level_mark *mark = must_allocate(1, sizeof *mark);
    mark->due_ms = due_ms;
    mark->shard = shard;
    mark->is_late = is_late;
    mark->len = sku.len;
    memcpy(mark->sku, sku.data, sku.len);
    id_map_add(&marks->by_sku, level_mark_sku(mark), mark);
    if (marks->last == NULL) {
        marks->first = mark;
    } else {
        marks->last->next = mark;
    }
    marks->last = mark;
    marks->count++;
    marks->late += is_late ? 1 : 0;
    assert(marks->late <= marks->count && marks->count <= LEVEL_MARKS_MAX);
}

void level_marks_add(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms)
{
    add(marks, sku, shard, due_ms, false);
}

void level_marks_add_late(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms)
{
    add(marks, sku, shard, due_ms, true);
}

int64_t level_marks_due_ms(const struct level_marks *marks)
{
    assert((marks->first == NULL) == (marks->count == 0));
    return marks->first == NULL ? LEVEL_MARKS_NEVER : marks->first->due_ms;
}

static struct level_mark *take_first(struct level_marks *marks)
{
    struct level_mark *mark = marks->first;
    marks->first = mark->next;
    marks->last = mark->next == NULL ? NULL : marks->last;
    marks->count--;
    marks->late -= mark->is_late ? 1 : 0;
    mark->next = NULL;
    id_map_remove(&marks->by_sku, level_mark_sku(mark));
    return mark;
}

struct level_mark *level_marks_take(struct level_marks *marks, int64_t now_ms)
{
    return level_marks_due_ms(marks) <= now_ms ? take_first(marks) : NULL;
}

void level_marks_done(struct level_marks *marks)
{
    while (marks->first != NULL) {
        free(take_first(marks));
    }
}
