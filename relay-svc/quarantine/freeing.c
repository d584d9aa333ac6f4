/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/quarantine/freeing.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/core/request.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/sending.h"
#include "relay-svc/resume/resuming.h"
#include "relay-svc/shards/shards.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PORTION = 64, /* records, before the shard's other events have a turn */
    TURN_MS = 20,
};

/*
 * IDLE:    nothing to do
 * LOOKING: what was asked for is on its way
 * WAITING: for the shard to be quiet
 * ASKING:  what comes next is
 * READING: its row is
 * SENDING: its record is on its way to Kafka
 * RESTING: others of the shard have their turn
 * ENDING:  the outcome is being written down
 */
enum freeing_state {
    FREE_IDLE = 0,
    FREE_LOOKING,
    FREE_WAITING,
    FREE_ASKING,
    FREE_READING,
    FREE_SENDING,
    FREE_RESTING,
    FREE_ENDING,
};

struct freeing {
    struct freeing_options options;
    struct loop_deferred *pump;
    struct loop_timer *turn;
    enum freeing_state state;
    struct outbox_request request; /* the texts of its key are name's */
    struct aggregate_text name;
    int64_t met_ms; /* when that request was first seen: limits known before may be old ones */
    int64_t met;
    int64_t epoch;
    uint16_t run;
    int64_t next;                          /* event of the aggregate; -1: not told */
    int64_t published;                     /* the newest of it; 0: none yet */
    int count;                             /* of them */
    char lost[ERROR_TEXT_MAX * 2];         /* why the next one cannot be had; empty: it can */
    char outcome[ERROR_TEXT_MAX * 2 + 64]; /* that or an error, and what goes before it */
};

static struct shard *shard_of(const struct freeing *freeing)
{
    return &freeing->options.shards->all[freeing->request.about.shard];
}

/* Whether it is still our shard that pauses for us. */
static bool is_on(const struct freeing *freeing)
{
    const struct shard_log *log = &shard_of(freeing)->log;
    return log->epoch == freeing->epoch && log->run == freeing->run &&
           shard_log_is_quiet(log, SHARD_FREES);
}

static void let_go(struct freeing *freeing)
{
    struct shard_log *log = &shard_of(freeing)->log;
    shards_follow(freeing->options.shards, log->shard, shard_log_go_on(log, SHARD_FREES));
}

/* It is still in the database, and the next look finds it. */
static void interrupt(struct freeing *freeing)
{
    freeing->state = FREE_IDLE;
    let_go(freeing);
}

/* --- its end --------------------------------------------------------------------------- */

static void on_ended(void *user, const struct error *err)
{
    struct freeing *freeing = user;
    freeing->state = FREE_IDLE;
    if (err == NULL) { /* else it is carried out once more, and finds nothing to do */
        freeing_look(freeing);
    }
}

static void end(struct freeing *freeing, enum log_level level)
{
    log_event(level, "request_ended", LOG_INT("request", freeing->request.id),
              LOG_STR("asked", freeing->request.kind == OUTBOX_SKIP ? "skip" : "retry"),
              LOG_STR("aggregate", freeing->name.type), LOG_STR("id", freeing->name.id),
              LOG_INT("published", freeing->count), LOG_TEXT(freeing->outcome));
    freeing->state = FREE_ENDING;
    let_go(freeing);
    outbox_store_end(freeing->options.store, freeing->request.id, freeing->outcome, on_ended,
                     freeing);
}

static void end_well(struct freeing *freeing)
{
    const struct aggregate_key key = aggregate_text_key(&freeing->name);
    quarantine_remove(&shard_of(freeing)->parked, &key);
    (void)snprintf(freeing->outcome, sizeof freeing->outcome,
                   "done: %d events were published, the aggregate is free", freeing->count);
    end(freeing, LOG_INFO);
}

static void end_badly(struct freeing *freeing, const char *why)
{
    (void)snprintf(freeing->outcome, sizeof freeing->outcome,
                   "not done: seq %lld is the next, and %s", (long long)freeing->next, why);
    end(freeing, LOG_WARN);
}

/* --- one record ------------------------------------------------------------------------- */

