/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_consumer.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/kafka/kafka_handle.h"
#include "common/io/loop.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BATCH_DEFAULT = 500,
    FETCH_WAIT_DEFAULT_MS = 500,
    MISSING_AFTER_DEFAULT_MS = 30000,
    NUMBER_MAX = sizeof "-2147483648",
};

static const struct kafka_default DEFAULTS[] = {
    {"queued.max.messages.kbytes", "4096"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.error.backoff.ms", "100"},
    {"session.timeout.ms", "6000"}, /* a member killed blocks its group for so long */
    {"heartbeat.interval.ms", "2000"},
    {NULL, NULL},
};

enum closing {
    OPEN = 0,
    CLOSING,
    DESERTED, /* nobody answers a goodbye: closed with the next turn of the loop */
    CLOSED,
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
    struct kafka_survey *survey; /* group member */
    rd_kafka_queue_t *committed; /* group member: answers to kafka_consumer_ask_committed() */
    enum closing state;
    struct kafka_record *batch;
    size_t batch_count;
    struct kafka_position *rebalanced; /* what a rebalance callback hands out */
};

int64_t kafka_offset_tail(int64_t n)
{
    return RD_KAFKA_OFFSET_TAIL(n);
}

static bool is_member(const struct kafka_consumer *consumer)
{
    return consumer->options.group_id != NULL;
}

static int topic_index(const struct kafka_consumer *consumer, const char *name)
{
    for (int i = 0; i < consumer->topic_count; i++) {
        if (strcmp(consumer->topic_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

static struct strview view_of(const void *data, size_t len)
{
    return (struct strview){.data = data, .len = len};
}

static void hand_out_batch(struct kafka_consumer *consumer)
{
    const size_t count = consumer->batch_count;
    if (count > 0) {
        consumer->batch_count = 0;
        consumer->options.events->on_records(consumer->options.user, consumer->batch, count);
    }
}

static void take_record(struct kafka_consumer *consumer, rd_kafka_message_t *message, int topic)
{
    consumer->batch[consumer->batch_count++] = (struct kafka_record){
        .topic = topic,
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .key = view_of(message->key, message->key_len),
        .value = view_of(message->payload, message->len),
        .message = message,
    };
}

/* The end of a partition, or an error of one or of the whole consumer, comes as a message too. */
static void tell_notice(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
                        int topic)
{
    const struct kafka_consumer_callbacks *events = consumer->options.events;
    const struct kafka_position where = {topic, message->partition, message->offset};
    struct error error;
    hand_out_batch(consumer); /* what came before it */
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (events->on_end != NULL) {
            events->on_end(consumer->options.user, &where);
        }
        return;
    }
    (void)kafka_handle_error(&error, message->err, rd_kafka_message_errstr(message));
    if (topic >= 0) {
        events->on_partition_error(consumer->options.user, &where, &error);
    } else if (events->on_error != NULL) {
        events->on_error(consumer->options.user, &error);
    }
}

static rd_kafka_message_t *next_message(struct kafka_consumer *consumer)
{
    if (consumer->closing != NULL) {
        return rd_kafka_consume_queue(consumer->closing, 0);
    }
    return is_member(consumer) ? rd_kafka_consumer_poll(consumer->handle.rk, 0)
                               : rd_kafka_consume_queue(consumer->handle.queue, 0);
}

static void poll_committed(struct kafka_consumer *consumer);

static bool has_left(const struct kafka_consumer *consumer)
{
    return consumer->state == DESERTED ||
           (consumer->state == CLOSING &&
            (!is_member(consumer) || rd_kafka_consumer_closed(consumer->handle.rk)));
}

static void check_closed(struct kafka_consumer *consumer)
{
    if (has_left(consumer)) {
        consumer->state = CLOSED;
        consumer->options.events->on_closed(consumer->options.user);
    }
}

/*
 * One message at a time: the batch call of librdkafka 2.0 can skip offsets when
 * partitions are paused meanwhile, and with nobody waiting a call costs little.
 */
static void on_serve(void *user)
{
    struct kafka_consumer *consumer = user;
    size_t taken = 0;
    while (taken < consumer->options.max_batch && consumer->state != CLOSED) {
        rd_kafka_message_t *message = next_message(consumer);
        if (message == NULL) {
            break;
        }
        taken++;
        const int topic =
            message->rkt == NULL ? -1 : topic_index(consumer, rd_kafka_topic_name(message->rkt));
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && topic >= 0) {
            kafka_handle_is_alive(&consumer->handle);
            take_record(consumer, message, topic);
        } else {
            tell_notice(consumer, message, topic);
            rd_kafka_message_destroy(message);
        }
    }
    hand_out_batch(consumer);
    poll_committed(consumer);
    if (taken == consumer->options.max_batch) {
        loop_deferred_schedule(consumer->again); /* the others' turn first */
    }
    check_closed(consumer);
}

static void on_error(void *user, const struct error *err)
{
    struct kafka_consumer *consumer = user;
    if (consumer->options.events->on_error != NULL) {
        consumer->options.events->on_error(consumer->options.user, err);
    }
}

/* --- rebalance --------------------------------------------------------------- */

static size_t positions_of_list(struct kafka_consumer *consumer,
                                const rd_kafka_topic_partition_list_t *list)
{
    free(consumer->rebalanced);
    consumer->rebalanced = must_allocate((size_t)list->cnt + 1, sizeof *consumer->rebalanced);
    size_t count = 0;
    for (int i = 0; i < list->cnt; i++) {
        const int topic = topic_index(consumer, list->elems[i].topic);
        if (topic >= 0) {
            consumer->rebalanced[count++] =
                (struct kafka_position){topic, list->elems[i].partition, KAFKA_OFFSET_BEGINNING};
        }
    }
    return count;
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_consumer *consumer = ((struct kafka_handle *)opaque)->user;
    const struct kafka_consumer_callbacks *events = consumer->options.events;
    hand_out_batch(consumer); /* records of the old assignment go before the news */
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        kafka_handle_is_alive(&consumer->handle);
        const size_t count = positions_of_list(consumer, list);
        events->on_assigned(consumer->options.user, consumer->rebalanced, count);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        const size_t count = positions_of_list(consumer, list);
        events->on_revoked(consumer->options.user, consumer->rebalanced, count,
                           rd_kafka_assignment_lost(rk) != 0);
    } else {
        (void)rd_kafka_assign(rk, NULL); /* as the manual asks for after any error */
    }
}

static rd_kafka_topic_partition_list_t *
list_of(const struct kafka_consumer *consumer, const struct kafka_position *positions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, consumer->topic_names[positions[i].topic],
                                          positions[i].partition)
            ->offset = positions[i].offset;
    }
    return list;
}

