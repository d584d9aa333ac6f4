/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"

#include "common/base/must.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WATCHED_FIRST = 64 };

struct loop {
    struct event_base *base;
    bool *is_watched; /* by descriptor */
    size_t watched_size;
};

/* An event that only says "now", and whom to call. */
struct moment {
    struct event *event;
    loop_callback *callback;
    void *user;
};

struct loop_timer {
    struct moment moment; /* alone, here and below */
};

struct loop_deferred {
    struct moment moment;
};

struct loop_signal {
    struct moment moment;
};

/* Two events, so that wanting to write costs one system call and leaves reading alone. */
struct loop_fd {
    struct loop *loop;
    int fd;
    struct event *read;
    struct event *write;
    bool wants_read;
    bool wants_write;
    loop_fd_callback *callback;
    void *user;
};

static struct event *must_watch(struct loop *loop, evutil_socket_t fd, short what,
                                event_callback_fn callback, void *arg)
{
    struct event *event = event_new(loop->base, fd, what, callback, arg);
    if (event == NULL) {
        abort();
    }
    return event;
}

static void must_add(struct event *event, const struct timeval *delay)
{
    if (event_add(event, delay) != 0) {
        abort();
    }
}

enum error_kind loop_new(struct loop **ret_loop, struct error *err)
{
    struct event_config *config = event_config_new();
    if (config == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for the event loop");
    }
    (void)event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL) {
        return error_set(err, ERROR_FATAL, "cannot make an event loop");
    }
    struct loop *loop = must_allocate(1, sizeof *loop);
    loop->base = base;
    *ret_loop = loop;
    return ERROR_NONE;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    event_base_free(loop->base);
    free(loop->is_watched);
    free(loop);
}

void loop_run(struct loop *loop)
{
    (void)event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop)
{
    (void)event_base_loopexit(loop->base, NULL);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        abort();
    }
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t loop_now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t loop_now_ms(void)
{
    return loop_now_us() / 1000;
}

int64_t loop_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

static void on_moment(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    const struct moment *moment = arg;
    moment->callback(moment->user);
}

/* what is 0, or EV_SIGNAL with its number. */
static void *moment_new(struct loop *loop, int number, short what, loop_callback *callback,
                        void *user)
{
    struct moment *moment = must_allocate(1, sizeof *moment);
    moment->callback = callback;
    moment->user = user;
    moment->event = must_watch(loop, number, what, on_moment, moment);
    return moment;
}

static void moment_free(struct moment *moment)
{
    if (moment != NULL) {
        event_free(moment->event);
        free(moment);
    }
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *user)
{
    return moment_new(loop, -1, 0, callback, user);
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
    const int64_t delay = delay_ms < 0 ? 0 : delay_ms;
    must_add(timer->moment.event,
             &(struct timeval){.tv_sec = delay / 1000, .tv_usec = delay % 1000 * 1000});
}

void loop_timer_stop(struct loop_timer *timer)
{
    (void)event_del(timer->moment.event);
}

bool loop_timer_is_armed(const struct loop_timer *timer)
{
    return event_pending(timer->moment.event, EV_TIMEOUT, NULL) != 0;
}

void loop_timer_free(struct loop_timer *timer)
{
    moment_free(timer == NULL ? NULL : &timer->moment);
}

static void on_fd(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    const struct loop_fd *watch = arg;
    watch->callback(watch->user, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

/*
 * A descriptor that was closed while it is watched comes back as somebody else's under the same
 * number, and whoever watches that would never be called: libevent takes it for registered already.
 */
static bool *watched(struct loop *loop, int fd)
{
    assert(fd >= 0);
    const size_t index = (size_t)fd;
    if (index >= loop->watched_size) {
        const size_t size = 2 * index + WATCHED_FIRST;
        bool *grown = must_allocate(size, sizeof *grown);
        if (loop->watched_size > 0) {
            memcpy(grown, loop->is_watched, loop->watched_size * sizeof *grown);
        }
        free(loop->is_watched);
        loop->is_watched = grown;
        loop->watched_size = size;
    }
    return &loop->is_watched[index];
}

struct loop_fd *loop_fd_new(struct loop *loop, int fd, loop_fd_callback *callback, void *user)
{
    struct loop_fd *watch = must_allocate(1, sizeof *watch);
    assert(!*watched(loop, fd));
    *watched(loop, fd) = true;
    watch->loop = loop;
    watch->fd = fd;
    watch->callback = callback;
    watch->user = user;
    watch->read = must_watch(loop, fd, EV_READ | EV_PERSIST, on_fd, watch);
    watch->write = must_watch(loop, fd, EV_WRITE | EV_PERSIST, on_fd, watch);
    return watch;
}

static void want(struct event *event, bool *wanted, bool now)
{
    if (*wanted == now) {
        return;
    }
    *wanted = now;
    if (now) {
        must_add(event, NULL);
    } else {
        (void)event_del(event);
    }
}

void loop_fd_want(struct loop_fd *watch, bool read, bool write)
{
    want(watch->read, &watch->wants_read, read);
    want(watch->write, &watch->wants_write, write);
}

void loop_fd_free(struct loop_fd *watch)
{
    if (watch == NULL) {
        return;
    }
    *watched(watch->loop, watch->fd) = false;
    event_free(watch->read);
    event_free(watch->write);
    free(watch);
}

struct loop_deferred *loop_deferred_new(struct loop *loop, loop_callback *callback, void *user)
{
    return moment_new(loop, -1, 0, callback, user);
}

/* An event made active goes to the end of this turn's queue; one already there stays. */
void loop_deferred_schedule(struct loop_deferred *deferred)
{
    event_active(deferred->moment.event, EV_TIMEOUT, 0);
}

void loop_deferred_free(struct loop_deferred *deferred)
{
    moment_free(deferred == NULL ? NULL : &deferred->moment);
}

struct loop_signal *loop_signal_new(struct loop *loop, int signum, loop_callback *callback,
                                    void *user)
{
    struct loop_signal *signal = moment_new(loop, signum, EV_SIGNAL | EV_PERSIST, callback, user);
    must_add(signal->moment.event, NULL);
    return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
    moment_free(signal == NULL ? NULL : &signal->moment);
}
