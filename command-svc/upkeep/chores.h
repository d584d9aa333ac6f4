/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chores.h - what the database needs once a minute: partitions of the outbox are attached ahead,
 * receipts past their retention deleted in small portions.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_UPKEEP_CHORES_H
#define COMMAND_SVC_UPKEEP_CHORES_H

#include "common/run/activity.h"

struct loop;
struct loop_timer;
struct pgconn;

struct chores {
    struct pgconn *conn; /* borrowed; set before chores_begin() */
    int64_t receipt_retention_ms;
    struct loop_timer *minute;
    struct loop_timer *expiry;
    struct activity maintaining;
    struct activity expiring;
    bool is_maintaining;
    int64_t expiry_began_ms;
    int64_t expired; /* rows of the last portion */
};

void chores_init(struct chores *chores, struct loop *loop, int64_t receipt_retention_ms);
void chores_done(struct chores *chores);

/* The connection is there: the first time soon. */
void chores_begin(struct chores *chores);

/* The outbox lacks a partition for its next rows: makes it at once. */
void chores_make_partition(struct chores *chores);

#endif
