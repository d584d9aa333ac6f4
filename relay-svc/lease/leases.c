/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/lease/leases.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "relay-svc/core/fair_share.h"
#include "relay-svc/effects.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/relay.h"

#include <stdlib.h>
#include <string.h>

enum {
    BEATS_PER_LEASE = 4,
    BEAT_MAX_MS = 1000,
    KAFKA_PATIENCE_MS = 2000, /* a broker that comes back is noticed within */
    MARGIN_DIVISOR = 4, /* of the lease: for what the client has queued and clocks that drift */
};

struct leases {
    struct relay *relay;
    struct loop_timer *timer;
    int members;
    int others_reaching; /* Kafka, of the other members */
    int rivals;          /* of them, those with another prefix */
    struct activity joining;
    int64_t reached_ms; /* when Kafka was last known to answer us */
    /* Nothing claimed yet: leases under our name are a dead predecessor's, or ours from before a
     * connection was lost. */
    bool is_first;
    bool is_doubtful; /* a connection was lost, and not all from before it is settled */
    bool is_talking;  /* a beat or a claim is in flight */
    bool is_releasing;
    bool is_gone;
    int64_t sent_ms;
    struct outbox_lease *held; /* what the beat in flight renews */
    size_t held_count;
    int64_t *renewed; /* by shard: the position the database has; -1: it is no longer ours */
    bool *is_locked;  /* by shard: ours, and somebody has locked its row */
    struct outbox_lease *granted;
    size_t granted_count;
    struct shard_topic_mark *sent; /* [shard][topic] as the claim in flight tells */
    int64_t floor;                 /* the same: smallest seq that the outbox may have */
    struct outbox_lease *released;
    size_t released_count;
};

static int64_t lease_end(const struct leases *leases)
{
    const int64_t lease_ms = leases->relay->options.lease_ms;
    return leases->sent_ms + lease_ms - lease_ms / MARGIN_DIVISOR;
}

static void rearm(struct leases *leases)
{
    const int64_t pause_ms = leases->relay->options.lease_ms / BEATS_PER_LEASE;
    leases->is_talking = false;
    loop_timer_start(leases->timer, pause_ms < BEAT_MAX_MS ? pause_ms : BEAT_MAX_MS);
}

static int count_in(const struct relay *relay, bool (*holds)(const struct shard_log *log))
{
    int count = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        count += holds(&relay->shards[i].log) ? 1 : 0;
    }
    return count;
}

static bool is_kept(const struct shard_log *log)
{
    return shard_log_is_owned(log) && log->state != SHARD_LEAVING;
}

static bool is_in_flight(const struct shard_log *log)
{
    return shard_log_is_owned(log) && shard_log_in_flight(log) > 0;
}

/* --- claiming ----------------------------------------------------------------------- */

static void take_granted(void *user, const struct outbox_lease *lease)
{
    struct leases *leases = user;
    if (lease->shard >= 0 && lease->shard < leases->relay->shard_count) {
        leases->granted[leases->granted_count++] = *lease;
    }
}

static void take_sent(void *user, const struct outbox_sent *sent)
{
    struct leases *leases = user;
    const struct relay_options *options = &leases->relay->options;
    for (int i = 0; i < options->topic_count; i++) {
        if (strview_is(sent->topic, options->topics[i]) && sent->shard >= 0 &&
            sent->shard < leases->relay->shard_count) {
            leases->sent[sent->shard * options->topic_count + i] = sent->mark;
        }
    }
}

static void take_floor(void *user, int64_t seq)
{
    struct leases *leases = user;
    leases->floor = seq;
}

static struct shard_lease as_lease(const struct leases *leases, const struct outbox_lease *granted)
{
    return (struct shard_lease){
        .epoch = granted->epoch,
        .position = granted->position,
        .until_ms = lease_end(leases),
        .floor = leases->floor,
        .topics = &leases->sent[granted->shard * leases->relay->options.topic_count],
    };
}

static void own(struct leases *leases, const struct outbox_lease *granted)
{
    struct relay *relay = leases->relay;
    struct shard_log *log = &relay->shards[granted->shard].log;
    const struct shard_lease lease = as_lease(leases, granted);
    unsigned effects = shard_log_own(log, &lease);
    if (relay->is_draining) {
        effects = shard_log_leave(log); /* of what it would have begun nothing */
    }
    effects_carry_out(relay, granted->shard, effects);
}

static bool has_published(const struct shard_log *log)
{
    bool has_published = log->position > 0;
    for (int i = 0; i < log->topic_count; i++) {
        has_published = has_published || log->topics[i].known.sent.exists;
    }
    return shard_log_is_owned(log) && has_published;
}

