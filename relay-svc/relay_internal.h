/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_internal.h - what the files of the relay share: relay (start and end, answers), topics (the
 * looks at them), effects (what follows from a change of a shard), tick (once a second) and probe
 * (how it is).
 */
#ifndef RELAY_SVC_RELAY_INTERNAL_H
#define RELAY_SVC_RELAY_INTERNAL_H

#include "common/base/news.h"
#include "common/run/activity.h"
#include "relay-svc/core/shard_log.h"
#include "relay-svc/relay.h"

struct loop_timer;
struct kafka_delivery;
struct kafka_topics;
struct kafka_topics_report;
struct kafka_topics_wanted;
struct filling;
struct leases;
struct marking;
struct freeing;
struct parking;
struct publisher;
struct reading;
struct resuming;
struct tails;
struct watching;

/* What was last said of a shard. */
struct relay_told {
    char reason[SHARD_REASON_MAX];
    int64_t at_ms;
};

enum {
    RELAY_PARTY_COUNT = 2,  /* PostgreSQL, Kafka */
    RELAY_CLUSTER_MAX = 128 /* an id */
};

struct relay {
    struct loop *loop;
    struct relay_options options;
    struct outbox_store *store;
    int shard_count;              /* 0 until the database has told */
    struct kafka_topics *looking; /* at the topics; NULL when not */
    bool is_look_over;
    int64_t looked_ms;          /* when the last look at them began */
    struct activity topics;     /* looking at them */
    struct activity partitions; /* how many they have */
    struct kafka_topics_wanted *wanted;
    char kafka_cluster[RELAY_CLUSTER_MAX];
    struct error topics_error; /* why the topics are not in order yet */
    bool is_running;           /* from here on: what exists once they are */
    struct shards *shards;
    struct relay_told *told; /* by shard */
    struct publisher *publisher;
    struct news losses, renewals; /* of producers */
    int acknowledged;             /* events, of the bunch of answers being taken */
    struct leases *leases;
    struct tails *tails;
    struct reading *reading;
    struct filling *filling;
    struct watching *watching;
    struct marking *marking;
    struct parking *parking;
    struct freeing *freeing;
    struct resuming *resuming;
    struct loop_timer *ticker;
    int64_t told_parked_ms;            /* when the log said last what waits for a person */
    int behind;                        /* topics of shards that are being filled, as last told */
    int away_ticks[RELAY_PARTY_COUNT]; /* for how long */
    bool is_draining;
};

/*
 * A shards_effects_fn; user is the relay. Every function of core/shard_log that may change a shard
 * returns what follows (enum shard_effect), and this is the one place where that is done: what is
 * logged, asked, forgotten, read and given back. Nobody else looks at states to find out what has
 * happened.
 */
void relay_carry_out(void *user, int shard, unsigned effects);

/* The topics are in order for the first time: there are shards from now on. */
MUST_USE enum error_kind relay_begin(struct relay *relay, const struct kafka_topics_report *report,
                                     struct error *err);

void relay_note_limits(struct relay *relay, const struct kafka_topics_report *report);

/* None is under way. */
void relay_look_at_topics(struct relay *relay);

/* Once a second: ends a look that is over, begins the next one. */
void relay_tick_topics(struct relay *relay);

/* Of a record on that topic, of which something was heard for the first time. */
void relay_count_answer(struct relay *relay, int topic, int shard,
                        const struct kafka_delivery *answer);

/* There may be room in flight again: what waits for that goes on. */
void relay_make_room(struct relay *relay);

/* What waits for a quiet shard, or for marks, may go on. */
void relay_pump_quarantine(struct relay *relay);

/* Aggregates of our shards that wait for a person. */
size_t relay_parked(const struct relay *relay);

/* Once a second, while it is running. */
void relay_tick(struct relay *relay);

#endif
