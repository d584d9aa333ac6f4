/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/doctor_kafka.h"

#include "common/base/strbuf.h"
#include "common/io/loop.h"

#include <stdio.h>
#include <string.h>

struct look {
    struct doctor_kafka *kafka;
    struct loop *loop;
};

static void add_name(struct doctor_kafka *kafka, const char *name)
{
    const size_t len = strlen(kafka->forgetful);
    (void)snprintf(kafka->forgetful + len, sizeof kafka->forgetful - len, "%s%s",
                   len == 0 ? "" : ", ", name);
}

void doctor_kafka_note(struct doctor_kafka *kafka, const struct kafka_topics_report *report,
                       const struct error *err)
{
    kafka->failure.kind = ERROR_NONE;
    if (err != NULL) {
        kafka->failure = *err;
    }
    kafka->brokers = report->brokers;
    kafka->partitions = report->topic_count > 0 ? report->topics[0].partitions : 0;
    (void)snprintf(kafka->cluster, sizeof kafka->cluster, "%s", report->cluster);
    for (int i = 0; i < report->topic_count; i++) {
        if (kafka_topic_forgets(&report->topics[i])) {
            add_name(kafka, report->topics[i].name);
        }
    }
}

static void on_looked(void *user, const struct kafka_topics_report *report, const struct error *err)
{
    struct look *look = user;
    doctor_kafka_note(look->kafka, report, err);
    loop_stop(look->loop);
}

/* Kafka tells clients no version: a cluster's id and size are what it says of itself. */
enum error_kind doctor_kafka_reach(void *part, struct strbuf *told, struct error *err)
{
    struct doctor_kafka *kafka = part;
    struct look look = {.kafka = kafka};
    if (loop_new(&look.loop, err) != ERROR_NONE) {
        return err->kind;
    }
    kafka->wanted.only_looks = true;
    kafka->wanted.partitions = kafka->shards == NULL ? 0 : (int)*kafka->shards;
    struct kafka_topics *topics = kafka_topics_ensure(look.loop, &kafka->wanted, on_looked, &look);
    loop_run(look.loop);
    kafka_topics_free(topics);
    loop_free(look.loop);
    if (kafka->failure.kind != ERROR_NONE && kafka->brokers == 0) {
        *err = kafka->failure;
        return err->kind;
    }
    strbuf_printf(told, "cluster %s, brokers: %d", kafka->cluster, kafka->brokers);
    return ERROR_NONE;
}

enum error_kind doctor_kafka_topics(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_kafka *kafka = part;
    if (kafka->failure.kind != ERROR_NONE) {
        *err = kafka->failure;
        return err->kind;
    }
    strbuf_printf(told, "%d, with %d partitions each", kafka->wanted.topic_count,
                  kafka->partitions);
    return ERROR_NONE;
}

enum error_kind doctor_kafka_retention(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_kafka *kafka = part;
    if (kafka->forgetful[0] != '\0') {
        return error_set(err, ERROR_INVALID, "these do not keep all events: %s", kafka->forgetful);
    }
    strbuf_append_cstr(told, "all events are kept, as far as Kafka tells");
    return ERROR_NONE;
}
