/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - the connection beside the lanes: the relay's bell, the upkeep, receipts asked for.
 *
 * Why the bell is rung here, after the commit: NOTIFY inside a busy transaction
 * takes a lock that lives until its commit has reached the disk, so notifying
 * commits would queue up behind each other. Rings are coalesced: while one is
 * under way, any number of commits cost one more. A lost ring costs the relay
 * one poll interval.
 *
 * Once a second it looks at the age of the oldest unpublished event (beyond a limit new orders
 * are refused, as an outbox that nobody empties fills the disk), compares what the sequence
 * of outbox.seq handed out last with what was handed out before (a sequence that went back makes
 * events that no relay reads) and the shards that relays can hold with those there are, and asks
 * who has the locks that commands wait for.
 *
 * Upkeep, once a minute: partitions of the outbox are attached ahead, receipts past their
 * retention deleted in small portions. At each connection the number of shards is read.
 */
#ifndef COMMAND_SVC_UPKEEP_CONTROL_H
#define COMMAND_SVC_UPKEEP_CONTROL_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/base/uuid7.h"

#include <stdint.h>

struct control;
struct held;
struct loop;
struct metrics;

struct control_options {
    const char *database_url;
    int64_t receipt_retention_ms;
    /* At each connection: the number of shards, and when the database was made. */
    void (*on_installation)(void *user, int shards, int64_t installed_ms);
    /* About once a second: how long the oldest event not yet published has waited. */
    void (*on_outbox_age)(void *user, int64_t age_ms);
    int64_t (*greatest_seq)(void *user); /* that this process committed */
    struct held *held;                   /* the locks to find holders of; borrowed */
    void *user;
    struct metrics *metrics;
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

/* What is remembered under a key; views are valid for the callback. */
struct control_receipt {
    int status;
    int64_t version;         /* 0: none */
    struct strview location; /* path on the query service; empty: none */
    struct strview body;
};

/* receipt is NULL when there is none; err is NULL unless the database could not be asked. */
typedef void control_receipt_fn(void *user, const struct control_receipt *receipt,
                                const struct error *err);

/* Looks a receipt up by its primary key; calls back once, from the loop. */
void control_find_receipt(struct control *control, const struct uuid *key,
                          control_receipt_fn *on_receipt, void *user);

/* ERROR_NONE while the number of shards is known and the database answers on this connection. */
enum error_kind control_probe(void *user, struct error *err);

/* ERROR_NONE while the sequence of outbox.seq only grows. */
enum error_kind control_sequence_probe(void *user, struct error *err);

/* ERROR_NONE while every shard has a row by which a relay can hold it. */
enum error_kind control_shards_probe(void *user, struct error *err);

#endif
