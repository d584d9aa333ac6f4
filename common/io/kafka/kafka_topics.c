/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_topics.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/kafka/kafka_certificate.h"
#include "common/io/kafka/kafka_handle.h"
#include "common/io/worker.h"

#include <librdkafka/rdkafka.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CALL_TIMEOUT_MS = 3000, LOOK_PAUSE_US = 100000, REASON_MAX = 512, CLUSTER_MAX = 128 };
enum { LOOKS_AFTER_CREATION = 50 }; /* a new topic takes a moment to reach every broker */

struct kafka_topics {
    const struct kafka_topics_wanted *wanted;
    kafka_topics_done *on_done;
    void *user;
    struct worker *worker;
    /* Written by the thread, read by the loop when it has ended. */
    struct kafka_topics_report report;
    struct kafka_topic_found *found;
    char cluster[CLUSTER_MAX];
    struct error err;
    /* The thread's own. */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    char trouble[REASON_MAX]; /* the last with a connection: why nobody answers */
};

static const struct kafka_default NO_ROWS[] = {{NULL, NULL}};

static enum error_kind transient(struct error *err, const char *what, rd_kafka_resp_err_t code)
{
    return error_set(err, ERROR_TRANSIENT, "%s: %s", what, rd_kafka_err2str(code));
}

/* --- one question ------------------------------------------------------------- */

DEFINE_CLEANUP(rd_kafka_event_t *, rd_kafka_event_destroy)

/* NULL when no answer came in time. */
static rd_kafka_event_t *await(struct kafka_topics *topics)
{
    return rd_kafka_queue_poll(topics->queue, CALL_TIMEOUT_MS + 1000);
}

static rd_kafka_AdminOptions_t *options_for(struct kafka_topics *topics, rd_kafka_admin_op_t op)
{
    char reason[REASON_MAX];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(topics->rk, op);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, CALL_TIMEOUT_MS, reason,
                                                    sizeof reason);
    return options;
}

static void on_trouble(rd_kafka_t *rk, int code, const char *reason, void *user)
{
    struct kafka_topics *topics = user;
    char cause[KAFKA_CERTIFICATE_WORDS_MAX];
    (void)rk;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) { /* what else came says why */
        (void)snprintf(topics->trouble, sizeof topics->trouble, ": %s%s",
                       kafka_certificate_words(reason, cause), reason);
    }
}

/* By itself the code says no more than that no answer came. */
static enum error_kind unanswered(struct kafka_topics *topics, rd_kafka_resp_err_t code,
                                  struct error *err)
{
    (void)rd_kafka_poll(topics->rk, 0);
    return error_set(err, ERROR_TRANSIENT, "asking for the topics: %s%s", rd_kafka_err2str(code),
                     topics->trouble);
}

/* *ret_count is 0 when there is no such topic. */
static enum error_kind count_partitions(struct kafka_topics *topics, int index, int *ret_count,
                                        struct error *err)
{
    const char *name = topics->wanted->topics[index];
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(topics->rk, name, NULL);
    if (handle == NULL) {
        return error_set(err, ERROR_FATAL, "topic %s: %s", name,
                         rd_kafka_err2str(rd_kafka_last_error()));
    }
    const rd_kafka_resp_err_t code =
        rd_kafka_metadata(topics->rk, 0, handle, &metadata, CALL_TIMEOUT_MS);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return unanswered(topics, code, err);
    }
    enum error_kind kind = ERROR_NONE;
    const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
    topics->report.brokers = metadata->broker_cnt;
    if (metadata->topic_cnt != 1 || topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        *ret_count = 0;
    } else if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        kind = transient(err, name, topic->err);
    } else {
        *ret_count = topics->found[index].partitions = topic->partition_cnt;
        topics->found[index].replication =
            topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0;
    }
    rd_kafka_metadata_destroy(metadata);
    return kind;
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topics *topics, int index,
                                      struct error *err)
{
    const struct kafka_topics_wanted *wanted = topics->wanted;
    const int brokers = topics->report.brokers;
    const int replication = wanted->replication < brokers ? wanted->replication : brokers;
    char reason[REASON_MAX];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(wanted->topics[index], wanted->partitions,
                                                       replication, reason, sizeof reason);
    if (topic == NULL) {
        (void)error_set(err, ERROR_FATAL, "topic %s: %s", wanted->topics[index], reason);
        return NULL;
    }
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
    (void)rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    (void)rd_kafka_NewTopic_set_config(topic, "retention.bytes", "-1");
    if (replication > 1) {
        (void)rd_kafka_NewTopic_set_config(topic, "min.insync.replicas", "2");
    }
    return topic;
}