enum error_kind kafka_consumer_assign(struct kafka_consumer *consumer,
                                      const struct kafka_position *positions, size_t count,
                                      struct error *err)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, positions, count);
    (void)rd_kafka_resume_partitions(consumer->handle.rk,
                                     list); /* what is new to it has no pause */
    const rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERROR_NONE : kafka_handle_error(err, code, NULL);
}

void kafka_consumer_unassign(struct kafka_consumer *consumer)
{
    (void)rd_kafka_assign(consumer->handle.rk, NULL);
}

enum error_kind kafka_consumer_join(struct kafka_consumer *consumer, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(consumer->topic_count);
    for (int i = 0; i < consumer->topic_count; i++) {
        rd_kafka_topic_partition_list_add(list, consumer->topic_names[i], RD_KAFKA_PARTITION_UA);
    }
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? ERROR_NONE
               : error_set(err, ERROR_FATAL, "subscribing: %s", rd_kafka_err2str(code));
}

enum error_kind kafka_consumer_leave(struct kafka_consumer *consumer, struct error *err)
{
    const rd_kafka_resp_err_t code = rd_kafka_unsubscribe(consumer->handle.rk);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? ERROR_NONE
               : error_set(err, ERROR_FATAL, "leaving the group: %s", rd_kafka_err2str(code));
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                      rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)rk;
    (void)err;
    (void)offsets;
    (void)opaque;
}

