/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the connection beside the lanes, and what goes over it: the relay's bell (bell.h),
 * what is looked at once a second (watch.h), the chores of each minute (chores.h), levels of stock
 * to be announced (level_scan.h), and receipts that are asked for (receipt_search.h). At each
 * connection the number of shards is read.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_UPKEEP_CONTROL_H
#define COMMAND_SVC_UPKEEP_CONTROL_H

#include "command-svc/upkeep/chores.h"
#include "command-svc/upkeep/level_scan.h"
#include "command-svc/upkeep/receipt_search.h"
#include "command-svc/upkeep/watch.h"

struct control;
struct loop;

struct control_options {
    const char *database_url;
    struct chores_options chores;
    /* At each connection: the number of shards, and when the database was made. */
    void (*on_installation)(void *user, int shards, int64_t installed_ms);
    level_found_fn *on_level; /* a product whose stock is not what was announced */
    void *user;
    struct watch_options watch;
};

MUST_USE enum error_kind control_new(struct loop *loop, const struct control_options *options,
                                     struct control **ret_control, struct error *err);

/* Accepts NULL. */
void control_free(struct control *control);

/* Tells the relay that the outbox has grown. Never fails; costs nothing while disconnected. */
void control_ring_bell(struct control *control);

/* The outbox lacks a partition for its next rows: makes it at once. */
void control_make_partition(struct control *control);

/* A lock is missed: asks who has it, at once. */
void control_find_holders(struct control *control);

/* Looks a receipt up by its primary key; calls back once, from the loop. */
void control_find_receipt(struct control *control, const struct uuid *key,
                          receipt_found_fn *on_receipt, void *user);

/* ERROR_NONE while the number of shards is known and the database answers on this connection. */
enum error_kind control_probe(void *user, struct error *err);

/* ERROR_NONE while the sequence of outbox.seq only grows. */
enum error_kind control_sequence_probe(void *user, struct error *err);

/* ERROR_NONE while every shard has a row by which a relay can hold it. */
enum error_kind control_shards_probe(void *user, struct error *err);

#endif
