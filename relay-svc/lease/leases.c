/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/lease/leases.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases_internal.h"
#include "relay-svc/publish/publisher.h"

#include <stdlib.h>

/* --- the fair share -------------------------------------------------------------------- */

static bool is_unproven(const struct shard_log *log)
{
    return log->state == SHARD_CHECKING || log->state == SHARD_FAILED;
}

static bool kafka_answers(const struct leases *leases)
{
    struct error err;
    const struct shards *shards = leases->options.shards;
    return membership_kafka_answers(publisher_state(leases->options.publisher, &err) == ERROR_NONE,
                                    shards_count(shards, shards_is_kept),
                                    shards_count(shards, is_unproven));
}

/*
 * What follows from a change of a shard is carried out before shards_follow() returns, and may lead
 * back here, to leases_check_leaving(): that looks at all shards anew and may send a release. It
 * writes to what is released and to the membership, and never to what a beat or a claim has told
 * (held, told, granted): so the walks over those, and the ones over the shards, go on.
 */
static void leave_surplus(struct leases *leases, int surplus, const char *why)
{
    struct shards *shards = leases->options.shards;
    log_event(LOG_INFO, "shards_returned", LOG_INT("count", surplus),
              LOG_INT("members", leases_members(leases)), LOG_TEXT(why));
    for (int i = shards->count - 1; i >= 0 && surplus > 0; i--) {
        if (shards_is_kept(&shards->all[i].log)) {
            shards_follow(shards, i, shard_log_leave(&shards->all[i].log));
            surplus--;
        }
    }
}

/* What is in flight to a Kafka that does not answer would keep the shards; whoever takes them
 * finds out what arrived. */
static void leave_all(struct leases *leases, int kept)
{
    leave_surplus(leases, kept,
                  "Kafka does not answer this relay, and does answer another one; giving it "
                  "everything");
    publisher_restart(leases->options.publisher, "given up, as Kafka does not answer this relay");
    shards_follow_all(leases->options.shards, shard_log_producer_lost);
}

static void balance(struct leases *leases)
{
    const struct shards *shards = leases->options.shards;
    int count;
    if (shards->is_draining) {
        leases_check_leaving(leases);
        return;
    }
    switch (membership_balance(&leases->membership, shards_count(shards, shards_is_kept),
                               loop_now_ms(), &count)) {
    case MOVE_CLAIM:
        leases_claim(leases, count);
        break;
    case MOVE_GIVE_BACK:
        leave_surplus(leases, count, "another relay has come; giving it its share");
        break;
    case MOVE_GIVE_ALL:
        leave_all(leases, count);
        break;
    case MOVE_YIELD:
        leave_surplus(leases, count, "another relay publishes to other topics");
        break;
    case MOVE_NONE:
        break;
    }
}

/* --- the beat -------------------------------------------------------------------------- */

static void judge_rival(struct leases *leases, const struct outbox_members *members)
{
    static const char UNKNOWN[] = "(not told)";
    struct error err;
    const struct strview cluster =
        members->rival_cluster.data == NULL ? strview_of(UNKNOWN) : members->rival_cluster;
    if (members->rivals == 0) {
        (void)activity_note(&leases->joining, NULL);
        return;
    }
    (void)error_set(&err, ERROR_CONFLICT,
                    "relay %.*s publishes the same events under TOPIC_PREFIX \"%.*s\" to Kafka "
                    "cluster %.*s, this one would under \"%s\" to cluster %s: it takes no shards "
                    "while that one lives",
                    STRVIEW_ARG(members->rival), STRVIEW_ARG(members->rival_prefix),
                    STRVIEW_ARG(cluster), leases->options.topic_prefix,
                    leases->options.kafka_cluster[0] == '\0' ? UNKNOWN
                                                             : leases->options.kafka_cluster);
    (void)activity_note(&leases->joining, &err);
}

static void on_members(void *user, const struct outbox_members *members)
{
    struct leases *leases = user;
    const struct membership_others others = {.alive = members->alive,
                                             .others_reaching = members->others_reaching,
                                             .rivals = members->rivals};
    membership_count(&leases->membership, &others);
    judge_rival(leases, members);
}

static void on_renewed(void *user, const struct outbox_lease *lease, bool is_renewed)
{
    struct leases *leases = user;
    if (lease->shard >= 0 && lease->shard < leases->options.shards->count) {
        leases->told[lease->shard] =
            (struct membership_told){.position = lease->position, .is_locked = !is_renewed};
    }
}

