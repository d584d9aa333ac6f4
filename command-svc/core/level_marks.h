/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level_marks.h - the products whose stock has changed since it was announced; pure.
 *
 * Why marks and no levels: what is there is read when it is announced, so that many changes cost
 * one announcement, and a mark that is lost with the process, or does not fit, costs a look through
 * the table (upkeep/level_scan.h).
 *
 * Why in order of arrival: every mark is due so long after it was made (level.h), so the first is
 * due first. A product that is marked already is not marked again; when its mark is due and it has
 * changed a moment ago, the mark goes to the end.
 *
 * Ownership: marks that were taken are the caller's. Units: monotonic milliseconds, handed in.
 * Limits: LEVEL_MARKS_MAX; beyond, marks are dropped.
 */
#ifndef COMMAND_SVC_CORE_LEVEL_MARKS_H
#define COMMAND_SVC_CORE_LEVEL_MARKS_H

#include "command-svc/core/id_map.h"
#include "common/base/id_form.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEVEL_MARKS_MAX = 16384 };

#define LEVEL_MARKS_NEVER INT64_MAX

struct level_mark {
    struct level_mark *next;
    int64_t due_ms;     /* when it is looked at */
    int64_t changed_ms; /* the product, last; as far as that is to be waited for */
    int64_t latest_ms;  /* when that is not waited for any more */
    int shard;
    bool is_late; /* it could not be announced when it was due */
    size_t len;
    char sku[ID_FORM_MAX];
};

/* Zeroed: none. */
struct level_marks {
    struct id_map by_sku;
    struct level_mark *first;
    struct level_mark *last;
    size_t count;
    size_t late; /* of them */
};

/* Frees them all. */
void level_marks_done(struct level_marks *marks);

/* It has changed now: due once it stands still, or has been marked for long. */
void level_marks_change(struct level_marks *marks, struct strview sku, int shard, int64_t now_ms);

/* Due at that time, unless it is marked already. */
void level_marks_add(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms);

/* The same, of one that could not be announced: nobody waits for it to be. */
void level_marks_add_late(struct level_marks *marks, struct strview sku, int shard, int64_t due_ms);

/* When the first is looked at; LEVEL_MARKS_NEVER: there is none. */
int64_t level_marks_due_ms(const struct level_marks *marks);

/* Takes the first one that is due and stands still, else NULL. To be freed. */
struct level_mark *level_marks_take(struct level_marks *marks, int64_t now_ms);

static inline struct strview level_mark_sku(const struct level_mark *mark)
{
    return (struct strview){mark->sku, mark->len};
}

#endif
