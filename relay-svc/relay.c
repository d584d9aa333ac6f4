/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/relay.h"

#include "common/base/cleanup.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/contract/shard.h"
#include "common/io/jitter.h"
#include "common/io/kafka_topics.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/metrics.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/publish/sending.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/tail/tails.h"
#include "relay-svc/watch/watching.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    REFUSED_RECHECK_MS = 600000, /* an attempt costs everybody the producer */
    RECHECK_MS = 10000,          /* a stopped shard looks whether somebody has mended it */
    SLOW_CHECK_MS = 5000,        /* a shard that waits longer for its tails is not ready */
    TELL_AGAIN_MS = 60000,       /* the same reason is not logged more often */
    TELL_AWAY_TICKS = 3,         /* a server has to be away for so long before the log says so */
};

/* --- what a shard's change leads to ------------------------------------------------ */

static void tell(struct relay_shard *shard, enum log_level level, const char *event, int64_t now_ms)
{
    const bool is_news = strcmp(shard->told, shard->log.reason) != 0;
    if (is_news || now_ms - shard->told_ms >= TELL_AGAIN_MS) {
        log_event(level, event, LOG_INT("shard", shard->log.shard),
                  LOG_INT("position", shard->log.position), LOG_TEXT(shard->log.reason),
                  LOG_STR("see", level == LOG_ERROR ? SHARD_WAY_OUT : "/v1/status"));
        (void)snprintf(shard->told, sizeof shard->told, "%s", shard->log.reason);
        shard->told_ms = now_ms;
    }
}

static void enter_checking(struct relay *relay, struct relay_shard *shard)
{
    if (!shard->has_asked_tails || shard->asked_run != shard->log.run) {
        shard->has_asked_tails = true;
        shard->asked_run = shard->log.run;
        tails_check(relay->tails, shard->log.shard);
    }
}

static void enter_running(struct relay *relay, struct relay_shard *shard)
{
    log_event(LOG_DEBUG, "shard_runs", LOG_INT("shard", shard->log.shard),
              LOG_INT("position", shard->log.position));
    shard->is_due = true;
    shard->limit = 0; /* begins small */
    shard->is_unread = false;
    shard->not_before_ms = 0;
    shard->told[0] = '\0';
    reading_pump(relay->reading);
    filling_pump(relay->filling);
}

void relay_after_change(struct relay *relay, int index)
{
    struct relay_shard *shard = &relay->shards[index];
    const int64_t now_ms = loop_now_ms();
    const bool is_new_state = shard->seen != shard->log.state;
    const bool was_running = shard->seen == SHARD_RUNNING || shard->seen == SHARD_FAILED;
    if (shard->log.state == SHARD_FAILED ||
        (was_running && shard->log.state == SHARD_CHECKING && shard->log.reason[0] != '\0')) {
        tell(shard, LOG_WARN, "shard_failed", now_ms);
    }
    if (is_new_state) {
        shard->seen = shard->log.state;
        shard->since_ms = now_ms;
    }
    if (shard->log.state == SHARD_CHECKING) {
        enter_checking(relay, shard);
    } else if (shard->log.state == SHARD_RUNNING && is_new_state) {
        enter_running(relay, shard);
    } else if (shard->log.state == SHARD_STOPPED) {
        tell(shard, LOG_ERROR, "shard_stopped", now_ms);
        tails_forget(relay->tails, index);
    } else if (shard->log.state == SHARD_UNOWNED && is_new_state) {
        tails_forget(relay->tails, index);
    } else if (shard->log.state == SHARD_LEAVING) {
        leases_check_leaving(relay->leases);
    }
}

/* --- what the publisher tells -------------------------------------------------------- */

static void explain_refusal(const struct relay *relay, struct shard_log *log)
{
    const struct window_row *row = &log->refused;
    shard_log_stop(
        log,
        "seq %lld (%s, about %u bytes) is larger than %s takes (max.message.bytes=%lld): "
        "raise that and start relay-svc anew, or wait: it tries again after ten minutes",
        (long long)row->seq, row->id.text, row->bytes, log->topic_names[row->topic],
        (long long)relay->message_max[row->topic]);
}