static void finish_claim(void *user, const struct error *err)
{
    struct leases *leases = user;
    rearm(leases);
    if (err != NULL || leases->is_doubtful || FAULT_POINT("relay.lease_acquired")) {
        return; /* at worst the leases run out and are claimed again */
    }
    leases->is_first = false;
    if (leases->granted_count > 0) {
        log_event(LOG_INFO, "shards_leased", LOG_INT("count", leases->granted_count),
                  LOG_INT("first", leases->granted[0].shard), LOG_INT("members", leases->members));
    }
    for (size_t i = 0; i < leases->granted_count; i++) {
        own(leases, &leases->granted[i]);
    }
    leases->relay->is_new = count_in(leases->relay, has_published) == 0;
}

/* Before the database is asked what it holds. */
static void forget_told(struct leases *leases)
{
    const struct relay *relay = leases->relay;
    const size_t marks = (size_t)relay->shard_count * (size_t)relay->options.topic_count;
    memset(leases->sent, 0, marks * sizeof *leases->sent);
    leases->floor = 0;
    leases->granted_count = 0;
    leases->is_talking = true;
}

static void claim(struct leases *leases, int max)
{
    static const struct outbox_claim_events EVENTS = {.on_granted = take_granted,
                                                      .on_sent = take_sent,
                                                      .on_floor = take_floor,
                                                      .on_done = finish_claim};
    forget_told(leases);
    leases->sent_ms = loop_now_ms();
    outbox_store_claim(leases->relay->store, max, leases->is_first, &EVENTS, leases);
}

/* --- looking again ------------------------------------------------------------------- */

static void finish_look(void *user, const struct error *err)
{
    struct leases *leases = user;
    struct relay *relay = leases->relay;
    rearm(leases);
    for (size_t i = 0; err == NULL && i < leases->granted_count; i++) {
        struct relay_shard *shard = &relay->shards[leases->granted[i].shard];
        const struct shard_lease lease = as_lease(leases, &leases->granted[i]);
        if (shard->log.state == SHARD_STOPPED && shard->wants_recheck) {
            shard->wants_recheck = false;
            shard->since_ms = loop_now_ms();
            effects_carry_out(relay, shard->log.shard, shard_log_recheck(&shard->log, &lease));
        }
    }
}

void leases_look(struct leases *leases)
{
    static const struct outbox_claim_events EVENTS = {.on_granted = take_granted,
                                                      .on_sent = take_sent,
                                                      .on_floor = take_floor,
                                                      .on_done = finish_look};
    struct error err;
    if (!leases->is_talking && !leases->is_gone && !leases->is_doubtful &&
        outbox_store_state(leases->relay->store, &err) == ERROR_NONE) {
        forget_told(leases);
        outbox_store_look(leases->relay->store, &EVENTS, leases);
    }
}

/* --- the fair share -------------------------------------------------------------------- */

/*
 * The client's own word is not enough: it knows of errors only, and while all our shards wait to
 * know what their partitions hold nothing is on its way that could fail.
 */
static bool kafka_answers(struct relay *relay)
{
    struct error err;
    const int64_t now_ms = loop_now_ms();
    int kept = 0;
    int waiting = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        const struct relay_shard *shard = &relay->shards[i];
        kept += is_kept(&shard->log) ? 1 : 0;
        waiting += is_kept(&shard->log) && relay_waits_for_tails(shard, now_ms) ? 1 : 0;
    }
    return relay_probe_kafka(relay, &err) == ERROR_NONE && (kept == 0 || waiting < kept);
}

/* Our own answer counts for a lease: brokers come and go. */
static bool reaches_kafka(const struct leases *leases)
{
    return loop_now_ms() - leases->reached_ms < leases->relay->options.lease_ms + KAFKA_PATIENCE_MS;
}

static void leave_surplus(struct leases *leases, int surplus, const char *why)
{
    struct relay *relay = leases->relay;
    log_event(LOG_INFO, "shards_returned", LOG_INT("count", surplus),
              LOG_INT("members", leases->members), LOG_TEXT(why));
    for (int i = relay->shard_count - 1; i >= 0 && surplus > 0; i--) {
        if (is_kept(&relay->shards[i].log)) {
            effects_carry_out(relay, i, shard_log_leave(&relay->shards[i].log));
            surplus--;
        }
    }
}

/* What is in flight to a Kafka that does not answer would keep the shards; whoever takes them
 * finds out what arrived. */
static void leave_all(struct leases *leases, int kept)
{
    struct relay *relay = leases->relay;
    leave_surplus(leases, kept,
                  "Kafka does not answer this relay, and does answer another one; giving it "
                  "everything");
    publisher_restart(relay->publisher, "given up, as Kafka does not answer this relay");
    effects_of_all(relay, shard_log_producer_lost);
}

static void leave_to_rival(struct leases *leases, int kept)
{
    if (kept > 0) {
        leave_surplus(leases, kept, "another relay publishes under another TOPIC_PREFIX");
    }
}

