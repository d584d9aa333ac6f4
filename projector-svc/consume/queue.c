/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/queue.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void queue_init(struct queue *queue, size_t *all_bytes)
{
    *queue = (struct queue){.all_bytes = all_bytes};
}

void queue_done(struct queue *queue)
{
    assert(queue->count == 0 && queue->bytes == 0);
    free(queue->records);
    queue->records = NULL;
    queue->cap = 0;
}

static struct kafka_record *place(const struct queue *queue, size_t index)
{
    return &queue->records[(queue->head + index) % queue->cap];
}

const struct kafka_record *queue_at(const struct queue *queue, size_t index)
{
    assert(index < queue->count);
    return place(queue, index);
}

static void grow(struct queue *queue)
{
    const size_t cap = queue->cap == 0 ? FIRST_CAP : queue->cap * 2;
    struct kafka_record *records = must_allocate(cap, sizeof *records);
    for (size_t i = 0; i < queue->count; i++) {
        records[i] = *place(queue, i);
    }
    free(queue->records);
    queue->records = records;
    queue->cap = cap;
    queue->head = 0;
}

static size_t size_of_headers(const struct kafka_record *record)
{
    const char *name;
    struct strview value;
    size_t bytes = 0;
    for (size_t i = 0; record->message != NULL && kafka_record_header_at(record, i, &name, &value);
         i++) {
        bytes += strlen(name) + value.len;
    }
    return bytes;
}

size_t queue_size_of(const struct kafka_record *record)
{
    return record->key.len + record->value.len + size_of_headers(record) + QUEUE_RECORD_OVERHEAD;
}

void queue_put(struct queue *queue, const struct kafka_record *record)
{
    assert(queue->count == 0 || record->offset > place(queue, queue->count - 1)->offset);
    if (queue->count == queue->cap) {
        grow(queue);
    }
    *place(queue, queue->count++) = *record;
    queue->bytes += queue_size_of(record);
    *queue->all_bytes += queue_size_of(record);
}

struct kafka_record queue_take(struct queue *queue)
{
    assert(queue->count > 0);
    const struct kafka_record record = *place(queue, 0);
    const size_t size = queue_size_of(&record);
    assert(queue->bytes >= size && *queue->all_bytes >= queue->bytes);
    queue->head = (queue->head + 1) % queue->cap;
    queue->count--;
    queue->bytes -= size;
    *queue->all_bytes -= size;
    return record;
}

bool queue_fills(struct queue *queue)
{
    const bool is_over_share = queue->bytes >= QUEUE_SHARE && *queue->all_bytes >= QUEUE_ALL_FULL;
    const bool fills = !queue->is_full && (queue->bytes >= QUEUE_FULL || is_over_share);
    queue->is_full = queue->is_full || fills;
    return fills;
}

bool queue_clears(struct queue *queue)
{
    const size_t room = *queue->all_bytes < QUEUE_ALL_FULL ? QUEUE_ROOM : QUEUE_SHARE / 2;
    const bool clears = queue->is_full && queue->bytes <= room;
    queue->is_full = queue->is_full && !clears;
    return clears;
}