static void take_answer(void *user, const struct publisher_tag *tag, int64_t offset,
                        const struct error *error)
{
    struct relay *relay = user;
    struct relay_shard *shard = &relay->shards[tag->shard];
    const struct shard_delivery delivery = {
        .run = tag->run,
        .is_fill = tag->is_fill,
        .ticket = tag->ticket,
        .offset = offset,
        .is_acknowledged = error == NULL,
        .is_refused = error != NULL && error->kind == ERROR_INVALID,
        .failure = error == NULL ? NULL : error->text,
    };
    const uint16_t run = shard->log.run;
    const int topic = shard_log_delivered(&shard->log, &delivery, loop_now_ms());
    if (topic >= 0 && error == NULL) {
        metrics_add(relay->options.metrics, METRIC_PUBLISHED, (size_t)topic, 1);
        relay->is_new = false;
    } else if (topic >= 0) {
        metrics_add(relay->options.metrics, METRIC_DELIVERY_FAILURES, 0, 1);
    }
    if (shard->log.has_refused && shard->log.state != shard->seen) {
        explain_refusal(relay, &shard->log);
    }
    if (shard->log.state != shard->seen || shard->log.run != run) {
        relay_after_change(relay, tag->shard);
    }
}

static void make_room(struct relay *relay)
{
    sending_recount(relay);
    reading_make_room(relay->reading);
    filling_pump(relay->filling);
}

static void take_answers_taken(void *user)
{
    struct relay *relay = user;
    (void)FAULT_POINT("relay.after_ack_before_mark");
    marking_touch(relay->marking);
    make_room(relay);
    leases_check_leaving(relay->leases);
}

static void take_lost(void *user, const struct error *error)
{
    struct relay *relay = user;
    log_event(LOG_ERROR, "producer_lost", LOG_ERR(error),
              LOG_TEXT("the Kafka producer met a fatal error and is replaced; every shard looks at "
                       "its partitions' tails before it goes on"));
    for (int i = 0; i < relay->shard_count; i++) {
        shard_log_producer_lost(&relay->shards[i].log);
        relay_after_change(relay, i);
    }
}

static void take_renewed(void *user)
{
    struct relay *relay = user;
    metrics_add(relay->options.metrics, METRIC_PRODUCERS, 0, 1);
    log_event(LOG_INFO, "producer_renewed", LOG_TEXT("a new Kafka producer is in place"));
    make_room(relay);
}

/* --- start: database, then topics, then shards ---------------------------------------- */

static enum error_kind make_shards(struct relay *relay, struct error *err)
{
    const struct relay_options *options = &relay->options;
    relay->shards = must_allocate((size_t)relay->shard_count, sizeof *relay->shards);
    enum error_kind kind = ERROR_NONE;
    for (int i = 0; kind == ERROR_NONE && i < relay->shard_count; i++) {
        kind = shard_log_init(&relay->shards[i].log, i, options->topics, options->topic_count,
                              (uint32_t)options->window_rows, err);
    }
    return kind;
}

/* The smallest limit of a topic: batches are not made by topic. */
static int64_t batch_max(const struct relay *relay)
{
    int64_t smallest = 0;
    for (int i = 0; i < relay->options.topic_count; i++) {
        const int64_t limit = relay->message_max[i];
        smallest = limit > 0 && (smallest == 0 || limit < smallest) ? limit : smallest;
    }
    return smallest;
}

