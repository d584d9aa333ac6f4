/* SPDX-License-Identifier: Apache-2.0 */
/*
 * money.h - amounts in integer minor units of an ISO 4217 currency, overflow-checked.
 *
 * Why a maximum far below int64: the sum of the largest legal order still fits,
 * and every JSON reader that uses doubles reads it exactly.
 */
#ifndef COMMAND_SVC_CORE_MONEY_H
#define COMMAND_SVC_CORE_MONEY_H

#include "common/base/checked.h"

#define MONEY_MAX_MINOR INT64_C(1000000000000) /* 10^12: amounts, prices and totals */

/* total += quantity * price; false when the result passes MONEY_MAX_MINOR. */
MUST_USE static inline bool money_add_line(int64_t *total_minor, int64_t quantity,
                                           int64_t unit_price_minor)
{
    int64_t amount;
    int64_t sum;
    if (!checked_mul_i64(quantity, unit_price_minor, &amount) ||
        !checked_add_i64(*total_minor, amount, &sum) || sum > MONEY_MAX_MINOR) {
        return false;
    }
    *total_minor = sum;
    return true;
}

#endif
