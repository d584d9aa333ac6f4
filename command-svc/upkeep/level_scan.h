/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level_scan.h - finds the products whose stock is not what was announced.
 *
 * Why: that a level has changed is known to the memory of one process only (core/level_marks.h).
 * What died with one, or was changed by hand, is found here: at each connection, and every minute.
 *
 * A portion of the table at a time, by key, with a pause between them, so that the connection is
 * free for others.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_UPKEEP_LEVEL_SCAN_H
#define COMMAND_SVC_UPKEEP_LEVEL_SCAN_H

#include "command-svc/core/level_walk.h"
#include "common/run/activity.h"

struct loop;
struct loop_timer;
struct pgconn;

typedef void level_found_fn(void *user, struct strview sku);

struct level_scan {
    struct pgconn *conn; /* borrowed; set before level_scan_begin() */
    level_found_fn *on_found;
    void *user;
    struct loop_timer *next;
    struct activity looking;
    struct level_walk walk;
};

void level_scan_init(struct level_scan *scan, struct loop *loop, level_found_fn *on_found,
                     void *user);
void level_scan_done(struct level_scan *scan);

/* The connection is there: from the beginning, soon. */
void level_scan_begin(struct level_scan *scan);

#endif
