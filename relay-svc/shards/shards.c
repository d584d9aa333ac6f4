/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/shards/shards.h"

#include "common/base/must.h"
#include "common/io/loop.h"
#include "relay-svc/core/budget_share.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH_MS = 3000,      /* a limit that was looked at lately */
    SLOW_CHECK_MS = 5000, /* a shard that waits longer for its tails is not ready */
    IN_FLIGHT_ROWS_MAX = 4000,
    IN_FLIGHT_BYTES_MAX = 7 << 20, /* overhead counted in; below the producer's queue */
};

struct shards *shards_new(const struct shards_options *options)
{
    struct shards *shards = must_allocate(1, sizeof *shards);
    *shards = (struct shards){
        .all = must_allocate((size_t)options->count, sizeof *shards->all),
        .count = options->count,
        .topics = options->topics,
        .aggregate_types = options->aggregate_types,
        .topic_count = options->topic_count,
        .metrics = options->metrics,
        .on_effects = options->on_effects,
        .user = options->user,
    };
    for (int i = 0; i < options->count; i++) {
        shard_log_init(&shards->all[i].log, i, options->topics, options->topic_count,
                       (uint32_t)options->window_rows);
    }
    return shards;
}

void shards_free(struct shards *shards)
{
    if (shards == NULL) {
        return;
    }
    for (int i = 0; i < shards->count; i++) {
        shard_log_done(&shards->all[i].log);
        quarantine_clear(&shards->all[i].parked);
    }
    free(shards->all);
    free(shards);
}

/* --- changes --------------------------------------------------------------------- */

void shards_follow(struct shards *shards, int shard, unsigned effects)
{
    assert(shard >= 0 && shard < shards->count);
    if (effects != 0) {
        shards->on_effects(shards->user, shard, effects);
    }
}

void shards_follow_all(struct shards *shards, unsigned (*rule)(struct shard_log *log))
{
    unsigned all = 0;
    for (int i = 0; i < shards->count; i++) {
        const unsigned effects = rule(&shards->all[i].log);
        shards_follow(shards, i, effects & ~(unsigned)SHARD_RELEASE);
        all |= effects;
    }
    shards_follow(shards, 0, all & (unsigned)SHARD_RELEASE);
}

void shards_poison(struct shards *shards, int shard, enum shard_way way, const char *fmt, ...)
{
    struct shard *met = &shards->all[shard];
    va_list args;
    if (met->log.state != SHARD_RUNNING || met->log.pace != SHARD_FLOWS) {
        return; /* it is met again, if it is one */
    }
    shard_log_pause(&met->log, SHARD_PARKS);
    met->poison = (struct shard_poison){.is_met = true, .run = met->log.run, .way = way};
    va_start(args, fmt);
    (void)vsnprintf(met->poison.why, sizeof met->poison.why, fmt, args);
    va_end(args);
    error_clean_text(met->poison.why); /* PostgreSQL has to take it */
    shards_follow(shards, shard, SHARD_PARK);
}

bool shards_limits_are_fresh(const struct shards *shards, int64_t now_ms)
{
    return !shards->limits.is_wanted && now_ms - shards->limits.looked_ms < FRESH_MS;
}

void shards_poison_size(struct shards *shards, int shard, enum shard_way way, const char *why)
{
    shards_poison(shards, shard, way, "%s", why);
    shards->all[shard].poison.is_doubtful = !shards_limits_are_fresh(shards, loop_now_ms());
}

/* --- what they are ---------------------------------------------------------------- */

int shards_count(const struct shards *shards, bool (*holds)(const struct shard_log *log))
{
    int count = 0;
    for (int i = 0; i < shards->count; i++) {
        count += holds(&shards->all[i].log) ? 1 : 0;
    }
    return count;
}

bool shards_is_kept(const struct shard_log *log)
{
    return shard_log_is_owned(log) && log->state != SHARD_LEAVING;
}

bool shards_waits_for_tails(const struct shard *shard, int64_t now_ms)
{
    return (shard->log.state == SHARD_CHECKING || shard->log.state == SHARD_FAILED) &&
           now_ms - shard->since_ms >= SLOW_CHECK_MS;
}

/* --- how much is on its way --------------------------------------------------------- */

void shards_recount(struct shards *shards)
{
    shards->flight_bytes = 0;
    shards->flight_rows = 0;
    shards->owned = 0;
    for (int i = 0; i < shards->count; i++) {
        shards->flight_bytes += shard_log_bytes(&shards->all[i].log);
        shards->flight_rows += shard_log_in_flight(&shards->all[i].log);
        shards->owned += shard_log_is_owned(&shards->all[i].log) ? 1 : 0;
    }
}

void shards_count_sent(struct shards *shards, const struct window_row *row)
{
    shards->flight_bytes += row->bytes;
    shards->flight_rows++;
}

static size_t left(const struct shards *shards, size_t budget, size_t used, size_t own)
{
    return budget_share_left(budget, shards->owned > 0 ? shards->owned : 1, used, own);
}

size_t shards_bytes_left(const struct shards *shards, const struct shard *shard)
{
    return left(shards, IN_FLIGHT_BYTES_MAX, shards->flight_bytes, shard_log_bytes(&shard->log));
}

size_t shards_rows_left(const struct shards *shards, const struct shard *shard)
{
    return left(shards, IN_FLIGHT_ROWS_MAX, shards->flight_rows, shard_log_in_flight(&shard->log));
}

void shards_count_rates(struct shards *shards)
{
    for (int i = 0; i < shards->count; i++) {
        struct shard_stand *stand = &shards->all[i].stand;
        memmove(&stand->seconds[1], &stand->seconds[0],
                sizeof stand->seconds - sizeof stand->seconds[0]);
        stand->seconds[0] = stand->acknowledged;
        stand->acknowledged = 0;
    }
}

int64_t shards_rate(const struct shard *shard)
{
    int64_t sum = 0;
    for (size_t i = 0; i < SHARD_RATE_SECONDS; i++) {
        sum += shard->stand.seconds[i];
    }
    return (sum + SHARD_RATE_SECONDS - 1) / SHARD_RATE_SECONDS;
}
