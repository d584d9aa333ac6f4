/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that nobody can publish: they are gone, or can be neither read nor parked. The shard stops
 * before them, and a person may have it go on behind them.
 */
#include "relay-svc/core/shard_log.h"
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>
#include <inttypes.h>

bool shard_log_is_before_lost(const struct shard_log *log)
{
    return log->position + 1 < log->lost_below;
}

unsigned shard_log_stop_before_lost(struct shard_log *log)
{
    assert(shard_log_is_before_lost(log));
    const int64_t past = log->lost_below - 1;
    log->stop = (struct shard_stop){.topic = -1, .past = past};
    return shard_log_stop(log,
                          "rows of the outbox up to seq %" PRId64
                          " are gone with a partition that somebody has dropped or detached, and "
                          "this shard is published up to seq %" PRId64
                          " only: attach it again, or to leave them out relay-svc resume --shard "
                          "%d --past-seq %" PRId64 " --reason TEXT",
                          past, log->position, log->shard, past);
}

unsigned shard_log_note_lost(struct shard_log *log, int64_t lost_below)
{
    const bool is_news = lost_below > log->lost_below;
    const int filled = log->fill.topic;
    assert(shard_log_is_sound(log));
    if (log->state != SHARD_RUNNING || !is_news) {
        return 0;
    }
    log->lost_below = lost_below;
    log->floor = larger(log->floor, lost_below);
    if (shard_log_is_before_lost(log)) {
        return shard_log_stop_before_lost(log);
    }
    /* What it filled is judged anew. */
    return filled >= 0 && log->topics[filled].complete_to + 1 < lost_below
               ? shard_log_check_tails(log)
               : 0;
}

unsigned shard_log_stop_at(struct shard_log *log, enum shard_way way, int64_t past,
                           const char *what, const char *why)
{
    assert(log->state == SHARD_RUNNING);
    assert(past > 0);
    assert(way != WAY_AGAIN);
    assert(way != WAY_FILL || log->fill.topic >= 0);
    log->stop = (struct shard_stop){.topic = way == WAY_FILL ? log->fill.topic : -1, .past = past};
    return shard_log_stop(log,
                          "%s: mend that, or to leave it out relay-svc resume --shard %d "
                          "--past-seq %" PRId64 " --reason TEXT; %s",
                          what, log->shard, past, why);
}

/* A topic that lacks rows before them is filled with those all the same. */
void shard_log_leave_out(struct shard_log *log)
{
    const int64_t past = log->stop.past;
    assert(log->state == SHARD_STOPPED);
    assert(past > 0);
    assert(shard_log_in_flight(log) == 0);
    shard_log_forget_flights(log);
    for (int i = 0; i < log->topic_count; i++) {
        struct shard_topic *topic = &log->topics[i];
        if (topic->complete_to >= log->position || i == log->stop.topic) {
            topic->complete_to = larger(topic->complete_to, past);
        }
    }
    log->position = larger(log->position, past);
    log->read = log->position;
    log->stop = (struct shard_stop){.topic = -1};
    assert(shard_log_is_sound(log));
    assert(log->position >= past);
}
