/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/read/reading.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "relay-svc/core/read_pace.h"
#include "relay-svc/core/read_plan.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/publish/sending.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/watch/watching.h"

#include <stdlib.h>

enum {
    FIRST_PAUSE_MS = 5,
    LONGEST_TRIP_MS = 1000, /* that shards of other trips wait for */
};

struct trip {
    int *shards;
    int count;
    int rows;
    int64_t sent_us;
};

/* A shard, to the reading. */
struct read_shard {
    struct read_pace pace;
    uint16_t run;  /* of its log, when the trip in flight began */
    bool has_much; /* when that trip was planned */
    int64_t since_ms;
};

struct reading {
    struct reading_options options;
    struct loop_timer *timer; /* the next look at idle shards */
    struct loop_deferred *pump;
    struct read_shard *shards;
    struct trip *trips; /* one per reader */
    struct outbox_range *ranges;
    int64_t pause_ms;
    bool is_choked; /* the producer's queue was full */
    struct read_plan plan;
    enum read_wish *wishes; /* by shard, for the trip being planned */
    int64_t *places;        /* the same */
    struct activity fares;
};

static struct shard_log *log_of(const struct reading *reading, int shard)
{
    return &reading->options.shards->all[shard].log;
}

/* Whether it is about to send what the trip in flight reads. */
static bool is_for_now(const struct reading *reading, int shard)
{
    const struct shard_log *log = log_of(reading, shard);
    return log->run == reading->shards[shard].run && log->state == SHARD_RUNNING;
}

/* --- rows ------------------------------------------------------------------------------ */

static void hold(struct reading *reading, struct read_pace *pace)
{
    read_pace_hold(pace);
    metrics_add(reading->options.shards->metrics, METRIC_ROWS_HELD, 0, 1);
}

/* What is not sent is read again, or parked. */
static void offered(struct reading *reading, int reader, const struct outbox_row *row,
                    const struct window_row *wanted)
{
    const enum sending outcome =
        sending_send(reading->options.publisher, reading->options.shards, row, wanted, WAY_LOG);
    reading->is_choked = reading->is_choked || outcome == SENDING_CHOKED;
    if (outcome != SENDING_DONE) {
        hold(reading, &reading->shards[row->shard].pace);
    } else if (reading->trips[reader].rows == 1) {
        sending_observe_age(reading->options.shards, row);
    }
}

/* A row of a shard that runs, and of which none has been held back before. */
static void send(struct reading *reading, int reader, const struct outbox_row *row)
{
    struct shards *shards = reading->options.shards;
    struct read_pace *pace = &reading->shards[row->shard].pace;
    struct window_row wanted;
    if (!sending_describe(shards, row, WAY_LOG, &wanted)) {
        hold(reading, pace);
        return;
    }
    switch (shard_log_offer(log_of(reading, row->shard), &wanted, loop_now_ms())) {
    case OFFER_SEND:
        offered(reading, reader, row, &wanted);
        break;
    case OFFER_SKIP:
        metrics_add(shards->metrics,
                    wanted.topic == SHARD_PASSES ? METRIC_PARKED : METRIC_ALREADY_THERE, 0, 1);
        break;
    case OFFER_PARK:
        shards_poison(shards, row->shard, WAY_LOG, "%s", log_of(reading, row->shard)->refusal);
        hold(reading, pace);
        break;
    case OFFER_HOLD:
        hold(reading, pace);
        break;
    }
}

static void on_row(void *user, int reader, const struct outbox_row *row)
{
    struct reading *reading = user;
    if (row->shard < 0 || row->shard >= reading->options.shards->count ||
        !reading->shards[row->shard].pace.is_reading) {
        return; /* not one of those asked for */
    }
    struct read_pace *pace = &reading->shards[row->shard].pace;
    reading->trips[reader].rows++;
    read_pace_row(pace, row->bytes);
    if (!is_for_now(reading, row->shard)) {
        return; /* read for a run that is over */
    }
    if (pace->has_held) { /* what comes behind a row held must not overtake it */
        hold(reading, pace);
    } else {
        send(reading, reader, row);
    }
}

/* --- trips ----------------------------------------------------------------------------- */