static void send_row(struct freeing *freeing, const struct outbox_row *row, int topic)
{
    struct shard_log *log = &shard_of(freeing)->log;
    const struct window_row wanted = sending_row(row, topic);
    const struct publisher_tag tag = {.shard = (uint16_t)row->shard,
                                      .run = log->run,
                                      .way = WAY_AGAIN,
                                      .ticket = shard_log_next_ticket(log, WAY_AGAIN)};
    struct error err;
    struct shards_limits *limits = &freeing->options.shards->limits;
    const enum error_kind kind = publisher_send(freeing->options.publisher, topic, row, &tag, &err);
    if (kind == ERROR_NONE) {
        (void)shard_log_sent_again(log, &wanted);
        shards_count_sent(freeing->options.shards, &wanted);
        freeing->state = FREE_SENDING;
    } else if (kind == ERROR_INVALID && limits->looked_ms > freeing->met_ms) {
        end_badly(freeing, err.text);
    } else {
        limits->is_wanted |= kind == ERROR_INVALID;
        interrupt(freeing);
    }
}

static void on_row(void *user, const struct outbox_row *row)
{
    struct freeing *freeing = user;
    const int topic = sending_topic(freeing->options.shards, row->aggregate_type);
    if (is_on(freeing) && topic >= 0 &&
        shard_log_may_send_again(&shard_of(freeing)->log, topic, loop_now_ms())) {
        send_row(freeing, row, topic);
    } else {
        interrupt(freeing);
    }
}

static void on_row_done(void *user, const struct error *err)
{
    struct freeing *freeing = user;
    if (freeing->state != FREE_READING) {
        return; /* it was sent, or ended */
    }
    if (err != NULL && err->kind != ERROR_INVALID) {
        interrupt(freeing);
    } else {
        end_badly(freeing, err == NULL ? "the outbox does not hold it any more" : err->text);
    }
}

/* --- the next one ------------------------------------------------------------------------ */

static void on_next(void *user, int64_t seq, struct strview lost)
{
    struct freeing *freeing = user;
    freeing->next = seq;
    (void)snprintf(freeing->lost, sizeof freeing->lost, "%.*s", STRVIEW_ARG(lost));
}

static void go_on(struct freeing *freeing)
{
    static const struct outbox_step_events EVENTS = {.on_row = on_row, .on_done = on_row_done};
    const struct aggregate_key key = aggregate_text_key(&freeing->name);
    struct shard *shard = shard_of(freeing);
    quarantine_put(&shard->parked, &key, freeing->next); /* it is there: it only moves */
    if (freeing->lost[0] != '\0') {
        end_badly(freeing, freeing->lost);
        return;
    }
    if (freeing->count > 0 && freeing->count % PORTION == 0 && freeing->published > 0) {
        freeing->published = 0; /* taken out of the quarantine already */
        freeing->state = FREE_RESTING;
        let_go(freeing);
        loop_timer_start(freeing->turn, TURN_MS);
        return;
    }
    freeing->state = FREE_READING;
    outbox_store_row(freeing->options.store, shard->log.shard, freeing->next, &EVENTS, freeing);
}

static void on_step_done(void *user, const struct error *err)
{
    struct freeing *freeing = user;
    struct shard_log *log = &shard_of(freeing)->log;
    shard_log_note_asked(log, false);
    const bool is_told = err == NULL && log->epoch == freeing->epoch && shard_log_is_owned(log) &&
                         freeing->next >= 0;
    if (is_told && freeing->next == 0) {
        end_well(freeing);
    } else if (!is_told || !is_on(freeing)) {
        interrupt(freeing);
    } else {
        go_on(freeing);
    }
}

static void ask_next(struct freeing *freeing)
{
    static const struct outbox_step_events EVENTS = {.on_next = on_next, .on_done = on_step_done};
    struct shard_log *log = &shard_of(freeing)->log;
    const struct outbox_step step = {
        .lease = {.shard = log->shard, .epoch = log->epoch, .position = log->read},
        .request = &freeing->request,
        .published = freeing->published};
    freeing->state = FREE_ASKING;
    freeing->next = -1;
    freeing->lost[0] = '\0';
    shard_log_note_asked(log, true);
    outbox_store_step(freeing->options.store, &step, &EVENTS, freeing);
}

void freeing_answer(struct freeing *freeing, const struct publisher_tag *tag,
                    const struct error *error)
{
    if (freeing->state != FREE_SENDING || tag->shard != freeing->request.about.shard ||
        tag->run != freeing->run) {
        return;
    }
    if (error == NULL) {
        freeing->published = freeing->next;
        freeing->count++;
        ask_next(freeing); /* of a shard that is left, too, so that nobody sends it twice */
    } else if (error->kind == ERROR_INVALID) {
        end_badly(freeing, error->text);
    } else {
        interrupt(freeing);
    }
}

