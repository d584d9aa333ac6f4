/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/budget.h"

enum { STRANGERS_PART = 4, LAST_PART = 4 };

void http_budget_init(struct http_budget *budget, size_t max)
{
    *budget = (struct http_budget){.max = max, .room = max, .strangers_room = max / STRANGERS_PART};
}

size_t http_budget_take_some(struct http_budget *budget, enum http_holder holder, size_t bytes)
{
    const bool is_stranger = holder == HTTP_HOLDER_STRANGER;
    size_t taken = bytes < budget->room ? bytes : budget->room;
    if (is_stranger && taken > budget->strangers_room) {
        taken = budget->strangers_room;
    }
    budget->room -= taken;
    budget->strangers_room -= is_stranger ? taken : 0;
    return taken;
}

bool http_budget_take(struct http_budget *budget, enum http_holder holder, size_t bytes)
{
    const size_t taken = http_budget_take_some(budget, holder, bytes);
    if (taken == bytes) {
        return true;
    }
    http_budget_give(budget, holder, taken);
    return false;
}

void http_budget_give(struct http_budget *budget, enum http_holder holder, size_t bytes)
{
    budget->room += bytes;
    budget->strangers_room += holder == HTTP_HOLDER_STRANGER ? bytes : 0;
}

bool http_budget_is_open(const struct http_budget *budget, const struct shares *parties,
                         uint64_t who)
{
    return budget->room >= budget->max / LAST_PART ||
           shares_of(parties, who) < shares_equal(parties, who, budget->max, 1);
}
