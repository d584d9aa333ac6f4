/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - a planned command as the HTTP request that asks for it; pure.
 *
 * The same command always gives the same bytes, so that a retry, also one next
 * week, meets its receipt.
 */
#ifndef TESTS_SUPPORT_REPLAY_REQUEST_H
#define TESTS_SUPPORT_REPLAY_REQUEST_H

#include "common/base/strbuf.h"
#include "tests/support/replay/plan.h"

enum request_role { ROLE_AGENT = 0, ROLE_PAYMENT, ROLE_FULFILMENT, ROLE_COUNT };

struct request {
    enum request_role role;
    struct strbuf path;
    struct strbuf key; /* Idempotency-Key */
    struct strbuf body;
};

void request_init(struct request *request);
void request_done(struct request *request);

/* Replaces what was in request. A command on an order needs the order's id. */
void request_write(struct request *request, const struct plan_command *command);

/* "PlaceOrder" ... */
const char *request_command_name(enum plan_kind kind);

#endif
