/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

bool shard_log_wants_rows(const struct shard_log *log, int64_t now_ms)
{
    return shard_log_may_send(log, now_ms) && log->awaited < 0 && !log->fill.is_joining &&
           !window_is_full(&log->window);
}

/* Moves the position over the rows that are done with. */
static void advance(struct shard_log *log)
{
    struct window_row row;
    while (window_pop(&log->window, &row)) {
        assert(row.seq > log->position && row.seq <= log->read);
        log->position = row.seq;
        if (row.topic != SHARD_PASSES && shard_topic_takes(&log->topics[row.topic], row.seq)) {
            shard_topic_note_sent(&log->topics[row.topic], &row);
        }
    }
    assert(shard_log_is_sound(log));
}

enum shard_offer shard_log_offer(struct shard_log *log, const struct window_row *row,
                                 int64_t now_ms)
{
    assert(row->topic >= SHARD_PASSES && row->topic < log->topic_count);
    assert(shard_log_is_sound(log));
    if (!shard_log_wants_rows(log, now_ms) || row->seq <= log->read) {
        return OFFER_HOLD;
    }
    if (row->topic != SHARD_PASSES && shard_topic_takes(&log->topics[row->topic], row->seq)) {
        return row->seq == log->refused ? OFFER_PARK : OFFER_SEND;
    }
    log->read = row->seq;
    (void)window_push(&log->window, row, false);
    advance(log);
    return OFFER_SKIP;
}

uint32_t shard_log_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms)
{
    assert(log->state == SHARD_RUNNING);
    assert(log->awaited < 0);
    assert(row->seq > log->read);
    struct shard_topic *topic = &log->topics[row->topic];
    assert(shard_topic_takes(topic, row->seq));
    if (!shard_topic_is_proven(topic, now_ms)) {
        log->awaited = row->topic;
    }
    topic->in_flight++;
    log->read = row->seq;
    const uint32_t ticket = window_push(&log->window, row, true);
    assert(shard_log_adds_up(log));
    assert(shard_log_is_sound(log));
    return ticket;
}

static unsigned fail(struct shard_log *log, const char *failure)
{
    assert(failure != NULL);
    if (log->state != SHARD_RUNNING) {
        return 0;
    }
    (void)snprintf(log->reason, sizeof log->reason, "delivery failed: %s", failure);
    error_clean_text(log->reason);
    return shard_log_enter(log, SHARD_FAILED);
}

/*
 * A batch is refused as a whole, each row of it with the same words, and only the first is judged
 * here: with it the state changes. Was it alone, then it is the one; else it is looked for among
 * all that were read.
 */
static unsigned refuse(struct shard_log *log, const struct window_row *row, const char *failure)
{
    if (log->state != SHARD_RUNNING) {
        return 0;
    }
    assert(row->topic >= 0 && row->topic < log->topic_count);
    if (log->topics[row->topic].in_flight == 0) {
        log->refused = row->seq;
        (void)snprintf(log->refusal, sizeof log->refusal, "%s refuses it: %s",
                       log->topic_names[row->topic], failure);
    } else {
        log->careful_to = larger(log->careful_to, log->read);
        log->fill.careful_to = larger(log->fill.careful_to, log->fill.read);
    }
    return SHARD_REFUSED | fail(log, failure);
}

/* Nothing counts any more when the offset proves that the partition is not the one it was. */
static unsigned acknowledge(struct shard_log *log, const struct window_row *row, int64_t offset,
                            int64_t now_ms)
{
    assert(row->topic >= 0 && row->topic < log->topic_count);
    struct shard_topic *topic = &log->topics[row->topic];
    const struct tail_mark *acked = &topic->known.acked;
    log->refused = log->refused == row->seq ? 0 : log->refused; /* it was taken after all */
    const bool is_newest = !acked->exists || row->seq > acked->seq;
    if (offset >= 0 && acked->exists && is_newest && offset <= acked->offset) {
        log->is_cut = true;
        return shard_log_stop(log,
                              "%s/%d: seq %" PRId64 " got offset %" PRId64 " after offset %" PRId64
                              ": the topic was made anew or cut while in use; to publish all of it "
                              "again relay-svc resume --shard %d --refill --reason TEXT; or "
                              "restore it, or set TOPIC_PREFIX",
                              log->topic_names[row->topic], log->shard, row->seq, offset,
                              acked->offset, log->shard);
    }
    if (offset >= 0 && is_newest) {
        topic->known.acked =
            (struct tail_mark){.exists = true, .seq = row->seq, .id = row->id, .offset = offset};
    }
    topic->acknowledged_ms = now_ms;
    log->awaited = log->awaited == row->topic ? -1 : log->awaited;
    log->fill.is_awaiting = log->fill.is_awaiting && log->fill.topic != row->topic;
    return 0;
}

/* After a failure, as soon as nothing is left to wait for. */
static unsigned start_over_if_settled(struct shard_log *log)
{
    return log->state == SHARD_FAILED && shard_log_in_flight(log) == 0 ? shard_log_check_tails(log)
                                                                       : 0;
}

static unsigned settle_delivery(struct shard_log *log, const struct shard_delivery *delivery,
                                const struct window_row *row, int64_t now_ms)
{
    assert(!delivery->is_acknowledged || !delivery->is_refused); /* the one or the other */
    if (delivery->is_acknowledged && delivery->way == WAY_AGAIN) {
        log->topics[row->topic].acknowledged_ms = now_ms; /* no place in the log's order */
        log->refused = log->refused == row->seq ? 0 : log->refused;
        return 0;
    }
    if (delivery->is_acknowledged) {
        return log->is_cut ? 0 : acknowledge(log, row, delivery->offset, now_ms);
    }
    return delivery->is_refused ? refuse(log, row, delivery->failure)
                                : fail(log, delivery->failure);
}

static struct window *window_of(struct shard_log *log, enum shard_way way)
{
    return (struct window *)(uintptr_t)shard_log_window(log, way);
}

static void move_on(struct shard_log *log, enum shard_way way)
{
    struct window_row row;
    switch (way) {
    case WAY_LOG:
        advance(log);
        break;
    case WAY_FILL:
        shard_log_advance_fill(log);
        break;
    case WAY_AGAIN:
        (void)!window_pop(&log->again, &row);
        assert(log->again.in_flight == 0); /* one goes out once more at a time */
        break;
    }
}

unsigned shard_log_delivered(struct shard_log *log, const struct shard_delivery *delivery,
                             int64_t now_ms, int *ret_topic)
{
    struct window_row row;
    if (delivery->run != log->run || !window_settle(window_of(log, delivery->way), delivery->ticket,
                                                    delivery->is_acknowledged, &row)) {
        assert(shard_log_is_sound(log));
        *ret_topic = -1;
        return 0; /* given up since; the tails have told, or will */
    }
    *ret_topic = row.topic;
    assert(log->state != SHARD_UNOWNED);
    assert(row.seq <= log->read); /* what was not read was not sent */
    assert(log->topics[row.topic].in_flight > 0);
    log->topics[row.topic].in_flight--;
    assert(shard_log_adds_up(log));
    const unsigned effects = settle_delivery(log, delivery, &row, now_ms);
    if (!log->is_cut) {
        move_on(log, delivery->way);
    }
    const unsigned all = effects | start_over_if_settled(log);
    assert(shard_log_is_sound(log));
    return all;
}

unsigned shard_log_refused(struct shard_log *log, const char *failure)
{
    assert(shard_log_is_sound(log));
    const unsigned effects = fail(log, failure);
    return effects | start_over_if_settled(log);
}
