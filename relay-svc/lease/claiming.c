/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fault_point.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases_internal.h"

#include <string.h>

/*
 * A claim says four things, in four answers of one trip: which shards are ours now, what is known
 * of their topics, which aggregates wait for a person, and where the outbox begins. They are kept
 * until the trip is done: what a trip tells counts only once it has ended without an error, and a
 * shard begins with all of it or not at all.
 */

static void on_granted(void *user, const struct outbox_lease *lease)
{
    struct leases *leases = user;
    const size_t max = (size_t)leases->options.shards->count;
    if (lease->shard >= 0 && lease->shard < leases->options.shards->count &&
        leases->granted_count < max) {
        leases->granted[leases->granted_count++] = *lease;
    }
}

static void on_sent(void *user, const struct outbox_sent *sent)
{
    struct leases *leases = user;
    const struct shards *shards = leases->options.shards;
    for (int i = 0; i < shards->topic_count; i++) {
        if (strview_is(sent->topic, shards->topics[i]) && sent->shard >= 0 &&
            sent->shard < shards->count) {
            leases->sent[sent->shard * shards->topic_count + i] = sent->mark;
        }
    }
}

static void on_parked(void *user, const struct outbox_parked *parked)
{
    struct leases *leases = user;
    if (parked->shard >= 0 && parked->shard < leases->options.shards->count) {
        /* no number comes before 1: with less, by somebody's hand, all of it waits */
        quarantine_put(&leases->parked[parked->shard], &parked->key,
                       parked->seq > 0 ? parked->seq : 1);
    }
}

static void on_floor(void *user, const struct outbox_bounds *bounds)
{
    struct leases *leases = user;
    leases->bounds = *bounds;
    if (leases->bounds.floor < bounds->lost_below) {
        leases->bounds.floor = bounds->lost_below;
    }
}

static struct shard_lease as_lease(const struct leases *leases, const struct outbox_lease *granted)
{
    return (struct shard_lease){
        .epoch = granted->epoch,
        .position = granted->position,
        .until_ms = membership_lease_end(&leases->membership),
        .floor = leases->bounds.floor,
        .lost_below = leases->bounds.lost_below,
        .next = leases->bounds.next,
        .topics = &leases->sent[granted->shard * leases->options.shards->topic_count],
    };
}

/* Before the database is asked what it holds. */
static void forget_told(struct leases *leases)
{
    const struct shards *shards = leases->options.shards;
    const size_t marks = (size_t)shards->count * (size_t)shards->topic_count;
    memset(leases->sent, 0, marks * sizeof *leases->sent);
    leases->bounds = (struct outbox_bounds){.floor = 0};
    leases->granted_count = 0;
    for (int i = 0; i < shards->count; i++) {
        quarantine_clear(&leases->parked[i]);
    }
}

/* --- claiming ----------------------------------------------------------------------- */

/* A claim that was on its way when draining began is taken all the same, and left at once: a lease
 * that is given back is free at once, one that is not has to run out. */
static void own(struct leases *leases, const struct outbox_lease *granted)
{
    struct shards *shards = leases->options.shards;
    struct shard_log *log = &shards->all[granted->shard].log;
    const struct shard_lease lease = as_lease(leases, granted);
    quarantine_move(&shards->all[granted->shard].parked, &leases->parked[granted->shard]);
    const unsigned effects = shard_log_own(log, &lease);
    leases_count(leases, LEASE_CHANGE_TAKEN);
    shards_follow(shards, granted->shard, shards->is_draining ? shard_log_leave(log) : effects);
}

static bool has_published(const struct shard_log *log)
{
    bool has_published = log->position > 0;
    for (int i = 0; i < log->topic_count; i++) {
        has_published = has_published || log->topics[i].known.sent.exists;
    }
    return shard_log_is_owned(log) && has_published;
}

static void on_claim_done(void *user, const struct error *err)
{
    struct leases *leases = user;
    struct shards *shards = leases->options.shards;
    leases_rearm(leases);
    if (err != NULL || !membership_counts(&leases->membership) ||
        FAULT_POINT("relay.lease_acquired")) {
        return; /* at worst the leases run out and are claimed again */
    }
    membership_claimed(&leases->membership);
    if (leases->granted_count > 0) {
        log_event(LOG_INFO, "shards_leased", LOG_INT("count", leases->granted_count),
                  LOG_INT("first", leases->granted[0].shard),
                  LOG_INT("members", leases->membership.others.alive));
    }
    for (size_t i = 0; i < leases->granted_count; i++) {
        own(leases, &leases->granted[i]);
    }
    shards->is_new = shards_count(shards, has_published) == 0;
}

void leases_claim(struct leases *leases, int max)
{
    static const struct outbox_claim_events EVENTS = {.on_granted = on_granted,
                                                      .on_sent = on_sent,
                                                      .on_parked = on_parked,
                                                      .on_floor = on_floor,
                                                      .on_done = on_claim_done};
    const bool takes_own = leases->membership.state == MEMBER_NEW;
    forget_told(leases);
    membership_ask(&leases->membership, loop_now_ms());
    outbox_store_claim(leases->options.store, max, takes_own, &EVENTS, leases);
}

/* --- looking again ------------------------------------------------------------------- */

static void on_look_done(void *user, const struct error *err)
{
    struct leases *leases = user;
    struct shards *shards = leases->options.shards;
    leases_rearm(leases);
    for (size_t i = 0; err == NULL && i < leases->granted_count; i++) {
        struct shard *shard = &shards->all[leases->granted[i].shard];
        const struct shard_lease lease = as_lease(leases, &leases->granted[i]);
        const bool is_fit =
            shard->log.state == SHARD_STOPPED || shard_log_is_quiet(&shard->log, SHARD_RESUMES);
        if (is_fit && shard->wants_recheck) {
            shard->wants_recheck = false;
            shard->since_ms = loop_now_ms();
            quarantine_move(&shard->parked, &leases->parked[shard->log.shard]);
            shards_follow(shards, shard->log.shard, shard_log_recheck(&shard->log, &lease));
        }
    }
}

void leases_look(struct leases *leases)
{
    static const struct outbox_claim_events EVENTS = {.on_granted = on_granted,
                                                      .on_sent = on_sent,
                                                      .on_parked = on_parked,
                                                      .on_floor = on_floor,
                                                      .on_done = on_look_done};
    struct error err;
    if (membership_may_talk(&leases->membership) &&
        outbox_store_state(leases->options.store, &err) == ERROR_NONE) {
        forget_told(leases);
        membership_look(&leases->membership);
        outbox_store_look(leases->options.store, &EVENTS, leases);
    }
}