static enum error_kind make_parts(struct relay *relay, struct error *err)
{
    const struct publisher_options publisher = {
        .config = relay->options.kafka,
        .topics = relay->options.topics,
        .topic_count = relay->options.topic_count,
        .batch_max = batch_max(relay),
        .on_answer = take_answer,
        .on_answers_taken = take_answers_taken,
        .on_lost = take_lost,
        .on_renewed = take_renewed,
        .user = relay,
    };
    if (make_shards(relay, err) != ERROR_NONE ||
        tails_new(relay, &relay->tails, err) != ERROR_NONE) {
        return err->kind;
    }
    relay->leases = leases_new(relay);
    relay->reading = reading_new(relay);
    relay->filling = filling_new(relay);
    relay->watching = watching_new(relay);
    relay->marking = marking_new(relay);
    return publisher_new(relay->loop, &publisher, &relay->publisher, err);
}

static void tell_topics(const struct relay *relay, const struct kafka_topics_report *report)
{
    for (int i = 0; i < report->topic_count; i++) {
        const struct kafka_topic_found *topic = &report->topics[i];
        if (topic->was_created) {
            log_event(LOG_INFO, "topic_created", LOG_STR("topic", topic->name),
                      LOG_INT("partitions", relay->shard_count),
                      LOG_INT("replication", topic->replication),
                      LOG_TEXT(topic->replication < relay->options.replication
                                   ? "with fewer copies than TOPIC_REPLICATION asks for: there are "
                                     "no more brokers; losing one may lose events"
                                   : "it was missing"));
        }
        if (topic->retention_ms >= 0 || topic->is_compacted) {
            log_event(
                LOG_WARN, "topic_forgets", LOG_STR("topic", topic->name),
                LOG_INT("retention_ms", topic->retention_ms),
                LOG_BOOL("compacted", topic->is_compacted),
                LOG_TEXT("this topic does not keep all events: views filled from its "
                         "beginning will miss some; retention.ms=-1 and cleanup.policy=delete keep "
                         "them"));
        }
    }
}

static void take_topics(void *user, const struct kafka_topics_report *report,
                        const struct error *err)
{
    struct relay *relay = user;
    struct error failure;
    if (err != NULL) {
        relay->topics_error = *err;
        if (err->kind == ERROR_FATAL) {
            relay->options.on_fatal(relay->options.user, err);
        } else {
            (void)activity_failed(&relay->topics, err, loop_now_ms(), jitter_draw());
        }
        relay->is_look_over = true; /* the timer frees it and, if there is a use, begins anew */
        return;
    }
    activity_succeeded(&relay->topics, loop_now_ms());
    tell_topics(relay, report);
    for (int i = 0; i < report->topic_count; i++) {
        relay->message_max[i] = report->topics[i].message_max;
    }
    relay->is_look_over = true;
    if (make_parts(relay, &failure) != ERROR_NONE) {
        relay->options.on_fatal(relay->options.user, &failure);
        return;
    }
    relay->is_running = true;
    leases_begin(relay->leases);
}

static void look_at_topics(struct relay *relay)
{
    *relay->wanted = (struct kafka_topics_wanted){
        .config = relay->options.kafka,
        .topics = relay->options.topics,
        .topic_count = relay->options.topic_count,
        .partitions = relay->shard_count,
        .replication = relay->options.replication,
    };
    relay->is_look_over = false;
    relay->looking = kafka_topics_ensure(relay->loop, relay->wanted, take_topics, relay);
}

static void take_database(void *user, int shards)
{
    struct relay *relay = user;
    struct error err;
    if (relay->shard_count != 0 && relay->shard_count != shards) {
        (void)error_set(&err, ERROR_FATAL, "the database has %d shards now, it had %d: start anew",
                        shards, relay->shard_count);
        relay->options.on_fatal(relay->options.user, &err);
        return;
    }
    if (shards < 1 || shards > SHARDS_MAX) {
        (void)error_set(&err, ERROR_FATAL, "the database says that it has %d shards", shards);
        relay->options.on_fatal(relay->options.user, &err);
        return;
    }
    relay->shard_count = shards;
    if (relay->is_running) {
        leases_begin(relay->leases);
    } else if (relay->looking == NULL) {
        look_at_topics(relay);
    }
}

