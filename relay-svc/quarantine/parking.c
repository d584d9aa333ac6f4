/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/quarantine/parking.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/shards/shards.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX = 256 };

struct parking {
    struct shards *shards;
    struct outbox_store *store;
    struct marking *marking;
    struct loop_deferred *pump;
    bool is_asking; /* one at a time; about: */
    bool is_full;   /* nothing more may be parked there */
    int shard;
    int64_t epoch;
    uint16_t run;
    /* As the statement in flight tells: */
    int64_t seq; /* 0: nothing was put */
    struct aggregate_text key;
    char name[NAME_MAX]; /* of the event */
};

/* What is met is the next row behind that seq, */
static int64_t place_of(const struct shard *shard)
{
    return shard->poison.way == WAY_FILL ? shard->log.fill.read : shard->log.read;
}

/* of that aggregate type; NULL: of any. */
static const char *type_of(const struct parking *parking, const struct shard *shard)
{
    return shard->poison.way == WAY_FILL ? parking->shards->aggregate_types[shard->log.fill.topic]
                                         : NULL;
}

/* Whether the shard pauses for what was asked about. */
static bool waits_still(const struct parking *parking)
{
    const struct shard_log *log = &parking->shards->all[parking->shard].log;
    return parking->run == log->run && shard_log_is_quiet(log, SHARD_PARKS);
}

static void on_put(void *user, const struct outbox_put *put)
{
    struct parking *parking = user;
    parking->seq = aggregate_text_set(&parking->key, &put->parked.key) ? put->parked.seq : 0;
    (void)snprintf(parking->name, sizeof parking->name, "version %lld (%.*s, %.*s)",
                   (long long)put->version, STRVIEW_ARG(put->type), STRVIEW_ARG(put->id));
}

/* Who met it is told once; from then on the quarantine is, once a minute. */
static void tell(const struct parking *parking, const struct shard *shard)
{
    log_event(LOG_ERROR, "event_parked", LOG_INT("shard", parking->shard),
              LOG_INT("seq", parking->seq), LOG_STR("aggregate", parking->key.type),
              LOG_STR("id", parking->key.id), LOG_STR("event", parking->name),
              LOG_TEXT(shard->poison.why),
              LOG_STR("see", "relay-svc quarantine list; all other aggregates go on"));
    metrics_add(parking->shards->metrics, METRIC_PARKED, 0, 1);
}

static void settle(struct parking *parking)
{
    struct shard *shard = &parking->shards->all[parking->shard];
    const struct aggregate_key key = aggregate_text_key(&parking->key);
    if (parking->seq == 0 || !shard_log_is_owned(&shard->log) ||
        shard->log.epoch != parking->epoch) {
        return; /* not ours any more, or locked: then once more */
    }
    quarantine_extend(&shard->parked, &key, parking->seq);
    tell(parking, shard);
    if (shard->poison.is_met && waits_still(parking)) { /* else it meets it once more */
        shard->poison.is_met = false;
        shard_log_parked(&shard->log, shard->poison.way, parking->seq);
        shards_follow(parking->shards, parking->shard, shard_log_go_on(&shard->log, SHARD_PARKS));
    }
}

/* --- what cannot be parked ------------------------------------------------------------------- */

static void on_block(void *user, const struct tail_mark *block, const struct error *err)
{
    struct parking *parking = user;
    struct shard *shard = &parking->shards->all[parking->shard];
    char what[SHARD_REASON_MAX];
    parking->is_asking = false;
    if (err != NULL || !block->exists || !waits_still(parking)) {
        return; /* it is met once more, if it is there still */
    }
    if (parking->is_full) {
        (void)snprintf(what, sizeof what,
                       "%d aggregates are in the quarantine and a further event, seq %lld, cannot "
                       "be published",
                       QUARANTINE_MAX, (long long)block->seq);
    } else {
        (void)snprintf(what, sizeof what, "what comes up to seq %lld cannot be read",
                       (long long)block->seq);
    }
    shards_follow(
        parking->shards, parking->shard,
        shard_log_stop_at(&shard->log, shard->poison.way, block->seq, what, shard->poison.why));
}

