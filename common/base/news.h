/* SPDX-License-Identifier: Apache-2.0 */
/*
 * news.h - what happens again and again, said at once and then once a minute; pure.
 *
 * Why: strangers, or a fault, can make it happen a thousand times a second, and a log that repeats
 * itself hides what else it says. What was not said is counted with what is.
 *
 * Ownership: plain values; a zeroed one has said nothing. Units: milliseconds of one clock; one
 * that is set back silences nothing.
 */
#ifndef COMMON_BASE_NEWS_H
#define COMMON_BASE_NEWS_H

#include <stdbool.h>
#include <stdint.h>

enum { NEWS_EVERY_MS = 60000 };

struct news {
    uint64_t unsaid;
    int64_t said_ms;
    bool was_said;
};

/* It happened so many times more. True: say it now, with how often since it was said last. */
bool news_is_due(struct news *news, uint64_t times, int64_t now_ms, uint64_t *ret_times);

#endif
