/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask_once.h - one question to a running service and its answer, for subcommands.
 *
 * Why a loop of its own: a subcommand has nothing else to do meanwhile.
 *
 * Ownership: the answer's body lives in the arena. Errors: ERROR_INVALID for an address that is
 * none, ERROR_TRANSIENT where no answer came within five seconds; whatever the service answers is
 * no error.
 */
#ifndef COMMON_RUN_ASK_ONCE_H
#define COMMON_RUN_ASK_ONCE_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json.h"
#include "common/io/http/router.h"
#include "common/run/service.h"

#include <stdbool.h>

struct ask_server {
    const char *url;   /* http://host:port */
    const char *token; /* bearer; may be NULL */
};

struct ask_question {
    enum http_method method;
    const char *path;
    struct strview body; /* JSON; empty: none */
};

struct ask_answer {
    int status;
    struct strview body;
};

MUST_USE enum error_kind ask_once(const struct ask_server *server,
                                  const struct ask_question *question, struct arena *arena,
                                  struct ask_answer *ret_answer, struct error *err);

/* Prints an answer to stdout. False: it says that something is wrong. */
typedef bool ask_print_fn(const struct json_value *answer);

/* False where the service refused, or the printing function says so. */
bool ask_print(const struct service_call *call, const struct ask_answer *answer, bool as_json,
               struct arena *arena, ask_print_fn *print);

#endif
