/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checked.h - arithmetic that reports overflow instead of wrapping.
 *
 * Why: amounts, quantities and lengths come from outside. Each function
 * returns false and leaves *ret untouched when the true result does not fit.
 */
#ifndef COMMON_BASE_CHECKED_H
#define COMMON_BASE_CHECKED_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses */
#define CHECKED_OPERATION(name, type, builtin)                                                     \
    MUST_USE static inline bool name(type a, type b, type *ret)                                    \
    {                                                                                              \
        type result;                                                                               \
        if (builtin(a, b, &result)) {                                                              \
            return false;                                                                          \
        }                                                                                          \
        *ret = result;                                                                             \
        return true;                                                                               \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

CHECKED_OPERATION(checked_add_i64, int64_t, __builtin_add_overflow)
CHECKED_OPERATION(checked_sub_i64, int64_t, __builtin_sub_overflow)
CHECKED_OPERATION(checked_mul_i64, int64_t, __builtin_mul_overflow)
CHECKED_OPERATION(checked_add_size, size_t, __builtin_add_overflow)
CHECKED_OPERATION(checked_mul_size, size_t, __builtin_mul_overflow)

#undef CHECKED_OPERATION

/* Whether any two such numbers, and a few more, can be added or subtracted: what this project wrote
 * is so by far; what stands in the same place may have been written by hand. */
static inline bool checked_is_modest(int64_t value)
{
    return value >= INT64_MIN / 4 && value <= INT64_MAX / 4;
}

#endif
