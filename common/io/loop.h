/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop.h - the one place where a process waits.
 *
 * Why our own face on libevent's event_base: everything else asks for a timer,
 * a watched descriptor or "after this turn" and never learns which library
 * waits. Only adapters in common/io take the event_base itself (loop_base).
 *
 * Threads: one. Another thread wakes the loop by writing to a descriptor the
 * loop watches.
 * Ownership: every object made here is freed by its maker before loop_free().
 * Errors: making a timer or a watch cannot fail; a process that cannot get a
 * hundred bytes at start has nothing left to decide, so it aborts.
 * Units: milliseconds.
 */
#ifndef COMMON_IO_LOOP_H
#define COMMON_IO_LOOP_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct loop;
struct loop_timer;
struct loop_fd;
struct loop_deferred;
struct loop_signal;

typedef void loop_callback(void *user);
typedef void loop_fd_callback(void *user, bool readable, bool writable);

MUST_USE enum error_kind loop_new(struct loop **ret_loop, struct error *err);
void loop_free(struct loop *loop);

/* Serves events until loop_stop(). */
void loop_run(struct loop *loop);

/* Lets loop_run() return after the callbacks of this turn. */
void loop_stop(struct loop *loop);

/* For adapters in common/io only. */
struct event_base *loop_base(struct loop *loop);

/* Monotonic time; only differences mean anything. */
int64_t loop_now_ms(void);
int64_t loop_now_us(void);

/* Wall clock, since 1970 UTC. Cores never call it: their callers hand the time in. */
int64_t loop_wall_ms(void);

/* One-shot timers. Starting an armed timer moves it; the callback may start it again. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *user);
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_armed(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Watches fd, level-triggered, at first for nothing. Freeing does not close it. Close it after that
 * only: a descriptor that a library closes in its own time is watched by a duplicate. */
struct loop_fd *loop_fd_new(struct loop *loop, int fd, loop_fd_callback *callback, void *user);
void loop_fd_want(struct loop_fd *watch, bool read, bool write);
void loop_fd_free(struct loop_fd *watch);

/*
 * Work to be done once, after the callbacks that are already due: scheduling it
 * ten times in a turn runs it once. Free of system calls.
 */
struct loop_deferred *loop_deferred_new(struct loop *loop, loop_callback *callback, void *user);
void loop_deferred_schedule(struct loop_deferred *deferred);
void loop_deferred_free(struct loop_deferred *deferred);

/* Calls back on the loop, not in the signal handler. */
struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_callback *callback,
                                    void *user);
void loop_signal_free(struct loop_signal *signal);

#endif
