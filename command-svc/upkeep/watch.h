/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - what is looked at once a second.
 *
 * The age of the oldest unpublished event: beyond a limit new orders are refused, as an outbox that
 * nobody empties fills the disk. The sequence of outbox.seq (core/sequence.h). Whether relays can
 * hold every shard. Who has the locks that commands wait for (holders.h).
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_UPKEEP_WATCH_H
#define COMMAND_SVC_UPKEEP_WATCH_H

#include "command-svc/core/sequence.h"
#include "command-svc/upkeep/holders.h"
#include "common/run/activity.h"

struct loop;
struct loop_timer;
struct metrics;
struct pgconn;

struct watch_options {
    void (*on_outbox_age)(void *user, int64_t age_ms);
    int64_t (*greatest_seq)(void *user); /* that this process committed */
    struct held *held;                   /* the locks to find holders of; borrowed */
    void *user;
    struct metrics *metrics;
};

struct watch {
    struct pgconn *conn; /* borrowed; set before watch_begin() */
    struct watch_options options;
    struct loop_timer *second;
    struct activity looking;
    struct holders holders;
    int64_t answered_ms;  /* the last look */
    int64_t greatest_seq; /* before the look in flight */
    struct sequence sequence;
    struct activity shards; /* that relay_shard lacks none */
};

void watch_init(struct watch *watch, struct loop *loop, const struct watch_options *options);
void watch_done(struct watch *watch);

/* The connection is there: the first look soon. */
void watch_begin(struct watch *watch);

/* A lock is missed: asks who has it, at once. */
void watch_find_holders(struct watch *watch);

/* ERROR_NONE while PostgreSQL answers. */
enum error_kind watch_probe(const struct watch *watch, struct error *err);

#endif
