/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - one piece of work that blocks, in a thread of its own, beside the loop.
 *
 * Why: some libraries answer only to calls that wait, and meanwhile the loop must go on. A look-up
 * of a host's name is not for here (resolver.h): nobody can end it, and nobody may wait for it.
 *
 * Ownership: what user points to is the thread's until on_end, or until worker_free() returns; what
 * both need before that (a wish that it ends) is atomic.
 * Threads: everything here is called and calls back on the loop's, but work, which runs in its own.
 * Errors: as the loop: a process that cannot get a thread or a descriptor has nothing left to
 * decide, so it aborts.
 */
#ifndef COMMON_IO_WORKER_H
#define COMMON_IO_WORKER_H

#include "common/io/loop.h"

struct worker;

/* In the thread. */
typedef void worker_fn(void *argument);

/* Nothing runs yet. user is work's argument, too; on_end comes once after each start, when work has
 * returned: what it wrote may be read there, and the worker started again, or freed. */
struct worker *worker_new(struct loop *loop, worker_fn *work, loop_callback *on_end, void *user);

/* Not while it runs. It needs no descriptor. on_end never comes from inside this call. */
void worker_start(struct worker *worker);

/* From its start until on_end. */
bool worker_is_running(const struct worker *worker);

/* Waits until work has returned, where it runs. No call comes after this. Accepts NULL. */
void worker_free(struct worker *worker);

#endif