void kafka_consumer_commit(struct kafka_consumer *consumer, const struct kafka_position *positions,
                           size_t count)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, positions, count);
    (void)rd_kafka_commit_queue(consumer->handle.rk, list, consumer->handle.queue, on_commit, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_ask_committed(struct kafka_consumer *consumer,
                                  const struct kafka_position *partitions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = list_of(consumer, partitions, count);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(consumer->options.group_id, list);
    rd_kafka_ListConsumerGroupOffsets(consumer->handle.rk, &question, 1, NULL, consumer->committed);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_topic_partition_list_destroy(list);
}

static void give_committed(struct kafka_consumer *consumer, const rd_kafka_group_result_t *group)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(group);
    struct kafka_position *positions = must_allocate((size_t)list->cnt + 1, sizeof *positions);
    size_t count = 0;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        const int topic = topic_index(consumer, at->topic);
        if (topic >= 0 && at->offset >= 0 && at->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            positions[count++] = (struct kafka_position){topic, at->partition, at->offset};
        }
    }
    consumer->options.events->on_committed(consumer->options.user, positions, count);
    free(positions);
}

static void poll_committed(struct kafka_consumer *consumer)
{
    rd_kafka_event_t *event =
        consumer->committed == NULL ? NULL : rd_kafka_queue_poll(consumer->committed, 0);
    if (event == NULL) {
        return;
    }
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    size_t count = 0;
    const rd_kafka_group_result_t **groups =
        result == NULL ? NULL : rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    if (count == 1 && rd_kafka_group_result_error(groups[0]) == NULL &&
        rd_kafka_group_result_partitions(groups[0]) != NULL &&
        consumer->options.events->on_committed != NULL) {
        give_committed(consumer, groups[0]);
    }
    rd_kafka_event_destroy(event);
}

void kafka_consumer_survey(struct kafka_consumer *consumer, bool names_holders)
{
    assert(is_member(consumer));
    kafka_survey_begin(consumer->survey, names_holders);
}

/* --- alone --------------------------------------------------------------------- */

enum error_kind kafka_consumer_start(struct kafka_consumer *consumer,
                                     const struct kafka_position *position, struct error *err)
{
    assert(!is_member(consumer));
    struct kafka_position *grown =
        realloc(consumer->started, (consumer->started_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "out of memory");
    }
    consumer->started = grown;
    if (rd_kafka_consume_start_queue(consumer->topics[position->topic], position->partition,
                                     position->offset, consumer->handle.queue) != 0) {
        return kafka_handle_error(err, rd_kafka_last_error(), NULL);
    }
    consumer->started[consumer->started_count++] = *position;
    return ERROR_NONE;
}

void kafka_consumer_stop(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    for (size_t i = 0; i < consumer->started_count; i++) {
        const struct kafka_position *at = &consumer->started[i];
        if (at->topic == topic && at->partition == partition) {
            (void)rd_kafka_consume_stop(consumer->topics[topic], partition);
            consumer->started[i] = consumer->started[--consumer->started_count];
            return;
        }
    }
}

/* --- both ---------------------------------------------------------------------- */

