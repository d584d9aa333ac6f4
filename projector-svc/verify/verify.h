/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - do PostgreSQL, Kafka and Redis tell one story? One run over all of it.
 *
 * How: the newest number of every shard (its head) is read in one snapshot. When relay and
 * projector are past all of them, everything up to them is compared, twice over, because it lies in
 * two orders:
 *   the log    each row of the outbox with the record of its partition, in the order of seq
 *   the views  each aggregate's rows, folded by order_apply() for the tables and by the
 *              projector's own fold for Redis, in the order of their ids
 * What differs is looked at again before it counts. Who is changed meanwhile may show another
 * version, and that is in flight; nothing else about it is.
 *
 * Why blocking, on a loop of its own: it is one thing that begins and ends. Call it from outside of
 * any loop's callbacks.
 *
 * It only reads: transactions are REPEATABLE READ READ ONLY and short, the consumer is in no group
 * and commits nothing, and Redis is asked by orderspine_read alone, so `viewer` will do.
 *
 * Limits: memory does not grow with the number of events or aggregates: see VERIFY_PORTION_BYTES.
 * Threads: one.
 */
#ifndef PROJECTOR_SVC_VERIFY_VERIFY_H
#define PROJECTOR_SVC_VERIFY_VERIFY_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_config.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/verdict.h"

#include <stdbool.h>
#include <stdint.h>

/* Of rows and folds held at once; an aggregate that needs more alone is not compared, and told. */
enum { VERIFY_PORTION_BYTES = 32 << 20 };

#define VERIFY_STATIONS(X)                                                                         \
    X(POSTGRES, "PostgreSQL")                                                                      \
    X(KAFKA, "Kafka")                                                                              \
    X(REDIS, "Redis")

#define VERIFY_STATION_ENTRY(NAME, name) VERIFY_##NAME,
enum verify_station { VERIFY_STATIONS(VERIFY_STATION_ENTRY) VERIFY_STATION_COUNT };
#undef VERIFY_STATION_ENTRY

const char *verify_station_name(enum verify_station station);

/* Its texts live during the call. */
struct verify_finding {
    enum verdict verdict;
    enum verify_station station; /* where it is other than the outbox says */
    enum aggregate_type type;
    const char *id;
    int64_t version; /* 0: of none */
    const char *what;
};

struct verify_tally {
    int64_t aggregates[AGGREGATE_COUNT]; /* whose tables and views were compared */
    int64_t rows;                        /* compared with their records */
    int64_t duplicates;                  /* records that came again, as they may */
    int64_t foreign;                     /* records that are not ours */
    int64_t old_records;                 /* whose rows the outbox no longer keeps */
    int64_t old_aggregates;              /* that began in rows it no longer keeps: not compared */
    int64_t too_large;                   /* aggregates that were not compared */
    int64_t behind; /* partitions that were not past the heads in time, or whose end nobody tells */
    int64_t found[VERIFY_STATION_COUNT][VERDICT_COUNT];
    bool was_cancelled;
};

struct verify_options {
    const char *database_url; /* of one who may read all tables (orderspine_reader) */
    const char *redis_url;    /* and logical database: the one that is to be verified */
    struct kafka_config kafka;
    const char *topic_prefix;
    struct order_limits limits; /* those that the views are made with */
    int64_t wait_ms;            /* for relay and projector to be past the heads */
    void (*on_finding)(void *user, const struct verify_finding *finding);
    void (*on_behind)(void *user, const char *what); /* one sentence for each partition */
    void (*on_progress)(void *user,
                        const struct verify_tally *tally); /* every few hundred; or NULL */
    bool (*is_cancelled)(void *user);                      /* between portions; or NULL */
    void *user;
};

/* Fails with ERROR_TRANSIENT where one of the three does not answer, with ERROR_FATAL for what a
 * person must set right first. What differs is no error. */
MUST_USE enum error_kind verify_run(const struct verify_options *options, struct verify_tally *ret,
                                    struct error *err);

/* All was compared, and nothing differs but what is in flight. */
bool verify_agrees(const struct verify_tally *tally);

#endif
