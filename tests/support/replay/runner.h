/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner.h - sends a plan's commands over a set number of keep-alive connections
 * until every one has a final answer.
 *
 * Each connection works through one chain at a time, one command in flight. An
 * answer that says "not now" (408, 429, 5xx) and an answer that does not come are
 * followed by the same request under the same key, after a pause that grows and is
 * never shorter than Retry-After: the receipt makes that safe. Any other answer is
 * final, refusals included.
 */
#ifndef TESTS_SUPPORT_REPLAY_RUNNER_H
#define TESTS_SUPPORT_REPLAY_RUNNER_H

#include "common/base/error.h"
#include "tests/support/replay/plan.h"
#include "tests/support/replay/report.h"
#include "tests/support/replay/request.h"

#include <stddef.h>
#include <stdint.h>

struct runner_options {
    const char *url;                /* of command-svc */
    const char *tokens[ROLE_COUNT]; /* bearer tokens */
    size_t connections;
    int64_t request_timeout_ms;
    int64_t give_up_ms; /* after which a command without a final answer ends the run */
};

/* "TOKEN_AGENT" ...: the name of the setting a role's token comes from. */
const char *runner_token_name(enum request_role role);

/*
 * Blocks until all is answered; progress goes to stderr. Fails with ERROR_FATAL
 * when the token is refused, ERROR_TRANSIENT when a command got no final answer in
 * time; what was counted until then is in the report.
 */
MUST_USE enum error_kind runner_run(const struct runner_options *options, struct plan *plan,
                                    struct report *report, struct error *err);

#endif
