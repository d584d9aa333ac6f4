/* SPDX-License-Identifier: Apache-2.0 */
/*
 * followed.h - is everything that the views are made of brought into this Redis by somebody?
 *
 * Why asked at all: a group that was formed before a topic was made has no partition of it, and a
 * partition that Kafka gave to a stranger in our group, or to a projector with another Redis, is
 * read by somebody who does not do our work. In both cases all that we have stands at lag 0. Only a
 * comparison of what there is with what is reported here shows them (core/following.h).
 *
 * A topic is followed by who holds partitions of it, or reports them in Redis. What nobody reports
 * is said there too, so that every answer about freshness tells of it.
 *
 * Threads: the loop's.
 */
#ifndef PROJECTOR_SVC_CONSUME_FOLLOWED_H
#define PROJECTOR_SVC_CONSUME_FOLLOWED_H

#include "common/base/error.h"
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/run/activity.h"
#include "projector-svc/core/following.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct assignment;
struct redisconn;
struct report_totals;

struct followed_partition {
    struct kafka_survey_place place; /* its topic is the aggregate's type */
    struct following known;
    int64_t missed; /* records that nobody brings here */
};

struct followed {
    struct redisconn *redis;
    const char *topics[AGGREGATE_COUNT]; /* the caller's */
    bool is_known[AGGREGATE_COUNT];      /* somebody was asked */
    bool is_followed[AGGREGATE_COUNT];
    bool is_surveyed[AGGREGATE_COUNT]; /* Kafka has it; else its first partition stands for it */
    struct followed_partition *partitions; /* of all topics */
    size_t count;
    unsigned epoch; /* counts surveys: an answer may come when the partitions have changed */
    unsigned asked_epoch;
    unsigned anew_epoch; /* when the ends were asked for anew */
    bool is_asking;
    bool is_all_own;          /* at the last look */
    int64_t since_ms;         /* wall time; when others began to have their chance; 0: begins now */
    struct activity bringing; /* fails while records are missed */
};

/* Topics and connection are set by the caller. */
void followed_init(struct followed *followed);
void followed_done(struct followed *followed);

/* All partitions as Kafka has them. */
void followed_take_survey(struct followed *followed, const struct kafka_survey_place *places,
                          size_t count);

/* The ends as Kafka has them from now on, whatever was asked before. The caller asks for a survey,
 * and for one more as long as it is wanted: the first to answer may have been on its way before. */
void followed_ask_anew(struct followed *followed);
bool followed_wants_survey(const struct followed *followed);

/* The end of a partition, as Kafka told it since then; -1: it has not. */
int64_t followed_new_end(const struct followed *followed, int topic, int32_t number);

/* Redis was away: others come back with us. */
void followed_begin(struct followed *followed);

/* Once a second. */
void followed_look(struct followed *followed, const struct assignment *assignment);

/* Of one topic; 0: not known. */
int followed_partitions(const struct followed *followed, enum aggregate_type type);

/* Of all topics that are in Kafka; 0: not known. */
size_t followed_all_partitions(const struct followed *followed);

/* Topics. */
size_t followed_count(const struct followed *followed);

/* Adds what nobody brings here. */
void followed_add(const struct followed *followed, int64_t now_ms, struct report_totals *totals);

/* Fails and names them when some topics are not followed. A probe; user is the struct followed. */
enum error_kind followed_probe(void *user, struct error *err);

/* The same for all partitions together; of each of them, `bringing` is one. */
enum error_kind followed_probe_all(void *user, struct error *err);

#endif
