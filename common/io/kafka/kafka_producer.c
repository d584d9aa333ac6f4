/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_producer.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/kafka/kafka_handle.h"
#include "common/io/loop.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>

static_assert(sizeof(void *) >= sizeof(uint64_t), "a message's tag travels in a pointer");

enum {
    BATCH_DEFAULT_BYTES = 1000000, /* batch.size */
    SILENCE_MS =
        3000, /* without any answer, something being in flight, before the brokers are asked */
};

/*
 * One request at a time: of a partition that has more than four messages on their way librdkafka
 * sends nothing more, but without lingering its thread asks again and again whether it may, unless
 * a request waits for the connection. A broker answers a connection's requests one by one, too.
 */
static const struct kafka_default DEFAULTS[] = {
    {"queue.buffering.max.kbytes", "8192"},
    {"queue.buffering.max.messages", "50000"},
    {"compression.codec", "lz4"},
    {"linger.ms", "0"},
    {"max.in.flight", "1"},
    {"socket.nagle.disable", "true"},
    {NULL, NULL},
};

static const struct kafka_default FIXED[] = {
    {"enable.idempotence", "true"},
    {"enable.gapless.guarantee", "true"},
    {"acks", "all"},
    {"message.timeout.ms", "0"},
    {"allow.auto.create.topics", "false"}, /* a deleted topic must not come back by itself */
    {NULL, NULL},
};

struct kafka_producer {
    struct kafka_handle handle;
    struct loop_deferred *burial;
    rd_kafka_topic_t **topics;
    int topic_count;
    size_t in_flight;
    int64_t waiting_since_ms; /* while something is in flight */
    size_t served;            /* deliveries of this turn */
    size_t acknowledged;      /* of them */
    bool is_dead;
    struct error death;
    struct kafka_producer_options options;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_producer *producer = ((struct kafka_handle *)opaque)->user;
    struct error error;
    (void)rk; /* no rd_kafka_yield() here: what is left of the answers would go behind later ones */
    struct kafka_delivery delivery = {
        .tag = (uint64_t)(uintptr_t)message->_private,
        .offset = message->offset >= 0 ? message->offset : -1,
        .latency_us = rd_kafka_message_latency(message),
    };
    /* A permanent failure with "possibly persisted" is no acknowledgement either. */
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_PERSISTED) {
        (void)kafka_handle_error(&error, message->err, NULL);
        delivery.error = &error;
    } else if (producer->acknowledged++ == 0) {
        kafka_handle_is_alive(&producer->handle); /* once a turn: it asks for the time */
    }
    producer->in_flight--;
    producer->served++;
    producer->options.on_delivery(producer->options.user, &delivery);
}

/* librdkafka itself gives a silent peer up after socket.timeout.ms, a minute. */
static bool is_silent(const struct kafka_producer *producer)
{
    const int64_t heard_ms = producer->handle.heard_ms > producer->waiting_since_ms
                                 ? producer->handle.heard_ms
                                 : producer->waiting_since_ms;
    return producer->in_flight > 0 && loop_now_ms() - heard_ms >= SILENCE_MS;
}

static void on_serve(void *user)
{
    struct kafka_producer *producer = user;
    producer->served = producer->acknowledged = 0;
    (void)rd_kafka_poll(producer->handle.rk, 0);
    if (is_silent(producer)) {
        kafka_handle_doubt(&producer->handle);
    }
    if (producer->served > 0 && producer->options.on_served != NULL) {
        producer->options.on_served(producer->options.user);
    }
    if (producer->is_dead && producer->death.kind != ERROR_NONE) {
        struct error death = producer->death;
        producer->death.kind = ERROR_NONE; /* told once */
        producer->options.on_fatal(producer->options.user, &death);
    }
}

static void on_error(void *user, const struct error *err)
{
    struct kafka_producer *producer = user;
    if (err->kind != ERROR_FATAL) {
        producer->options.on_error(producer->options.user, err);
    } else if (!producer->is_dead) {
        producer->is_dead = true;
        producer->death = *err;
        loop_deferred_schedule(producer->burial); /* told outside of librdkafka's callback */
    }
}

static enum error_kind open_topics(struct kafka_producer *producer, struct error *err)
{
    const struct kafka_producer_options *options = &producer->options;
    producer->topics = must_allocate((size_t)options->topic_count, sizeof *producer->topics);
    for (int i = 0; i < options->topic_count; i++) {
        producer->topics[i] = rd_kafka_topic_new(producer->handle.rk, options->topics[i], NULL);
        if (producer->topics[i] == NULL) {
            return error_set(err, ERROR_FATAL, "topic %s: %s", options->topics[i],
                             rd_kafka_err2str(rd_kafka_last_error()));
        }
        producer->topic_count++;
    }
    return ERROR_NONE;
}

