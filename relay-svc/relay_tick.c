/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/quarantine/freeing.h"
#include "relay-svc/quarantine/parking.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/relay.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/resume/resuming.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/watch/watching.h"

#include <assert.h>

enum {
    RECHECK_MS = 10000,     /* a stopped shard looks whether somebody has mended it */
    TELL_AWAY_TICKS = 3,    /* a server has to be away for so long before the log says so */
    TELL_PARKED_MS = 60000, /* what waits for a person is said again */
};

void relay_make_room(struct relay *relay)
{
    shards_recount(relay->shards);
    reading_make_room(relay->reading);
    filling_pump(relay->filling);
}

static void recheck_stopped(struct relay *relay, int64_t now_ms)
{
    bool is_wanted = false;
    for (int i = 0; i < relay->shard_count; i++) {
        struct shard *shard = &relay->shards->all[i];
        const bool is_stopped = shard->log.state == SHARD_STOPPED;
        const bool is_due = is_stopped && now_ms - shard->since_ms >= RECHECK_MS;
        shard->wants_recheck =
            is_due || (shard->wants_recheck &&
                       (is_stopped || shard_log_is_quiet(&shard->log, SHARD_RESUMES)));
        is_wanted = is_wanted || shard->wants_recheck;
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
        if (shard_log_is_dirty(&relay->shards->all[i].log)) {
            marking_touch(relay->marking);
            return;
        }
    }
}

static void tell_filling(struct relay *relay)
{
    int behind = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        const struct shard_log *log = &relay->shards->all[i].log;
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

size_t relay_parked(const struct relay *relay)
{
    size_t count = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        count +=
            shard_log_is_owned(&relay->shards->all[i].log) ? relay->shards->all[i].parked.count : 0;
    }
    return count;
}

static void tell_parked(struct relay *relay, int64_t now_ms)
{
    const size_t count = relay_parked(relay);
    if (count > 0 &&
        (relay->told_parked_ms == 0 || now_ms - relay->told_parked_ms >= TELL_PARKED_MS)) {
        relay->told_parked_ms = now_ms;
        log_event(LOG_ERROR, "quarantine", LOG_INT("aggregates", count),
                  LOG_TEXT("events of these aggregates wait for a person: relay-svc quarantine "
                           "list; all others go on"));
    }
    relay->told_parked_ms = count > 0 ? relay->told_parked_ms : 0;
}

void relay_pump_quarantine(struct relay *relay)
{
    parking_pump(relay->parking);
    freeing_pump(relay->freeing);
    resuming_pump(relay->resuming);
}

void relay_tick(struct relay *relay)
{
    tell_outages(relay);
    recheck_stopped(relay, loop_now_ms());
    mark_dirty(relay);
    relay_make_room(relay); /* what waits for room must not wait for an answer that never comes */
    shards_count_rates(relay->shards);
    tell_filling(relay);
    tell_parked(relay, loop_now_ms());
    parking_pump(relay->parking);
    freeing_look(relay->freeing);
    resuming_pump(relay->resuming);
    watching_look(relay->watching);
}
