/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_internal.h - the inside of a lane.
 *
 *     lane.c         its life, its connection, what is told of it
 *     lane_course.c  a batch's way, step by step
 *     lane_shards.c  whose commands come into the batch, and which locks were got
 *     lane_levels.c  a batch of stock levels that are announced
 *     lane_fail.c    what becomes of a batch that is not committed, or not whole
 */
#ifndef COMMAND_SVC_BATCH_LANE_INTERNAL_H
#define COMMAND_SVC_BATCH_LANE_INTERNAL_H

#include "command-svc/batch/batch_record.h"
#include "command-svc/batch/batch_store.h"
#include "command-svc/batch/lane.h"
#include "command-svc/core/door.h"
#include "command-svc/core/repeat.h"
#include "common/base/stall.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/activity.h"

enum { NAME_LEN_MAX = 32, LEVELS_PER_BATCH = 256 };

/*
 *   idle ─> load ~> check ─> decide ─> save ~> answer ─> end ─> idle
 *             │       │        │ │       │                 ^
 *             │       └────────│─┴───────│────────────────>┤ nothing to save
 *             └───────> fail <─┴─────────┘                 │
 *                        └────────────────────────────────>┘
 *
 * (~> waits for PostgreSQL)
 */
enum lane_step {
    LANE_IDLE = 0,
    LANE_LOAD,
    LANE_CHECK,
    LANE_DECIDE,
    LANE_SAVE,
    LANE_ANSWER,
    LANE_FAIL,
    LANE_END,
    LANE_STEP_COUNT
};

/* A batch has either commands or levels: what goes wrong with these is no command's fault. */
struct lane_levels {
    struct level_mark *taken[LEVELS_PER_BATCH];
    size_t count;
    size_t most;      /* in one batch */
    bool are_told;    /* as far as they could be */
    bool came_last;   /* the last batch was of levels: commands come next */
    int64_t pause_ms; /* before they are tried again */
    struct activity work;
    struct activity refused; /* fails while one is left out */
};

struct lane {
    struct lane_common *common;
    int place;
    char name[NAME_LEN_MAX];
    struct pgconn *conn;
    struct batch_store *store;
    enum lane_step step; /* assigned in lane_course.c only */
    struct door door;
    struct loop_deferred *start; /* at the end of this turn, so that a whole turn joins in */
    struct loop_timer *pause;
    struct activity work;
    struct stall stall;
    struct repeat repeat;
    struct scarce_suspects suspects;
    bool locks_stock;       /* until a commit: a level had moved */
    bool skips_rows;        /* the batch in flight leaves locked rows out */
    uint64_t batches;       /* ended by a commit */
    int first_shard;        /* where the next batch begins to collect */
    int shards[SHARDS_MAX]; /* of the batch in flight, sorted */
    size_t shard_count;
    /* From load to end: */
    int64_t started_ms;
    struct pgconn_failure failure; /* what the step fail is about */
    struct arena arena;
    struct batch batch;
    struct submission *submissions[BATCH_COMMANDS_MAX]; /* submissions[i] is item i's */
    struct batch_recorder recorder;
    struct lane_levels levels;
};

static inline bool lane_queues(const struct lane *lane)
{
    return lane->place == LANE_QUEUES;
}

/* ---- lane_course.c ---- */

/* Begins a batch, if there is anything to do and nothing in its way. */
void lane_begin(struct lane *lane);

/* ---- lane_shards.c ---- */

/* Fills the batch from the lines of the shards whose turn it is. */
void lane_collect(struct lane *lane);

/* The batch's shards are in use from here on, and free again. */
void lane_take_shards(struct lane *lane);
void lane_give_shards(struct lane *lane);

/* Takes note of which locks were got, and leaves out the commands of the others. */
void lane_settle_locks(struct lane *lane);

/* Whether commands wait that this lane may take now. */
bool lane_has_waiters(const struct lane *lane);

/* ---- lane_levels.c ---- */

void lane_levels_init(struct lane *lane);
void lane_levels_done(struct lane *lane);

/* No level is to be announced that could be. */
bool lane_has_told(const struct lane *lane);

/* Whether levels of its shards are due. */
bool lane_has_levels(const struct lane *lane);

/* Fills the batch with levels that are due. */
void lane_collect_levels(struct lane *lane);

/* Marks the products whose stock the commands of this batch, which is committed, have changed. */
void lane_mark_levels(struct lane *lane);

/* The batch of levels is committed, or nothing in it was new. */
void lane_levels_told(struct lane *lane);

/* It failed: rolls back, and waits. */
void lane_levels_fail(struct lane *lane);

/* Those that are not told are marked again. */
void lane_put_levels_back(struct lane *lane);

/* ---- lane_fail.c ---- */

/* All of its commands go back to their places. */
void lane_return_all(struct lane *lane);

/* Those that could not be decided now: one whose shard was missed keeps its place, one that wants
 * a row that somebody else has makes room. */
void lane_put_postponed_back(struct lane *lane);

/* Rolls back, and does with the commands what lane->failure asks for. */
void lane_fail(struct lane *lane);

#endif
