/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/read/reading.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "relay-svc/core/read_plan.h"
#include "relay-svc/effects.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/publish/sending.h"
#include "relay-svc/relay.h"
#include "relay-svc/watch/watching.h"

#include <stdlib.h>

enum {
    FIRST_PAUSE_MS = 5,
    BELL_GAP_MS = 2,   /* a bell that never stops must not mean a query per append */
    LIMIT_MAX = 2000,  /* rows of a range */
    LIMIT_FIRST = 4,   /* of a shard that runs anew: of each topic only the first row will go out */
    LARGEST_FADES = 8, /* the largest row seen counts for less with every trip */
};

struct trip {
    int *shards;
    int count;
    int rows;
    int64_t sent_us;
};

struct reading {
    struct relay *relay;
    struct loop_timer *timer; /* the next look at idle shards */
    struct loop_deferred *pump;
    struct trip *trips; /* one per reader */
    struct outbox_range *ranges;
    int64_t pause_ms;
    int64_t looked_ms; /* when idle shards were last looked at */
    bool is_choked;    /* the producer's queue was full */
    struct read_plan plan;
    enum read_wish *wishes; /* by shard, for the trip being planned */
    struct activity fares;
};

/* --- rows ------------------------------------------------------------------------------ */

static void hold(struct reading *reading, struct relay_shard *shard)
{
    shard->is_due = true;
    shard->has_held = true;
    metrics_add(reading->relay->options.metrics, METRIC_ROWS_HELD, 0, 1);
}

static void take_row(void *user, int reader, const struct outbox_row *row)
{
    struct reading *reading = user;
    struct relay *relay = reading->relay;
    if (row->shard < 0 || row->shard >= relay->shard_count) {
        return; /* not one of those asked for */
    }
    struct relay_shard *shard = &relay->shards[row->shard];
    reading->trips[reader].rows++;
    shard->rows_read++;
    shard->largest_row = row->bytes > shard->largest_row ? row->bytes : shard->largest_row;
    if (shard->log.run != shard->reading_run || shard->log.state != SHARD_RUNNING) {
        return; /* read for a run that is over */
    }
    if (shard->has_held) { /* what comes behind a row held must not overtake it */
        hold(reading, shard);
        return;
    }
    struct window_row wanted;
    if (!sending_describe(relay, row, &wanted)) {
        return;
    }
    switch (shard_log_offer(&shard->log, &wanted, loop_now_ms())) {
    case OFFER_SEND:
        if (sending_send(relay, row, &wanted, false) == SENDING_CHOKED) {
            reading->is_choked = true;
            hold(reading, shard);
        }
        break;
    case OFFER_SKIP:
        metrics_add(relay->options.metrics, METRIC_ALREADY_THERE, 0, 1);
        break;
    case OFFER_HOLD:
        hold(reading, shard);
        break;
    }
}

/* --- trips ----------------------------------------------------------------------------- */

static void count_trip(struct reading *reading, const struct trip *trip)
{
    struct metrics *metrics = reading->relay->options.metrics;
    metrics_add(metrics, METRIC_READS, 0, 1);
    metrics_add(metrics, METRIC_ROWS_READ, 0, trip->rows);
    metrics_observe(metrics, METRIC_READ_SECONDS, 0, (double)(loop_now_us() - trip->sent_us) / 1e6);
}

/* Rows that had to wait were read in vain: less next time, then more and more. */
static void adjust_limit(struct relay_shard *shard)
{
    if (shard->has_held) {
        shard->limit = LIMIT_FIRST;
    } else if (shard->limit < LIMIT_MAX) {
        shard->limit *= 2;
    }
}

static bool is_any_unread(const struct relay *relay)
{
    for (int i = 0; i < relay->shard_count; i++) {
        if (relay->shards[i].is_unread && relay->shards[i].log.state == SHARD_RUNNING) {
            return true;
        }
    }
    return false;
}

/* A row that nobody will ever read stops its shard; whatever else fails is tried again, alone. */
static void fail_shard(struct relay *relay, struct relay_shard *shard, bool is_alone,
                       const struct outbox_read_failure *failure)
{
    struct shard_log *log = &shard->log;
    shard->is_due = true;
    if (failure->is_lost || log->state != SHARD_RUNNING || log->run != shard->reading_run) {
        return;
    }
    shard->is_suspect = true;
    if (failure->is_damage && is_alone && shard->rows_read == 0) {
        effects_carry_out(relay, log->shard,
                          shard_log_stop(log, "the row after seq %lld cannot be read: %s",
                                         (long long)log->read, failure->err.text));
    } else if (!failure->is_damage) {
        shard->is_unread = true;
    }
}

