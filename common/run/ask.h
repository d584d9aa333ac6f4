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

#include "common/contract/json.h"
#include "common/run/service.h"

#include <stdbool.h>

#define ASK_ARGUMENTS "[-o json] [--watch]"

struct ask {
    const char *url; /* http://host:port */
    const char *path;
    const char *token; /* bearer; may be NULL */
    /* Prints the answer to stdout. False: it says that something is wrong. */
    bool (*print)(const struct json_value *answer);
};

/* The exit code: SERVICE_FAILED where nobody answered, or something is wrong. */
int ask_run(const struct service_call *call, const struct ask *ask);

#endif
