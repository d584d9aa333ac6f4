/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.h - the rules of an order's life; pure.
 *
 * Why two steps: order_decide() answers "may this happen, and what would it be
 * called?" and changes nothing; order_apply() (order_state.h) takes an event that has happened
 * and may not refuse it for business reasons.
 */
#ifndef COMMAND_SVC_CORE_ORDER_H
#define COMMAND_SVC_CORE_ORDER_H

#include "command-svc/core/command.h"
#include "command-svc/core/rejection.h"
#include "common/contract/order_state.h"

/* Decides every command but PlaceOrder (placing.h). False: refused, with the reason. */
MUST_USE bool order_decide(const struct order *order, const struct command *command, int64_t now_ms,
                           struct order_event *ret_event, struct rejection *ret_rejection);

/* Whether the event gives the order's claims back to the stock. */
bool order_event_releases_stock(const struct order_event *event);

/* Whether such a command may lead to one that does: the claims are to be loaded. */
bool order_command_releases_stock(enum command_kind kind);

#endif