static enum request_verdict judge(const struct freeing *freeing)
{
    const struct shard *shard = shard_of(freeing);
    const struct aggregate_key key = aggregate_text_key(&freeing->name);
    const struct request_facts facts = {
        .asked = freeing->count == 0 ? freeing->request.about.seq
                                     : quarantine_first(&shard->parked, &key),
        .first = quarantine_first(&shard->parked, &key),
        .topic = sending_topic(freeing->options.shards, key.type),
        .is_skip = freeing->request.kind == OUTBOX_SKIP,
        .is_parking = shard->poison.is_met,
    };
    return request_judge(&facts, &shard->log);
}

/* Something may have changed while it waits. */
static void carry_on(struct freeing *freeing)
{
    struct shard_log *log = &shard_of(freeing)->log;
    const enum request_verdict verdict = judge(freeing);
    if (verdict == REQUEST_WAITS || log->epoch != freeing->epoch) {
        interrupt(freeing);
        return;
    }
    if (verdict != REQUEST_GOES) {
        (void)snprintf(freeing->outcome, sizeof freeing->outcome, "%s", request_words(verdict));
        end(freeing, LOG_WARN);
        return;
    }
    if (log->pace == SHARD_FLOWS) {
        shard_log_pause(log, SHARD_FREES);
        freeing->run = log->run;
    }
    if (!is_on(freeing)) {
        return;
    }
    if (shard_log_is_dirty(log)) {
        marking_hurry(freeing->options.marking);
    } else {
        ask_next(freeing);
    }
}

static void on_pump(void *user)
{
    struct freeing *freeing = user;
    if (freeing->state == FREE_WAITING) {
        carry_on(freeing);
    } else if (freeing->state == FREE_SENDING && shard_of(freeing)->log.run != freeing->run) {
        interrupt(freeing); /* of that record nothing more will be heard */
    }
}

static void on_turn(void *user)
{
    struct freeing *freeing = user;
    if (freeing->state == FREE_RESTING) {
        freeing->state = FREE_WAITING;
        on_pump(freeing);
    }
}

void freeing_pump(struct freeing *freeing)
{
    loop_deferred_schedule(freeing->pump);
}

/* --- looking ------------------------------------------------------------------------------ */

/* The first that can be carried out, or refused, now. */
static void on_request(void *user, const struct outbox_request *request)
{
    struct freeing *freeing = user;
    const int shard = request->about.shard;
    if (request->kind != OUTBOX_RETRY && request->kind != OUTBOX_SKIP) {
        resuming_take(freeing->options.resuming, request);
        return;
    }
    if (freeing->request.id != 0 || shard < 0 || shard >= freeing->options.shards->count ||
        !aggregate_text_set(&freeing->name, &request->about.key)) {
        return;
    }
    freeing->request = *request;
    freeing->request.about.key = aggregate_text_key(&freeing->name);
    freeing->count = 0;
    freeing->published = 0;
    freeing->epoch = shard_of(freeing)->log.epoch;
    freeing->run = shard_of(freeing)->log.run;
    if (judge(freeing) == REQUEST_WAITS) {
        freeing->request.id = 0;
        return;
    }
    freeing->met_ms = freeing->met == request->id ? freeing->met_ms : loop_now_ms();
    freeing->met = request->id;
}

static void on_looked(void *user, const struct error *err)
{
    struct freeing *freeing = user;
    freeing->state = FREE_IDLE;
    if (err == NULL && freeing->request.id != 0) {
        freeing->state = FREE_WAITING;
        carry_on(freeing);
    }
}

void freeing_look(struct freeing *freeing)
{
    static const struct outbox_request_events EVENTS = {.on_request = on_request,
                                                        .on_done = on_looked};
    struct error err;
    on_pump(freeing);
    if (freeing->state != FREE_IDLE || freeing->options.shards->is_draining ||
        outbox_store_state(freeing->options.store, &err) != ERROR_NONE) {
        return;
    }
    freeing->state = FREE_LOOKING;
    freeing->request = (struct outbox_request){.id = 0};
    outbox_store_requests(freeing->options.store, &EVENTS, freeing);
}

struct freeing *freeing_new(const struct freeing_options *options)
{
    struct freeing *freeing = must_allocate(1, sizeof *freeing);
    freeing->options = *options;
    freeing->pump = loop_deferred_new(options->loop, on_pump, freeing);
    freeing->turn = loop_timer_new(options->loop, on_turn, freeing);
    return freeing;
}

void freeing_free(struct freeing *freeing)
{
    if (freeing == NULL) {
        return;
    }
    loop_deferred_free(freeing->pump);
    loop_timer_free(freeing->turn);
    free(freeing);
}
