/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_consumer.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/kafka/kafka_consumer_internal.h"
#include "common/io/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH_DEFAULT = 500,
    FETCH_WAIT_DEFAULT_MS = 500,
    MISSING_AFTER_DEFAULT_MS = 30000,
};

static const struct kafka_default DEFAULTS[] = {
    {"queued.max.messages.kbytes", "4096"},
    {"fetch.message.max.bytes", "262144"},
    {"fetch.error.backoff.ms", "100"},
    {"session.timeout.ms", "6000"}, /* a member killed blocks its group for so long */
    {"heartbeat.interval.ms", "2000"},
    {NULL, NULL},
};

/* --- its turn of the loop */

static bool has_left(const struct kafka_consumer *consumer)
{
    return consumer->state == KAFKA_CONSUMER_DESERTED ||
           (consumer->state == KAFKA_CONSUMER_CLOSING &&
            (!kafka_consumer_is_member(consumer) || rd_kafka_consumer_closed(consumer->handle.rk)));
}

static void check_closed(struct kafka_consumer *consumer)
{
    if (has_left(consumer)) {
        consumer->state = KAFKA_CONSUMER_CLOSED;
        consumer->options.events->on_closed(consumer->options.user);
    }
}

static void on_serve(void *user)
{
    struct kafka_consumer *consumer = user;
    const bool is_empty = kafka_consumer_serve_records(consumer);
    kafka_consumer_serve_committed(consumer);
    if (!is_empty) {
        loop_deferred_schedule(consumer->again); /* the others' turn first */
    } else if (consumer->options.events->on_drained != NULL) {
        consumer->options.events->on_drained(consumer->options.user);
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

enum error_kind kafka_consumer_state(const struct kafka_consumer *consumer, struct error *err)
{
    return kafka_handle_state(&consumer->handle, err);
}

/* --- beginning */

static enum error_kind open_conf(const struct kafka_consumer_options *options,
                                 rd_kafka_conf_t **ret_conf, struct error *err)
{
    const int wait_ms = options->fetch_wait_ms;
    const int missing_ms = options->missing_after_ms;
    const struct kafka_default fixed[] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"},
        {"auto.offset.reset", options->starts_over ? "earliest" : "error"},
        {"isolation.level", options->reads_uncommitted ? "read_uncommitted" : "read_committed"},
        {"fetch.wait.max.ms", NUMBER_TEXT(wait_ms > 0 ? wait_ms : FETCH_WAIT_DEFAULT_MS)},
        {"topic.metadata.propagation.max.ms",
         NUMBER_TEXT(missing_ms > 0 ? missing_ms : MISSING_AFTER_DEFAULT_MS)},
        {"partition.assignment.strategy", "range,roundrobin"}, /* eager */
        {options->group_id != NULL ? "group.id" : NULL, options->group_id},
        {NULL, NULL},
    };
    const enum error_kind kind =
        kafka_handle_conf(&options->config, DEFAULTS, fixed, ret_conf, err);
    if (kind == ERROR_NONE && options->group_id != NULL) {
        rd_kafka_conf_set_rebalance_cb(*ret_conf, kafka_consumer_on_rebalance);
    }
    return kind;
}

static void copy_topics(struct kafka_consumer *consumer)
{
    const struct kafka_consumer_options *options = &consumer->options;
    consumer->topic_count = options->topic_count;
    consumer->topic_names =
        must_allocate((size_t)options->topic_count, sizeof *consumer->topic_names);
    for (int i = 0; i < options->topic_count; i++) {
        const size_t size = strlen(options->topics[i]) + 1;
        consumer->topic_names[i] = must_allocate(1, size);
        memcpy(consumer->topic_names[i], options->topics[i], size);
    }
    consumer->batch = must_allocate(options->max_batch, sizeof *consumer->batch);
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
    if (consumer->options.events->on_surveyed != NULL) {
        consumer->survey = kafka_survey_new(
            loop, &(struct kafka_survey_options){.handle = &consumer->handle,
                                                 .group_id = consumer->options.group_id,
                                                 .topics = consumer->topic_names,
                                                 .topic_count = consumer->topic_count,
                                                 .on_done = consumer->options.events->on_surveyed,
                                                 .user = consumer->options.user});
    }
    if (kafka_consumer_is_member(consumer)) {
        static const uint64_t ONE = 1;
        (void)rd_kafka_poll_set_consumer(rk);
        kafka_handle_watch(&consumer->handle, loop, rd_kafka_queue_get_consumer(rk));
        consumer->committed = rd_kafka_queue_new(rk);
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
    copy_topics(consumer);
    if (open_conf(options, &conf, err) != ERROR_NONE ||
        kafka_handle_open(&consumer->handle, RD_KAFKA_CONSUMER, conf, &options->config, err) !=
            ERROR_NONE) {
        return err->kind;
    }
    watch(consumer, loop);
    if (!options->chooses_itself &&
        (kafka_consumer_is_member(consumer) ? kafka_consumer_join(consumer, err)
                                            : open_topics(consumer, err)) != ERROR_NONE) {
        return err->kind;
    }
    *ret_consumer = TAKE_PTR(consumer);
    return ERROR_NONE;
}

/* --- ending */

void kafka_consumer_close(struct kafka_consumer *consumer)
{
    static const uint64_t ONE = 1;
    if (consumer->state != KAFKA_CONSUMER_OPEN) {
        return;
    }
    consumer->state = KAFKA_CONSUMER_CLOSING;
    if (kafka_consumer_is_member(consumer)) {
        consumer->closing = rd_kafka_queue_new(consumer->handle.rk);
        rd_kafka_queue_io_event_enable(consumer->closing, consumer->handle.wake_fd, &ONE,
                                       sizeof ONE);
        rd_kafka_error_t *error =
            rd_kafka_consumer_close_queue(consumer->handle.rk, consumer->closing);
        if (error != NULL) { /* a fatal error was there first: nothing left to wait for */
            rd_kafka_error_destroy(error);
            consumer->state = KAFKA_CONSUMER_DESERTED;
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