static void balance(struct leases *leases)
{
    struct relay *relay = leases->relay;
    const struct fair_members members = {.alive = leases->members,
                                         .others_reaching = leases->others_reaching,
                                         .reaches = reaches_kafka(leases)};
    const int share = fair_share(relay->shard_count, &members);
    const int kept = count_in(relay, is_kept);
    if (relay->is_draining) {
        leases_check_leaving(leases);
    } else if (leases->rivals > 0) {
        leave_to_rival(leases, kept);
    } else if (kept > 0 && share == 0) {
        leave_all(leases, kept);
    } else if (kept > share) {
        leave_surplus(leases, kept - share, "another relay has come; giving it its share");
    } else if (kept < share) {
        claim(leases, share - kept);
    }
}

/* --- the beat -------------------------------------------------------------------------- */

static void judge_rival(struct leases *leases, const struct outbox_members *members)
{
    struct error err;
    leases->rivals = members->rivals;
    if (members->rivals == 0) {
        activity_succeeded(&leases->joining, loop_now_ms());
        return;
    }
    (void)error_set(&err, ERROR_CONFLICT,
                    "relay %.*s publishes the same events under TOPIC_PREFIX \"%.*s\", this one "
                    "would under \"%s\": it takes no shards while that one lives",
                    STRVIEW_ARG(members->rival), STRVIEW_ARG(members->rival_prefix),
                    leases->relay->options.topic_prefix);
    (void)activity_failed(&leases->joining, &err, loop_now_ms(), jitter_draw());
}

static void take_members(void *user, const struct outbox_members *members)
{
    struct leases *leases = user;
    leases->members = members->alive > 0 ? members->alive : 1;
    leases->others_reaching = members->others_reaching;
    judge_rival(leases, members);
}

static void take_renewed(void *user, const struct outbox_lease *lease, bool is_renewed)
{
    struct leases *leases = user;
    if (lease->shard >= 0 && lease->shard < leases->relay->shard_count) {
        leases->renewed[lease->shard] = lease->position;
        leases->is_locked[lease->shard] = !is_renewed;
    }
}

/* A position behind one that was written before: the database was put back to an earlier state. */
static void lose_lease(struct leases *leases, struct shard_log *log, bool is_back)
{
    log_event(LOG_WARN, "shard_lost", LOG_INT("shard", log->shard),
              LOG_TEXT(is_back ? "the database's position is behind the one written to it: it was "
                                 "put back to an earlier state"
                               : "the lease in the database is no longer ours: another relay has "
                                 "it, its row is gone, or it is another database"));
    effects_carry_out(leases->relay, log->shard, shard_log_lose(log));
}

static void settle_beat(struct leases *leases)
{
    struct relay *relay = leases->relay;
    for (size_t i = 0; i < leases->held_count; i++) {
        const int shard = leases->held[i].shard;
        struct shard_log *log = &relay->shards[shard].log;
        if (!shard_log_is_owned(log) || log->epoch != leases->held[i].epoch) {
            continue;
        }
        const int64_t position = leases->renewed[shard];
        if (position < log->marked) {
            lose_lease(leases, log, position >= 0);
        } else if (!leases->is_locked[shard]) {
            shard_log_renew(log, lease_end(leases));
        }
    }
}

static void finish_beat(void *user, const struct error *err)
{
    struct leases *leases = user;
    rearm(leases);
    if (err == NULL && !leases->is_doubtful) {
        settle_beat(leases);
        balance(leases);
    }
}

static void beat(void *user)
{
    static const struct outbox_beat_events EVENTS = {
        .on_members = take_members, .on_renewed = take_renewed, .on_done = finish_beat};
    struct leases *leases = user;
    struct relay *relay = leases->relay;
    struct error err;
    if (leases->is_talking || leases->is_gone || leases->is_doubtful ||
        outbox_store_state(relay->store, &err) != ERROR_NONE) {
        return; /* leases_begin() starts it again */
    }
    leases->held_count = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        leases->renewed[i] = -1;
        leases->is_locked[i] = false;
        if (shard_log_is_owned(&relay->shards[i].log)) {
            leases->held[leases->held_count++] =
                (struct outbox_lease){.shard = i, .epoch = relay->shards[i].log.epoch};
        }
    }
    const bool answers = kafka_answers(relay);
    leases->sent_ms = loop_now_ms();
    leases->reached_ms = answers ? leases->sent_ms : leases->reached_ms;
    leases->is_talking = true;
    outbox_store_beat(relay->store, leases->held, leases->held_count, answers, &EVENTS, leases);
}

void leases_begin(struct leases *leases)
{
    if (!leases->is_talking) {
        loop_timer_start(leases->timer, 0);
    }
}

