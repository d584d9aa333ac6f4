/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shutdown.h - signals, and the three phases of a process's end.
 *
 * RUNNING → DRAINING (SIGTERM, SIGINT or shutdown_begin(): not ready, no new
 * work, finish what is in flight) → STOPPED (all done, or the deadline). A second signal
 * stops at once. SIGHUP asks for a reload. SIGPIPE is ignored. Each phase is one
 * log line.
 */
#ifndef COMMON_RUN_SHUTDOWN_H
#define COMMON_RUN_SHUTDOWN_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct shutdown;

enum shutdown_phase { PHASE_RUNNING = 0, PHASE_DRAINING, PHASE_STOPPED };

struct shutdown_hooks {
    void (*drain)(void *user);      /* once: take no new work; may be NULL */
    bool (*is_drained)(void *user); /* asked every 20 ms afterwards; NULL: at once */
    void (*reload)(void *user);     /* SIGHUP; may be NULL */
    void *user;
};

struct shutdown *shutdown_new(struct loop *loop, int64_t timeout_ms,
                              const struct shutdown_hooks *hooks);
void shutdown_free(struct shutdown *shutdown);

/* Starts draining for a reason of the program's own; exit_code is what it will end with. */
void shutdown_begin(struct shutdown *shutdown, const char *reason, int exit_code);

/* After loop_run() has returned: 0 when everything finished, 1 when the deadline cut it off. */
int shutdown_exit_code(const struct shutdown *shutdown);

#endif
