/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jitter.h - randomness for delays, which needs to be spread, not secret.
 *
 * Why it cannot fail: a delay without jitter is still a delay.
 */
#ifndef COMMON_IO_JITTER_H
#define COMMON_IO_JITTER_H

#include <stdint.h>

uint64_t jitter_draw(void);

#endif