/* Shards from before the connection was lost are given up once their answers have come. */
static void settle_doubt(struct leases *leases)
{
    struct relay *relay = leases->relay;
    for (int i = 0; i < relay->shard_count; i++) {
        struct shard_log *log = &relay->shards[i].log;
        if (shard_log_is_owned(log) && shard_log_in_flight(log) == 0) {
            effects_carry_out(relay, i, shard_log_lose(log));
        }
    }
    if (count_in(relay, shard_log_is_owned) == 0) {
        leases->is_doubtful = false;
        leases->is_first = true;
        leases_begin(leases);
    }
}

void leases_doubt(struct leases *leases)
{
    leases->is_doubtful = true;
    effects_of_all(leases->relay, shard_log_leave);
    if (leases->is_doubtful) { /* there is none, or some have something in flight */
        settle_doubt(leases);
    }
}

/* --- giving back ------------------------------------------------------------------------ */

static void finish_leaving(void *user, const struct error *err)
{
    struct leases *leases = user;
    (void)err; /* a member that stays listed is forgotten after two leases */
    leases->is_releasing = false;
    leases->is_gone = true;
}

static void finish_release(void *user, const struct error *err)
{
    struct leases *leases = user;
    (void)err; /* a lease that was not given back runs out */
    leases->is_releasing = false;
    for (size_t i = 0; i < leases->released_count; i++) {
        struct shard_log *log = &leases->relay->shards[leases->released[i].shard].log;
        if (log->state == SHARD_LEAVING && log->epoch == leases->released[i].epoch) {
            effects_carry_out(leases->relay, log->shard, shard_log_lose(log));
        }
    }
    leases_check_leaving(leases);
}

/* Those with nothing in flight and everything marked. */
static void collect_ready(struct leases *leases)
{
    const struct relay *relay = leases->relay;
    leases->released_count = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        const struct shard_log *log = &relay->shards[i].log;
        if (log->state != SHARD_LEAVING || shard_log_in_flight(log) > 0) {
            continue;
        }
        if (shard_log_is_dirty(log)) {
            marking_hurry(relay->marking);
        } else {
            leases->released[leases->released_count++] =
                (struct outbox_lease){.shard = i, .epoch = log->epoch};
        }
    }
}

void leases_check_leaving(struct leases *leases)
{
    struct relay *relay = leases->relay;
    if (leases->is_doubtful) {
        settle_doubt(leases);
        return;
    }
    if (leases->is_releasing || leases->is_gone) {
        return;
    }
    collect_ready(leases);
    if (leases->released_count > 0) {
        leases->is_releasing = true;
        outbox_store_release(relay->store, leases->released, leases->released_count, false,
                             finish_release, leases);
    } else if (relay->is_draining && !leases->is_talking &&
               count_in(relay, shard_log_is_owned) == 0) {
        leases->is_releasing = true;
        outbox_store_release(relay->store, NULL, 0, true, finish_leaving, leases);
    }
}

bool leases_are_gone(const struct leases *leases)
{
    struct error err;
    if (leases->is_gone) {
        return true;
    }
    /* Without a database nothing can be given back; the leases run out. */
    return outbox_store_state(leases->relay->store, &err) != ERROR_NONE &&
           count_in(leases->relay, is_in_flight) == 0;
}

int leases_members(const struct leases *leases)
{
    return leases->members;
}

int leases_rivals(const struct leases *leases)
{
    return leases->rivals;
}

enum error_kind leases_probe(const struct leases *leases, struct error *err)
{
    return activity_probe((void *)(uintptr_t)&leases->joining, err); /* only reads */
}

/* --- life --------------------------------------------------------------------------------- */

struct leases *leases_new(struct relay *relay)
{
    const size_t shards = (size_t)relay->shard_count;
    struct leases *leases = must_allocate(1, sizeof *leases);
    *leases = (struct leases){
        .relay = relay,
        .timer = loop_timer_new(relay->loop, beat, leases),
        .members = 1,
        .reached_ms = loop_now_ms(), /* its topics were just looked at */
        .is_first = true,
        .joining = ACTIVITY("joining the relays"),
        .held = must_allocate(shards, sizeof *leases->held),
        .renewed = must_allocate(shards, sizeof *leases->renewed),
        .is_locked = must_allocate(shards, sizeof *leases->is_locked),
        .granted = must_allocate(shards, sizeof *leases->granted),
        .sent = must_allocate(shards * (size_t)relay->options.topic_count, sizeof *leases->sent),
        .released = must_allocate(shards, sizeof *leases->released),
    };
    return leases;
}

void leases_free(struct leases *leases)
{
    if (leases == NULL) {
        return;
    }
    loop_timer_free(leases->timer);
    free(leases->held);
    free(leases->renewed);
    free(leases->is_locked);
    free(leases->granted);
    free(leases->sent);
    free(leases->released);
    free(leases);
}
