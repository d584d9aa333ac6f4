/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/relay.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/tail/tails.h"
#include "relay-svc/watch/watching.h"

#include <time.h>

const struct shards *relay_shards(const struct relay *relay)
{
    return relay->is_running ? relay->shards : NULL;
}

int relay_members(const struct relay *relay)
{
    return leases_members(relay->leases);
}

size_t relay_in_flight(const struct relay *relay)
{
    return publisher_in_flight(relay->publisher);
}

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

/* Whether a shard keeps events waiting; its reason otherwise. */
static const char *trouble(const struct shard *shard, int64_t now_ms)
{
    const enum shard_state state = shard->log.state;
    if (state == SHARD_STOPPED || (state == SHARD_CHECKING && shard->log.reason[0] != '\0')) {
        return shard->log.reason; /* also while it looks whether the cause is gone */
    }
    if (shards_waits_for_tails(shard, now_ms)) {
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
        const struct shard_log *log = &relay->shards->all[i].log;
        const int topic = refused_topic(log);
        if (topic >= 0) {
            return error_set(err, ERROR_CONFLICT,
                             "%s/%d lacks rows after seq %lld that the outbox has dropped: nothing "
                             "is published there; to begin it with what is left: relay-svc resume "
                             "--shard %d --refill --reason TEXT; see " SHARD_WAY_OUT,
                             log->topic_names[topic], i,
                             (long long)shard_log_complete_to(log, topic), i);
        }
    }
    return ERROR_NONE;
}

static enum error_kind probe_troubled(const struct relay *relay, struct error *err)
{
    const int64_t now_ms = loop_now_ms();
    const struct shard *first = NULL;
    int count = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        if (trouble(&relay->shards->all[i], now_ms) != NULL) {
            first = first == NULL ? &relay->shards->all[i] : first;
            count++;
        }
    }
    if (first == NULL) {
        return ERROR_NONE;
    }
    const char *way_out = first->log.state == SHARD_STOPPED ? "; see " SHARD_WAY_OUT : "";
    return error_set(err, ERROR_CONFLICT, "%d of %d shards publish nothing; shard %d: %s%s", count,
                     relay->shard_count, first->log.shard, trouble(first, now_ms), way_out);
}

enum error_kind relay_probe_shards(void *user, struct error *err)
{
    const struct relay *relay = user;
    if (!relay->is_running) {
        return ERROR_NONE;
    }
    if (leases_probe(relay->leases, err) != ERROR_NONE ||
        probe_troubled(relay, err) != ERROR_NONE || probe_refused(relay, err) != ERROR_NONE) {
        return err->kind;
    }
    return activity_probe((void *)(uintptr_t)&relay->partitions, err); /* only reads */
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

enum error_kind relay_probe_quarantine(void *user, struct error *err)
{
    const struct relay *relay = user;
    const size_t count = relay->is_running ? relay_parked(relay) : 0;
    if (count == 0) {
        return ERROR_NONE;
    }
    int first = 0;
    while (!shard_log_is_owned(&relay->shards->all[first].log) ||
           relay->shards->all[first].parked.count == 0) {
        first++;
    }
    return error_set(err, ERROR_CONFLICT,
                     "%zu aggregates wait for a person, some of them in shard %d: relay-svc "
                     "quarantine list",
                     count, first);
}

/* Where a record is, and when it was known; tests/bench/timeline reads it. */
static void tell_answer(const char *topic, int shard, const struct kafka_delivery *answer)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    log_event(LOG_DEBUG, "event_answered", LOG_STR("topic", topic), LOG_INT("partition", shard),
              LOG_INT("offset", answer->offset), LOG_INT("took_us", answer->latency_us),
              LOG_INT("at_us", (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000));
}

void relay_count_answer(struct relay *relay, int topic, int shard,
                        const struct kafka_delivery *answer)
{
    struct metrics *metrics = relay->options.metrics;
    if (log_is_on(LOG_DEBUG)) {
        tell_answer(relay->options.topics[topic], shard, answer);
    }
    if (answer->error != NULL) {
        metrics_add(metrics, METRIC_DELIVERY_FAILURES, 0, 1);
        return;
    }
    metrics_add(metrics, METRIC_PUBLISHED, (size_t)topic, 1);
    metrics_observe(metrics, METRIC_ACKNOWLEDGE_SECONDS, 0, (double)answer->latency_us / 1e6);
    relay->shards->is_new = false;
    relay->shards->all[shard].stand.acknowledged++;
    relay->acknowledged++;
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
        states[relay->shards->all[i].log.state]++;
    }
    for (size_t i = 0; i < SHARD_STATE_COUNT; i++) {
        metrics_set(metrics, METRIC_SHARDS, i, states[i]);
    }
    metrics_set(metrics, METRIC_IN_FLIGHT, 0, (double)publisher_in_flight(relay->publisher));
    metrics_set(metrics, METRIC_MEMBERS, 0, leases_members(relay->leases));
    metrics_set(metrics, METRIC_RIVALS, 0, leases_rivals(relay->leases));
    metrics_set(metrics, METRIC_QUARANTINED, 0, (double)relay_parked(relay));
    metrics_set(metrics, METRIC_LOCKS, 0, watching_locks(relay->watching));
}
