/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>

enum { JOIN_GAP = 1000 }; /* so close, in seq, the last rows are worth a moment without others */

void shard_log_choose_fill(struct shard_log *log)
{
    assert(window_is_empty(&log->fill.window));
    assert(log->state == SHARD_CHECKING || log->fill.topic >= 0);
    log->fill.topic = -1;
    log->fill.is_awaiting = false;
    log->fill.is_joining = false;
    for (int i = 0; i < log->topic_count; i++) {
        if (log->topics[i].state == TOPIC_BEHIND) {
            log->fill.topic = i;
            log->fill.read = log->topics[i].complete_to;
            assert(log->fill.read <= log->read); /* behind that is the log's own to send */
            return;
        }
    }
}

void shard_log_advance_fill(struct shard_log *log)
{
    struct window_row row;
    struct shard_fill *fill = &log->fill;
    assert(fill->topic >= 0); /* as long as something of it is read or in flight */
    while (window_pop(&fill->window, &row)) {
        assert(row.topic == fill->topic);
        assert(row.seq > log->topics[row.topic].complete_to && row.seq <= fill->read);
        log->topics[row.topic].complete_to = row.seq;
        shard_topic_note_sent(&log->topics[row.topic], &row);
    }
    struct shard_topic *topic = &log->topics[fill->topic];
    if (window_is_empty(&fill->window)) {
        topic->complete_to = larger(topic->complete_to, fill->read);
    }
    assert(topic->complete_to <= fill->read); /* of what was not looked at nothing is known */
    if (window_is_empty(&fill->window) && topic->state == TOPIC_JOINED) {
        topic->state = TOPIC_LIVE;
        shard_log_choose_fill(log);
    }
}

bool shard_log_fill_wants(const struct shard_log *log, int64_t step, int64_t now_ms,
                          struct shard_fill_range *ret_range)
{
    const struct shard_fill *fill = &log->fill;
    assert(shard_log_is_sound(log));
    if (!shard_log_may_send(log, now_ms) || fill->topic < 0 ||
        log->topics[fill->topic].state != TOPIC_BEHIND || fill->is_awaiting ||
        window_is_full(&fill->window)) {
        return false;
    }
    const int64_t left = log->read - fill->read;
    assert(step > 0);
    assert(left >= 0);
    *ret_range = (struct shard_fill_range){.topic = fill->topic,
                                           .after = fill->read,
                                           .upto = fill->read + (left < step ? left : step)};
    return true;
}

enum shard_offer shard_log_fill_offer(struct shard_log *log, const struct window_row *row,
                                      int64_t now_ms)
{
    struct shard_fill_range range;
    assert(row->topic >= SHARD_PASSES && row->topic < log->topic_count);
    if (shard_log_fill_wants(log, INT64_MAX, now_ms, &range) &&
        (row->topic == range.topic || row->topic == SHARD_PASSES) && row->seq > range.after &&
        row->seq <= range.upto) {
        if (row->topic == SHARD_PASSES) {
            shard_log_fill_reach(log, row->seq);
            return OFFER_SKIP;
        }
        return row->seq == log->refused ? OFFER_PARK : OFFER_SEND;
    }
    log->fill.is_joining = false; /* not yet */
    return OFFER_HOLD;
}

uint32_t shard_log_fill_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms)
{
    struct shard_topic *topic = &log->topics[row->topic];
    assert(log->state == SHARD_RUNNING);
    assert(topic->state == TOPIC_BEHIND);
    assert(row->topic == log->fill.topic);
    assert(row->seq > log->fill.read && row->seq <= log->read);
    log->fill.is_awaiting = !shard_topic_is_proven(topic, now_ms);
    log->fill.read = row->seq;
    topic->in_flight++;
    const uint32_t ticket = window_push(&log->fill.window, row, true);
    assert(shard_log_adds_up(log));
    assert(shard_log_is_sound(log));
    return ticket;
}

void shard_log_fill_read(struct shard_log *log, int topic, int64_t upto)
{
    assert(topic >= 0 && topic < log->topic_count);
    if (log->state == SHARD_RUNNING && log->pace == SHARD_FLOWS && log->fill.topic == topic) {
        assert(upto <= log->read); /* it is never further than the log was read */
        shard_log_fill_reach(log, upto);
    }
}

void shard_log_fill_reach(struct shard_log *log, int64_t upto)
{
    struct shard_fill *fill = &log->fill;
    assert(fill->topic >= 0);
    assert(log->topics[fill->topic].state == TOPIC_BEHIND ||
           log->topics[fill->topic].state == TOPIC_JOINED); /* who has all is not filled */
    fill->read = larger(fill->read, upto);
    if (fill->read >= log->read) {
        log->topics[fill->topic].state = TOPIC_JOINED;
        fill->is_joining = false;
    } else {
        fill->is_joining = !fill->is_awaiting && log->read - fill->read <= JOIN_GAP &&
                           window_room(&fill->window) > 0;
    }
    shard_log_advance_fill(log);
}
