/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/read/filling.h"

#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/publish/sending.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/shards/shards.h"

#include <stdlib.h>

enum {
    STEP = 100000, /* seqs of one range: what lies between is walked over, however little it is */
    LIMIT_MAX = 128,
    LIMIT_BYTES = 1 << 20,
};

struct filling {
    struct shards *shards;
    struct outbox_store *store;
    struct publisher *publisher;
    struct reading *reading;
    struct loop_deferred *pump;
    bool is_reading;
    int shard; /* of the range in flight, or of the last one */
    uint16_t run;
    struct shard_fill_range range;
    int limit;
    int rows;
    bool has_held;
    bool is_choked; /* the producer's queue was full */
    size_t largest; /* row, in bytes, of the last range */
    int64_t not_before_ms;
    struct activity fares;
};

static struct shard_log *log_of(const struct filling *filling)
{
    return &filling->shards->all[filling->shard].log;
}

static bool is_over(const struct filling *filling)
{
    const struct shard_log *log = log_of(filling);
    return log->run != filling->run || log->state != SHARD_RUNNING;
}

static void on_row(void *user, int reader, const struct outbox_row *row)
{
    struct filling *filling = user;
    struct window_row wanted;
    (void)reader;
    filling->rows++;
    filling->largest = row->bytes > filling->largest ? row->bytes : filling->largest;
    if (filling->has_held || is_over(filling) || row->shard != filling->shard ||
        !sending_describe(filling->shards, row, WAY_FILL, &wanted)) {
        return;
    }
    const enum shard_offer offer = shard_log_fill_offer(log_of(filling), &wanted, loop_now_ms());
    if (offer == OFFER_SEND) {
        const enum sending outcome =
            sending_send(filling->publisher, filling->shards, row, &wanted, WAY_FILL);
        filling->has_held = outcome != SENDING_DONE;
        filling->is_choked = outcome == SENDING_CHOKED;
    } else if (offer != OFFER_SKIP) {
        filling->has_held = true; /* and all behind it: nothing overtakes */
    }
    if (offer == OFFER_PARK) {
        shards_poison(filling->shards, filling->shard, WAY_FILL, "%s", log_of(filling)->refusal);
    }
}

static void fail(struct filling *filling, const struct outbox_read_failure *failure)
{
    if (failure->is_lost || is_over(filling)) {
        return;
    }
    if (failure->is_damage && filling->rows == 0) {
        shards_poison(filling->shards, filling->shard, WAY_FILL, "it cannot be read: %s",
                      failure->err.text);
    } else if (!failure->is_damage) {
        filling->not_before_ms = loop_now_ms() + activity_failed(&filling->fares, &failure->err,
                                                                 loop_now_ms(), jitter_draw());
    }
}

static void on_done(void *user, int reader, const struct outbox_read_failure *failure)
{
    struct filling *filling = user;
    (void)reader;
    filling->is_reading = false;
    if (failure != NULL) {
        fail(filling, failure);
    } else {
        activity_succeeded(&filling->fares, loop_now_ms());
        if (!filling->has_held && !is_over(filling) && filling->rows < filling->limit) {
            shard_log_fill_read(log_of(filling), filling->range.topic, filling->range.upto);
        }
    }
    reading_pump(filling->reading); /* the others may have been waiting for this range */
    loop_deferred_schedule(filling->pump);
}

static void start(struct filling *filling)
{
    static const struct outbox_read_events EVENTS = {.on_row = on_row, .on_done = on_done};
    const struct shards *shards = filling->shards;
    const struct shard_log *log = log_of(filling);
    const size_t fits = LIMIT_BYTES / (filling->largest + 1) + 1;
    filling->limit = fits < LIMIT_MAX ? (int)fits : LIMIT_MAX;
    filling->run = log->run;
    filling->rows = 0;
    filling->largest = 0;
    filling->has_held = false;
    filling->is_reading = true;
    const struct outbox_range range = {.shard = filling->shard,
                                       .epoch = log->epoch,
                                       .after = filling->range.after,
                                       .rows = filling->limit};
    outbox_store_fill(filling->store, &range, shards->aggregate_types[filling->range.topic],
                      filling->range.upto, &EVENTS, filling);
}

static bool may_fill(const struct filling *filling, int64_t now_ms)
{
    const struct shards *shards = filling->shards;
    struct error err;
    return !filling->is_reading && !filling->is_choked && !shards->is_draining &&
           now_ms >= filling->not_before_ms && publisher_is_open(filling->publisher) &&
           outbox_store_state(filling->store, &err) == ERROR_NONE;
}

/* The next shard, in turns, that has something to fill and room to send it. */
static void on_pump(void *user)
{
    struct filling *filling = user;
    const struct shards *shards = filling->shards;
    const int64_t now_ms = loop_now_ms();
    for (int n = 1; may_fill(filling, now_ms) && n <= shards->count; n++) {
        const int i = (filling->shard + n) % shards->count;
        const struct shard *shard = &shards->all[i];
        if (shard_log_fill_wants(&shard->log, STEP, now_ms, &filling->range) &&
            shards_bytes_left(shards, shard) > 0 && shards_rows_left(shards, shard) > 0) {
            filling->shard = i;
            start(filling);
        }
    }
}

void filling_pump(struct filling *filling)
{
    filling->is_choked = false;
    loop_deferred_schedule(filling->pump);
}

enum error_kind filling_probe(const struct filling *filling, struct error *err)
{
    return activity_probe_lately(&filling->fares, loop_now_ms(), err);
}

struct filling *filling_new(const struct reading_options *options, struct reading *reading)
{
    struct filling *filling = must_allocate(1, sizeof *filling);
    *filling = (struct filling){
        .shards = options->shards,
        .store = options->store,
        .publisher = options->publisher,
        .reading = reading,
        .pump = loop_deferred_new(options->loop, on_pump, filling),
        .fares = ACTIVITY("reading rows to fill topics"),
    };
    return filling;
}

void filling_free(struct filling *filling)
{
    if (filling == NULL) {
        return;
    }
    loop_deferred_free(filling->pump);
    free(filling);
}
