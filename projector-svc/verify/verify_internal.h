/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_internal.h - what the parts of one run share.
 */
#ifndef PROJECTOR_SVC_VERIFY_VERIFY_INTERNAL_H
#define PROJECTOR_SVC_VERIFY_VERIFY_INTERNAL_H

#include "common/contract/shard.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgsession.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/verify/verify.h"

enum { VERIFY_ANSWER_MS = 30000 };

/* One shard's place in all of the three. */
struct verify_shard {
    int64_t head;      /* its newest row in the snapshot; 0: none */
    int64_t position;  /* the relay's */
    int64_t filled_to; /* of its topics: that which holds all rows up to the smallest seq */
    bool is_behind;
    int64_t end[AGGREGATE_COUNT]; /* of its partitions; 0: empty; -1: nobody tells */
};

struct verify {
    const struct verify_options *options;
    struct verify_tally *tally;
    struct loop *loop;
    struct loop_timer *limit;
    struct pgsession *session;
    struct redisconn *redis;
    struct kafka_consumer *consumer;
    void *reading; /* what the consumer's records are for: verify_log.c, explain.c */
    char topics[AGGREGATE_COUNT][TOPIC_NAME_MAX + 1];
    struct verify_shard shards[SHARDS_MAX];
    int shard_count;
    int64_t floor;  /* rows below that seq the outbox has given up; 0: it has all of them */
    size_t awaited; /* answers that are still to come */
    bool is_late;   /* the limit passed */
    struct error failure;
};

/* Runs the loop until nothing is awaited; ERROR_TRANSIENT past the limit, or what was failed. */
MUST_USE enum error_kind verify_await(struct verify *verify, int64_t limit_ms, const char *whom,
                                      struct error *err);

/* Something of a long answer came: its limit begins anew. */
void verify_goes_on(struct verify *verify);

/* Reads from there until verify_arrived(). */
MUST_USE enum error_kind verify_read_from(struct verify *verify, const struct kafka_position *from,
                                          struct error *err);

void verify_pause(struct verify *verify, int64_t pause_ms);

/* One that was awaited is there. failure may be NULL; the first one is kept. */
void verify_arrived(struct verify *verify, const struct error *failure);

/* What every consumer of a verify calls. */
void verify_partition_failed(void *user, const struct kafka_position *where,
                             const struct error *failure);
void verify_consumer_failed(void *user, const struct error *failure);

bool verify_is_cancelled(const struct verify *verify);

void verify_found(struct verify *verify, const struct verify_finding *finding);

/* All three, connected; events are what the consumer calls, with the verify as their user. On
 * failure, too, *ret is to be closed. */
MUST_USE enum error_kind verify_open(const struct verify_options *options,
                                     const struct kafka_consumer_callbacks *events,
                                     struct verify **ret, struct error *err);
void verify_close(struct verify *verify);

/* One question, in a transaction of its own that only reads; its rows one by one. */
MUST_USE enum error_kind verify_each(struct verify *verify, const char *sql,
                                     const char *const *params, size_t param_count,
                                     void (*on_row)(void *user, const struct pgsession *session),
                                     void *user, struct error *err);

/* The outbox gives up more at any time: before anything is said of a row that is not there. */
MUST_USE enum error_kind verify_read_floor(struct verify *verify, struct error *err);

/* --- the steps, in their order */

/* The heads, and relay and projector past them, or what is not told to be behind. */
MUST_USE enum error_kind verify_wait(struct verify *verify, struct error *err);

/* Every partition with its shard's rows. */
MUST_USE enum error_kind verify_log(struct verify *verify, struct error *err);

/* Every aggregate's rows with the tables and Redis. */
MUST_USE enum error_kind verify_views(struct verify *verify, struct error *err);

/* Where each partition ends; what is not among places, or has no end there, nobody tells. */
void verify_take_ends(struct verify *verify, const struct kafka_survey_place *places, size_t count);
bool verify_knows_ends(const struct verify *verify);

extern const struct kafka_consumer_callbacks VERIFY_CONSUMER;

#endif
