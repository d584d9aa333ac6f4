/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trickle.h - at most ten a second of what may come in floods; pure.
 *
 * Why beside news.h: each of these names something else, so that one of them does not stand for the
 * others; and yet who is refused ten thousand times a second must not fill the disk. What was left
 * out is counted with the next one that is not.
 *
 * Ownership: plain values; a zeroed one has let nothing through. Units: milliseconds of one clock.
 */
#ifndef COMMAND_SVC_CORE_TRICKLE_H
#define COMMAND_SVC_CORE_TRICKLE_H

#include <stdbool.h>
#include <stdint.h>

enum { TRICKLE_MOST = 10, TRICKLE_WINDOW_MS = 1000 };

struct trickle {
    int64_t since_ms; /* when its window began */
    unsigned passed;  /* in that window */
    uint64_t held;    /* since the last that passed */
};

/* True: this one passes, and so many before it did not. */
bool trickle_passes(struct trickle *trickle, int64_t now_ms, uint64_t *ret_held);

#endif
