/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/foreign_lock.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* What is held has a holder, and the transaction by which it is told from the next one. */
static bool is_sound(const struct foreign_lock *lock)
{
    return !lock->is_held || (lock->transaction[0] != '\0' && lock->holder[0] != '\0');
}

bool foreign_lock_look(struct foreign_lock *lock, const struct foreign_holder *holder)
{
    assert(is_sound(lock));
    const bool was_held = lock->is_held;
    lock->is_held =
        holder->transaction.len > 0 && strview_is(holder->transaction, lock->transaction);
    (void)snprintf(lock->transaction, sizeof lock->transaction, "%.*s",
                   STRVIEW_ARG(holder->transaction));
    const bool is_known = was_held && strview_is(holder->table, lock->table);
    if (!lock->is_held || is_known) {
        assert(is_sound(lock));
        return false;
    }
    (void)snprintf(lock->holder, sizeof lock->holder, "pid %lld (user %.*s, application %.*s)",
                   (long long)holder->pid, STRVIEW_ARG(holder->user),
                   STRVIEW_ARG(holder->application));
    (void)snprintf(lock->table, sizeof lock->table, "%.*s", STRVIEW_ARG(holder->table));
    assert(is_sound(lock));
    return true;
}

const char *foreign_lock_harm(const struct foreign_lock *lock)
{
    static const struct {
        const char *table;
        const char *harm;
    } HARMS[] = {
        {"relay_fence", "no shard changes hands"},
        {"relay_sent", "its position is not written"},
    };
    assert(is_sound(lock));
    assert(lock->is_held);
    for (size_t i = 0; i < sizeof HARMS / sizeof HARMS[0]; i++) {
        if (strcmp(lock->table, HARMS[i].table) == 0) {
            return HARMS[i].harm;
        }
    }
    return "its lease is not renewed, its position not written";
}
