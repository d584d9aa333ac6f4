/* SPDX-License-Identifier: Apache-2.0 */
/*
 * membership.h - what a relay does about leases, from values: when it may talk to the database,
 * what its fair share is, what the answers mean for a shard, when it has left.
 *
 *     NEW --claimed--> SETTLED
 *     NEW, SETTLED --a connection was lost--> DOUBTING --nothing of before is held--> NEW
 *     any of these --draining, and nothing is held--> LEAVING --answered--> GONE
 *
 * Why this module is alone: that a shard has one owner is decided here. A lease counts from before
 * its renewal was sent and ends a part of it early, so that a relay stops before the database lets
 * another one begin; nobody claims while something from before a lost connection is on its way; and
 * who has left does not beat any more, so that it is no member again.
 *
 * Time: monotonic milliseconds, handed in. Pure.
 */
#ifndef RELAY_SVC_CORE_MEMBERSHIP_H
#define RELAY_SVC_CORE_MEMBERSHIP_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum membership_state {
    MEMBER_NEW = 0, /* nothing claimed yet: leases under our name are from before */
    MEMBER_SETTLED,
    MEMBER_DOUBTING, /* what comes back may be another database: everything is claimed anew */
    MEMBER_LEAVING,  /* the last statement is on its way */
    MEMBER_GONE,
    MEMBERSHIP_STATE_COUNT
};

struct membership_others {
    int alive;           /* relays, this one included */
    int others_reaching; /* Kafka, of the others */
    int rivals;          /* of the others, those that publish to other topics */
};

struct membership {
    enum membership_state state;
    bool is_talking;   /* a beat, a claim or a look is on its way: one at a time */
    bool is_releasing; /* shards are being given back, beside that */
    int shards;        /* there are */
    int64_t lease_ms;
    struct membership_others others; /* as the last beat told */
    int64_t sent_ms;                 /* the last beat or claim */
    int64_t reached_ms;              /* when Kafka was last known to answer us */
};

void membership_init(struct membership *membership, int shards, int64_t lease_ms, int64_t now_ms);

/* --- talking --------------------------------------------------------------------- */

/* A beat or a look may be sent. */
bool membership_may_talk(const struct membership *membership);

/* A look is sent. */
void membership_look(struct membership *membership);

/* What a lease is asked for by, a beat or a claim, is sent: leases count from here. */
void membership_ask(struct membership *membership, int64_t now_ms);

/* It was answered, one way or another. Returns after how long the next beat is due. */
int64_t membership_answered(struct membership *membership);

/* When a lease ends that was granted or renewed by the last that was sent. */
int64_t membership_lease_end(const struct membership *membership);

/* Whether what was answered means anything for our shards. */
bool membership_counts(const struct membership *membership);

/* A claim was answered, and it counts. */
void membership_claimed(struct membership *membership);

/* --- the fair share ---------------------------------------------------------------- */

/* As the beat tells; this one is counted as alive whatever it says. */
void membership_count(struct membership *membership, const struct membership_others *others);

/*
 * Whether it is known at this moment that Kafka answers this relay. The client's own word is not
 * enough: it knows of errors only, and while all our shards wait to know what their partitions
 * hold, however shortly, nothing is on its way that could fail. Then nothing is known, and the last
 * answer before counts: so a relay that has just leased its shards, and is cut off, gives them away
 * as soon as one that held them before.
 */
bool membership_kafka_answers(bool client_says_so, int kept, int unproven);
void membership_reached(struct membership *membership, int64_t now_ms);

/*
 * For the length of a lease and two seconds the last answer counts: brokers come and go. A relay
 * notices within a beat (a second, a quarter of the lease where that is less) that it is over, and
 * another one claims within a beat what it gives back: with leases of 5 s or more within two of
 * them.
 */
bool membership_reaches(const struct membership *membership, int64_t now_ms);

enum membership_move {
    MOVE_NONE = 0,
    MOVE_CLAIM,     /* so many more */
    MOVE_GIVE_BACK, /* so many */
    MOVE_YIELD,     /* so many, all: a rival was there before */
    MOVE_GIVE_ALL,  /* because Kafka answers others, and not us */
};

/* Towards the fair share: kept shards are ours and not about to be given back. */
enum membership_move membership_balance(const struct membership *membership, int kept,
                                        int64_t now_ms, int *ret_count);

/* --- a lease ------------------------------------------------------------------------- */

/* What the database says of a lease of ours. */
struct membership_told {
    int64_t position; /* -1: it is not ours any more */
    bool is_locked;   /* ours, and somebody has locked its row: not renewed */
};

enum membership_lease { LEASE_RENEWED = 0, LEASE_KEPT, LEASE_GONE, LEASE_SET_BACK };

/* marked is the position that we wrote there last. */
enum membership_lease membership_judge(const struct membership_told *told, int64_t marked);

/* --- the end --------------------------------------------------------------------------- */

/* A connection was lost. */
void membership_doubt(struct membership *membership);
/* True when there was a doubt and it is over, as nothing is held any more. */
bool membership_settle(struct membership *membership, int owned);

enum membership_return {
    RETURN_NOTHING = 0,
    RETURN_SHARDS, /* is being done from now on */
    RETURN_MEMBERSHIP,
};

/* ready shards are leaving and may be given back; owned ones are ours, with these. */
enum membership_return membership_return(struct membership *membership, int ready, int owned,
                                         bool is_draining);
/* What was given back is, or its leases run out. */
void membership_returned(struct membership *membership);

#endif