static void fail_trip(struct reading *reading, const struct trip *trip,
                      const struct outbox_read_failure *failure)
{
    const int64_t now_ms = loop_now_ms();
    int64_t pause_ms = 0;
    if (!failure->is_lost && !failure->is_damage) {
        pause_ms = activity_failed(&reading->fares, &failure->err, now_ms, jitter_draw());
    }
    for (int i = 0; i < trip->count; i++) {
        struct relay_shard *shard = &reading->relay->shards[trip->shards[i]];
        shard->not_before_ms = now_ms + pause_ms;
        fail_shard(reading->relay, shard, trip->count == 1, failure);
    }
}

static void settle_trip(struct reading *reading, const struct trip *trip)
{
    for (int i = 0; i < trip->count; i++) {
        struct relay_shard *shard = &reading->relay->shards[trip->shards[i]];
        shard->is_hot = shard->rows_read >= shard->asked;
        shard->is_due = shard->is_due || shard->is_hot;
        shard->is_suspect = shard->is_suspect && shard->is_hot; /* the bad row may be yet to come */
        shard->is_unread = false;
    }
    count_trip(reading, trip);
    if (!is_any_unread(reading->relay)) {
        activity_succeeded(&reading->fares, loop_now_ms());
    }
}

static void finish_trip(void *user, int reader, const struct outbox_read_failure *failure)
{
    struct reading *reading = user;
    struct trip *trip = &reading->trips[reader];
    for (int i = 0; i < trip->count; i++) {
        struct relay_shard *shard = &reading->relay->shards[trip->shards[i]];
        shard->is_reading = false;
        shard->is_hot = false;
        adjust_limit(shard);
    }
    if (failure == NULL) {
        settle_trip(reading, trip);
    } else {
        fail_trip(reading, trip, failure);
    }
    if (trip->rows > 0) {
        reading->pause_ms = FIRST_PAUSE_MS;
        (void)FAULT_POINT("relay.rows_read");
    }
    loop_deferred_schedule(reading->pump);
}

/* See is_new. */
static bool awaits_tails(const struct relay *relay)
{
    for (int i = 0; relay->is_new && i < relay->shard_count; i++) {
        if (relay->shards[i].log.state == SHARD_CHECKING) {
            return true;
        }
    }
    return false;
}

static bool may_read(const struct reading *reading)
{
    const struct relay *relay = reading->relay;
    return !relay->is_draining && !reading->is_choked && relay->publisher != NULL &&
           publisher_is_open(relay->publisher) && !awaits_tails(relay) &&
           !watching_is_sequence_back(relay->watching);
}

