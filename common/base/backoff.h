/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backoff.h - capped exponential delay with jitter; pure.
 *
 * Why jitter: a server that comes back must not meet all its clients at once.
 * Each delay is drawn evenly from [half, whole] of the current step.
 *
 * Units: milliseconds. Randomness is handed in.
 */
#ifndef COMMON_BASE_BACKOFF_H
#define COMMON_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms; /* the first delay, > 0 */
    int64_t cap_ms;   /* no delay is longer */
    unsigned attempts;
};

/* Counts one more failure and returns how long to wait before the next attempt. */
int64_t backoff_next_ms(struct backoff *backoff, uint64_t random);

/* After a success. */
void backoff_reset(struct backoff *backoff);

#endif
