/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/relay.h"

#include "common/base/cleanup.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/contract/shard.h"
#include "common/io/kafka/kafka_topics.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/quarantine/freeing.h"
#include "relay-svc/quarantine/parking.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/resume/resuming.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/tail/tails.h"
#include "relay-svc/watch/watching.h"

#include <stdio.h>
#include <stdlib.h>

enum { TICK_MS = 1000 };

/* --- what the publisher tells -------------------------------------------------------- */

static void on_answer(void *user, const struct publisher_tag *tag,
                      const struct kafka_delivery *answer)
{
    struct relay *relay = user;
    const struct error *error = answer->error;
    const struct shard_delivery delivery = {
        .run = tag->run,
        .way = tag->way,
        .ticket = tag->ticket,
        .offset = answer->offset,
        .is_acknowledged = error == NULL,
        .is_refused = error != NULL && error->kind == ERROR_INVALID,
        .failure = error == NULL ? NULL : error->text,
    };
    int topic;
    const unsigned effects =
        shard_log_delivered(&relay->shards->all[tag->shard].log, &delivery, loop_now_ms(), &topic);
    if (topic >= 0) {
        relay_count_answer(relay, topic, tag->shard, answer);
    }
    shards_follow(relay->shards, tag->shard, effects);
    if (topic >= 0 && tag->way == WAY_AGAIN) {
        freeing_answer(relay->freeing, tag, error);
    }
}

static void on_answers_taken(void *user)
{
    struct relay *relay = user;
    (void)FAULT_POINT("relay.after_ack_before_mark");
    metrics_observe(relay->options.metrics, METRIC_ACKNOWLEDGE_BATCH, 0, relay->acknowledged);
    relay->acknowledged = 0;
    marking_touch(relay->marking);
    relay_make_room(relay);
    relay_pump_quarantine(relay);
    leases_check_leaving(relay->leases);
}

static void on_publisher_lost(void *user, const struct error *error)
{
    struct relay *relay = user;
    uint64_t times = 0;
    if (news_is_due(&relay->losses, 1, loop_now_ms(), &times)) {
        log_event(
            LOG_ERROR, "producer_lost", LOG_INT("times", times), LOG_ERR(error),
            LOG_TEXT("the Kafka producer met a fatal error and is replaced; every shard looks "
                     "at its partitions' tails before it goes on"));
    }
    shards_follow_all(relay->shards, shard_log_producer_lost);
}

static void on_publisher_renewed(void *user)
{
    struct relay *relay = user;
    metrics_add(relay->options.metrics, METRIC_PRODUCERS, 0, 1);
    uint64_t times = 0;
    if (news_is_due(&relay->renewals, 1, loop_now_ms(), &times)) {
        log_event(LOG_INFO, "producer_renewed", LOG_INT("times", times),
                  LOG_TEXT("a new Kafka producer is in place"));
    }
    relay_make_room(relay);
}

/* --- start: database, then topics, then shards ---------------------------------------- */

static void on_written(void *user)
{
    struct relay *relay = user;
    leases_check_leaving(relay->leases);
    relay_pump_quarantine(relay);
}

static void make_shards(struct relay *relay)
{
    const struct shards_options options = {
        .count = relay->shard_count,
        .window_rows = relay->options.window_rows,
        .topics = relay->options.topics,
        .aggregate_types = relay->options.aggregate_types,
        .topic_count = relay->options.topic_count,
        .metrics = relay->options.metrics,
        .on_effects = relay_carry_out,
        .user = relay,
    };
    relay->told = must_allocate((size_t)relay->shard_count, sizeof *relay->told);
    relay->shards = shards_new(&options);
}

static enum error_kind make_publisher(struct relay *relay, struct error *err)
{
    const struct publisher_options options = {
        .config = relay->options.kafka,
        .topics = relay->options.topics,
        .topic_count = relay->options.topic_count,
        .message_max = relay->shards->limits.message_max,
        .on_answer = on_answer,
        .on_answers_taken = on_answers_taken,
        .on_lost = on_publisher_lost,
        .on_renewed = on_publisher_renewed,
        .user = relay,
    };
    return publisher_new(relay->loop, &options, &relay->publisher, err);
}