/* It stops, as soon as it is known what a person might leave out. */
static void ask_block(struct parking *parking, const struct shard *shard, bool is_full)
{
    const struct outbox_block block = {.shard = shard->log.shard,
                                       .after = place_of(shard),
                                       .aggregate_type = type_of(parking, shard)};
    parking->is_asking = true;
    parking->is_full = is_full;
    parking->shard = shard->log.shard;
    parking->epoch = shard->log.epoch;
    parking->run = shard->log.run;
    outbox_store_find_block(parking->store, &block, on_block, parking);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void on_done(void *user, const struct error *err)
{
    struct parking *parking = user;
    parking->is_asking = false;
    if (err == NULL) {
        settle(parking);
    } else if (err->kind == ERROR_INVALID && waits_still(parking)) { /* nor what names it */
        ask_block(parking, &parking->shards->all[parking->shard], false);
    }
    if (err == NULL && parking->seq > 0) {
        parking_pump(parking); /* the next one; after a failure the next second tries again */
    }
}

static void ask(struct parking *parking, const struct shard *shard)
{
    static const struct outbox_park_events EVENTS = {.on_put = on_put, .on_done = on_done};
    const struct shard_log *log = &shard->log;
    const struct outbox_poison poison = {
        .lease = {.shard = log->shard, .epoch = log->epoch},
        .after = place_of(shard),
        .aggregate_type = type_of(parking, shard),
        .why = shard->poison.why,
    };
    parking->is_asking = true;
    parking->shard = log->shard;
    parking->epoch = log->epoch;
    parking->run = log->run;
    parking->seq = 0;
    outbox_store_park(parking->store, &poison, &EVENTS, parking);
}

/* By limits that are not old ones. */
static void offer_again(struct parking *parking, struct shard *shard)
{
    struct shards *shards = parking->shards;
    if (shards_limits_are_fresh(shards, loop_now_ms())) {
        shard->poison.is_met = false;
        shards_follow(shards, shard->log.shard, shard_log_go_on(&shard->log, SHARD_PARKS));
    } else {
        shards->limits.is_wanted = true;
    }
}

/* True: asked. */
static bool park(struct parking *parking, struct shard *shard)
{
    struct shard_log *log = &shard->log;
    if (!shard->poison.is_met || shard->poison.run != log->run || log->state != SHARD_RUNNING) {
        shard->poison.is_met = false; /* the shard begins anew, and meets it again */
        return false;
    }
    if (!shard_log_is_quiet(log, SHARD_PARKS)) {
        return false;
    }
    if (shard->poison.is_doubtful) {
        offer_again(parking, shard);
        return false;
    }
    if (quarantine_is_full(&shard->parked)) {
        ask_block(parking, shard, true);
        return true;
    }
    if (shard_log_is_dirty(log)) {
        marking_hurry(parking->marking);
        return false;
    }
    ask(parking, shard);
    return true;
}

static void on_pump(void *user)
{
    struct parking *parking = user;
    struct error err;
    if (outbox_store_state(parking->store, &err) != ERROR_NONE) {
        return;
    }
    for (int i = 0; !parking->is_asking && i < parking->shards->count; i++) {
        if (park(parking, &parking->shards->all[i])) {
            return;
        }
    }
}

void parking_pump(struct parking *parking)
{
    loop_deferred_schedule(parking->pump);
}

struct parking *parking_new(struct loop *loop, struct shards *shards, struct outbox_store *store,
                            struct marking *marking)
{
    struct parking *parking = must_allocate(1, sizeof *parking);
    *parking = (struct parking){.shards = shards, .store = store, .marking = marking};
    parking->pump = loop_deferred_new(loop, on_pump, parking);
    return parking;
}

void parking_free(struct parking *parking)
{
    if (parking == NULL) {
        return;
    }
    loop_deferred_free(parking->pump);
    free(parking);
}
