/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - the records of one partition that wait for a batch, or for its end; pure.
 *
 * Why a ring: a batch's records stay where they are until their call was answered, and those behind
 * them come meanwhile.
 *
 * Why bytes and two limits: one partition may hold much while the others are idle; when all
 * together hold too much, each above its share pauses. What it told is remembered, so that
 * Kafka is told of a change only.
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
    QUEUE_FULL = 1 << 20,       /* bytes: the partition pauses */
    QUEUE_ROOM = 256 << 10,     /* and goes on with it */
    QUEUE_SHARE = 128 << 10,    /* what each may hold when all hold too much */
    QUEUE_ALL_FULL = 8 << 20,   /* bytes in all queues */
    QUEUE_RECORD_OVERHEAD = 512 /* bytes: bookkeeping, roughly */
};

struct queue {
    size_t *all_bytes; /* of every queue of the process, the caller's */
    struct kafka_record *records;
    size_t cap;
    size_t head;
    size_t count;
    size_t bytes;
    bool is_full; /* and its reader was told */
};

void queue_init(struct queue *queue, size_t *all_bytes);

/* It must be empty. */
void queue_done(struct queue *queue);

/* Its offset is above those of all that are in it. */
void queue_put(struct queue *queue, const struct kafka_record *record);

/* What a record counts. */
size_t queue_size_of(const struct kafka_record *record);

/* index < count; 0 is the oldest. */
const struct kafka_record *queue_at(const struct queue *queue, size_t index);

/* The oldest, which is the caller's from here on. */
struct kafka_record queue_take(struct queue *queue);

/* True when it has just become full: reading should pause. */
bool queue_fills(struct queue *queue);

/* True when it has just got room again: reading goes on. */
bool queue_clears(struct queue *queue);

#endif
