/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_internal.h - the inside of a lane: lane.c is a batch's way to its commit, lane_fail.c what
 * becomes of one that is not committed, or not whole.
 */
#ifndef COMMAND_SVC_BATCH_LANE_INTERNAL_H
#define COMMAND_SVC_BATCH_LANE_INTERNAL_H

#include "command-svc/batch/batch_record.h"
#include "command-svc/batch/batch_store.h"
#include "command-svc/batch/lane.h"
#include "command-svc/core/door.h"
#include "common/base/stall.h"
#include "common/io/pgconn.h"
#include "common/run/activity.h"

enum { NAME_LEN_MAX = 32 };

enum lane_state { LANE_IDLE = 0, LANE_LOADING, LANE_SAVING };

struct lane {
    struct lane_common *common;
    int place;
    char name[NAME_LEN_MAX];
    struct pgconn *conn;
    struct batch_store *store;
    enum lane_state state;
    struct door door;
    struct loop_deferred *start; /* at the end of this turn, so that a whole turn joins in */
    struct loop_timer *pause;
    struct activity work;
    struct stall stall;
    uint64_t batches;       /* ended by a commit */
    int64_t failed_ms;      /* last failure in passing */
    int failures;           /* in passing, in a row */
    int64_t started_ms;     /* the batch in flight */
    size_t batch_max;       /* halved by errors, doubled by success */
    int first_shard;        /* where the next batch begins to collect */
    int shards[SHARDS_MAX]; /* of the batch in flight, sorted */
    size_t shard_count;
    struct arena arena;
    struct batch batch;
    struct submission *submissions[BATCH_COMMANDS_MAX];
    struct batch_recorder recorder;
    struct strbuf text;
};

static inline bool lane_queues(const struct lane *lane)
{
    return lane->place == LANE_QUEUES;
}

/* The batch is over: what it gave back or found out may concern the others. */
void lane_end_batch(struct lane *lane);

/* All of its commands go back to their places. */
void lane_return_all(struct lane *lane);

/* Those that could not be decided now: one whose shard was missed keeps its place, one that wants
 * a row of stock makes room. */
void lane_put_postponed_back(struct lane *lane);

/* A trip failed: rolls back, does what the cause asks for, and ends the batch. */
void lane_fail(struct lane *lane, const struct pgconn_failure *failure);

#endif
