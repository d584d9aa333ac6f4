/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - one database connection: commands into a batch, the batch into a transaction.
 *
 * Why no timer: while one batch is in flight the next collects. An idle service
 * has batches of one and the lowest latency, a busy one grows them by itself.
 *
 * What can go wrong, and what happens: shards whose lock was not got are left out; commands
 * that want a row which is not to be had rest; a data error halves the batch until
 * the poison command stands alone and gets a 500; anything else repeats the batch from its
 * beginning with the same ids (what was committed is then found in the receipts), and coming
 * twice halves it, too; alone, a command rests and comes again until its deadline.
 *
 * Ownership: what the lanes share belongs to lanes.c. Threads: the loop's.
 */
#ifndef COMMAND_SVC_BATCH_LANE_H
#define COMMAND_SVC_BATCH_LANE_H

#include "command-svc/batch/id_source.h"
#include "command-svc/batch/lanes_options.h"
#include "command-svc/batch/submission.h"
#include "command-svc/core/fair.h"
#include "command-svc/core/held.h"
#include "command-svc/core/level_marks.h"
#include "command-svc/core/receipt_memory.h"
#include "command-svc/core/scarce.h"
#include "command-svc/core/turns.h"
#include "command-svc/metrics.h"

struct lane;

/* What all lanes look at and change. */
struct lane_common {
    struct loop *loop;
    const struct lanes_options *options;
    struct backlog backlog;
    struct fair fair[LANES_MAX]; /* by the lane that owns the shard */
    struct turns turns;
    struct held held;
    struct receipt_memory *memory;
    struct strbuf text;                   /* of one problem at a time */
    int shards;                           /* 0: not known */
    int64_t installed_ms;                 /* which database they are of; 0: not known */
    int64_t greatest_seq;                 /* committed by us */
    struct level_marks levels[LANES_MAX]; /* by the lane that owns the shard */
    struct id_source ids;                 /* of announcements */
    int64_t skips_stock_ms;               /* until then rows of stock are not waited for */
    int64_t skips_rows_ms;                /* likewise aggregates' rows */
    int64_t skips_levels_ms;              /* likewise rows of stock_announced */
    struct scarce scarce;
    /* The database was made anew. */
    void (*on_other_database)(void *user, int64_t installed_ms);
    void (*on_change)(void *user); /* what lanes may do has changed: wakes them all */
    void *user;
};

enum { LANE_QUEUES = -1 };

/* That product's stock may have changed: it is looked at once it stands still (level.h). */
void lane_mark_level(struct lane_common *common, struct strview sku);

/* In which time marks are to be looked at again, also those that are due and may have been found
 * moving; LEVEL_MARKS_NEVER: there is none. */
int64_t lane_next_levels_in_ms(const struct lane_common *common);

/* place: 0 … count - 1 owns every count-th shard from there; LANE_QUEUES queues for any. */
MUST_USE enum error_kind lane_new(struct lane_common *common, int place, struct lane **ret_lane,
                                  struct error *err);
void lane_free(struct lane *lane);

/* There may be something to do; done at the end of this turn of the loop. */
void lane_wake(struct lane *lane);

/* Every second; true when nothing gets on although commands wait. */
bool lane_is_stalled(struct lane *lane, int64_t now_ms);

/* Nothing in flight, and no level of stock to be announced that could be. */
bool lane_is_idle(const struct lane *lane);

/* What it is seen doing. */
enum lane_state lane_state(const struct lane *lane);

/* ERROR_NONE unless levels of stock cannot be announced, or one of them. */
enum error_kind lane_levels_probe(const struct lane *lane, struct error *err);

/* ERROR_NONE when connected; else why not. */
enum error_kind lane_connection(const struct lane *lane, struct error *err);

/* ERROR_NONE while it gets on: no batch has failed for as long as a second. */
enum error_kind lane_work(const struct lane *lane, int64_t now_ms, struct error *err);

/* Commands committed lately, for core/door.h. */
struct door *lane_door(struct lane *lane);

/* Tells the submitter; the submission is its own again. */
void lane_answer(struct lane_common *common, struct submission *submission,
                 const struct answer *answer);

/* An answer that no rule decided and no receipt remembers. */
void lane_answer_problem(struct lane_common *common, struct submission *submission, int status,
                         const char *slug, const char *detail);

#endif