static void make_reading(struct relay *relay)
{
    const struct reading_options options = {
        .loop = relay->loop,
        .shards = relay->shards,
        .store = relay->store,
        .publisher = relay->publisher,
        .watching = relay->watching,
        .readers = relay->options.readers,
        .poll_ms = relay->options.poll_ms,
        .read_bytes = relay->options.read_bytes,
    };
    relay->reading = reading_new(&options);
    relay->filling = filling_new(&options, relay->reading);
}

/* Nothing of them calls back before the loop goes on. */
static enum error_kind make_parts(struct relay *relay, struct error *err)
{
    const enum error_kind kind = make_publisher(relay, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct tails_options tails = {
        .kafka = relay->options.kafka, .shards = relay->shards, .store = relay->store};
    relay->tails = tails_new(relay->loop, &tails);
    relay->shards->is_draining = relay->is_draining;
    relay->marking = marking_new(relay->loop, relay->shards, relay->store, on_written, relay);
    const struct leases_options leases = {
        .loop = relay->loop,
        .shards = relay->shards,
        .store = relay->store,
        .publisher = relay->publisher,
        .marking = relay->marking,
        .lease_ms = relay->options.lease_ms,
        .topic_prefix = relay->options.topic_prefix,
        .kafka_cluster = relay->kafka_cluster,
    };
    relay->leases = leases_new(&leases);
    relay->watching = watching_new(relay->shards, relay->store, relay->publisher, relay->marking,
                                   relay->options.owner);
    make_reading(relay);
    relay->parking = parking_new(relay->loop, relay->shards, relay->store, relay->marking);
    relay->resuming = resuming_new(relay->shards, relay->store, relay->leases, relay->marking);
    const struct freeing_options freeing = {.loop = relay->loop,
                                            .shards = relay->shards,
                                            .store = relay->store,
                                            .publisher = relay->publisher,
                                            .marking = relay->marking,
                                            .resuming = relay->resuming};
    relay->freeing = freeing_new(&freeing);
    return ERROR_NONE;
}

enum error_kind relay_begin(struct relay *relay, const struct kafka_topics_report *report,
                            struct error *err)
{
    make_shards(relay);
    relay_note_limits(relay, report);
    (void)snprintf(relay->kafka_cluster, sizeof relay->kafka_cluster, "%s", report->cluster);
    if (make_parts(relay, err) != ERROR_NONE) {
        return err->kind;
    }
    relay->is_running = true;
    leases_begin(relay->leases);
    return ERROR_NONE;
}

static void on_database(void *user, int shards)
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
        relay_look_at_topics(relay);
    }
}

static void on_database_lost(void *user)
{
    struct relay *relay = user;
    if (relay->is_running) {
        leases_doubt(relay->leases);
    }
}

static void on_bell(void *user)
{
    struct relay *relay = user;
    if (relay->is_running) {
        reading_ring(relay->reading);
    }
}

/* --- once a second ---------------------------------------------------------------------- */

static void on_tick(void *user)
{
    struct relay *relay = user;
    if (relay->is_running) {
        relay_tick(relay);
    }
    relay_tick_topics(relay);
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
    activity_init(&relay->partitions, "what the topics are");
    relay->ticker = loop_timer_new(loop, on_tick, relay);
    loop_timer_start(relay->ticker, TICK_MS);
    (void)error_set(&relay->topics_error, ERROR_TRANSIENT,
                    "the topics have not been looked at yet");
    const struct outbox_store_options store = {
        .url = options->database_url,
        .owner = options->owner,
        .lease_ms = options->lease_ms,
        .readers = options->readers,
        .on_ready = on_database,
        .on_lost = on_database_lost,
        .on_bell = on_bell,
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
    parking_free(relay->parking);
    freeing_free(relay->freeing);
    resuming_free(relay->resuming);
    loop_timer_free(relay->ticker);
    shards_free(relay->shards);
    free(relay->told);
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
    relay->shards->is_draining = true;
    shards_follow_all(relay->shards, shard_log_leave);
    leases_check_leaving(relay->leases); /* also when there is none */
}

bool relay_is_drained(const struct relay *relay)
{
    return !relay->is_running || leases_are_gone(relay->leases);
}
