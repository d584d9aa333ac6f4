/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/rate.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

enum { US_A_SECOND = 1000000, US_A_MS = 1000 };

void rate_init(struct rate *rate, int64_t quota, int64_t window_ms)
{
    assert(quota >= 0 && window_ms > 0);
    *rate = (struct rate){.quota = quota, .window_us = window_ms * US_A_MS};
    if (quota > 0) {
        rate->buckets = must_allocate(RATE_PARTIES, sizeof rate->buckets[0]);
    }
}

void rate_done(struct rate *rate)
{
    free(rate->buckets);
    rate->buckets = NULL;
}

bool rate_is_limited(const struct rate *rate)
{
    return rate->buckets != NULL;
}

/* The principal's own, or of its set the one that is nearest to full. */
static struct rate_bucket *bucket_of(const struct rate *rate, uint64_t who)
{
    struct rate_bucket *set = &rate->buckets[who % RATE_SETS * RATE_WAYS];
    struct rate_bucket *fullest = &set[0];
    for (struct rate_bucket *each = set; each < set + RATE_WAYS; each++) {
        if (each->who == who) {
            return each;
        }
        fullest = each->full_us < fullest->full_us ? each : fullest;
    }
    *fullest = (struct rate_bucket){.who = who};
    return fullest;
}

static int64_t seconds_up(int64_t us)
{
    return (us + US_A_SECOND - 1) / US_A_SECOND;
}

struct rate_state rate_ask(struct rate *rate, uint64_t who, int64_t now_us)
{
    assert(rate_is_limited(rate) && rate->quota > 0);
    struct rate_bucket *bucket = bucket_of(rate, who);
    const int64_t token_us = rate->window_us / rate->quota;
    const int64_t start_us = bucket->full_us > now_us ? bucket->full_us : now_us;
    const int64_t room_us = rate->window_us - (start_us - now_us);
    if (room_us < token_us) {
        return (struct rate_state){.reset_s = seconds_up(token_us - room_us)};
    }
    bucket->full_us = start_us + token_us;
    assert(bucket->full_us - now_us <= rate->window_us);
    return (struct rate_state){.is_allowed = true,
                               .remaining = (room_us - token_us) / token_us,
                               .reset_s = seconds_up(bucket->full_us - now_us)};
}
