/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/foreign_lock.h"

#include <assert.h>
#include <stdio.h>

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
    if (!lock->is_held || was_held) {
        assert(is_sound(lock));
        return false;
    }
    (void)snprintf(lock->holder, sizeof lock->holder, "pid %lld (user %.*s, application %.*s)",
                   (long long)holder->pid, STRVIEW_ARG(holder->user),
                   STRVIEW_ARG(holder->application));
    assert(is_sound(lock));
    return true;
}