static void take_database_lost(void *user)
{
    struct relay *relay = user;
    if (relay->is_running) {
        leases_doubt(relay->leases);
    }
}

static void take_bell(void *user)
{
    struct relay *relay = user;
    if (relay->is_running) {
        reading_ring(relay->reading);
    }
}

/* --- once a second ---------------------------------------------------------------------- */

static void recheck_stopped(struct relay *relay, int64_t now_ms)
{
    bool is_wanted = false;
    for (int i = 0; i < relay->shard_count; i++) {
        struct relay_shard *shard = &relay->shards[i];
        const int64_t pause_ms = shard->log.has_refused ? REFUSED_RECHECK_MS : RECHECK_MS;
        if (shard->log.state == SHARD_STOPPED && now_ms - shard->since_ms >= pause_ms) {
            shard->wants_recheck = true;
            is_wanted = true;
        }
    }
    if (is_wanted) {
        leases_look(relay->leases);
    }
}

/* Somebody reading the log must see when a server went away and when it came back. */
static void tell_outages(struct relay *relay)
{
    static const struct {
        const char *name;
        enum error_kind (*probe)(void *user, struct error *err);
    } PARTIES[] = {{"postgresql", relay_probe_database}, {"kafka", relay_probe_kafka}};
    static_assert(sizeof PARTIES / sizeof PARTIES[0] == RELAY_PARTY_COUNT, "one flag each");
    for (size_t i = 0; i < RELAY_PARTY_COUNT; i++) {
        struct error err;
        if (PARTIES[i].probe(relay, &err) != ERROR_NONE) {
            if (++relay->away_ticks[i] == TELL_AWAY_TICKS) {
                log_event(LOG_WARN, "server_away", LOG_STR("server", PARTIES[i].name),
                          LOG_ERR(&err));
            }
            continue;
        }
        if (relay->away_ticks[i] >= TELL_AWAY_TICKS) {
            log_event(LOG_INFO, "server_back", LOG_STR("server", PARTIES[i].name));
        }
        relay->away_ticks[i] = 0;
    }
}

/* What has to be written down is looked at, not announced: a position also moves without an answer
 * of the producer, over rows that a partition's tail proved to be there. */
static void mark_dirty(struct relay *relay)
{
    for (int i = 0; i < relay->shard_count; i++) {
        if (shard_log_is_dirty(&relay->shards[i].log)) {
            marking_touch(relay->marking);
            return;
        }
    }
}

static void tell_filling(struct relay *relay)
{
    int behind = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        const struct shard_log *log = &relay->shards[i].log;
        for (int topic = 0; log->state == SHARD_RUNNING && topic < log->topic_count; topic++) {
            behind += log->topics[topic].state == TOPIC_BEHIND ? 1 : 0;
        }
    }
    if ((behind > 0) != (relay->behind > 0)) {
        log_event(LOG_INFO, behind > 0 ? "topics_behind" : "topics_filled",
                  LOG_INT("partitions", behind),
                  LOG_TEXT(behind > 0 ? "they are new or were away: what they lack of the outbox "
                                        "is published there, beside everything else"
                                      : "no topic lacks anything that the positions have passed"));
    }
    relay->behind = behind;
}

static void tick_running(struct relay *relay)
{
    tell_outages(relay);
    recheck_stopped(relay, loop_now_ms());
    mark_dirty(relay);
    make_room(relay); /* what waits for room must not wait for an answer that never comes */
    tell_filling(relay);
    watching_look(relay->watching);
}

static void tick(void *user)
{
    struct relay *relay = user;
    if (relay->is_look_over && relay->looking != NULL) {
        kafka_topics_free(relay->looking);
        relay->looking = NULL;
    }
    if (relay->is_running) {
        tick_running(relay);
    } else if (relay->looking == NULL && relay->shard_count > 0 && !relay->is_draining) {
        look_at_topics(relay);
    }
    loop_timer_start(relay->ticker, TICK_MS);
}

