/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_kafka.h - what `doctor` looks at in Kafka: whether a broker answers, and the topics.
 *
 * One look (kafka_topics.h, which creates nothing here) answers all three checks: the first makes
 * it.
 */
#ifndef COMMON_RUN_DOCTOR_KAFKA_H
#define COMMON_RUN_DOCTOR_KAFKA_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_topics.h"

#include <stdint.h>

struct strbuf;

struct doctor_kafka {
    struct kafka_topics_wanted wanted;
    const int64_t *shards; /* the partitions that are wanted, when it is looked; NULL, 0: any */
    /* Of the look. */
    struct error failure; /* kind ERROR_NONE: none */
    int brokers;
    int partitions;
    char cluster[128];
    char forgetful[256]; /* topics that do not keep all events */
};

/* part is the offset of the patient's struct doctor_kafka. */
#define DOCTOR_KAFKA_CHECKS(part)                                                                  \
    {"kafka", NULL, (part), doctor_kafka_reach,                                                    \
     "set KAFKA_BROKERS, and KAFKA_SECURITY_PROTOCOL, KAFKA_SSL_…, KAFKA_SASL_… "              \
     "as the brokers want them"},                                                                  \
        {"topics", "kafka", (part), doctor_kafka_topics,                                           \
         "relay-svc serve makes what is missing, with as many partitions as there are shards; a "  \
         "topic with another number is left by another TOPIC_PREFIX"},                             \
    {                                                                                              \
        "retention", "topics", (part), doctor_kafka_retention,                                     \
            "kafka-configs.sh --bootstrap-server BROKER --alter --entity-type topics "             \
            "--entity-name TOPIC --add-config "                                                    \
            "retention.ms=-1,retention.bytes=-1,cleanup.policy=delete"                             \
    }

/* A check's functions; part is a struct doctor_kafka. */
enum error_kind doctor_kafka_reach(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_kafka_topics(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_kafka_retention(void *part, struct strbuf *told, struct error *err);

/* Pure: what a look found; err as kafka_topics_done has it. */
void doctor_kafka_note(struct doctor_kafka *kafka, const struct kafka_topics_report *report,
                       const struct error *err);

#endif
