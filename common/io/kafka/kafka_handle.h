/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_handle.h - what the Kafka adapters in this folder share: one librdkafka
 * instance, its queue watched by the loop, and whether the brokers answer.
 *
 * Why a heartbeat of our own besides the descriptor: librdkafka expects a
 * consumer to poll within max.poll.interval.ms even when nothing comes, and no
 * callback tells that a broker is back. So every half second the queue is
 * served anyway and, after an error, a cheap question is asked until answered.
 *
 * Only for common/io/kafka/kafka_*.c. Threads: the loop's.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_HANDLE_H
#define COMMON_IO_KAFKA_KAFKA_HANDLE_H

#include "common/base/error.h"
#include "common/io/kafka/kafka_config.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct loop;
struct loop_fd;
struct loop_timer;

struct kafka_handle {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;   /* everything for the application comes here */
    rd_kafka_queue_t *answers; /* to the questions of the heartbeat */
    struct loop_fd *watch;
    struct loop_timer *heartbeat;
    int wake_fd;
    bool is_asking;
    int64_t asked_ms; /* when the last question went out */
    bool is_up;
    bool was_up;       /* ever */
    bool is_doubted;   /* is_up, but to be asked again */
    int64_t heard_ms;  /* when is_up was last shown */
    int64_t error_ms;  /* when a connection last broke or could not be made */
    struct error down; /* why, while not is_up */
    kafka_log_fn *on_log;
    void *log_user;
    void (*on_serve)(void *user);                            /* the queue may hold something */
    void (*on_error)(void *user, const struct error *error); /* TRANSIENT, or FATAL: it is dead */
    void *user;
};

/* Property names and values, ended by a NULL name. */
struct kafka_default {
    const char *name;
    const char *value;
};

/*
 * A configuration from, in this order: defaults, the operator's properties,
 * fixed. Fails with ERROR_FATAL, naming the property.
 */
MUST_USE enum error_kind kafka_handle_conf(const struct kafka_config *config,
                                           const struct kafka_default *defaults,
                                           const struct kafka_default *fixed,
                                           rd_kafka_conf_t **ret_conf, struct error *err);

/*
 * Starts the instance; takes conf. The caller has set on_serve, on_error and
 * user, then gives the queue to watch to kafka_handle_watch().
 */
MUST_USE enum error_kind kafka_handle_open(struct kafka_handle *handle, rd_kafka_type_t type,
                                           rd_kafka_conf_t *conf, const struct kafka_config *config,
                                           struct error *err);
void kafka_handle_watch(struct kafka_handle *handle, struct loop *loop, rd_kafka_queue_t *queue);

/* Lets go of everything; accepts a half-open one. Waits for no broker. */
void kafka_handle_close(struct kafka_handle *handle);

/* The brokers answered, by whatever way the adapter knows it. */
void kafka_handle_is_alive(struct kafka_handle *handle);

/*
 * Somebody waits long for an answer, and a connection broke lately: asks, and without an answer the
 * cluster is away. Why: an answer that was under way may come behind the news of the broken
 * connection, and librdkafka tells later errors of the same kind only twice a minute. Without an
 * error nothing is asked: a partition that has no leader keeps its records waiting, too.
 */
void kafka_handle_doubt(struct kafka_handle *handle);

/* Whether the brokers answer; otherwise the reason. */
MUST_USE enum error_kind kafka_handle_state(const struct kafka_handle *handle, struct error *err);

/* ERROR_CONFLICT: one of its partitions holds records. Blocks, for seconds where Kafka is away. */
MUST_USE enum error_kind kafka_handle_check_empty(rd_kafka_t *rk, const char *topic, int partitions,
                                                  struct error *err);

/* What a librdkafka code means for us; the text is librdkafka's. */
enum error_kind kafka_handle_error(struct error *err, rd_kafka_resp_err_t code, const char *text);

#endif