static void count_trip(struct reading *reading, const struct trip *trip)
{
    struct metrics *metrics = reading->options.shards->metrics;
    metrics_observe(metrics, METRIC_READ_BATCH, 0, trip->rows);
    metrics_observe(metrics, METRIC_READ_SECONDS, 0, (double)(loop_now_us() - trip->sent_us) / 1e6);
}

static bool is_any_unread(const struct reading *reading)
{
    for (int i = 0; i < reading->options.shards->count; i++) {
        if (reading->shards[i].pace.trust == READ_UNREAD &&
            log_of(reading, i)->state == SHARD_RUNNING) {
            return true;
        }
    }
    return false;
}

/* A row that nobody will ever read is parked; whatever else fails is tried again, alone. */
static void fail_shard(struct reading *reading, int shard, bool is_alone,
                       const struct outbox_read_failure *failure)
{
    struct read_pace *pace = &reading->shards[shard].pace;
    if (failure->is_lost || !is_for_now(reading, shard)) {
        return;
    }
    read_pace_blame(pace, failure->is_damage);
    if (failure->is_damage && is_alone && pace->rows == 0) {
        shards_poison(reading->options.shards, shard, WAY_LOG, "it cannot be read: %s",
                      failure->err.text);
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
        read_pace_failed(&reading->shards[trip->shards[i]].pace, now_ms + pause_ms);
        fail_shard(reading, trip->shards[i], trip->count == 1, failure);
    }
}

static void settle_trip(struct reading *reading, const struct trip *trip)
{
    for (int i = 0; i < trip->count; i++) {
        read_pace_succeeded(&reading->shards[trip->shards[i]].pace);
    }
    count_trip(reading, trip);
    if (!is_any_unread(reading)) {
        activity_succeeded(&reading->fares, loop_now_ms());
    }
}

static void on_trip_done(void *user, int reader, const struct outbox_read_failure *failure)
{
    struct reading *reading = user;
    const struct trip *trip = &reading->trips[reader];
    if (failure == NULL) {
        settle_trip(reading, trip);
    } else {
        fail_trip(reading, trip, failure);
    }
    if (trip->rows > 0) {
        log_event(LOG_DEBUG, "rows_read", LOG_INT("rows", trip->rows),
                  LOG_INT("took_us", loop_now_us() - trip->sent_us));
        reading->pause_ms = FIRST_PAUSE_MS;
        (void)FAULT_POINT("relay.rows_read");
    }
    loop_deferred_schedule(reading->pump);
}

static bool is_checking(const struct shard_log *log)
{
    return log->state == SHARD_CHECKING;
}

static bool may_read(const struct reading *reading)
{
    const struct shards *shards = reading->options.shards;
    const bool awaits_tails = shards->is_new && shards_count(shards, is_checking) > 0;
    return !shards->is_draining && !reading->is_choked && !awaits_tails &&
           publisher_is_open(reading->options.publisher) &&
           !watching_is_sequence_bad(reading->options.watching);
}

static void start_trip(struct reading *reading, int reader)
{
    static const struct outbox_read_events EVENTS = {.on_row = on_row, .on_done = on_trip_done};
    struct trip *trip = &reading->trips[reader];
    for (int i = 0; i < trip->count; i++) {
        struct read_shard *shard = &reading->shards[trip->shards[i]];
        const struct shard_log *log = log_of(reading, trip->shards[i]);
        shard->run = log->run;
        shard->has_much = reading->wishes[trip->shards[i]] == READ_MUCH;
        shard->since_ms = loop_now_ms();
        reading->ranges[i] = (struct outbox_range){
            .shard = trip->shards[i],
            .epoch = log->epoch,
            .after = log->read,
            .rows = read_pace_start(&shard->pace, reading->options.read_bytes / trip->count,
                                    shard_log_room(log)),
        };
    }
    trip->rows = 0;
    trip->sent_us = loop_now_us();
    outbox_store_read(reading->options.store, reader, reading->ranges, (size_t)trip->count, &EVENTS,
                      reading);
}

static int count_free_readers(const struct reading *reading)
{
    int count = 0;
    for (int i = 0; i < reading->options.readers; i++) {
        count += outbox_store_reader_is_free(reading->options.store, i) ? 1 : 0;
    }
    return count;
}

