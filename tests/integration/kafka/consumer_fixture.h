/* SPDX-License-Identifier: Apache-2.0 */
/*
 * consumer_fixture.h - what a consumer of a mock cluster was told.
 *
 * Of two topics the first has RECORDS numbered records in each of its partitions, the second none.
 * The callbacks stop the loop as "seen" tells them; whatever goes wrong fails the test.
 */
#ifndef TESTS_INTEGRATION_KAFKA_CONSUMER_FIXTURE_H
#define TESTS_INTEGRATION_KAFKA_CONSUMER_FIXTURE_H

#include "common/io/kafka/kafka_consumer.h"
#include "tests/integration/kafka/mock_kafka.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTITIONS = 2, RECORDS = 2000 };

extern struct mock_kafka mock;

/* What the callbacks have seen. */
struct seen {
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    int delivered;
    int64_t next[PARTITIONS]; /* offset expected */
    int records;
    int wanted;    /* stop after so many records */
    int ends;      /* partitions whose end was reached */
    int pauses;    /* pause and resume after every so many records; 0: never */
    int64_t begin; /* where an assignment begins */
    int assigned;
    int64_t committed;
    bool is_closed;
    enum error_kind partition_error;
    int surveyed;          /* partitions; -1: Kafka did not answer */
    int64_t surveyed_ends; /* their sum */
};

extern struct seen seen;

void open_all(void);
void close_all(void);

/* Without a group_id it reads what it is told to; with one it is a member. */
void open_consumer(const char *group_id);
void open_consumer_with(const char *group_id, const struct kafka_property *properties,
                        size_t count);

/* As a member: all of it once more. */
void begin_all_at(int64_t offset);

#endif
