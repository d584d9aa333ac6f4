/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail_reader.h - finds the newest record of ours in a partition.
 *
 * It looks back from the end, further and further (1, 16, 256, 4,096 records,
 * then from the beginning), because what lies at the end need not be ours:
 * transaction markers, other producers' records, records published again by an
 * operator (ce_republished). Its consumer exists only while there are questions.
 *
 * Threads: the loop's.
 */
#ifndef RELAY_SVC_TAIL_TAIL_READER_H
#define RELAY_SVC_TAIL_TAIL_READER_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_config.h"
#include "relay-svc/core/tail.h"

#include <stdbool.h>

struct loop;
struct tail_reader;

struct tail_reader_options {
    struct kafka_config config;
    const char *const *topics;
    int topic_count;
    int partitions; /* of each topic */
    void (*on_found)(void *user, int topic, int partition, const struct tail_found *found);
    /* It does not answer, and Kafka says that a topic is missing. */
    void (*on_missing)(void *user, int topic, int partition, const struct error *err);
    /* Kafka refuses or does not answer; it goes on by itself. */
    void (*on_error)(void *user, const struct error *err);
    void *user;
};

MUST_USE struct tail_reader *tail_reader_new(struct loop *loop,
                                             const struct tail_reader_options *options);
void tail_reader_free(struct tail_reader *reader);

/* Answers once, from the loop; asking again begins anew. Kafka being away only delays it. */
MUST_USE enum error_kind tail_reader_ask(struct tail_reader *reader, int topic, int partition,
                                         struct error *err);

/*
 * The same for the record with the greatest seq instead of the last one, among
 * as many as it takes to meet that seq, 4,096 at most: a relay that was frozen may
 * have put old rows behind newer ones.
 */
MUST_USE enum error_kind tail_reader_search(struct tail_reader *reader, int topic, int partition,
                                            int64_t seq, struct error *err);

/* Forget the question, if there is one. */
void tail_reader_cancel(struct tail_reader *reader, int topic, int partition);

#endif