/* Whatever the operator has set: above it nothing would arrive. */
static enum error_kind bound_batches(rd_kafka_conf_t *conf, int64_t batch_max, struct error *err)
{
    char reason[256];
    if (batch_max == 0 || batch_max >= BATCH_DEFAULT_BYTES) {
        return ERROR_NONE;
    }
    if (rd_kafka_conf_set(conf, "batch.size", NUMBER_TEXT(batch_max), reason, sizeof reason) ==
        RD_KAFKA_CONF_OK) {
        return ERROR_NONE;
    }
    rd_kafka_conf_destroy(conf);
    return error_set(err, ERROR_FATAL, "Kafka property batch.size: %s", reason);
}

DEFINE_CLEANUP(struct kafka_producer *, kafka_producer_free)

enum error_kind kafka_producer_new(struct loop *loop, const struct kafka_producer_options *options,
                                   struct kafka_producer **ret_producer, struct error *err)
{
    CLEANUP(cleanup_kafka_producer_free)
    struct kafka_producer *producer = must_allocate(1, sizeof *producer);
    producer->options = *options;
    producer->handle = (struct kafka_handle){.wake_fd = -1,
                                             .on_serve = on_serve,
                                             .on_error = on_error,
                                             .user = producer,
                                             .log_user = options->user};
    producer->burial = loop_deferred_new(loop, on_serve, producer);

    rd_kafka_conf_t *conf;
    if (kafka_handle_conf(&options->config, DEFAULTS, FIXED, &conf, err) != ERROR_NONE ||
        bound_batches(conf, options->batch_max, err) != ERROR_NONE) {
        return err->kind;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (kafka_handle_open(&producer->handle, RD_KAFKA_PRODUCER, conf, &options->config, err) !=
            ERROR_NONE ||
        open_topics(producer, err) != ERROR_NONE) {
        return err->kind;
    }
    kafka_handle_watch(&producer->handle, loop, rd_kafka_queue_get_main(producer->handle.rk));
    *ret_producer = TAKE_PTR(producer);
    return ERROR_NONE;
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer == NULL) {
        return;
    }
    if (producer->handle.rk != NULL) {
        (void)rd_kafka_purge(producer->handle.rk, RD_KAFKA_PURGE_F_QUEUE |
                                                      RD_KAFKA_PURGE_F_INFLIGHT |
                                                      RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
    for (int i = 0; i < producer->topic_count; i++) {
        rd_kafka_topic_destroy(producer->topics[i]);
    }
    free(producer->topics);
    kafka_handle_close(&producer->handle);
    loop_deferred_free(producer->burial);
    free(producer);
}

static rd_kafka_headers_t *make_headers(const struct kafka_message *message)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct kafka_header *header = &message->headers[i];
        (void)rd_kafka_header_add(headers, header->name, -1, header->value.data,
                                  (ssize_t)header->value.len);
    }
    return headers;
}

enum error_kind kafka_producer_send(struct kafka_producer *producer,
                                    const struct kafka_message *message, struct error *err)
{
    assert(message->topic >= 0 && message->topic < producer->topic_count);
    if (producer->is_dead) {
        return error_set(err, ERROR_FATAL, "this producer has met a fatal error");
    }
    rd_kafka_headers_t *headers = make_headers(message);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topics[message->topic]},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = message->partition},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)(uintptr_t)message->key.data, .size = message->key.len}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)(uintptr_t)message->value.data, .size = message->value.len}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)message->tag},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->handle.rk, parts, sizeof parts / sizeof parts[0]);
    if (error == NULL) {
        producer->waiting_since_ms =
            producer->in_flight == 0 ? loop_now_ms() : producer->waiting_since_ms;
        producer->in_flight++;
        return ERROR_NONE;
    }
    rd_kafka_headers_destroy(headers); /* ours still, after a refusal */
    const enum error_kind kind =
        kafka_handle_error(err, rd_kafka_error_code(error), rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return kind;
}

size_t kafka_producer_in_flight(const struct kafka_producer *producer)
{
    return producer->in_flight;
}

enum error_kind kafka_producer_state(const struct kafka_producer *producer, struct error *err)
{
    return kafka_handle_state(&producer->handle, err);
}
