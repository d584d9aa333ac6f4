/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lanes.h - takes commands, and sees that each is answered: by a lane, from memory, or with 503.
 *
 * A lane (lane.h) is one database connection and owns every n-th shard. One more connection
 * queues for shards whose lock the lanes keep missing (core/turns.h), so that a neighbour at
 * full load starves nobody and a stuck shard stops itself only.
 *
 * A command that finds no way until its deadline gets 503.
 *
 * Ownership: see submission.h. Threads: the loop's. Limits: see lanes_submit().
 */
#ifndef COMMAND_SVC_BATCH_LANES_H
#define COMMAND_SVC_BATCH_LANES_H

#include "command-svc/batch/admission.h"
#include "command-svc/batch/lanes_options.h"
#include "command-svc/batch/submission.h"
#include "command-svc/core/held.h"

struct lanes;
struct loop;

MUST_USE enum error_kind lanes_new(struct loop *loop, const struct lanes_options *options,
                                   struct lanes **ret_lanes, struct error *err);

/* Submissions not answered yet are forgotten. */
void lanes_free(struct lanes *lanes);

/* The number of shards; 0 while the database did not tell. Needed to draw an order id whose shard
 * is that of its key. */
int lanes_shards(const struct lanes *lanes);

/* What the database says of itself: its number of shards, and when it was made. Until then
 * submissions are refused. Each batch compares both with the database it writes to: with another
 * number of shards nothing is written until a new start; of one made anew with the same number,
 * what was known of the old one is forgotten. */
void lanes_set_installation(struct lanes *lanes, int shards, int64_t installed_ms);

/* While set, PlaceOrder is answered only when it is a retry of one that was decided: events have
 * been waiting for Kafka for too long. */
void lanes_set_behind(struct lanes *lanes, bool is_behind);

/* Takes the submission, answers it from memory, or refuses it at once; never touches the
 * database. */
MUST_USE enum lanes_verdict lanes_submit(struct lanes *lanes, struct submission *submission);

/* Nothing queued, nothing in flight, no level to be announced that could be. */
bool lanes_are_idle(const struct lanes *lanes);

/* The locks that commands wait for, to be told who has them. */
struct held *lanes_held(struct lanes *lanes);

/* That product's stock may have changed without this process having announced it. */
void lanes_mark_level(struct lanes *lanes, struct strview sku);

/* The greatest seq that was committed through these lanes. */
int64_t lanes_greatest_seq(const struct lanes *lanes);

/* Not ready: a lane is not connected, or none of them gets on. */
enum error_kind lanes_probe(void *user, struct error *err);

/* Shown only: some lanes do not get on. */
enum error_kind lanes_stall_probe(void *user, struct error *err);

/* ERROR_NONE unless levels of stock cannot be announced; an advisory one, as they are only late. */
enum error_kind lanes_levels_probe(void *user, struct error *err);

/* Shown only: locks that somebody else has for a while. */
enum error_kind lanes_lock_probe(void *user, struct error *err);

#endif
