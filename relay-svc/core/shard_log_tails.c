/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>

/*
 * What the tail proves to be in Kafka replaces what we knew; rows after it are sent (again). A
 * record that a person has declared to be the newest one (SAME) says nothing of what is complete.
 */
static void accept_tail(struct shard_log *log, struct shard_topic *topic, enum tail_verdict verdict,
                        const struct tail_mark *record)
{
    assert(!tail_is_stop(verdict));
    assert(log->state == SHARD_CHECKING);
    assert(record->exists == (verdict != TAIL_NONE_FINE));
    const int64_t before = log->position;
    const bool was_complete = topic->complete_to >= log->position;
    if (verdict == TAIL_NEWER || verdict == TAIL_OLDER || verdict == TAIL_SAME) {
        topic->known = (struct tail_known){.sent = *record, .acked = *record};
    }
    if (verdict == TAIL_NEWER) {
        topic->complete_to = larger(topic->complete_to, record->seq);
    } else if (verdict == TAIL_OLDER && record->seq < topic->complete_to) {
        topic->complete_to = record->seq;
    }
    if (verdict == TAIL_OLDER && was_complete && record->seq < log->position) {
        log->position = record->seq;
    }
    assert(verdict == TAIL_OLDER ? log->position <= before : log->position == before);
}

static bool is_every_topic_judged(const struct shard_log *log)
{
    assert(log->state == SHARD_CHECKING);
    for (int i = 0; i < log->topic_count; i++) {
        if (!log->topics[i].is_judged) {
            return false;
        }
    }
    return true;
}

/* All tails are judged. */
static unsigned start_running(struct shard_log *log)
{
    assert(log->state == SHARD_CHECKING);
    assert(shard_log_in_flight(log) == 0);
    if (shard_log_is_before_lost(log)) {
        return shard_log_stop_before_lost(log);
    }
    assert(window_is_empty(&log->window));
    assert(window_is_empty(&log->fill.window));
    log->read = log->position;
    log->reason[0] = '\0';
    for (int i = 0; i < log->topic_count; i++) {
        struct shard_topic *topic = &log->topics[i];
        const bool is_behind = topic->complete_to < log->position;
        const bool is_lost = is_behind && topic->complete_to + 1 < log->floor;
        assert(topic->in_flight == 0);
        assert(topic->is_judged);
        topic->state = is_lost ? TOPIC_REFUSED : is_behind ? TOPIC_BEHIND : TOPIC_LIVE;
    }
    shard_log_choose_fill(log);
    return shard_log_enter(log, SHARD_RUNNING);
}

unsigned shard_log_judge(struct shard_log *log, int topic_index, enum tail_verdict verdict,
                         const struct tail_found *found)
{
    assert(topic_index >= 0 && topic_index < log->topic_count);
    assert(shard_log_is_sound(log));
    assert(verdict < TAIL_VERDICT_COUNT);
    struct shard_topic *topic = &log->topics[topic_index];
    if (log->state != SHARD_CHECKING || topic->is_judged) {
        return 0;
    }
    if (tail_is_stop(verdict)) {
        char why[SHARD_REASON_MAX];
        log->stop =
            (struct shard_stop){.topic = topic_index, .verdict = verdict, .record = found->record};
        tail_explain(verdict, log->topic_names[topic_index], log->shard, &topic->known, found, why,
                     sizeof why);
        return shard_log_stop(log, "%s", why);
    }
    topic->is_judged = true;
    accept_tail(log, topic, verdict, &found->record);
    return is_every_topic_judged(log) ? start_running(log) : 0;
}