typedef rd_kafka_resp_err_t list_call(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

static void call_with(struct kafka_consumer *consumer, int topic, int32_t partition,
                      list_call *call)
{
    const struct kafka_position where = {.topic = topic, .partition = partition};
    rd_kafka_topic_partition_list_t *list = list_of(consumer, &where, 1);
    (void)call(consumer->handle.rk, list); /* fails only for partitions no longer assigned */
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_pause(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    call_with(consumer, topic, partition, rd_kafka_pause_partitions);
}

void kafka_consumer_resume(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    call_with(consumer, topic, partition, rd_kafka_resume_partitions);
}

int64_t kafka_consumer_end_offset(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    int64_t first = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(consumer->handle.rk, consumer->topic_names[topic],
                                         partition, &first, &end);
    return end >= 0 ? end : -1;
}

int64_t kafka_consumer_first_offset(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    int64_t first = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(consumer->handle.rk, consumer->topic_names[topic],
                                         partition, &first, &end);
    return first >= 0 ? first : -1;
}

enum error_kind kafka_consumer_state(const struct kafka_consumer *consumer, struct error *err)
{
    return kafka_handle_state(&consumer->handle, err);
}

/* --- life ---------------------------------------------------------------------- */

static void put_or_default(char text[static NUMBER_MAX], int value, int fallback)
{
    (void)snprintf(text, NUMBER_MAX, "%d", value > 0 ? value : fallback);
}

static enum error_kind open_conf(const struct kafka_consumer_options *options,
                                 rd_kafka_conf_t **ret_conf, struct error *err)
{
    char fetch_wait[NUMBER_MAX];
    char missing_after[NUMBER_MAX];
    put_or_default(fetch_wait, options->fetch_wait_ms, FETCH_WAIT_DEFAULT_MS);
    put_or_default(missing_after, options->missing_after_ms, MISSING_AFTER_DEFAULT_MS);
    const struct kafka_default fixed[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", options->starts_over ? "earliest" : "error"},
        {"isolation.level", options->reads_uncommitted ? "read_uncommitted" : "read_committed"},
        {"fetch.wait.max.ms", fetch_wait},
        {"topic.metadata.propagation.max.ms", missing_after},
        {"partition.assignment.strategy", "range,roundrobin"}, /* eager */
        {options->group_id != NULL ? "group.id" : NULL, options->group_id},
        {NULL, NULL},
    };
    const enum error_kind kind =
        kafka_handle_conf(&options->config, DEFAULTS, fixed, ret_conf, err);
    if (kind == ERROR_NONE && options->group_id != NULL) {
        rd_kafka_conf_set_rebalance_cb(*ret_conf, on_rebalance);
    }
    return kind;
}

static enum error_kind copy_topics(struct kafka_consumer *consumer, struct error *err)
{
    const struct kafka_consumer_options *options = &consumer->options;
    consumer->topic_names = calloc((size_t)options->topic_count, sizeof *consumer->topic_names);
    for (int i = 0; consumer->topic_names != NULL && i < options->topic_count; i++) {
        consumer->topic_names[i] = strdup(options->topics[i]);
        if (consumer->topic_names[i] == NULL) {
            break;
        }
        consumer->topic_count++;
    }
    consumer->batch = calloc(options->max_batch, sizeof *consumer->batch);
    return consumer->topic_count == options->topic_count && consumer->batch != NULL
               ? ERROR_NONE
               : error_set(err, ERROR_FATAL, "out of memory");
}

static enum error_kind open_topics(struct kafka_consumer *consumer, struct error *err)
{
    consumer->topics = must_allocate((size_t)consumer->topic_count, sizeof *consumer->topics);
    for (int i = 0; i < consumer->topic_count; i++) {
        consumer->topics[i] =
            rd_kafka_topic_new(consumer->handle.rk, consumer->topic_names[i], NULL);
        if (consumer->topics[i] == NULL) {
            return error_set(err, ERROR_FATAL, "topic %s: %s", consumer->topic_names[i],
                             rd_kafka_err2str(rd_kafka_last_error()));
        }
    }
    return ERROR_NONE;
}

static void watch(struct kafka_consumer *consumer, struct loop *loop)
{
    rd_kafka_t *rk = consumer->handle.rk;
    if (is_member(consumer)) {
        static const uint64_t ONE = 1;
        (void)rd_kafka_poll_set_consumer(rk);
        kafka_handle_watch(&consumer->handle, loop, rd_kafka_queue_get_consumer(rk));
        consumer->committed = rd_kafka_queue_new(rk);
        consumer->survey = kafka_survey_new(
            loop, &(struct kafka_survey_options){.handle = &consumer->handle,
                                                 .group_id = consumer->options.group_id,
                                                 .topics = consumer->topic_names,
                                                 .topic_count = consumer->topic_count,
                                                 .on_done = consumer->options.events->on_surveyed,
                                                 .user = consumer->options.user});
        rd_kafka_queue_io_event_enable(consumer->committed, consumer->handle.wake_fd, &ONE,
                                       sizeof ONE);
        return;
    }
    rd_kafka_queue_t *main_queue = rd_kafka_queue_get_main(rk);
    kafka_handle_watch(&consumer->handle, loop, rd_kafka_queue_new(rk));
    rd_kafka_queue_forward(main_queue, consumer->handle.queue);
    rd_kafka_queue_destroy(main_queue);
}

DEFINE_CLEANUP(struct kafka_consumer *, kafka_consumer_free)

enum error_kind kafka_consumer_new(struct loop *loop, const struct kafka_consumer_options *options,
                                   struct kafka_consumer **ret_consumer, struct error *err)
{
    CLEANUP(cleanup_kafka_consumer_free)
    struct kafka_consumer *consumer = must_allocate(1, sizeof *consumer);
    consumer->options = *options;
    if (options->max_batch == 0) {
        consumer->options.max_batch = BATCH_DEFAULT;
    }
    consumer->handle = (struct kafka_handle){.wake_fd = -1,
                                             .on_serve = on_serve,
                                             .on_error = on_error,
                                             .user = consumer,
                                             .log_user = options->user};
    consumer->again = loop_deferred_new(loop, on_serve, consumer);

    rd_kafka_conf_t *conf;
    if (copy_topics(consumer, err) != ERROR_NONE || open_conf(options, &conf, err) != ERROR_NONE ||
        kafka_handle_open(&consumer->handle, RD_KAFKA_CONSUMER, conf, &options->config, err) !=
            ERROR_NONE) {
        return err->kind;
    }
    watch(consumer, loop);
    if ((is_member(consumer) ? kafka_consumer_join(consumer, err) : open_topics(consumer, err)) !=
        ERROR_NONE) {
        return err->kind;
    }
    *ret_consumer = TAKE_PTR(consumer);
    return ERROR_NONE;
}

void kafka_consumer_close(struct kafka_consumer *consumer)
{
    static const uint64_t ONE = 1;
    if (consumer->state != OPEN) {
        return;
    }
    consumer->state = CLOSING;
    if (is_member(consumer)) {
        consumer->closing = rd_kafka_queue_new(consumer->handle.rk);
        rd_kafka_queue_io_event_enable(consumer->closing, consumer->handle.wake_fd, &ONE,
                                       sizeof ONE);
        rd_kafka_error_t *error =
            rd_kafka_consumer_close_queue(consumer->handle.rk, consumer->closing);
        if (error != NULL) { /* a fatal error was there first: nothing left to wait for */
            rd_kafka_error_destroy(error);
            consumer->state = DESERTED;
        }
    }
    loop_deferred_schedule(consumer->again);
}

static void stop_all(struct kafka_consumer *consumer)
{
    while (consumer->started_count > 0) {
        const struct kafka_position last = consumer->started[consumer->started_count - 1];
        kafka_consumer_stop(consumer, last.topic, last.partition);
    }
    for (int i = 0; consumer->topics != NULL && i < consumer->topic_count; i++) {
        if (consumer->topics[i] != NULL) {
            rd_kafka_topic_destroy(consumer->topics[i]);
        }
    }
    free(consumer->topics);
    free(consumer->started);
}

static void let_go(rd_kafka_queue_t *queue)
{
    if (queue != NULL) {
        rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
        rd_kafka_queue_destroy(queue);
    }
}

void kafka_consumer_free(struct kafka_consumer *consumer)
{
    if (consumer == NULL) {
        return;
    }
    stop_all(consumer);
    kafka_survey_free(consumer->survey);
    let_go(consumer->closing);
    let_go(consumer->committed);
    kafka_handle_close(&consumer->handle);
    loop_deferred_free(consumer->again);
    for (int i = 0; i < consumer->topic_count; i++) {
        free(consumer->topic_names[i]);
    }
    free(consumer->topic_names);
    free(consumer->rebalanced);
    free(consumer->batch);
    free(consumer);
}

/* --- records --------------------------------------------------------------------- */

struct strview kafka_record_header(const struct kafka_record *record, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return (struct strview){.data = NULL, .len = 0};
    }
    return view_of(value, len);
}

bool kafka_record_header_at(const struct kafka_record *record, size_t index, const char **ret_name,
                            struct strview *ret_value)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_all(headers, index, &name, &value, &len) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    *ret_name = name;
    *ret_value = view_of(value, len);
    return true;
}

void kafka_record_done(struct kafka_record *record)
{
    if (record->message != NULL) {
        rd_kafka_message_destroy(record->message);
        record->message = NULL;
    }
}