static bool is_ready(const struct relay *relay, const struct relay_shard *shard, int64_t now_ms)
{
    return shard->is_due && !shard->is_reading && now_ms >= shard->not_before_ms &&
           shard_log_wants_rows(&shard->log, now_ms) && sending_bytes_left(relay, shard) > 0 &&
           sending_rows_left(relay, shard) > 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Rows of one shard in a trip of so many. */
static int limit_for(const struct reading *reading, const struct relay_shard *shard, int count)
{
    const struct relay *relay = reading->relay;
    const int64_t bytes = relay->options.read_bytes / count;
    int64_t limit = least(bytes / (int64_t)(shard->largest_row + 1) + 1, LIMIT_MAX);
    limit = least(limit, shard_log_room(&shard->log));
    return (int)least(limit, shard->limit);
}

static void start_trip(struct reading *reading, int reader)
{
    static const struct outbox_read_events EVENTS = {.on_row = take_row, .on_done = finish_trip};
    struct relay *relay = reading->relay;
    struct trip *trip = &reading->trips[reader];
    for (int i = 0; i < trip->count; i++) {
        struct relay_shard *shard = &relay->shards[trip->shards[i]];
        shard->is_reading = true;
        shard->is_due = false;
        shard->has_held = false;
        shard->rows_read = 0;
        shard->limit = shard->limit < LIMIT_FIRST ? LIMIT_FIRST : shard->limit;
        shard->asked = limit_for(reading, shard, trip->count);
        shard->largest_row -= shard->largest_row / LARGEST_FADES;
        shard->reading_run = shard->log.run;
        reading->ranges[i] = (struct outbox_range){.shard = trip->shards[i],
                                                   .epoch = shard->log.epoch,
                                                   .after = shard->log.read,
                                                   .rows = shard->asked};
    }
    trip->rows = 0;
    trip->sent_us = loop_now_us();
    outbox_store_read(relay->store, reader, reading->ranges, (size_t)trip->count, &EVENTS, reading);
}

static int count_free_readers(const struct relay *relay)
{
    int count = 0;
    for (int i = 0; i < relay->options.readers; i++) {
        count += outbox_store_reader_is_free(relay->store, i) ? 1 : 0;
    }
    return count;
}

static enum read_wish wish_of(const struct relay *relay, const struct relay_shard *shard,
                              int64_t now_ms)
{
    if (!is_ready(relay, shard, now_ms)) {
        return READ_NOTHING;
    }
    return shard->is_suspect ? READ_ALONE : shard->is_hot ? READ_MUCH : READ_LOOK;
}

/* False when there is nothing to read. */
static bool plan_trip(struct reading *reading, struct trip *trip, int free_readers, int64_t now_ms)
{
    const struct relay *relay = reading->relay;
    for (int i = 0; i < relay->shard_count; i++) {
        reading->wishes[i] = wish_of(relay, &relay->shards[i], now_ms);
    }
    trip->count = read_plan_next(&reading->plan, reading->wishes, relay->shard_count, free_readers,
                                 trip->shards);
    return trip->count > 0;
}

static void arm(struct reading *reading, int64_t delay_ms)
{
    if (!loop_timer_is_armed(reading->timer)) {
        loop_timer_start(reading->timer, delay_ms);
    }
}

static void pump(void *user)
{
    struct reading *reading = user;
    struct relay *relay = reading->relay;
    const int64_t now_ms = loop_now_ms();
    sending_recount(relay);
    int free_readers = count_free_readers(relay);
    for (int i = 0; i < relay->options.readers && may_read(reading); i++) {
        if (!outbox_store_reader_is_free(relay->store, i)) {
            continue;
        }
        if (!plan_trip(reading, &reading->trips[i], free_readers--, now_ms)) {
            break;
        }
        start_trip(reading, i);
    }
    arm(reading, reading->pause_ms);
}

/* --- when -------------------------------------------------------------------------------- */

static void look_everywhere(struct reading *reading)
{
    struct relay *relay = reading->relay;
    reading->looked_ms = loop_now_ms();
    for (int i = 0; i < relay->shard_count; i++) {
        relay->shards[i].is_due = true;
    }
    pump(reading);
}

static void take_pause_over(void *user)
{
    struct reading *reading = user;
    const int64_t longest_ms = reading->relay->options.poll_ms;
    reading->pause_ms *= 2;
    reading->pause_ms = reading->pause_ms < longest_ms ? reading->pause_ms : longest_ms;
    look_everywhere(reading);
}

void reading_ring(struct reading *reading)
{
    const int64_t waited_ms = loop_now_ms() - reading->looked_ms;
    if (waited_ms >= BELL_GAP_MS) {
        look_everywhere(reading);
    } else {
        reading->pause_ms = FIRST_PAUSE_MS;
        loop_timer_start(reading->timer, BELL_GAP_MS - waited_ms);
    }
}

void reading_pump(struct reading *reading)
{
    loop_deferred_schedule(reading->pump);
}

void reading_make_room(struct reading *reading)
{
    reading->is_choked = false;
    loop_deferred_schedule(reading->pump);
}

enum error_kind reading_probe(const struct reading *reading, struct error *err)
{
    return activity_probe_lately(&reading->fares, loop_now_ms(), err);
}

struct reading *reading_new(struct relay *relay)
{
    const size_t shards = (size_t)relay->shard_count;
    struct reading *reading = must_allocate(1, sizeof *reading);
    *reading = (struct reading){
        .relay = relay,
        .timer = loop_timer_new(relay->loop, take_pause_over, reading),
        .pump = loop_deferred_new(relay->loop, pump, reading),
        .trips = must_allocate((size_t)relay->options.readers, sizeof *reading->trips),
        .ranges = must_allocate(shards, sizeof *reading->ranges),
        .wishes = must_allocate(shards, sizeof *reading->wishes),
        .pause_ms = FIRST_PAUSE_MS,
        .fares = ACTIVITY("reading rows"),
    };
    for (int i = 0; reading->trips != NULL && i < relay->options.readers; i++) {
        reading->trips[i].shards = must_allocate(shards, sizeof *reading->trips[i].shards);
    }
    return reading;
}

void reading_free(struct reading *reading)
{
    if (reading == NULL) {
        return;
    }
    for (int i = 0; i < reading->relay->options.readers; i++) {
        free(reading->trips[i].shards);
    }
    loop_timer_free(reading->timer);
    loop_deferred_free(reading->pump);
    free(reading->trips);
    free(reading->ranges);
    free(reading->wishes);
    free(reading);
}
