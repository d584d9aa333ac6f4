/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chores.h - what the database needs once a minute: partitions of the outbox are attached ahead,
 * those past its retention dropped, receipts past theirs deleted in small portions.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_UPKEEP_CHORES_H
#define COMMAND_SVC_UPKEEP_CHORES_H

#include "common/run/activity.h"

struct loop;
struct loop_timer;
struct pgconn;

struct chores_options {
    int64_t receipt_retention_ms;
    int64_t outbox_retention_ms; /* 0: for ever */
};

struct chores {
    struct pgconn *conn; /* borrowed; set before chores_begin() */
    struct chores_options options;
    struct loop_timer *minute;
    struct loop_timer *expiry;
    struct activity maintaining;
    struct activity retiring; /* a partition that is old and cannot be dropped */
    struct activity expiring;
    bool is_maintaining;
    struct error kept; /* by the trip in flight: why */
    int64_t expiry_began_ms;
    int64_t expired; /* rows of the last portion */
};

void chores_init(struct chores *chores, struct loop *loop, const struct chores_options *options);
void chores_done(struct chores *chores);

/* The connection is there: the first time soon. */
void chores_begin(struct chores *chores);

/* Makes the partitions that the outbox lacks for its next rows, at once, and drops one that is old
 * where it may go. */
void chores_keep_outbox(struct chores *chores);

#endif
