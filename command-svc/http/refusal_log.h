/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refusal_log.h - one log line for each command that was refused, in a flood ten a second. (What
 * failed has its command_failed: batch/lane_fail.c; what the HTTP server refuses is no command
 * yet.)
 *
 * Why only ids: a log is kept, copied and read by more people than the orders are. What a client
 * wrote (names, addresses, reasons, an id that is none) never stands in it; the answer has that.
 *
 * Threads: the loop's.
 */
#ifndef COMMAND_SVC_HTTP_REFUSAL_LOG_H
#define COMMAND_SVC_HTTP_REFUSAL_LOG_H

#include "command-svc/core/command.h"
#include "command-svc/core/trickle.h"
#include "common/run/log.h"

enum { REFUSAL_FIELDS_MAX = 12 };

struct refusal {
    const struct command *command; /* as far as it was read */
    enum command_kind kind;        /* of the route */
    int status;
    struct strview slug; /* the problem's */
    bool is_replayed;    /* decided before */
    uint64_t held;       /* lines left out before this one */
};

/* The slug of a problem document as we write them; empty when it is none. */
struct strview refusal_slug_of(struct strview body);

/* Writes the line's fields, LOG_END included. */
void refusal_fields(const struct refusal *refusal, struct log_field ret[static REFUSAL_FIELDS_MAX]);

/* Logs command_refused, unless too many were logged this second. */
void refusal_log(struct trickle *trickle, const struct refusal *refusal);

#endif
