/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/shutdown.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <signal.h>
#include <stdlib.h>

enum { POLL_MS = 20 };

struct shutdown {
    struct loop *loop;
    struct shutdown_hooks hooks;
    int64_t timeout_ms;
    int64_t began_ms;
    enum shutdown_phase phase;
    int exit_code;
    struct loop_timer *poll;
    struct loop_signal *terminate;
    struct loop_signal *interrupt;
    struct loop_signal *hangup;
};

static void on_terminate(void *user);
static void on_interrupt(void *user);
static void on_hangup(void *user);
static void on_poll(void *user);

struct shutdown *shutdown_new(struct loop *loop, int64_t timeout_ms,
                              const struct shutdown_hooks *hooks)
{
    struct shutdown *shutdown = must_allocate(1, sizeof *shutdown);
    shutdown->loop = loop;
    shutdown->hooks = *hooks;
    shutdown->timeout_ms = timeout_ms;
    shutdown->poll = loop_timer_new(loop, on_poll, shutdown);
    shutdown->terminate = loop_signal_new(loop, SIGTERM, on_terminate, shutdown);
    shutdown->interrupt = loop_signal_new(loop, SIGINT, on_interrupt, shutdown);
    shutdown->hangup = loop_signal_new(loop, SIGHUP, on_hangup, shutdown);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a log file that may grow no further loses lines */
    return shutdown;
}

void shutdown_free(struct shutdown *shutdown)
{
    if (shutdown == NULL) {
        return;
    }
    loop_timer_free(shutdown->poll);
    loop_signal_free(shutdown->terminate);
    loop_signal_free(shutdown->interrupt);
    loop_signal_free(shutdown->hangup);
    free(shutdown);
}

int shutdown_exit_code(const struct shutdown *shutdown)
{
    return shutdown->exit_code;
}

static void stop(struct shutdown *shutdown)
{
    shutdown->phase = PHASE_STOPPED;
    loop_timer_stop(shutdown->poll);
    loop_stop(shutdown->loop);
}

static bool is_drained(const struct shutdown *shutdown)
{
    return shutdown->hooks.is_drained == NULL || shutdown->hooks.is_drained(shutdown->hooks.user);
}

static void on_poll(void *user)
{
    struct shutdown *shutdown = user;
    const int64_t took_ms = loop_now_ms() - shutdown->began_ms;
    if (is_drained(shutdown)) {
        log_event(LOG_INFO, "service_stopped", LOG_INT("took_ms", took_ms),
                  LOG_TEXT("everything in flight has finished"));
        stop(shutdown);
    } else if (took_ms >= shutdown->timeout_ms) {
        log_event(LOG_ERROR, "service_stopped", LOG_INT("took_ms", took_ms),
                  LOG_TEXT("stopped at the deadline with work in flight"));
        shutdown->exit_code = EXIT_FAILURE;
        stop(shutdown);
    } else {
        loop_timer_start(shutdown->poll, POLL_MS);
    }
}

void shutdown_begin(struct shutdown *shutdown, const char *reason, int exit_code)
{
    if (shutdown->phase != PHASE_RUNNING) {
        return;
    }
    shutdown->phase = PHASE_DRAINING;
    shutdown->exit_code = exit_code;
    shutdown->began_ms = loop_now_ms();
    log_event(LOG_INFO, "service_draining", LOG_STR("reason", reason),
              LOG_INT("deadline_ms", shutdown->timeout_ms));
    if (shutdown->hooks.drain != NULL) {
        shutdown->hooks.drain(shutdown->hooks.user);
    }
    loop_timer_start(shutdown->poll, 0);
}

static void on_signal(struct shutdown *shutdown, const char *name)
{
    if (shutdown->phase == PHASE_RUNNING) {
        shutdown_begin(shutdown, name, EXIT_SUCCESS);
    } else if (shutdown->phase == PHASE_DRAINING) {
        log_event(LOG_WARN, "service_stopped", LOG_STR("reason", name),
                  LOG_TEXT("a second signal: stopped with work in flight"));
        shutdown->exit_code = EXIT_FAILURE;
        stop(shutdown);
    }
}

static void on_terminate(void *user)
{
    on_signal(user, "SIGTERM");
}

static void on_interrupt(void *user)
{
    on_signal(user, "SIGINT");
}

static void on_hangup(void *user)
{
    struct shutdown *shutdown = user;
    log_event(LOG_INFO, "reload_asked", LOG_STR("reason", "SIGHUP"));
    if (shutdown->hooks.reload != NULL) {
        shutdown->hooks.reload(shutdown->hooks.user);
    }
}
