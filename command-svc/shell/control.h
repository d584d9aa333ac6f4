/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the connection beside the lanes: the relay's bell and the upkeep.
 *
 * Why the bell is rung here, after the commit: NOTIFY inside a busy transaction
 * takes a lock that lives until its commit has reached the disk, so notifying
 * commits would queue up behind each other. Rings are coalesced: while one is
 * under way, any number of commits cost one more. A lost ring costs the relay
 * one poll interval.
 *
 * Upkeep, once a minute: partitions of the outbox are attached ahead, receipts past their
 * retention deleted in small portions. At the first connection the number of
 * shards is read.
 */
#ifndef COMMAND_SVC_SHELL_CONTROL_H
#define COMMAND_SVC_SHELL_CONTROL_H

#include "common/base/error.h"

#include <stdint.h>

struct control;
struct loop;
struct metrics;

struct control_options {
    const char *database_url;
    int64_t receipt_retention_ms;
    void (*on_shards)(void *user, int shards); /* once */
    void *user;
    struct metrics *metrics;
};

MUST_USE enum error_kind control_new(struct loop *loop, const struct control_options *options,
                                     struct control **ret_control, struct error *err);

/* Accepts NULL. */
void control_free(struct control *control);

/* Tells the relay that the outbox has grown. Never fails; costs nothing while disconnected. */
void control_ring_bell(struct control *control);

/* ERROR_NONE once the number of shards is known and the connection stands. */
enum error_kind control_probe(void *control, struct error *err);

#endif
