/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/queue.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_CAP = 64, KEPT_CAP = 256 }; /* records */

/* NOLINTNEXTLINE(readability-non-const-parameter): it is kept, and written by others */
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

static struct queued *place(const struct queue *queue, size_t index)
{
    return &queue->records[(queue->head + index) % queue->cap];
}

const struct kafka_record *queue_at(const struct queue *queue, size_t index)
{
    assert(index < queue->count);
    return &place(queue, index)->record;
}

size_t queue_bytes_at(const struct queue *queue, size_t index)
{
    assert(index < queue->count);
    return place(queue, index)->bytes;
}

static void grow(struct queue *queue)
{
    const size_t cap = queue->cap == 0 ? FIRST_CAP : queue->cap * 2;
    struct queued *records = must_allocate(cap, sizeof *records);
    for (size_t i = 0; i < queue->count; i++) {
        records[i] = *place(queue, i);
    }
    free(queue->records);
    queue->records = records;
    queue->cap = cap;
    queue->head = 0;
}

void queue_put(struct queue *queue, const struct kafka_record *record)
{
    assert(queue->count == 0 || record->offset > place(queue, queue->count - 1)->record.offset);
    if (queue->count == queue->cap) {
        grow(queue);
    }
    const size_t bytes = record->key.len + record->value.len + kafka_record_header_bytes(record) +
                         QUEUE_RECORD_OVERHEAD;
    *place(queue, queue->count++) = (struct queued){.record = *record, .bytes = bytes};
    queue->bytes += bytes;
    *queue->all_bytes += bytes;
}

/* Partitions are read in turns, and each would keep what the most it ever held once took. */
static void shrink(struct queue *queue)
{
    if (queue->count == 0 && queue->cap > KEPT_CAP) {
        free(queue->records);
        queue->records = NULL;
        queue->cap = 0;
        queue->head = 0;
    }
}

struct kafka_record queue_take(struct queue *queue)
{
    assert(queue->count > 0);
    const struct queued oldest = *place(queue, 0);
    assert(queue->bytes >= oldest.bytes && *queue->all_bytes >= queue->bytes);
    queue->head = (queue->head + 1) % queue->cap;
    queue->count--;
    queue->bytes -= oldest.bytes;
    *queue->all_bytes -= oldest.bytes;
    shrink(queue);
    return oldest.record;
}
