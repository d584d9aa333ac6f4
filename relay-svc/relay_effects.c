/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/quarantine/parking.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/relay.h"
#include "relay-svc/relay_internal.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/tail/tails.h"

#include <stdio.h>
#include <string.h>

enum { TELL_AGAIN_MS = 60000 }; /* the same reason is not logged more often */

static void note_entered(struct relay *relay, struct shard *shard)
{
    (void)relay;
    shard->since_ms = loop_now_ms();
}

static void tell(struct relay *relay, const struct shard_log *log, enum log_level level,
                 const char *event)
{
    struct relay_told *told = &relay->told[log->shard];
    const int64_t now_ms = loop_now_ms();
    const bool is_news = strcmp(told->reason, log->reason) != 0;
    if (is_news || now_ms - told->at_ms >= TELL_AGAIN_MS) {
        log_event(level, event, LOG_INT("shard", log->shard), LOG_INT("position", log->position),
                  LOG_TEXT(log->reason),
                  LOG_STR("see", level == LOG_ERROR ? SHARD_WAY_OUT : "/v1/status"));
        (void)snprintf(told->reason, sizeof told->reason, "%s", log->reason);
        told->at_ms = now_ms;
    }
}

static void tell_failed(struct relay *relay, struct shard *shard)
{
    tell(relay, &shard->log, LOG_WARN, "shard_failed");
}

static void tell_stopped(struct relay *relay, struct shard *shard)
{
    tell(relay, &shard->log, LOG_ERROR, "shard_stopped");
}

/* They may be others than at the start. */
static void look_at_limits(struct relay *relay, struct shard *shard)
{
    (void)shard;
    relay->shards->limits.is_wanted = true;
}

static void park(struct relay *relay, struct shard *shard)
{
    (void)shard;
    parking_pump(relay->parking);
}

static void check_tails(struct relay *relay, struct shard *shard)
{
    tails_check(relay->tails, shard->log.shard);
}

static void forget_tails(struct relay *relay, struct shard *shard)
{
    tails_forget(relay->tails, shard->log.shard);
}

static void read_rows(struct relay *relay, struct shard *shard)
{
    log_event(LOG_DEBUG, "shard_runs", LOG_INT("shard", shard->log.shard),
              LOG_INT("position", shard->log.position));
    relay->told[shard->log.shard].reason[0] = '\0';
    reading_begin(relay->reading, shard->log.shard);
    filling_pump(relay->filling);
}

static void release(struct relay *relay, struct shard *shard)
{
    (void)shard;
    leases_check_leaving(relay->leases);
}

void relay_carry_out(void *user, int shard, unsigned effects)
{
    static const struct {
        enum shard_effect effect;
        void (*carry_out)(struct relay *relay, struct shard *shard);
    } STEPS[] = {
        {SHARD_ENTERED, note_entered},
        {SHARD_TELL_FAILED, tell_failed},
        {SHARD_TELL_STOPPED, tell_stopped},
        {SHARD_CHECK_TAILS, check_tails},
        {SHARD_FORGET_TAILS, forget_tails},
        {SHARD_READ, read_rows},
        {SHARD_RELEASE, release},
        {SHARD_REFUSED, look_at_limits},
        {SHARD_PARK, park},
    };
    struct relay *relay = user;
    struct shard *changed = &relay->shards->all[shard];
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if ((effects & STEPS[i].effect) != 0) {
            STEPS[i].carry_out(relay, changed);
        }
    }
}