/* What a refusal to create means: of these, only a person can mend it. */
static enum error_kind refused(struct error *err, const rd_kafka_topic_result_t *result)
{
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
    const bool is_final = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                          code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
                          code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
    const char *text = rd_kafka_topic_result_error_string(result);
    return error_set(err, is_final ? ERROR_FATAL : ERROR_TRANSIENT, "creating topic %s: %s",
                     rd_kafka_topic_result_name(result),
                     text != NULL ? text : rd_kafka_err2str(code));
}

static enum error_kind create(struct kafka_topics *topics, int index, struct error *err)
{
    rd_kafka_NewTopic_t *topic = new_topic(topics, index, err);
    if (topic == NULL) {
        return err->kind;
    }
    rd_kafka_AdminOptions_t *options = options_for(topics, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(topics->rk, &topic, 1, options, topics->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy(topic);

    CLEANUP(cleanup_rd_kafka_event_destroy) rd_kafka_event_t *event = await(topics);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return transient(err, "creating topics",
                         event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT
                                       : rd_kafka_event_error(event));
    }
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    const rd_kafka_resp_err_t code =
        count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        return ERROR_NONE; /* another relay was faster */
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return count == 1 ? refused(err, results[0]) : transient(err, "creating topics", code);
    }
    topics->found[index].was_created = true;
    return ERROR_NONE;
}

static void note_setting(struct kafka_topic_found *found, const rd_kafka_ConfigEntry_t *entry)
{
    static const struct {
        const char *name;
        size_t offset;
    } NUMBERS[] = {
        {"retention.ms", offsetof(struct kafka_topic_found, retention_ms)},
        {"retention.bytes", offsetof(struct kafka_topic_found, retention_bytes)},
        {"max.message.bytes", offsetof(struct kafka_topic_found, message_max)},
    };
    const char *name = rd_kafka_ConfigEntry_name(entry);
    const char *value = rd_kafka_ConfigEntry_value(entry);
    if (value == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        int64_t *number = (int64_t *)(void *)((char *)found + NUMBERS[i].offset);
        if (strcmp(name, NUMBERS[i].name) == 0 && !parse_i64(strview_of(value), number)) {
            return; /* as if not told */
        }
    }
    if (strcmp(name, "cleanup.policy") == 0) {
        found->is_compacted = strcmp(value, "delete") != 0;
    }
}

/* Only to warn: without the right to read settings we go on without a warning. */
static void look_at_settings(struct kafka_topics *topics, int index)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics->wanted->topics[index]);
    rd_kafka_AdminOptions_t *options = options_for(topics, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(topics->rk, &resource, 1, options, topics->queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);

    CLEANUP(cleanup_rd_kafka_event_destroy) rd_kafka_event_t *event = await(topics);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    size_t resource_count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &resource_count);
    for (size_t i = 0; i < resource_count; i++) {
        size_t count;
        const rd_kafka_ConfigEntry_t **entries =
            rd_kafka_ConfigResource_configs(resources[i], &count);
        for (size_t j = 0; j < count; j++) {
            note_setting(&topics->found[index], entries[j]);
        }
    }
}

/* --- the whole look -------------------------------------------------------------- */

static enum error_kind check_count(const struct kafka_topics *topics, int index, int partitions,
                                   struct error *err)
{
    const int wanted = topics->wanted->partitions;
    if (wanted == 0 && partitions == topics->found[0].partitions) {
        return ERROR_NONE;
    }
    if (wanted == 0) {
        return error_set(err, ERROR_FATAL, "topic %s has %d partitions, %s has %d: one is not ours",
                         topics->wanted->topics[index], partitions, topics->found[0].name,
                         topics->found[0].partitions);
    }
    if (partitions == wanted || wanted == KAFKA_TOPICS_ANY_PARTITIONS) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_FATAL,
                     "topic %s has %d partitions, this database has %d shards; they must be equal: "
                     "use topics of its own (TOPIC_PREFIX) or a database migrated with --shards %d",
                     topics->wanted->topics[index], partitions, wanted, partitions);
}

