/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The looks at the topics: before there are shards, when limits are wanted, and from time to time,
 * as somebody may change topics while they are in use.
 */
#include "common/io/jitter.h"
#include "common/io/kafka/kafka_topics.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/metrics.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"

static void tell_topics(const struct relay *relay, const struct kafka_topics_report *report)
{
    for (int i = 0; i < report->topic_count; i++) {
        const struct kafka_topic_found *topic = &report->topics[i];
        if (topic->was_created) {
            log_event(LOG_INFO, "topic_created", LOG_STR("topic", topic->name),
                      LOG_INT("partitions", relay->shard_count),
                      LOG_INT("replication", topic->replication),
                      LOG_TEXT(topic->replication < relay->options.replication
                                   ? "with fewer copies than TOPIC_REPLICATION asks for: there are "
                                     "no more brokers; losing one may lose events"
                                   : "it was missing"));
        }
        if (kafka_topic_forgets(topic)) {
            log_event(LOG_WARN, "topic_forgets", LOG_STR("topic", topic->name),
                      LOG_INT("retention_ms", topic->retention_ms),
                      LOG_INT("retention_bytes", topic->retention_bytes),
                      LOG_BOOL("compacted", topic->is_compacted),
                      LOG_TEXT("this topic does not keep all events: views filled from its "
                               "beginning will miss some; retention.ms=-1, retention.bytes=-1 and "
                               "cleanup.policy=delete keep them"));
        }
    }
}

void relay_note_limits(struct relay *relay, const struct kafka_topics_report *report)
{
    struct shards_limits *limits = &relay->shards->limits;
    for (int i = 0; i < report->topic_count; i++) {
        limits->message_max[i] = report->topics[i].message_max;
    }
    limits->looked_ms = loop_now_ms();
    limits->is_wanted = false;
}

/* A shard's partition is its number, so nothing gets out of order. But other programs may choose
 * among all there are, and no relay would start like this. */
static void judge_partitions(struct relay *relay, const struct kafka_topics_report *report)
{
    struct error err = {.kind = ERROR_NONE};
    int unfit = 0;
    for (int i = 0; i < report->topic_count; i++) {
        const struct kafka_topic_found *topic = &report->topics[i];
        if (topic->partitions != relay->shard_count && unfit++ == 0) {
            (void)error_set(&err, ERROR_CONFLICT,
                            "topic %s has %d partitions now, this database has %d shards: what is "
                            "published stays in order, but no relay will start again; make topics "
                            "of %d partitions under another TOPIC_PREFIX, and have all read them",
                            topic->name, topic->partitions, relay->shard_count, relay->shard_count);
        }
    }
    metrics_set(relay->options.metrics, METRIC_UNFIT_TOPICS, 0, unfit);
    (void)activity_note(&relay->partitions, &err);
}

static void fail(struct relay *relay, const struct error *err)
{
    relay->topics_error = *err;
    if (err->kind == ERROR_FATAL && !relay->is_running) {
        relay->options.on_fatal(relay->options.user, err);
    } else {
        (void)activity_failed(&relay->topics, err, loop_now_ms(), jitter_draw());
    }
}

static void begin(struct relay *relay, const struct kafka_topics_report *report)
{
    struct error failure;
    tell_topics(relay, report);
    if (relay_begin(relay, report, &failure) != ERROR_NONE) {
        relay->options.on_fatal(relay->options.user, &failure);
    }
}

static void on_topics(void *user, const struct kafka_topics_report *report, const struct error *err)
{
    struct relay *relay = user;
    relay->is_look_over = true; /* the next tick frees it and, if there is a use, begins anew */
    if (err != NULL) {
        fail(relay, err);
        return;
    }
    activity_succeeded(&relay->topics, loop_now_ms());
    if (relay->is_running) {
        relay_note_limits(relay, report);
        judge_partitions(relay, report);
    } else {
        begin(relay, report);
    }
}

void relay_look_at_topics(struct relay *relay)
{
    *relay->wanted = (struct kafka_topics_wanted){
        .config = relay->options.kafka,
        .topics = relay->options.topics,
        .topic_count = relay->options.topic_count,
        .partitions = relay->is_running ? KAFKA_TOPICS_ANY_PARTITIONS : relay->shard_count,
        .only_looks = relay->is_running,
        .replication = relay->options.replication,
    };
    relay->is_look_over = false;
    relay->looked_ms = loop_now_ms();
    relay->looking = kafka_topics_ensure(relay->loop, relay->wanted, on_topics, relay);
}

static bool wants_look(const struct relay *relay)
{
    const int64_t every_ms = kafka_config_refresh_ms(&relay->options.kafka);
    if (!relay->is_running) {
        return relay->shard_count > 0;
    }
    return relay->shards->limits.is_wanted ||
           (every_ms > 0 && loop_now_ms() - relay->looked_ms >= every_ms);
}

void relay_tick_topics(struct relay *relay)
{
    if (relay->is_look_over && relay->looking != NULL) {
        kafka_topics_free(relay->looking);
        relay->looking = NULL;
    }
    if (relay->looking == NULL && !relay->is_draining && wants_look(relay)) {
        relay_look_at_topics(relay);
    }
}
