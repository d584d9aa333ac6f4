/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign_lock.h - a lock that somebody else has on what a relay needs, and who that is; pure.
 *
 * Why two looks: relays and those who tend the database have such locks for an instant; who has
 * the same one at two looks, a second apart, keeps it.
 */
#ifndef RELAY_SVC_CORE_FOREIGN_LOCK_H
#define RELAY_SVC_CORE_FOREIGN_LOCK_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

enum { FOREIGN_TRANSACTION_MAX = 48, FOREIGN_HOLDER_MAX = 192, FOREIGN_TABLE_MAX = 64 };

/* Borrowed for the call. */
struct foreign_holder {
    struct strview transaction; /* empty: nobody has it */
    int64_t pid;
    struct strview user;
    struct strview application;
    struct strview table; /* what it has there is of; empty where that is known */
};

/* Zeroed: nothing seen yet. */
struct foreign_lock {
    bool is_held; /* by the same transaction as at the look before */
    char transaction[FOREIGN_TRANSACTION_MAX];
    char holder[FOREIGN_HOLDER_MAX]; /* while held: "pid 12 (user u, application a)" */
    char table[FOREIGN_TABLE_MAX];   /* the same */
};

/* One look. True when it is news that it is held. */
bool foreign_lock_look(struct foreign_lock *lock, const struct foreign_holder *holder);

/* What a lock on a shard's row of that table keeps from happening, in words. */
const char *foreign_lock_harm(const struct foreign_lock *lock);

#endif
