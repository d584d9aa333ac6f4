/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repeat.h - how large the next batch may be, and how soon it comes, after one that failed; pure.
 *
 * Why halves: whatever it is that fails meets ever fewer commands, and in the end one alone. A
 * commit doubles the size again.
 *
 * Why a failure in passing is first met with the same batch: mostly it is over by then, and small
 * batches are slow ones. A row that somebody else holds is no such failure: the commands that want
 * it are left out of the batch, whoever fails how often (core/batch.h). Why a command that fails
 * alone does not make the others wait: it rests by itself (core/backlog.h). But REPEAT_ALONE_MAX of
 * them in a row are no matter of single commands: then all pause.
 */
#ifndef COMMAND_SVC_CORE_REPEAT_H
#define COMMAND_SVC_CORE_REPEAT_H

#include <stddef.h>

enum { REPEAT_ALONE_MAX = 8 };

struct repeat {
    size_t most; /* commands of the next batch */
    int fails;   /* in passing, in a row */
};

/* What the next batch waits for. */
enum repeat_pause {
    REPEAT_AT_ONCE = 0, /* nothing: the one command that failed rests */
    REPEAT_SOON,        /* a moment */
    REPEAT_LATER,       /* a pause that grows */
};

void repeat_init(struct repeat *repeat);

void repeat_after_commit(struct repeat *repeat);

/* One of these commands' data cannot be stored, or together they need too much memory. At least
 * two: of one it is known which. */
void repeat_after_bad_data(struct repeat *repeat, size_t commands);

/* The same batch may succeed later. */
enum repeat_pause repeat_after_passing(struct repeat *repeat, size_t commands);

#endif