/* --- life ------------------------------------------------------------------------------- */

DEFINE_CLEANUP(struct relay *, relay_free)

enum error_kind relay_new(struct loop *loop, const struct relay_options *options,
                          struct relay **ret_relay, struct error *err)
{
    CLEANUP(cleanup_relay_free) struct relay *relay = must_allocate(1, sizeof *relay);
    struct kafka_topics_wanted *wanted = must_allocate(1, sizeof *wanted);
    relay->loop = loop;
    relay->options = *options;
    relay->wanted = wanted;
    activity_init(&relay->topics, "looking at the topics");
    relay->ticker = loop_timer_new(loop, tick, relay);
    loop_timer_start(relay->ticker, TICK_MS);
    (void)error_set(&relay->topics_error, ERROR_TRANSIENT,
                    "the topics have not been looked at yet");
    const struct outbox_store_options store = {
        .url = options->database_url,
        .owner = options->owner,
        .topic_prefix = options->topic_prefix,
        .lease_ms = options->lease_ms,
        .readers = options->readers,
        .on_ready = take_database,
        .on_lost = take_database_lost,
        .on_bell = take_bell,
        .user = relay,
    };
    if (outbox_store_new(loop, &store, &relay->store, err) != ERROR_NONE) {
        return err->kind;
    }
    *ret_relay = TAKE_PTR(relay);
    return ERROR_NONE;
}

void relay_free(struct relay *relay)
{
    if (relay == NULL) {
        return;
    }
    kafka_topics_free(relay->looking);
    outbox_store_free(relay->store); /* first: its trips call the parts back */
    publisher_free(relay->publisher);
    tails_free(relay->tails);
    leases_free(relay->leases);
    reading_free(relay->reading);
    filling_free(relay->filling);
    watching_free(relay->watching);
    marking_free(relay->marking);
    for (int i = 0; relay->shards != NULL && i < relay->shard_count; i++) {
        shard_log_done(&relay->shards[i].log);
    }
    loop_timer_free(relay->ticker);
    free(relay->shards);
    free(relay->wanted);
    free(relay);
}

void relay_drain(struct relay *relay)
{
    relay->is_draining = true;
    (void)FAULT_POINT("relay.before_flush");
    if (!relay->is_running) {
        return;
    }
    for (int i = 0; i < relay->shard_count; i++) {
        shard_log_leave(&relay->shards[i].log);
    }
    leases_check_leaving(relay->leases);
}

bool relay_is_drained(const struct relay *relay)
{
    return !relay->is_running || leases_are_gone(relay->leases);
}

/* --- probes ------------------------------------------------------------------------------- */

enum error_kind relay_probe_database(void *user, struct error *err)
{
    const struct relay *relay = user;
    return outbox_store_state(relay->store, err);
}

enum error_kind relay_probe_kafka(void *user, struct error *err)
{
    const struct relay *relay = user;
    if (!relay->is_running) {
        *err = relay->topics_error;
        return ERROR_TRANSIENT;
    }
    return publisher_state(relay->publisher, err);
}

/* A topic of a running shard that lacks what the outbox no longer has; -1: none. */
static int refused_topic(const struct shard_log *log)
{
    for (int i = 0; log->state == SHARD_RUNNING && i < log->topic_count; i++) {
        if (log->topics[i].state == TOPIC_REFUSED) {
            return i;
        }
    }
    return -1;
}

bool relay_waits_for_tails(const struct relay_shard *shard, int64_t now_ms)
{
    return (shard->log.state == SHARD_CHECKING || shard->log.state == SHARD_FAILED) &&
           now_ms - shard->since_ms >= SLOW_CHECK_MS;
}