/* A position behind one that was written before: the database was put back to an earlier state. */
static void lose_lease(struct leases *leases, struct shard_log *log, bool is_back)
{
    log_event(LOG_WARN, "shard_lost", LOG_INT("shard", log->shard),
              LOG_TEXT(is_back ? "the database's position is behind the one written to it: it was "
                                 "put back to an earlier state"
                               : "the lease in the database is no longer ours: another relay has "
                                 "it, its row is gone, relay_fence differs (relay-svc doctor "
                                 "says so), or it is another database"));
    leases_count(leases, LEASE_CHANGE_LOST);
    shards_follow(leases->options.shards, log->shard, shard_log_lose(log));
}

/* Only what the beat was sent with: a shard may have gone since, or come back under another epoch,
 * of which this answer knows nothing. */
static void settle_beat(struct leases *leases)
{
    for (size_t i = 0; i < leases->held_count; i++) {
        const int shard = leases->held[i].shard;
        struct shard_log *log = &leases->options.shards->all[shard].log;
        if (!shard_log_is_owned(log) || log->epoch != leases->held[i].epoch) {
            continue;
        }
        const enum membership_lease lease = membership_judge(&leases->told[shard], log->marked);
        if (lease == LEASE_RENEWED) {
            shard_log_renew(log, membership_lease_end(&leases->membership));
        } else if (lease != LEASE_KEPT) {
            lose_lease(leases, log, lease == LEASE_SET_BACK);
        }
    }
}

static void on_beat_done(void *user, const struct error *err)
{
    struct leases *leases = user;
    leases_rearm(leases);
    if (err == NULL && membership_counts(&leases->membership)) {
        settle_beat(leases);
        balance(leases);
    }
}

static void collect_held(struct leases *leases)
{
    const struct shards *shards = leases->options.shards;
    leases->held_count = 0;
    for (int i = 0; i < shards->count; i++) {
        leases->told[i] = (struct membership_told){.position = -1};
        if (shard_log_is_owned(&shards->all[i].log)) {
            leases->held[leases->held_count++] =
                (struct outbox_lease){.shard = i, .epoch = shards->all[i].log.epoch};
        }
    }
}

static void on_beat(void *user)
{
    static const struct outbox_beat_events EVENTS = {
        .on_members = on_members, .on_renewed = on_renewed, .on_done = on_beat_done};
    struct leases *leases = user;
    struct error err;
    if (!membership_may_talk(&leases->membership) ||
        outbox_store_state(leases->options.store, &err) != ERROR_NONE) {
        return; /* leases_begin() starts it again */
    }
    collect_held(leases);
    const bool answers = kafka_answers(leases);
    const int64_t now_ms = loop_now_ms();
    if (answers) {
        membership_reached(&leases->membership, now_ms);
    }
    membership_ask(&leases->membership, now_ms);
    const struct outbox_self self = {.topic_prefix = leases->options.topic_prefix,
                                     .kafka_cluster = leases->options.kafka_cluster,
                                     .reaches_kafka = answers};
    outbox_store_beat(leases->options.store, leases->held, leases->held_count, &self, &EVENTS,
                      leases);
}

void leases_begin(struct leases *leases)
{
    leases_beat_now(leases);
}

int leases_members(const struct leases *leases)
{
    return leases->membership.others.alive;
}

int leases_rivals(const struct leases *leases)
{
    return leases->membership.others.rivals;
}

enum error_kind leases_probe(const struct leases *leases, struct error *err)
{
    return activity_probe((void *)(uintptr_t)&leases->joining, err); /* only reads */
}

/* --- life --------------------------------------------------------------------------------- */

struct leases *leases_new(const struct leases_options *options)
{
    const struct shards *shards = options->shards;
    const size_t count = (size_t)shards->count;
    struct leases *leases = must_allocate(1, sizeof *leases);
    *leases = (struct leases){
        .options = *options,
        .timer = loop_timer_new(options->loop, on_beat, leases),
        .joining = ACTIVITY("joining the relays"),
        .held = must_allocate(count, sizeof *leases->held),
        .told = must_allocate(count, sizeof *leases->told),
        .granted = must_allocate(count, sizeof *leases->granted),
        .sent = must_allocate(count * (size_t)shards->topic_count, sizeof *leases->sent),
        .parked = must_allocate(count, sizeof *leases->parked),
        .released = must_allocate(count, sizeof *leases->released),
    };
    membership_init(&leases->membership, shards->count, options->lease_ms, loop_now_ms());
    return leases;
}

void leases_free(struct leases *leases)
{
    if (leases == NULL) {
        return;
    }
    loop_timer_free(leases->timer);
    free(leases->held);
    free(leases->told);
    free(leases->granted);
    free(leases->sent);
    for (int i = 0; i < leases->options.shards->count; i++) {
        quarantine_clear(&leases->parked[i]);
    }
    free(leases->parked);
    free(leases->released);
    free(leases);
}
