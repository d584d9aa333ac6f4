/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/membership.h"

#include "relay-svc/core/fair_share.h"

#include <assert.h>

enum {
    BEATS_PER_LEASE = 4,
    BEAT_MAX_MS = 1000,
    KAFKA_PATIENCE_MS = 2000, /* a broker that comes back is noticed within */
    MARGIN_DIVISOR = 4, /* of the lease: for what the client has queued and clocks that drift */
};

/* Row: from; column: to. */
static const bool WAYS[MEMBERSHIP_STATE_COUNT][MEMBERSHIP_STATE_COUNT] = {
    [MEMBER_NEW] = {[MEMBER_SETTLED] = true, [MEMBER_DOUBTING] = true, [MEMBER_LEAVING] = true},
    [MEMBER_SETTLED] = {[MEMBER_DOUBTING] = true, [MEMBER_LEAVING] = true},
    [MEMBER_DOUBTING] = {[MEMBER_NEW] = true},
    [MEMBER_LEAVING] = {[MEMBER_GONE] = true},
};

/* Somebody is alive: this one; and who leaves says nothing beside, and who has left nothing at all.
 */
static bool is_sound(const struct membership *membership)
{
    const bool is_going = membership->state == MEMBER_LEAVING;
    const bool is_gone = membership->state == MEMBER_GONE;
    return membership->state < MEMBERSHIP_STATE_COUNT && membership->shards > 0 &&
           membership->others.alive > 0 && (!is_going || membership->is_releasing) &&
           (!is_gone || !membership->is_releasing) &&
           (!membership->is_talking || !(is_going || is_gone));
}

static void enter(struct membership *membership, enum membership_state state)
{
    assert(membership->state < MEMBERSHIP_STATE_COUNT);
    assert(state < MEMBERSHIP_STATE_COUNT);
    assert(WAYS[membership->state][state]);
    membership->state = state;
}

void membership_init(struct membership *membership, int shards, int64_t lease_ms, int64_t now_ms)
{
    assert(shards > 0);
    assert(lease_ms > 0);
    *membership = (struct membership){
        .shards = shards,
        .lease_ms = lease_ms,
        .others = {.alive = 1},
        .reached_ms = now_ms, /* its topics were just looked at */
    };
    assert(is_sound(membership));
}

/* --- talking --------------------------------------------------------------------- */

bool membership_counts(const struct membership *membership)
{
    assert(is_sound(membership));
    return membership->state == MEMBER_NEW || membership->state == MEMBER_SETTLED;
}

bool membership_may_talk(const struct membership *membership)
{
    return !membership->is_talking && membership_counts(membership);
}

void membership_look(struct membership *membership)
{
    assert(membership_may_talk(membership));
    membership->is_talking = true;
}

void membership_ask(struct membership *membership, int64_t now_ms)
{
    assert(now_ms >= membership->sent_ms);
    membership_look(membership);
    membership->sent_ms = now_ms;
}

int64_t membership_answered(struct membership *membership)
{
    assert(membership->is_talking);
    assert(is_sound(membership));
    membership->is_talking = false;
    const int64_t part_ms = membership->lease_ms / BEATS_PER_LEASE;
    const int64_t pause_ms = part_ms < BEAT_MAX_MS ? part_ms : BEAT_MAX_MS;
    assert(pause_ms < membership->lease_ms); /* or it would end before it is renewed */
    return pause_ms;
}

/* The database lets a lease run from when it hears of it, which is after it was asked for. Counted
 * from the asking, and a part less, ours has ended before another relay may begin, whatever the
 * answer's way has taken. */
int64_t membership_lease_end(const struct membership *membership)
{
    const int64_t end_ms =
        membership->sent_ms + membership->lease_ms - membership->lease_ms / MARGIN_DIVISOR;
    assert(is_sound(membership));
    assert(end_ms > membership->sent_ms);
    assert(end_ms <= membership->sent_ms + membership->lease_ms); /* then another one may begin */
    return end_ms;
}

void membership_claimed(struct membership *membership)
{
    assert(membership_counts(membership));
    assert(!membership->is_talking); /* it was answered */
    if (membership->state == MEMBER_NEW) {
        enter(membership, MEMBER_SETTLED);
    }
    assert(membership->state == MEMBER_SETTLED);
}

