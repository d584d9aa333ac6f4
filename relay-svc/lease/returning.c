/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/lease/leases_internal.h"
#include "relay-svc/lease/marking.h"

/*
 * A shard is given back when nothing of it is in flight and everything is written down: who takes
 * it then begins where we ended, and no answer of ours comes after its first record. Nothing here
 * waits; each of the things that are waited for (an answer of Kafka, a mark, a release) ends in
 * leases_check_leaving(), which looks at all of it anew.
 */

static bool is_in_flight(const struct shard_log *log)
{
    return shard_log_is_owned(log) && shard_log_in_flight(log) > 0;
}

/* --- after a lost connection -------------------------------------------------------------- */

/* Shards from before the connection was lost are given up once their answers have come. They are
 * not given back: the epochs we know may be another database's. */
static void settle_doubt(struct leases *leases)
{
    struct shards *shards = leases->options.shards;
    for (int i = 0; i < shards->count; i++) {
        struct shard_log *log = &shards->all[i].log;
        if (shard_log_is_owned(log) && shard_log_in_flight(log) == 0) {
            leases_count(leases, LEASE_CHANGE_LOST);
            shards_follow(shards, i, shard_log_lose(log));
        }
    }
    if (membership_settle(&leases->membership, shards_count(shards, shard_log_is_owned))) {
        leases_beat_now(leases);
    }
}

void leases_doubt(struct leases *leases)
{
    membership_doubt(&leases->membership);
    shards_follow_all(leases->options.shards, shard_log_leave);
    if (leases->membership.state == MEMBER_DOUBTING) { /* none is left to say that it has left */
        settle_doubt(leases);
    }
}

/* --- giving back ------------------------------------------------------------------------ */

static void on_leaving_done(void *user, const struct error *err)
{
    struct leases *leases = user;
    (void)err; /* a member that stays listed is forgotten after two leases */
    membership_returned(&leases->membership);
}

static void on_release_done(void *user, const struct error *err)
{
    struct leases *leases = user;
    struct shards *shards = leases->options.shards;
    (void)err; /* a lease that was not given back runs out */
    membership_returned(&leases->membership);
    for (size_t i = 0; i < leases->released_count; i++) {
        struct shard_log *log = &shards->all[leases->released[i].shard].log;
        if (log->state == SHARD_LEAVING && log->epoch == leases->released[i].epoch) {
            leases_count(leases, LEASE_CHANGE_RETURNED);
            shards_follow(shards, log->shard, shard_log_lose(log));
        }
    }
    leases_check_leaving(leases);
}

/* Those with nothing in flight and everything marked; only while no release is on its way, which
 * needs them until it is answered. */
static void collect_ready(struct leases *leases)
{
    const struct shards *shards = leases->options.shards;
    leases->released_count = 0;
    for (int i = 0; i < shards->count; i++) {
        const struct shard_log *log = &shards->all[i].log;
        if (log->state != SHARD_LEAVING || shard_log_in_flight(log) > 0) {
            continue;
        }
        if (shard_log_is_dirty(log)) {
            marking_hurry(leases->options.marking);
        } else {
            leases->released[leases->released_count++] =
                (struct outbox_lease){.shard = i, .epoch = log->epoch};
        }
    }
}

void leases_check_leaving(struct leases *leases)
{
    struct membership *membership = &leases->membership;
    const struct shards *shards = leases->options.shards;
    if (membership->state == MEMBER_DOUBTING) {
        settle_doubt(leases);
        return;
    }
    if (membership->is_releasing) {
        return;
    }
    collect_ready(leases);
    switch (membership_return(membership, (int)leases->released_count,
                              shards_count(shards, shard_log_is_owned), shards->is_draining)) {
    case RETURN_SHARDS:
        outbox_store_release(leases->options.store, leases->released, leases->released_count, false,
                             on_release_done, leases);
        break;
    case RETURN_MEMBERSHIP:
        outbox_store_release(leases->options.store, NULL, 0, true, on_leaving_done, leases);
        break;
    case RETURN_NOTHING:
        break;
    }
}

bool leases_are_gone(const struct leases *leases)
{
    struct error err;
    if (leases->membership.state == MEMBER_GONE) {
        return true;
    }
    /* Without a database nothing can be given back; the leases run out. */
    return outbox_store_state(leases->options.store, &err) != ERROR_NONE &&
           shards_count(leases->options.shards, is_in_flight) == 0;
}
