/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - commands into batches, batches into transactions, outcomes to who waits.
 *
 * Why no timer: while one batch is in flight the next collects. An idle service
 * has batches of one and the lowest latency, a busy one grows them by itself.
 * A lane is one database connection and owns every n-th shard, so that lanes
 * meet only on rows of stock.
 *
 * What can go wrong, and what happens: a data error halves the batch until the
 * poison command stands alone and gets a 500; a deadlock, a lost connection or
 * an unanswered COMMIT repeats the batch from its beginning with the same ids
 * (what was committed is then found in the receipts); a shard whose lock is
 * taken elsewhere is left out for a while. A command that finds no way until
 * its deadline gets 503.
 *
 * Ownership: a submission is its submitter's and stays where it is, with all its
 * command points at, until on_answer. Threads: the loop's. Limits: see lanes_submit().
 */
#ifndef COMMAND_SVC_SHELL_LANE_H
#define COMMAND_SVC_SHELL_LANE_H

#include "command-svc/shell/answer.h"

struct lanes;
struct loop;
struct metrics;

typedef void submission_answer_fn(void *user, const struct answer *answer);

struct submission {
    struct command command;
    submission_answer_fn *on_answer; /* once, from the loop; the submission is free then */
    void *user;
    /* the lane's own */
    struct submission *next;
    int shard;
    int64_t deadline_ms;
    int64_t queued_us;
};

struct lanes_options {
    const char *database_url;
    int count;                  /* connections */
    int64_t command_timeout_ms; /* from submission to 503 */
    size_t queue_floor;         /* submissions that may always wait in one lane, see core/door.h */
    void (*on_commit)(void *user); /* events were committed: ring the relay's bell */
    void *user;
    struct metrics *metrics;
};

MUST_USE enum error_kind lanes_new(struct loop *loop, const struct lanes_options *options,
                                   struct lanes **ret_lanes, struct error *err);

/* Submissions not answered yet are forgotten. */
void lanes_free(struct lanes *lanes);

/* The number of shards, read from the database once; 0 while it could not be. Needed to draw an
 * order id whose shard is that of its key. */
int lanes_shards(const struct lanes *lanes);

/* Until then submissions are refused. */
void lanes_set_shards(struct lanes *lanes, int shards);

/* While set, PlaceOrder is refused: events have been waiting for Kafka for too long. */
void lanes_set_behind(struct lanes *lanes, bool is_behind);

enum lanes_verdict {
    LANES_TAKEN = 0,
    LANES_OVERLOADED,  /* more waits than is worked off in a moment: 503 overloaded */
    LANES_BEHIND,      /* PlaceOrder only: 503 overloaded, reason outbox-age */
    LANES_UNAVAILABLE, /* the database was never reached yet: 503 dependency-unavailable */
};

/* Takes the submission or refuses it at once, without touching the database. */
MUST_USE enum lanes_verdict lanes_submit(struct lanes *lanes, struct submission *submission);

/* Nothing queued, nothing in flight. */
bool lanes_are_idle(const struct lanes *lanes);

/* ERROR_NONE when every lane is connected; else why not. */
enum error_kind lanes_probe(void *user, struct error *err);

#endif