/* --- the fair share ---------------------------------------------------------------- */

void membership_count(struct membership *membership, const struct membership_others *others)
{
    membership->others = *others;
    membership->others.alive = others->alive > 0 ? others->alive : 1;
    assert(is_sound(membership));
}

bool membership_kafka_answers(bool client_says_so, int kept, int unproven)
{
    assert(unproven >= 0 && unproven <= kept);
    return client_says_so && (kept == 0 || unproven < kept);
}

void membership_reached(struct membership *membership, int64_t now_ms)
{
    assert(now_ms >= membership->reached_ms);
    membership->reached_ms = now_ms;
}

bool membership_reaches(const struct membership *membership, int64_t now_ms)
{
    assert(now_ms >= membership->reached_ms); /* the clock does not go back */
    return now_ms - membership->reached_ms < membership->lease_ms + KAFKA_PATIENCE_MS;
}

enum membership_move membership_balance(const struct membership *membership, int kept,
                                        int64_t now_ms, int *ret_count)
{
    assert(kept >= 0 && kept <= membership->shards);
    assert(is_sound(membership));
    if (membership->others.rivals > 0) {
        *ret_count = kept;
        return kept > 0 ? MOVE_YIELD : MOVE_NONE;
    }
    const struct fair_members members = {.alive = membership->others.alive,
                                         .others_reaching = membership->others.others_reaching,
                                         .reaches = membership_reaches(membership, now_ms)};
    const int share = fair_share(membership->shards, &members);
    if (kept == share) {
        *ret_count = 0;
        return MOVE_NONE;
    }
    *ret_count = kept < share ? share - kept : kept - share;
    assert(*ret_count > 0 && *ret_count <= membership->shards);
    assert(kept < share || *ret_count <= kept); /* no more is given back than there is */
    if (kept < share) {
        return MOVE_CLAIM;
    }
    return share == 0 ? MOVE_GIVE_ALL : MOVE_GIVE_BACK;
}

/* --- a lease ------------------------------------------------------------------------- */

enum membership_lease membership_judge(const struct membership_told *told, int64_t marked)
{
    if (told->position < 0) {
        return LEASE_GONE;
    }
    if (told->position < marked) {
        return LEASE_SET_BACK;
    }
    return told->is_locked ? LEASE_KEPT : LEASE_RENEWED;
}

/* --- the end --------------------------------------------------------------------------- */

void membership_doubt(struct membership *membership)
{
    if (membership_counts(membership)) {
        enter(membership, MEMBER_DOUBTING);
    }
    assert(is_sound(membership));
    assert(!membership_counts(membership)); /* what is answered from here on means nothing */
}

/* Not before the last shard is given up, when nothing of before is on its way any more: what comes
 * back may be another database, and its epochs may be numbers that we had. */
bool membership_settle(struct membership *membership, int owned)
{
    assert(owned >= 0 && owned <= membership->shards);
    if (membership->state != MEMBER_DOUBTING || owned > 0) {
        return false;
    }
    enter(membership, MEMBER_NEW);
    assert(is_sound(membership));
    return true;
}

enum membership_return membership_return(struct membership *membership, int ready, int owned,
                                         bool is_draining)
{
    assert(ready >= 0 && ready <= owned);
    assert(owned <= membership->shards);
    if (membership->is_releasing || !membership_counts(membership)) {
        return RETURN_NOTHING;
    }
    if (ready > 0) {
        membership->is_releasing = true;
        return RETURN_SHARDS;
    }
    if (is_draining && !membership->is_talking && owned == 0) {
        membership->is_releasing = true;
        enter(membership, MEMBER_LEAVING);
        assert(is_sound(membership));
        return RETURN_MEMBERSHIP;
    }
    return RETURN_NOTHING;
}

void membership_returned(struct membership *membership)
{
    assert(membership->is_releasing);
    membership->is_releasing = false;
    if (membership->state == MEMBER_LEAVING) {
        enter(membership, MEMBER_GONE);
    }
    assert(is_sound(membership));
}