static enum read_wish wish_of(const struct reading *reading, int index, int64_t now_ms)
{
    const struct shards *shards = reading->options.shards;
    const struct shard *shard = &shards->all[index];
    const struct read_shard *own = &reading->shards[index];
    /* Nobody waits for a trip that hangs, or whose rows are for a run that is over. */
    if (own->pace.is_reading) {
        const bool counts =
            own->has_much && is_for_now(reading, index) && now_ms - own->since_ms < LONGEST_TRIP_MS;
        return counts ? READ_GOING : READ_NOTHING;
    }
    const bool is_wanted = shard_log_wants_rows(&shard->log, now_ms) &&
                           shards_bytes_left(shards, shard) > 0 &&
                           shards_rows_left(shards, shard) > 0;
    return is_wanted ? read_pace_wish(&own->pace, now_ms) : READ_NOTHING;
}

/* False when there is nothing to read. */
static bool plan_trip(struct reading *reading, struct trip *trip, int free_readers, int64_t now_ms)
{
    const int count = reading->options.shards->count;
    for (int i = 0; i < count; i++) {
        reading->wishes[i] = wish_of(reading, i, now_ms);
        reading->places[i] = log_of(reading, i)->read;
    }
    read_plan_keep_step(reading->wishes, reading->places, count);
    trip->count =
        read_plan_next(&reading->plan, reading->wishes, count, free_readers, trip->shards);
    return trip->count > 0;
}

static void arm(struct reading *reading, int64_t delay_ms)
{
    if (!loop_timer_is_armed(reading->timer)) {
        loop_timer_start(reading->timer, delay_ms);
    }
}

static void on_pump(void *user)
{
    struct reading *reading = user;
    const int64_t now_ms = loop_now_ms();
    shards_recount(reading->options.shards);
    int free_readers = count_free_readers(reading);
    for (int i = 0; i < reading->options.readers && may_read(reading); i++) {
        if (!outbox_store_reader_is_free(reading->options.store, i)) {
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

/* A bell that never stops does not mean a query per append: a shard is on one trip at a time, and
 * however often it rings meanwhile, it goes along once more. */
void reading_ring(struct reading *reading)
{
    for (int i = 0; i < reading->options.shards->count; i++) {
        read_pace_touch(&reading->shards[i].pace);
    }
    loop_deferred_schedule(reading->pump);
}

static void on_pause_over(void *user)
{
    struct reading *reading = user;
    const int64_t longest_ms = reading->options.poll_ms;
    reading->pause_ms *= 2;
    reading->pause_ms = reading->pause_ms < longest_ms ? reading->pause_ms : longest_ms;
    reading_ring(reading);
}

void reading_begin(struct reading *reading, int shard)
{
    read_pace_begin(&reading->shards[shard].pace);
    loop_deferred_schedule(reading->pump);
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

struct reading *reading_new(const struct reading_options *options)
{
    const size_t count = (size_t)options->shards->count;
    struct reading *reading = must_allocate(1, sizeof *reading);
    *reading = (struct reading){
        .options = *options,
        .timer = loop_timer_new(options->loop, on_pause_over, reading),
        .pump = loop_deferred_new(options->loop, on_pump, reading),
        .shards = must_allocate(count, sizeof *reading->shards),
        .trips = must_allocate((size_t)options->readers, sizeof *reading->trips),
        .ranges = must_allocate(count, sizeof *reading->ranges),
        .wishes = must_allocate(count, sizeof *reading->wishes),
        .places = must_allocate(count, sizeof *reading->places),
        .pause_ms = FIRST_PAUSE_MS,
        .fares = ACTIVITY("reading rows"),
    };
    for (int i = 0; i < options->readers; i++) {
        reading->trips[i].shards = must_allocate(count, sizeof *reading->trips[i].shards);
    }
    return reading;
}

void reading_free(struct reading *reading)
{
    if (reading == NULL) {
        return;
    }
    for (int i = 0; i < reading->options.readers; i++) {
        free(reading->trips[i].shards);
    }
    loop_timer_free(reading->timer);
    loop_deferred_free(reading->pump);
    free(reading->shards);
    free(reading->trips);
    free(reading->ranges);
    free(reading->wishes);
    free(reading->places);
    free(reading);
}
