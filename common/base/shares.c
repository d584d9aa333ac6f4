/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/shares.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

/* FNV-1a: names are handed out by whoever makes tokens, so nobody can choose ones that meet. */
uint64_t shares_key(struct strview name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t)name.data[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Where the pointer to that party stands, or would. */
static struct share *const *place_of(const struct shares *shares, uint64_t who)
{
    struct share *const *place = &shares->buckets[who % SHARES_BUCKETS];
    while (*place != NULL && (*place)->who != who) {
        place = &(*place)->next;
    }
    return place;
}

struct share *shares_enter(struct shares *shares, uint64_t who)
{
    struct share *share = *place_of(shares, who);
    if (share == NULL) {
        struct share **bucket = &shares->buckets[who % SHARES_BUCKETS];
        share = must_allocate(1, sizeof *share);
        share->who = who;
        share->next = *bucket;
        *bucket = share;
        shares->count++;
    }
    share->members++;
    return share;
}

static void drop(struct shares *shares, struct share *share)
{
    struct share **place = &shares->buckets[share->who % SHARES_BUCKETS];
    while (*place != share) {
        place = &(*place)->next;
    }
    *place = share->next;
    shares->count--;
    free(share);
}

void shares_leave(struct shares *shares, struct share *share)
{
    assert(share->members > 0);
    if (--share->members == 0) {
        assert(share->amount == 0);
        drop(shares, share);
    }
}

void shares_done(struct shares *shares)
{
    for (size_t i = 0; i < SHARES_BUCKETS; i++) {
        while (shares->buckets[i] != NULL) {
            drop(shares, shares->buckets[i]);
        }
    }
}

size_t shares_of(const struct shares *shares, uint64_t who)
{
    const struct share *share = *place_of(shares, who);
    return share == NULL ? 0 : share->amount;
}

size_t shares_equal(const struct shares *shares, uint64_t who, size_t whole, size_t more)
{
    const size_t parties = shares->count + more + (*place_of(shares, who) == NULL ? 1 : 0);
    return whole / parties;
}

size_t shares_largest(const struct shares *shares)
{
    size_t most = 0;
    for (size_t i = 0; i < SHARES_BUCKETS; i++) {
        for (const struct share *each = shares->buckets[i]; each != NULL; each = each->next) {
            most = each->amount > most ? each->amount : most;
        }
    }
    return most;
}
