/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/rate.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>

enum { NS_A_SECOND = 1000000000, NS_A_MS = 1000000, NS_A_US = 1000 };

void rate_init(struct rate *rate, int64_t quota, int64_t window_ms)
{
    assert(quota >= 0);
    assert(window_ms > 0);
    *rate = (struct rate){.quota = quota, .window_ns = window_ms * NS_A_MS};
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
    assert(rate->buckets == NULL || rate->quota > 0); /* none at all would never be let in */
    return rate->buckets != NULL;
}

/* The principal's own, or of its set the one that is nearest to full. */
static struct rate_bucket *bucket_of(const struct rate *rate, uint64_t who)
{
    assert(rate_is_limited(rate));
    struct rate_bucket *set = &rate->buckets[who % RATE_SETS * RATE_WAYS];
    struct rate_bucket *fullest = &set[0];
    for (struct rate_bucket *each = set; each < set + RATE_WAYS; each++) {
        if (each->who == who) {
            return each;
        }
        assert(each->who % RATE_SETS == who % RATE_SETS || each->full_ns == 0); /* its set */
        fullest = each->full_ns < fullest->full_ns ? each : fullest;
    }
    assert(fullest >= set && fullest < set + RATE_WAYS);
    *fullest = (struct rate_bucket){.who = who};
    return fullest;
}

static int64_t divide_up(int64_t number, int64_t by)
{
    assert(number >= 0);
    assert(by > 0);
    return (number + by - 1) / by;
}

int64_t rate_window_s(const struct rate *rate)
{
    return divide_up(rate->window_ns, NS_A_SECOND);
}

struct rate_state rate_ask(struct rate *rate, uint64_t who, int64_t now_us)
{
    assert(rate_is_limited(rate));
    assert(rate->quota > 0);
    struct rate_bucket *bucket = bucket_of(rate, who);
    const int64_t now_ns = now_us * NS_A_US;
    const int64_t token_ns = divide_up(rate->window_ns, rate->quota);
    const int64_t whole_ns = token_ns * rate->quota;
    const int64_t start_ns = bucket->full_ns > now_ns ? bucket->full_ns : now_ns;
    const int64_t room_ns = whole_ns - (start_ns - now_ns);
    assert(room_ns <= whole_ns);
    assert(token_ns > 0);
    if (room_ns < token_ns) {
        return (struct rate_state){.reset_s = divide_up(token_ns - room_ns, NS_A_SECOND)};
    }
    bucket->full_ns = start_ns + token_ns;
    assert(bucket->full_ns - now_ns <= whole_ns);
    const int64_t remaining = (room_ns - token_ns) / token_ns;
    assert(remaining >= 0 && remaining < rate->quota); /* one is taken of a full one */
    return (struct rate_state){.is_allowed = true,
                               .remaining = remaining,
                               .reset_s = divide_up(bucket->full_ns - now_ns, NS_A_SECOND)};
}