/* Whether a shard keeps events waiting; its reason otherwise. */
static const char *trouble(const struct relay_shard *shard, int64_t now_ms)
{
    const enum shard_state state = shard->log.state;
    if (state == SHARD_STOPPED || (state == SHARD_CHECKING && shard->log.reason[0] != '\0')) {
        return shard->log.reason; /* also while it looks whether the cause is gone */
    }
    if (relay_waits_for_tails(shard, now_ms)) {
        return "still waits to know what its partitions hold";
    }
    if (state != SHARD_UNOWNED && now_ms >= shard->log.lease_until_ms) {
        return "its lease could not be renewed";
    }
    return NULL;
}

/* Not ready for a topic that can never be whole: the rest of its shard goes on. */
static enum error_kind probe_refused(const struct relay *relay, struct error *err)
{
    for (int i = 0; i < relay->shard_count; i++) {
        const struct shard_log *log = &relay->shards[i].log;
        const int topic = refused_topic(log);
        if (topic >= 0) {
            return error_set(err, ERROR_CONFLICT,
                             "%s/%d lacks rows after seq %lld that the outbox has dropped: nothing "
                             "is published there; " SHARD_WAY_OUT,
                             log->topic_names[topic], i,
                             (long long)shard_log_complete_to(log, topic));
        }
    }
    return ERROR_NONE;
}

enum error_kind relay_probe_shards(void *user, struct error *err)
{
    const struct relay *relay = user;
    const int64_t now_ms = loop_now_ms();
    const struct relay_shard *first = NULL;
    int count = 0;
    for (int i = 0; relay->is_running && i < relay->shard_count; i++) {
        if (trouble(&relay->shards[i], now_ms) != NULL) {
            first = first == NULL ? &relay->shards[i] : first;
            count++;
        }
    }
    const char *way_out =
        first != NULL && first->log.state == SHARD_STOPPED ? "; see " SHARD_WAY_OUT : "";
    if (relay->is_running && leases_probe(relay->leases, err) != ERROR_NONE) {
        return err->kind;
    }
    if (first == NULL) {
        return relay->is_running ? probe_refused(relay, err) : ERROR_NONE;
    }
    return error_set(err, ERROR_CONFLICT, "%d of %d shards publish nothing; shard %d: %s%s", count,
                     relay->shard_count, first->log.shard, trouble(first, now_ms), way_out);
}

enum error_kind relay_probe_progress(void *user, struct error *err)
{
    const struct relay *relay = user;
    return relay->is_running ? watching_probe(relay->watching, err) : ERROR_NONE;
}

enum error_kind relay_probe_work(void *user, struct error *err)
{
    const struct relay *relay = user;
    if (activity_probe_lately(&relay->topics, loop_now_ms(), err) != ERROR_NONE ||
        (relay->is_running && (reading_probe(relay->reading, err) != ERROR_NONE ||
                               filling_probe(relay->filling, err) != ERROR_NONE ||
                               tails_probe(relay->tails, err) != ERROR_NONE ||
                               publisher_probe(relay->publisher, err) != ERROR_NONE))) {
        return err->kind;
    }
    return outbox_store_probe(relay->store, err);
}

void relay_update_metrics(void *user)
{
    const struct relay *relay = user;
    struct metrics *metrics = relay->options.metrics;
    if (!relay->is_running) {
        return;
    }
    double states[SHARD_STATE_COUNT] = {0};
    for (int i = 0; i < relay->shard_count; i++) {
        states[relay->shards[i].log.state]++;
    }
    for (size_t i = 0; i < SHARD_STATE_COUNT; i++) {
        metrics_set(metrics, METRIC_SHARDS, i, states[i]);
    }
    metrics_set(metrics, METRIC_IN_FLIGHT, 0, (double)publisher_in_flight(relay->publisher));
    metrics_set(metrics, METRIC_MEMBERS, 0, leases_members(relay->leases));
    metrics_set(metrics, METRIC_RIVALS, 0, leases_rivals(relay->leases));
    metrics_set(metrics, METRIC_LOCKS, 0, watching_locks(relay->watching));
}
