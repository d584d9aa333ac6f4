/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/read/filling.h"
#include "relay-svc/read/reading.h"
#include "relay-svc/relay.h"
#include "relay-svc/tail/tails.h"

#include <stdio.h>
#include <string.h>

enum { TELL_AGAIN_MS = 60000 }; /* the same reason is not logged more often */

static void tell(struct relay_shard *shard, enum log_level level, const char *event, int64_t now_ms)
{
    const bool is_news = strcmp(shard->told, shard->log.reason) != 0;
    if (is_news || now_ms - shard->told_ms >= TELL_AGAIN_MS) {
        log_event(level, event, LOG_INT("shard", shard->log.shard),
                  LOG_INT("position", shard->log.position), LOG_TEXT(shard->log.reason),
                  LOG_STR("see", level == LOG_ERROR ? SHARD_WAY_OUT : "/v1/status"));
        (void)snprintf(shard->told, sizeof shard->told, "%s", shard->log.reason);
        shard->told_ms = now_ms;
    }
}

static void enter_checking(struct relay *relay, struct relay_shard *shard)
{
    if (!shard->has_asked_tails || shard->asked_run != shard->log.run) {
        shard->has_asked_tails = true;
        shard->asked_run = shard->log.run;
        tails_check(relay->tails, shard->log.shard);
    }
}

static void enter_running(struct relay *relay, struct relay_shard *shard)
{
    log_event(LOG_DEBUG, "shard_runs", LOG_INT("shard", shard->log.shard),
              LOG_INT("position", shard->log.position));
    shard->is_due = true;
    shard->limit = 0; /* begins small */
    shard->is_unread = false;
    shard->not_before_ms = 0;
    shard->told[0] = '\0';
    reading_pump(relay->reading);
    filling_pump(relay->filling);
}

void relay_after_change(struct relay *relay, int index)
{
    struct relay_shard *shard = &relay->shards[index];
    const int64_t now_ms = loop_now_ms();
    const bool is_new_state = shard->seen != shard->log.state;
    const bool was_running = shard->seen == SHARD_RUNNING || shard->seen == SHARD_FAILED;
    if (shard->log.state == SHARD_FAILED ||
        (was_running && shard->log.state == SHARD_CHECKING && shard->log.reason[0] != '\0')) {
        tell(shard, LOG_WARN, "shard_failed", now_ms);
    }
    if (is_new_state) {
        shard->seen = shard->log.state;
        shard->since_ms = now_ms;
    }
    if (shard->log.state == SHARD_CHECKING) {
        enter_checking(relay, shard);
    } else if (shard->log.state == SHARD_RUNNING && is_new_state) {
        enter_running(relay, shard);
    } else if (shard->log.state == SHARD_STOPPED) {
        tell(shard, LOG_ERROR, "shard_stopped", now_ms);
        tails_forget(relay->tails, index);
    } else if (shard->log.state == SHARD_UNOWNED && is_new_state) {
        tails_forget(relay->tails, index);
    } else if (shard->log.state == SHARD_LEAVING) {
        leases_check_leaving(relay->leases);
    }
}
