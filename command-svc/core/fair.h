/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fair.h - whose command is next in a lane's queue; pure.
 *
 * Why not in the order of arrival: one customer with 400 connections would make everybody else
 * wait for 400 of its orders, and the larger those are the longer.
 *
 * Each command has a turn. A principal's commands are a command's cost apart, and those of one
 * that has nothing waiting begin at the turn that is being served, so everybody who waits gets on
 * by the same cost in the same time, whoever sends more only makes its own line longer, and who
 * sends little is never behind more than one command of each other. This is start-time fair
 * queueing: nobody keeps a balance, and nobody saves turns up.
 *
 * Priorities: a principal has two lines. What belongs to an order that exists (payment, shipment,
 * cancellation) counts for a quarter of its cost and does not wait behind the principal's own new
 * orders.
 *
 * Units: cost is in lines of orders; see fair_cost(). Threads: the loop's.
 */
#ifndef COMMAND_SVC_CORE_FAIR_H
#define COMMAND_SVC_CORE_FAIR_H

#include "command-svc/core/command.h"
#include "common/base/shares.h"

enum {
    FAIR_COMMAND_COST = 8,   /* 512 of them fill a batch as 4,096 lines do */
    FAIR_BYTES_A_LINE = 256, /* as 1 MiB of them does */
    FAIR_FOLLOW_UP_PART = 4,
};

/* Zeroed: nobody waits. */
struct fair {
    struct shares shares; /* amounts are commands that were not answered yet */
    uint64_t now;         /* the greatest turn that was taken */
};

/* Of a command of so many bytes. */
uint64_t fair_cost(const struct command *command, size_t bytes);

/* One more command of that principal waits; tells its turn. The share is given back by
 * fair_leave(). */
struct share *fair_join(struct fair *fair, uint64_t who, enum command_kind kind, uint64_t cost,
                        uint64_t *ret_turn);

/* A command with that turn is worked on. */
void fair_take(struct fair *fair, uint64_t turn);

/* A command of that share is answered, with that kind, cost and turn. Where nobody worked on it, as
 * its time was over, what its principal sends next does not wait for its turn. */
void fair_leave(struct fair *fair, struct share *share, enum command_kind kind, uint64_t cost,
                uint64_t turn);

/* Whether that principal has less than an equal share of a queue of that length. */
bool fair_is_small(const struct fair *fair, uint64_t who, size_t queue_len);

/* Whether others wait, too, and that principal has at least an equal share. */
bool fair_is_large(const struct fair *fair, uint64_t who, size_t queue_len);

#endif
