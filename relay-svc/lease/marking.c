/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/lease/marking.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/loop.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/shards/shards.h"

#include <stdlib.h>

enum { PAUSE_MS = 500 };

struct marking {
    struct shards *shards;
    struct outbox_store *store;
    marking_written_fn *on_written;
    void *user;
    struct loop_timer *timer;
    bool is_marking;
    bool is_hurried; /* once more, as soon as the one in flight is done */
    int64_t last_ms;
    struct outbox_lease *leases; /* of the mark in flight */
    size_t count;
    struct shard_mark *marks; /* the same, to be confirmed */
    struct outbox_sent *sents;
    size_t sent_count;
    bool *is_marked;  /* by shard: the mark in flight was written there */
    bool has_skipped; /* not all of the last mark could be written */
    uint64_t written;
};

/* What is new in one shard. */
static void collect_shard(struct marking *marking, const struct shard_log *log)
{
    const struct shards *shards = marking->shards;
    struct shard_mark *mark = &marking->marks[marking->count];
    shard_log_mark(log, mark);
    marking->leases[marking->count++] = (struct outbox_lease){
        .shard = log->shard, .epoch = mark->epoch, .position = mark->position};
    for (int i = 0; i < shards->topic_count; i++) {
        marking->sents[marking->sent_count++] = (struct outbox_sent){
            .shard = log->shard, .topic = strview_of(shards->topics[i]), .mark = mark->topics[i]};
    }
}

static void on_marked(void *user, int shard)
{
    struct marking *marking = user;
    if (shard >= 0 && shard < marking->shards->count) {
        marking->is_marked[shard] = true;
    }
}

static void confirm(struct marking *marking)
{
    struct shards *shards = marking->shards;
    size_t written = 0;
    for (size_t i = 0; i < marking->count; i++) {
        const int shard = marking->leases[i].shard;
        if (marking->is_marked[shard]) {
            shard_log_marked(&shards->all[shard].log, &marking->marks[i]);
            written++;
        }
    }
    marking->has_skipped = written < marking->count;
    if (written > 0) {
        marking->written++;
        metrics_add(shards->metrics, METRIC_MARKS, 0, 1);
    }
}

static void on_done(void *user, const struct error *err)
{
    struct marking *marking = user;
    marking->is_marking = false;
    if (err == NULL) {
        confirm(marking);
        marking->on_written(marking->user);
    }
    marking_touch(marking);
}

static void on_mark(void *user)
{
    static const struct outbox_mark_events EVENTS = {.on_marked = on_marked, .on_done = on_done};
    struct marking *marking = user;
    const struct shards *shards = marking->shards;
    if (marking->is_marking) {
        return;
    }
    marking->count = 0;
    marking->sent_count = 0;
    for (int i = 0; i < shards->count; i++) {
        marking->is_marked[i] = false;
        if (shard_log_is_dirty(&shards->all[i].log)) {
            collect_shard(marking, &shards->all[i].log);
        }
    }
    marking->is_hurried = false;
    if (marking->count == 0) {
        return;
    }
    marking->is_marking = true;
    marking->last_ms = loop_now_ms();
    outbox_store_mark(marking->store, marking->leases, marking->count, marking->sents,
                      marking->sent_count, &EVENTS, marking);
    (void)FAULT_POINT("relay.mark_sent");
}

void marking_touch(struct marking *marking)
{
    if (marking->is_marking || (loop_timer_is_armed(marking->timer) && !marking->is_hurried)) {
        return;
    }
    const int64_t due_ms = marking->last_ms + PAUSE_MS - loop_now_ms();
    loop_timer_start(marking->timer, marking->is_hurried || due_ms < 0 ? 0 : due_ms);
}

void marking_hurry(struct marking *marking)
{
    marking->is_hurried = !marking->has_skipped; /* a lock is not gone the sooner */
    marking_touch(marking);
}

uint64_t marking_written(const struct marking *marking)
{
    return marking->written;
}

struct marking *marking_new(struct loop *loop, struct shards *shards, struct outbox_store *store,
                            marking_written_fn *on_written, void *user)
{
    const size_t count = (size_t)shards->count;
    struct marking *marking = must_allocate(1, sizeof *marking);
    *marking = (struct marking){
        .shards = shards,
        .store = store,
        .on_written = on_written,
        .user = user,
        .timer = loop_timer_new(loop, on_mark, marking),
        .leases = must_allocate(count, sizeof *marking->leases),
        .marks = must_allocate(count, sizeof *marking->marks),
        .is_marked = must_allocate(count, sizeof *marking->is_marked),
        .sents = must_allocate(count * (size_t)shards->topic_count, sizeof *marking->sents),
    };
    return marking;
}

void marking_free(struct marking *marking)
{
    if (marking == NULL) {
        return;
    }
    loop_timer_free(marking->timer);
    free(marking->leases);
    free(marking->marks);
    free(marking->is_marked);
    free(marking->sents);
    free(marking);
}
