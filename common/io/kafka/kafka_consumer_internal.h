/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_consumer_internal.h - what the parts of the consumer share; for
 * common/io/kafka/kafka_consumer*.c. Each calls only those below it:
 *
 *     kafka_consumer.c             its life, and its turn of the loop
 *     kafka_consumer_assignment.c  which partitions are read, and from where
 *     kafka_consumer_records.c     what Kafka hands out: records, ends, errors of a partition
 *     kafka_consumer_offsets.c     how far partitions go, and how far the group came
 *     kafka_consumer_list.c        the caller's numbers as librdkafka's lists, and back
 */
#ifndef COMMON_IO_KAFKA_KAFKA_CONSUMER_INTERNAL_H
#define COMMON_IO_KAFKA_KAFKA_CONSUMER_INTERNAL_H

#include "common/io/kafka/kafka_consumer.h"
#include "common/io/kafka/kafka_handle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop_deferred;

enum kafka_consumer_closing {
    KAFKA_CONSUMER_OPEN = 0,
    KAFKA_CONSUMER_CLOSING,
    KAFKA_CONSUMER_DESERTED, /* nobody answers a goodbye: closed with the next turn of the loop */
    KAFKA_CONSUMER_CLOSED,
};

struct kafka_consumer {
    struct kafka_handle handle;
    struct loop_deferred *again;
    struct kafka_consumer_options options;
    char **topic_names;
    int topic_count;
    rd_kafka_topic_t **topics;      /* alone: one per name */
    struct kafka_position *started; /* alone: what kafka_consumer_start() began */
    size_t started_count;
    rd_kafka_queue_t *closing;   /* group member: from kafka_consumer_close() on */
    struct kafka_survey *survey; /* where on_surveyed is set */
    rd_kafka_queue_t *committed; /* group member: answers to kafka_consumer_ask_committed() */
    enum kafka_consumer_closing state;
    struct kafka_record *batch;
    size_t batch_count;
    struct kafka_position *rebalanced; /* what a rebalance callback hands out */
};

static inline bool kafka_consumer_is_member(const struct kafka_consumer *consumer)
{
    return consumer->options.group_id != NULL;
}

/* ---- kafka_consumer_assignment.c */

/* librdkafka's, of a group member; opaque is the handle. */
void kafka_consumer_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                                 rd_kafka_topic_partition_list_t *list, void *opaque);

/* ---- kafka_consumer_records.c */

/* Hands out what waits, max_batch messages at most; false: there may be more. */
MUST_USE bool kafka_consumer_serve_records(struct kafka_consumer *consumer);

/* Hands out the records that were taken so far. */
void kafka_consumer_hand_out(struct kafka_consumer *consumer);

/* ---- kafka_consumer_offsets.c */

/* An answer to kafka_consumer_ask_committed(), if there is one. */
void kafka_consumer_serve_committed(struct kafka_consumer *consumer);

/* ---- kafka_consumer_list.c */

/* -1: none of ours. */
int kafka_consumer_topic_index(const struct kafka_consumer *consumer, const char *name);

/* The caller's to destroy. */
rd_kafka_topic_partition_list_t *kafka_consumer_list(const struct kafka_consumer *consumer,
                                                     const struct kafka_position *positions,
                                                     size_t count);

#endif
