/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the records of one partition that wait for a batch, or for its end; pure.
 *
 * Why a ring: a batch's records stay where they are until their call was answered, and those behind
 * them come meanwhile.
 *
 * How much it may hold is core/intake.h's to say.
 *
 * Ownership: it keeps what is put in and never gives it back to Kafka: the caller does, of each
 * record that it takes out. Units: bytes, headers too, with an allowance for bookkeeping.
 */
#ifndef PROJECTOR_SVC_CONSUME_QUEUE_H
#define PROJECTOR_SVC_CONSUME_QUEUE_H

#include "common/io/kafka/kafka_consumer.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    QUEUE_RECORD_OVERHEAD = 512 /* bytes: bookkeeping, roughly */
};

struct queued {
    struct kafka_record record;
    size_t bytes; /* that it counts */
};

struct queue {
    size_t *all_bytes; /* of every queue of the process, the caller's */
    struct queued *records;
    size_t cap;
    size_t head;
    size_t count;
    size_t bytes;
};

void queue_init(struct queue *queue, size_t *all_bytes);

/* It must be empty. */
void queue_done(struct queue *queue);

/* Its offset is above those of all that are in it. */
void queue_put(struct queue *queue, const struct kafka_record *record);

/* index < count; 0 is the oldest. */
const struct kafka_record *queue_at(const struct queue *queue, size_t index);

/* What it counts. */
size_t queue_bytes_at(const struct queue *queue, size_t index);

/* The oldest, which is the caller's from here on. */
struct kafka_record queue_take(struct queue *queue);

#endif
