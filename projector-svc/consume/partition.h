/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition.h - one Kafka partition on its way into Redis: queue, batch, call, next.
 *
 * Why one batch at a time: what a batch loads must be what the one before has
 * written. Different partitions share no view, so theirs run side by side on one
 * connection, a few at once (core/turns.h).
 *
 * Where its objects live: a record stays in the queue until the function call that
 * covers it was answered. When a call fails for whatever reason, the partition
 * closes, asks for its position anew, and goes on from what Redis says.
 *
 *   NEW ──partition_open()──> READY ──its turn──> BUSY ──ok──> READY
 *   CLOSED ──────┘              └──> CLOSED <──failure──┘
 *
 * Its parts: queue.h (what waits), source.h (is the log the one we know), course.h (one batch's
 * way), and what is decided without servers in core/: turns, draining, recovery, progress.
 *
 * Why batches begin in the loop's next turn only: whoever hands in a record or opens a partition
 * is never called back for the batch that follows from it.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_PARTITION_H
#define PROJECTOR_SVC_CONSUME_PARTITION_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json_writer.h"
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_consumer.h"
#include "projector-svc/consume/batch_log.h"
#include "projector-svc/core/anchor.h"
#include "projector-svc/core/intake.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/turns.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_deferred;
struct metrics;
struct partition;
struct redisconn;

/*
 * What all partitions of a process share; the first part is the owner's to fill in.
 *
 * on_room, on_restart, on_recovered and on_closed without a reason may come from inside any
 * function of a partition: they note what is to be done, and call no partition. on_closed with a
 * reason and on_stopped come from the loop alone.
 */
struct partition_context {
    struct redisconn *redis;
    struct metrics *metrics;
    int64_t recent_cap;
    int64_t stream_cap;
    struct order_limits limits;
    bool is_quiet;         /* nobody is told what is applied */
    struct strview reader; /* see core/reader.h; outlives them */
    /* The partition is closed and must be opened again; why is of its last failure, NULL: it only
     * wants to be compared with the log. A stopped one may be freed inside when there is a why. */
    void (*on_closed)(void *user, struct partition *partition, const struct error *why);
    /* A stopped partition has nothing in flight any more; it may be freed inside. */
    void (*on_stopped)(void *user);
    /* Records were given back: there may be room for others. */
    void (*on_room)(void *user);
    /* Reading must begin anew, at partition_reads_from(). */
    void (*on_restart)(void *user);
    /* All that Redis lost is there again, without a call that says so: Kafka ends before it, or the
     * goal was learnt too late for the call that reached it. */
    void (*on_recovered)(void *user, struct partition *partition);
    void *user;
    char generation[24];   /* as Redis had it at the last opening */
    enum json_times times; /* the same */
    /* The partitions' own. */
    struct turns turns;
    size_t queued_bytes;
    struct arena_spares spares; /* of batches that have ended, for the next ones */
    struct batch_log_news unread;
    struct loop_deferred *serving; /* gives turns */
};

void partition_context_open(struct partition_context *context, struct loop *loop);

/* After the last partition. */
void partition_context_close(struct partition_context *context);

struct partition_name {
    enum aggregate_type aggregate;
    const char *topic; /* outlives the partition */
    int topic_index;
    int32_t number;
};

struct partition *partition_new(struct partition_context *context,
                                const struct partition_name *name);

/* Gives its records back. Not while it is busy, unless the Redis connection is gone. */
void partition_free(struct partition *partition);

const struct partition_name *partition_name(const struct partition *partition);
struct strview partition_slot(const struct partition *partition); /* "<topic>/<number>" */

/* What Redis says of a partition. */
struct partition_stand {
    int64_t position; /* or VIEW_POSITIONS_NONE */
    int64_t goal;     /* reached before it lost something; 0: nothing lost */
    struct anchor_identity identity;
};

/* Goes on with what is queued, where that fits; else on_restart() is called. */
void partition_open(struct partition *partition, const struct partition_stand *stand);

/* Where reading it begins, or goes on, at the next assignment. */
int64_t partition_reads_from(const struct partition *partition);

/* The assignment was made: it is read from there, and nothing is paused. */
void partition_restarted(struct partition *partition);

/* What it means for core/intake.h. */
struct intake_place partition_place(const struct partition *partition);

/* Kafka was told to pause it, or to go on. */
void partition_note_paused(struct partition *partition, bool is_paused);

/* It takes no record from this offset on; at first it takes all, or none where it is quiet. What
 * comes beyond is kept as far as it is little; to be told again and again, so that the rest is read
 * when there is room. */
void partition_set_ceiling(struct partition *partition, int64_t offset);

/* All before it is applied, and nothing is on its way. */
bool partition_is_at_ceiling(struct partition *partition);

/* Kafka's end lies below it, and all up to there has been read. */
bool partition_ends_below(const struct partition *partition, int64_t end, int64_t *ret_ceiling);

/* What is in Kafka may have changed: compare before anything else is taken. */
void partition_recheck(struct partition *partition);

/* What the group had committed: so far the views were once. */
void partition_note_committed(struct partition *partition, int64_t offset);

/* Takes the record over. */
void partition_take(struct partition *partition, struct kafka_record *record);

/* The parked events of this aggregate are to be applied. */
void partition_drain(struct partition *partition, struct strview aggregate_id);

/* No batch is begun from now on; what is in flight ends. */
void partition_stop(struct partition *partition);

/* Its position must be read again before the next batch. */
void partition_close(struct partition *partition);

/* The same, also when a batch is in flight: Redis must not be written to, or is away. */
void partition_halt(struct partition *partition);

void partition_at_end(struct partition *partition, int64_t offset);

/* Where it was to be read lies outside the log. */
void partition_outside(struct partition *partition);

/* Whether it agrees with what Redis said of its position; a busy or closed one always does. */
bool partition_stands_at(const struct partition *partition, int64_t position);

/* What Redis says of its position and of the goal to be reached, at one moment: one that nobody
 * will take back would have every answer say for ever that views are being filled again. */
void partition_heed_goal(struct partition *partition, int64_t position, int64_t goal);

/* Once a second: has the end gone back, and does it get on? can_move: both servers answer. */
void partition_look(struct partition *partition, int64_t known_end, bool can_move, int64_t now_ms);

bool partition_is_busy(const struct partition *partition);
bool partition_is_closed(const struct partition *partition);

struct partition_report {
    int64_t position; /* of the next event to apply; 0 when nothing was applied yet */
    int64_t goal;     /* reached before Redis lost it; 0: nothing is being recovered */
    int64_t reached;  /* the same, once Kafka has answered it since it was opened; -1: not yet */
    int64_t end;      /* the newest known end of the partition; -1: not known */
    int64_t lag_ms;   /* age of the oldest event not applied; 0: none */
    size_t queued;
    bool is_out_of_range; /* Kafka no longer has what comes next */
    bool is_behind;
    bool is_stuck;   /* behind, and nothing moves although both servers answer */
    bool is_stalled; /* Redis refuses its batch; see trouble */
    const char *trouble;
};

struct partition_report partition_report(const struct partition *partition, int64_t known_end,
                                         int64_t now_ms);

#endif
