/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_producer.h - an idempotent producer on the loop, one verdict per message.
 *
 * Why its promises are fixed: idempotence, acks from all replicas in sync, no
 * message ever given up (it would leave a gap), and a fatal error rather than a
 * gap after a refusal. The partition is always the caller's.
 *
 * What remains to the caller: librdkafka keeps order within a partition only
 * once a record of this producer has been acknowledged there, so the first must
 * be awaited alone; and after on_fatal this producer is dead: free it, find out
 * what arrived, make a new one.
 *
 * Every accepted message gets exactly one on_delivery, in order within a
 * partition when all goes well, unless the producer is freed before.
 *
 * Ownership: messages are copied by kafka_producer_send(). Threads: the loop's.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_PRODUCER_H
#define COMMON_IO_KAFKA_KAFKA_PRODUCER_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/kafka/kafka_config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_producer;
struct loop;

struct kafka_header {
    const char *name;
    struct strview value;
};

struct kafka_message {
    int topic; /* index into the options' topics */
    int32_t partition;
    struct strview key;
    struct strview value;
    const struct kafka_header *headers;
    size_t header_count;
    uint64_t tag; /* comes back with the delivery */
};

struct kafka_delivery {
    uint64_t tag;
    int64_t offset;            /* -1 when the broker did not tell */
    int64_t latency_us;        /* since it was queued */
    const struct error *error; /* NULL: acknowledged by all replicas in sync */
};

struct kafka_producer_options {
    struct kafka_config config;
    const char *const *topics; /* copied */
    int topic_count;
    int64_t
        batch_max; /* bytes; 0: librdkafka's. A batch larger than a topic takes is refused whole. */
    void (*on_delivery)(void *user, const struct kafka_delivery *delivery);
    void (*on_served)(void *user); /* after a bunch of deliveries; may be NULL */
    void (*on_error)(void *user, const struct error *err); /* TRANSIENT: it goes on by itself */
    /* Dead from now on. May be called inside kafka_producer_send() never, only from the loop. */
    void (*on_fatal)(void *user, const struct error *err);
    void *user;
};

/* Starts connecting; fails only on bad properties or exhausted memory (ERROR_FATAL). */
MUST_USE enum error_kind kafka_producer_new(struct loop *loop,
                                            const struct kafka_producer_options *options,
                                            struct kafka_producer **ret_producer,
                                            struct error *err);

/* Forgets what is in flight. Accepts NULL. Not from inside a callback. */
void kafka_producer_free(struct kafka_producer *producer);

/*
 * Queues a message. ERROR_EXHAUSTED: the queue is full, try again after deliveries.
 * ERROR_INVALID: the client refuses it for its size. ERROR_FATAL: the producer is dead.
 */
MUST_USE enum error_kind kafka_producer_send(struct kafka_producer *producer,
                                             const struct kafka_message *message,
                                             struct error *err);

/* Messages without a verdict yet. */
size_t kafka_producer_in_flight(const struct kafka_producer *producer);

/* Whether brokers answer; otherwise the reason. From memory. */
MUST_USE enum error_kind kafka_producer_state(const struct kafka_producer *producer,
                                              struct error *err);

#endif