static enum error_kind ensure_one(struct kafka_topics *topics, int index, struct error *err)
{
    int partitions = 0;
    topics->found[index].name = topics->wanted->topics[index];
    topics->found[index].retention_ms = topics->found[index].retention_bytes = -1;
    if (count_partitions(topics, index, &partitions, err) != ERROR_NONE) {
        return err->kind;
    }
    if (partitions == 0 && topics->wanted->only_looks) {
        return error_set(err, ERROR_NOT_FOUND, "there is no topic %s",
                         topics->wanted->topics[index]);
    }
    if (partitions == 0 && create(topics, index, err) != ERROR_NONE) {
        return err->kind;
    }
    for (int i = 0; partitions == 0 && i < LOOKS_AFTER_CREATION; i++) {
        (void)usleep(LOOK_PAUSE_US);
        if (count_partitions(topics, index, &partitions, err) != ERROR_NONE) {
            return err->kind;
        }
    }
    if (partitions == 0) {
        return transient(err, topics->wanted->topics[index],
                         RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    if (check_count(topics, index, partitions, err) != ERROR_NONE ||
        (topics->wanted->takes_empty && !topics->found[index].was_created &&
         kafka_handle_check_empty(topics->rk, topics->wanted->topics[index], partitions, err) !=
             ERROR_NONE)) {
        return err->kind;
    }
    look_at_settings(topics, index);
    return ERROR_NONE;
}

/* Answers to earlier questions told it, so there is nothing to wait for. */
static void look_at_cluster(struct kafka_topics *topics)
{
    char *id = rd_kafka_clusterid(topics->rk, 0);
    if (id != NULL) {
        (void)snprintf(topics->cluster, sizeof topics->cluster, "%s", id);
        rd_kafka_mem_free(topics->rk, id);
    }
}

/* A consumer's instance, as asking about a topic must not create it. */
static enum error_kind open_instance(struct kafka_topics *topics, struct error *err)
{
    char reason[REASON_MAX];
    rd_kafka_conf_t *conf;
    if (kafka_handle_conf(&topics->wanted->config, NO_ROWS, NO_ROWS, &conf, err) != ERROR_NONE) {
        return err->kind;
    }
    rd_kafka_conf_set_opaque(conf, topics);
    rd_kafka_conf_set_error_cb(conf, on_trouble);
    rd_kafka_conf_set_log_cb(conf, NULL); /* a handle's, which there is none of */
    topics->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (topics->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERROR_FATAL, "Kafka client: %s", reason);
    }
    topics->queue = rd_kafka_queue_new(topics->rk);
    return ERROR_NONE;
}

static void look(void *argument)
{
    struct kafka_topics *topics = argument;
    enum error_kind kind = open_instance(topics, &topics->err);
    for (int i = 0; kind == ERROR_NONE && i < topics->wanted->topic_count; i++) {
        kind = ensure_one(topics, i, &topics->err);
    }
    if (topics->rk != NULL) {
        look_at_cluster(topics);
        rd_kafka_queue_destroy(topics->queue);
        rd_kafka_destroy(topics->rk);
    }
}

static void on_looked(void *user)
{
    struct kafka_topics *topics = user;
    const bool is_well = topics->err.kind == ERROR_NONE;
    topics->report.topic_count = is_well ? topics->wanted->topic_count : 0;
    topics->on_done(topics->user, &topics->report, is_well ? NULL : &topics->err);
}

struct kafka_topics *kafka_topics_ensure(struct loop *loop,
                                         const struct kafka_topics_wanted *wanted,
                                         kafka_topics_done *on_done, void *user)
{
    struct kafka_topics *topics = must_allocate(1, sizeof *topics);
    struct kafka_topic_found *found = must_allocate((size_t)wanted->topic_count, sizeof *found);
    *topics = (struct kafka_topics){
        .wanted = wanted,
        .on_done = on_done,
        .user = user,
        .found = found,
        .report = {.topics = found, .topic_count = wanted->topic_count},
    };
    topics->report.cluster = topics->cluster;
    topics->worker = worker_new(loop, look, on_looked, topics);
    worker_start(topics->worker);
    return topics;
}

void kafka_topics_free(struct kafka_topics *topics)
{
    if (topics == NULL) {
        return;
    }
    worker_free(topics->worker);
    free(topics->found);
    free(topics);
}
