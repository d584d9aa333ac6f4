/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.h - a subcommand that shows what a running service says of itself: `status`.
 *
 * Why by HTTP: it needs an address and a token, no database, broker or Redis, and shows what the
 * service that serves believes, not what a second one would.
 *
 * Arguments: [-o json] [--watch]. With --watch it asks again every second, until it is ended, and
 * goes on where nobody answers; a terminal is drawn anew each time.
 */
#ifndef COMMON_RUN_ASK_H
#define COMMON_RUN_ASK_H

#include "common/run/ask_once.h"

#define ASK_ARGUMENTS "[-o json] [--watch]"

struct ask {
    const char *url; /* http://host:port */
    const char *path;
    const char *token; /* bearer; may be NULL */
    ask_print_fn *print;
};

/* The exit code: SERVICE_FAILED where nobody answered, or something is wrong. */
int ask_run(const struct service_call *call, const struct ask *ask);

#endif
