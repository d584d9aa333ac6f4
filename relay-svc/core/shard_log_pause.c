/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>

void shard_log_pause(struct shard_log *log, enum shard_pace pace)
{
    assert(log->state == SHARD_RUNNING);
    assert(log->pace == SHARD_FLOWS);
    assert(pace != SHARD_FLOWS);
    log->pace = pace;
    assert(shard_log_is_sound(log));
}

bool shard_log_is_quiet(const struct shard_log *log, enum shard_pace pace)
{
    assert(pace != SHARD_FLOWS);
    return log->state == SHARD_RUNNING && log->pace == pace && shard_log_in_flight(log) == 0;
}

unsigned shard_log_go_on(struct shard_log *log, enum shard_pace pace)
{
    assert(shard_log_is_sound(log));
    assert(pace != SHARD_FLOWS);
    if (log->pace != pace) {
        return 0;
    }
    log->pace = SHARD_FLOWS;
    return log->state == SHARD_RUNNING ? SHARD_READ : 0;
}

void shard_log_note_asked(struct shard_log *log, bool is_asked)
{
    log->is_asked = is_asked;
}

void shard_log_parked(struct shard_log *log, enum shard_way way, int64_t seq)
{
    assert(shard_log_is_quiet(log, SHARD_PARKS));
    assert(way != WAY_AGAIN);
    assert(window_is_empty(&log->window));
    assert(window_is_empty(&log->fill.window));
    log->refused = 0;
    if (way == WAY_FILL) {
        shard_log_fill_reach(log, seq);
        return;
    }
    assert(seq > log->read);
    assert(log->position == log->read);
    log->read = seq;
    log->position = seq;
    log->marked = seq; /* by the statement that parked it */
    assert(shard_log_is_sound(log));
}

bool shard_log_may_send_again(const struct shard_log *log, int topic, int64_t now_ms)
{
    assert(topic >= 0 && topic < log->topic_count);
    return shard_log_is_quiet(log, SHARD_FREES) && now_ms < log->lease_until_ms &&
           log->topics[topic].state == TOPIC_LIVE;
}

uint32_t shard_log_sent_again(struct shard_log *log, const struct window_row *row)
{
    assert(shard_log_is_quiet(log, SHARD_FREES));
    assert(row->seq <= log->read);
    assert(row->topic >= 0 && row->topic < log->topic_count);
    assert(log->topics[row->topic].state == TOPIC_LIVE); /* what it lacks goes first */
    log->topics[row->topic].in_flight++;
    const uint32_t ticket = window_push(&log->again, row, true);
    assert(shard_log_adds_up(log));
    assert(shard_log_is_sound(log));
    return ticket;
}
