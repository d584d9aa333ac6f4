/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mock_kafka.h - a Kafka cluster inside the test, and a loop that is not waited for in vain.
 */
#ifndef TESTS_INTEGRATION_KAFKA_MOCK_KAFKA_H
#define TESTS_INTEGRATION_KAFKA_MOCK_KAFKA_H

#include "common/io/kafka/kafka_producer.h"
#include "common/io/loop.h"

#include <check.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>

struct mock_kafka {
    rd_kafka_t *owner; /* of the mock cluster */
    rd_kafka_mock_cluster_t *cluster;
    const char *brokers;
    struct loop *loop;
    struct loop_timer *limit;
    bool is_over_time;
};

static inline void mock_limit(void *user)
{
    struct mock_kafka *mock = user;
    mock->is_over_time = true;
    loop_stop(mock->loop);
}

static inline void mock_open(struct mock_kafka *mock)
{
    char reason[256];
    struct error err;
    *mock = (struct mock_kafka){.is_over_time = false};
    mock->owner = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    ck_assert_msg(mock->owner != NULL, "%s", reason);
    mock->cluster = rd_kafka_mock_cluster_new(mock->owner, 1);
    ck_assert_ptr_nonnull(mock->cluster);
    mock->brokers = rd_kafka_mock_cluster_bootstraps(mock->cluster);
    ck_assert_int_eq(loop_new(&mock->loop, &err), ERROR_NONE);
    mock->limit = loop_timer_new(mock->loop, mock_limit, mock);
}

static inline void mock_close(struct mock_kafka *mock)
{
    loop_timer_free(mock->limit);
    loop_free(mock->loop);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->owner);
}

static inline void mock_topic(const struct mock_kafka *mock, const char *name, int partitions)
{
    ck_assert_int_eq(rd_kafka_mock_topic_create(mock->cluster, name, partitions, 1),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* Serves until somebody calls loop_stop(); fails after a while. */
static inline void mock_run(struct mock_kafka *mock)
{
    enum { LIMIT_MS = 60000 };
    loop_timer_start(mock->limit, LIMIT_MS);
    loop_run(mock->loop);
    loop_timer_stop(mock->limit);
    ck_assert_msg(!mock->is_over_time, "no end within %d ms", LIMIT_MS);
}

#endif
