/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/foreign_lock.h"

#include <stdio.h>

bool foreign_lock_look(struct foreign_lock *lock, const struct foreign_holder *holder)
{
    const bool was_held = lock->is_held;
    lock->is_held =
        holder->transaction.len > 0 && strview_is(holder->transaction, lock->transaction);
    (void)snprintf(lock->transaction, sizeof lock->transaction, "%.*s",
                   STRVIEW_ARG(holder->transaction));
    if (!lock->is_held || was_held) {
        return false;
    }
    (void)snprintf(lock->holder, sizeof lock->holder, "pid %lld (user %.*s, application %.*s)",
                   (long long)holder->pid, STRVIEW_ARG(holder->user),
                   STRVIEW_ARG(holder->application));
    return true;
}
