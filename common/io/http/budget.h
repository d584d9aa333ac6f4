/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - how many bytes everything that requests hold may take together.
 *
 * Why one sum: heads, bodies, what is decoded from them, answers that nobody reads and
 * bytes read ahead all end in the same memory, and whichever is left out is the one that
 * grows. Why a share for strangers: what comes from connections that have not shown a
 * token must never take the room of those that have.
 *
 * Why the last quarter is not everybody's: what is taken cannot be taken back, so whoever holds
 * much must leave something for who comes later and holds little.
 *
 * Pure. Units: bytes.
 */
#ifndef COMMON_IO_HTTP_BUDGET_H
#define COMMON_IO_HTTP_BUDGET_H

#include "common/base/error.h"
#include "common/base/shares.h"

#include <stdbool.h>
#include <stddef.h>

enum http_holder { HTTP_HOLDER_KNOWN = 0, HTTP_HOLDER_STRANGER };

struct http_budget {
    size_t max;
    size_t room;           /* left for all; an arena may take of it directly */
    size_t strangers_room; /* left of the strangers' share */
};

/* Strangers may hold a quarter of it. */
void http_budget_init(struct http_budget *budget, size_t max);

/* False, with nothing taken, where it does not fit. */
MUST_USE bool http_budget_take(struct http_budget *budget, enum http_holder holder, size_t bytes);

/* Takes as much as is left, at most bytes, for what exists already; returns what it took. */
size_t http_budget_take_some(struct http_budget *budget, enum http_holder holder, size_t bytes);

/* Whether that party may take more. While a quarter is left everybody may; of the last one only who
 * has less than an equal share of the whole, where one more than there are counts. */
bool http_budget_is_open(const struct http_budget *budget, const struct shares *parties,
                         uint64_t who);

void http_budget_give(struct http_budget *budget, enum http_holder holder, size_t bytes);

#endif
