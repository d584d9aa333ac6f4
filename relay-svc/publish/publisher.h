/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publisher.h - rows of the outbox as records in Kafka.
 *
 * Why a module around the producer: it knows the record's form (headers,
 * partition = shard), and it replaces a producer that has met a fatal error by
 * a new one, within seconds and without the rest noticing more than "lost".
 *
 * Threads: the loop's.
 */
#ifndef RELAY_SVC_PUBLISH_PUBLISHER_H
#define RELAY_SVC_PUBLISH_PUBLISHER_H

#include "common/base/error.h"
#include "common/base/parse.h"
#include "common/io/kafka/kafka_producer.h"
#include "relay-svc/outbox/outbox_store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct publisher;

/* Which row an answer is about; comes back as it was given. */
struct publisher_tag {
    uint16_t shard;
    uint16_t run;
    enum shard_way way;
    uint32_t ticket;
};

struct publisher_options {
    struct kafka_config config;
    const char *const *topics;
    int topic_count;
    const int64_t *message_max; /* of each topic, max.message.bytes; 0: not told. Read anew for each
                                   row, and for each producer. */
    void (*on_answer)(void *user, const struct publisher_tag *tag,
                      const struct kafka_delivery *delivery);
    void (*on_answers_taken)(void *user); /* after a bunch of them */
    /* The producer died, with all that was in flight; a new one is on its way. */
    void (*on_lost)(void *user, const struct error *error);
    void (*on_renewed)(void *user);
    void *user;
};

MUST_USE enum error_kind publisher_new(struct loop *loop, const struct publisher_options *options,
                                       struct publisher **ret_publisher, struct error *err);
void publisher_free(struct publisher *publisher);

/* Drops the producer with all that is in flight, of which nothing more will be heard; a new one is
 * on its way, without on_lost. Not from inside a callback of the publisher. */
void publisher_restart(struct publisher *publisher, const char *reason);

/* False between the death of a producer and its renewal. */
bool publisher_is_open(const struct publisher *publisher);

/* Sends a row to the topic of that index; one that is sent out of the quarantine says so.
 * ERROR_EXHAUSTED: the queue is full, later. ERROR_INVALID: the topic, or the client, will never
 * take it. */
MUST_USE enum error_kind publisher_send(struct publisher *publisher, int topic,
                                        const struct outbox_row *row,
                                        const struct publisher_tag *tag, struct error *err);

/* PostgreSQL's "2026-01-02 03:04:05.67+00" as RFC 3339 with milliseconds, written to out. */
struct strview publisher_format_time(struct strview pg, char out[static TIME_TEXT_LEN + 1]);

size_t publisher_in_flight(const struct publisher *publisher);

/* Whether brokers answer; otherwise the reason. */
MUST_USE enum error_kind publisher_state(const struct publisher *publisher, struct error *err);

/* ERROR_NONE, or why no new producer could be made. */
MUST_USE enum error_kind publisher_probe(const struct publisher *publisher, struct error *err);

#endif
