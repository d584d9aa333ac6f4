/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projector.h - the consuming half: which partitions are ours, and from where.
 *
 * Why positions are asked of Redis, never of Kafka: position and views change
 * in one call there, so they are lost together or not at all. What is committed to
 * Kafka serves lag tools, and tells after a loss how far the views once were.
 *
 * Calling sequence: projector_new; projector_drain when stopping, until
 * projector_is_drained; projector_free.
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_PROJECTOR_H
#define PROJECTOR_SVC_CONSUME_PROJECTOR_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/shard.h"
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_config.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/seam.h"
#include "projector-svc/core/takeover.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct metrics;
struct projector;

/*
 * It fills views that nobody reads yet: all partitions are its own, from their beginnings on,
 * without the group; nobody is told what it applies. Another generation than this one is fatal:
 * those are not the views that it was to fill.
 */
struct projector_apart {
    const char *generation;
    const char *replayed[AGGREGATE_COUNT]; /* a topic with all events of that type; NULL: none */
    bool reads_replayed;                   /* these, in place of the usual ones */
    /* By type, then partition: between both. The owner's; it outlives the projectors. */
    struct seam (*seams)[SHARDS_MAX];
    bool begins_anywhere; /* the topics may begin late: the rest is there already */
};

struct projector_options {
    const char *redis_url;
    struct kafka_config kafka;
    const char *group;
    const char *topic_prefix;
    int64_t recent_cap; /* orders that orders:recent keeps */
    int64_t stream_cap; /* entries that stream:orders keeps, about */
    struct order_limits limits;
    const char *version;                 /* of this program */
    const struct projector_apart *apart; /* NULL: a member of the group; outlives it */
    void (*on_redis_moved)(void *user);  /* its address leads elsewhere now; may be NULL */
    /* This Redis must not be written to, and never was ready before: the process should end. */
    void (*on_fatal)(void *user, const struct error *why);
    void *user;
};

/* Starts connecting to both. Fails with ERROR_FATAL on bad settings. */
MUST_USE enum error_kind projector_new(struct loop *loop, struct metrics *metrics,
                                       const struct projector_options *options,
                                       struct projector **ret_projector, struct error *err);

/* Apart: how far a partition may go, as "<topic>/<number>"; offset of the first record that is not
 * to be taken. */
typedef int64_t projector_limit_fn(void *user, struct strview slot);

/* Asks for each partition that is read; false while they are not known yet. */
bool projector_limit(struct projector *projector, projector_limit_fn *limit_of, void *user);

/* Of the topics read in place of the usual ones. */
struct projector_replayed {
    struct takeover_state state;
    const char *missing; /* such a topic that Kafka does not have; NULL: it has all */
    const char *empty;   /* one without a record; NULL: none is, or it is not known yet */
    bool are_ends_known; /* of all their partitions; the state grows by what is told later */
    bool is_over;        /* all of them are read */
};

struct projector_replayed projector_replayed(const struct projector *projector);

/* A partition of that name is read. */
bool projector_reads(const struct projector *projector, struct strview slot);

/* All of them are there, and nothing is on its way. Again and again, until it is true. */
bool projector_is_at_limit(struct projector *projector);

/* Asks Kafka for all ends anew, so that what it has lost can be told from what it has not told. */
void projector_ask_ends(struct projector *projector);

/* The first partition whose end in Kafka, as told since it was asked for anew, lies before its
 * limit. */
struct projector_short {
    struct strview slot; /* the projector's */
    int64_t end;
    int64_t wanted;
};

bool projector_find_short(const struct projector *projector, struct projector_short *ret);

/* Ends the batches in flight and leaves the group. */
void projector_drain(struct projector *projector);
bool projector_is_drained(const struct projector *projector);

/* Accepts NULL. */
void projector_free(struct projector *projector);

/* All of its health probes, and those that others ask, too: user is the projector. */
struct health;
void projector_add_probes(struct projector *projector, struct health *health);
enum error_kind projector_probe_kafka(void *user, struct error *err);
enum error_kind projector_probe_partitions(void *user, struct error *err);
enum error_kind projector_probe_following(void *user, struct error *err);

#endif
