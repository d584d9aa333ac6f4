/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price.h - a decimal price in a data file becomes pence.
 *
 * Why from the text: 1.005 is not a double, and half a penny must always go up.
 */
#ifndef TESTS_SUPPORT_REPLAY_PRICE_H
#define TESTS_SUPPORT_REPLAY_PRICE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

struct price {
    bool is_positive; /* before rounding: 0.001 is, and rounds to 0 */
    int64_t minor;    /* rounded half up; 0 when not positive */
};

/* An optional '-', digits, and optionally a point with digits behind it; else false. */
MUST_USE bool price_parse(struct strview text, struct price *ret);

#endif
