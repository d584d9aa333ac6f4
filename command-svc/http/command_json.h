/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_json.h - a request's body into a command, with every fault at once.
 *
 * Why all faults: a client that is told one wrong member per attempt needs as
 * many attempts as it has mistakes. Why tables: each command's members, their
 * forms and limits stand on one screen, as in the interface's description.
 *
 * Ownership: the command's texts and the faults live in the arena.
 * Limits: names, address lines and reasons 1-200 characters, region 1-64, ids
 * as in common/base/id_form.h, amounts 0 to 10^12, 1-500 lines.
 */
#ifndef COMMAND_SVC_HTTP_COMMAND_JSON_H
#define COMMAND_SVC_HTTP_COMMAND_JSON_H

#include "command-svc/core/command.h"
#include "common/base/arena.h"

enum { COMMAND_LINES_MAX = 500, COMMAND_FAULTS_MAX = 50 };

struct command_fault {
    struct command_fault *next;
    const char *pointer; /* RFC 6901: "/lines/0/quantity"; "" is the whole body */
    const char *detail;  /* "must be ...", "is required ..." */
};

struct command_faults {
    size_t count;                /* all of them */
    struct command_fault *first; /* in the order of the table, COMMAND_FAULTS_MAX at most */
    struct command_fault *last;
};

/*
 * Fills what the body says of a command of that kind: its own members, and
 * aggregate_id where the id stands in the body (an order's stays empty when the
 * client gives none). The command is usable only when *ret_faults has none.
 *
 * Fails with ERROR_INVALID when the bytes are not acceptable JSON, with
 * ERROR_EXHAUSTED when the arena is too small.
 */
MUST_USE enum error_kind command_json_read(enum command_kind kind, struct strview body,
                                           struct arena *arena, struct command *command,
                                           struct command_faults *ret_faults, struct error *err);

#endif
