/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shares.h - who has how much of something that all want; pure.
 *
 * Why: what is full is not full of everybody. Whoever has more than an equal share of it is the
 * one to wait, and one busy party may still have all that nobody else wants.
 *
 * A party is known as long as it has members (requests, commands), so there are never more of
 * them than members; each costs a few dozen bytes.
 *
 * Ownership: a share is its table's, and gone with its last member. Threads: one.
 */
#ifndef COMMON_BASE_SHARES_H
#define COMMON_BASE_SHARES_H

#include "common/base/strview.h"

#include <stddef.h>
#include <stdint.h>

enum { SHARES_BUCKETS = 256, SHARE_MARKS = 2 };

struct share {
    uint64_t who;
    size_t members;
    size_t amount;
    uint64_t marks[SHARE_MARKS]; /* for the table's owner; zero at first */
    struct share *next;
};

/* Zeroed: nobody has anything. */
struct shares {
    struct share *buckets[SHARES_BUCKETS];
    size_t count; /* parties */
};

/* A party's number, of its name. */
uint64_t shares_key(struct strview name);

/* One member more of that party. Never NULL. */
struct share *shares_enter(struct shares *shares, uint64_t who);

/* One member less. The amount of the last one's party is 0 by then. */
void shares_leave(struct shares *shares, struct share *share);

/* Frees what is left, with its members. */
void shares_done(struct shares *shares);

/* What that party has; 0 when it is not known. */
size_t shares_of(const struct shares *shares, uint64_t who);

/* The whole divided by the parties there are, that one among them, and so many more. */
size_t shares_equal(const struct shares *shares, uint64_t who, size_t whole, size_t more);

/* The largest amount that one party has. */
size_t shares_largest(const struct shares *shares);

#endif
