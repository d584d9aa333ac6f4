/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_fixture.h - an order of 1,250 at any point of its life, with what is decided about it.
 */
#ifndef TESTS_UNIT_COMMAND_SVC_ORDER_FIXTURE_H
#define TESTS_UNIT_COMMAND_SVC_ORDER_FIXTURE_H

#include "command-svc/core/order.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000, EARLIER = 4000, TOTAL = 1250 };

/* What the last decision wrote. */
extern struct order_event event;
extern struct rejection rejection;

void open_all(void);

/* Its payment is captured in part. */
struct order an_order_in(enum order_status status);

/* An order of 1,250 in that status, its payment at that point. */
struct order a_paid_order(enum order_status status, enum payment_status payment,
                          int64_t captured_minor, int64_t refunded_minor);

/* Decides the command; if it is accepted, the order is as it leaves it. */
bool take(struct order *order, const struct command *command, int64_t at_ms);

/* The command is no step from here, nor is it listed among those that are. */
void assert_illegal(struct order *order, const struct command *command);

#endif
