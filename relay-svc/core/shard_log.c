/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const STATE_NAMES[] = {
    [SHARD_UNOWNED] = "unowned", [SHARD_CHECKING] = "checking", [SHARD_RUNNING] = "running",
    [SHARD_FAILED] = "failed",   [SHARD_LEAVING] = "leaving",   [SHARD_STOPPED] = "stopped",
};
static_assert(sizeof STATE_NAMES / sizeof STATE_NAMES[0] == SHARD_STATE_COUNT,
              "every state needs a name");

const char *shard_state_name(enum shard_state state)
{
    assert(state < SHARD_STATE_COUNT);
    return STATE_NAMES[state];
}

enum error_kind shard_log_init(struct shard_log *log, int shard, const char *const *topic_names,
                               int topic_count, uint32_t window_rows, struct error *err)
{
    assert(topic_count > 0 && topic_count <= SHARD_TOPICS_MAX);
    *log = (struct shard_log){
        .shard = shard, .topic_names = topic_names, .topic_count = topic_count, .awaited = -1};
    return window_init(&log->window, window_rows, err);
}

void shard_log_done(struct shard_log *log)
{
    window_done(&log->window);
}

static int64_t sent_seq(const struct shard_topic *topic)
{
    return topic->known.sent.exists ? topic->known.sent.seq : 0;
}

/* Begins anew at the position: tails first, whatever was in flight means nothing any more. */
static void check_tails(struct shard_log *log)
{
    log->state = SHARD_CHECKING;
    log->run++;
    log->read = log->position;
    log->awaited = -1;
    window_clear(&log->window);
    for (int i = 0; i < log->topic_count; i++) {
        struct shard_topic *topic = &log->topics[i];
        topic->is_judged = false;
        topic->in_flight = 0;
        topic->acknowledged_ms = -1;
    }
}

/* --- lease ------------------------------------------------------------------- */

void shard_log_own(struct shard_log *log, const struct shard_lease *lease)
{
    log->epoch = lease->epoch;
    log->lease_until_ms = lease->until_ms;
    log->position = lease->position;
    log->marked = lease->position;
    log->reason[0] = '\0';
    for (int i = 0; i < log->topic_count; i++) {
        struct shard_topic *topic = &log->topics[i];
        *topic = (struct shard_topic){.known = {.sent = lease->sent[i]}};
        topic->marked_seq = sent_seq(topic);
    }
    check_tails(log);
}

void shard_log_renew(struct shard_log *log, int64_t until_ms)
{
    log->lease_until_ms = until_ms;
}

void shard_log_lose(struct shard_log *log)
{
    log->state = SHARD_UNOWNED;
    log->run++;
    log->reason[0] = '\0';
    window_clear(&log->window);
}

void shard_log_leave(struct shard_log *log)
{
    if (shard_log_is_owned(log)) {
        log->state = SHARD_LEAVING;
    }
}

bool shard_log_is_owned(const struct shard_log *log)
{
    return log->state != SHARD_UNOWNED;
}

/* --- tails ------------------------------------------------------------------- */

/* What the tail proves to be in Kafka replaces what we knew; rows after it are sent (again). */
static void accept_tail(struct shard_log *log, struct shard_topic *topic, enum tail_verdict verdict,
                        const struct tail_mark *record)
{
    if (verdict == TAIL_NEWER || verdict == TAIL_OLDER || verdict == TAIL_SAME) {
        topic->known = (struct tail_known){.sent = *record, .acked = *record};
    }
    if (verdict == TAIL_OLDER && record->seq < log->position) {
        log->position = record->seq;
    }
}

static bool is_every_topic_judged(const struct shard_log *log)
{
    for (int i = 0; i < log->topic_count; i++) {
        if (!log->topics[i].is_judged) {
            return false;
        }
    }
    return true;
}

void shard_log_judge(struct shard_log *log, int topic_index, enum tail_verdict verdict,
                     const struct tail_found *found)
{
    struct shard_topic *topic = &log->topics[topic_index];
    if (log->state != SHARD_CHECKING || topic->is_judged) {
        return;
    }
    if (tail_is_stop(verdict)) {
        char why[SHARD_REASON_MAX];
        tail_explain(verdict, log->topic_names[topic_index], log->shard, &topic->known, found, why,
                     sizeof why);
        shard_log_stop(log, "%s", why);
        return;
    }
    topic->is_judged = true;
    accept_tail(log, topic, verdict, &found->record);
    if (is_every_topic_judged(log)) {
        log->state = SHARD_RUNNING;
        log->read = log->position;
        log->reason[0] = '\0';
    }
}

/* --- rows -------------------------------------------------------------------- */

bool shard_log_wants_rows(const struct shard_log *log, int64_t now_ms)
{
    return log->state == SHARD_RUNNING && now_ms < log->lease_until_ms && log->awaited < 0 &&
           !window_is_full(&log->window);
}

static bool is_partition_proven(const struct shard_topic *topic, int64_t now_ms)
{
    return topic->acknowledged_ms >= 0 &&
           (topic->in_flight > 0 || now_ms - topic->acknowledged_ms < SHARD_SILENCE_MS);
}

/* Moves the position over the rows that are done with. */
static void advance(struct shard_log *log)
{
    struct window_row row;
    while (window_pop(&log->window, &row)) {
        struct shard_topic *topic = &log->topics[row.topic];
        log->position = row.seq;
        if (row.seq > sent_seq(topic)) {
            topic->known.sent = (struct tail_mark){.exists = true, .seq = row.seq, .id = row.id};
        }
    }
}

enum shard_offer shard_log_offer(struct shard_log *log, const struct window_row *row,
                                 int64_t now_ms)
{
    assert(row->topic >= 0 && row->topic < log->topic_count);
    if (!shard_log_wants_rows(log, now_ms) || row->seq <= log->read) {
        return OFFER_HOLD;
    }
    if (row->seq > sent_seq(&log->topics[row->topic])) {
        return OFFER_SEND;
    }
    log->read = row->seq;
    (void)window_push(&log->window, row, false);
    advance(log);
    return OFFER_SKIP;
}

uint32_t shard_log_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms)
{
    struct shard_topic *topic = &log->topics[row->topic];
    if (!is_partition_proven(topic, now_ms)) {
        log->awaited = row->topic;
    }
    topic->in_flight++;
    log->read = row->seq;
    return window_push(&log->window, row, true);
}

static void fail(struct shard_log *log, const char *failure)
{
    if (log->state == SHARD_RUNNING) {
        log->state = SHARD_FAILED;
        (void)snprintf(log->reason, sizeof log->reason, "delivery failed: %s", failure);
    }
}

static void acknowledge(struct shard_log *log, const struct window_row *row, int64_t offset,
                        int64_t now_ms)
{
    struct shard_topic *topic = &log->topics[row->topic];
    const struct tail_mark *acked = &topic->known.acked;
    const bool is_newest = !acked->exists || row->seq > acked->seq;
    if (offset >= 0 && acked->exists && is_newest && offset <= acked->offset) {
        shard_log_stop(log,
                       "%s/%d: seq %" PRId64 " got offset %" PRId64 " after offset %" PRId64
                       ": the topic was made anew or cut while in use; restore it, or set "
                       "TOPIC_PREFIX for new topics",
                       log->topic_names[row->topic], log->shard, row->seq, offset, acked->offset);
        return;
    }
    if (offset >= 0 && is_newest) {
        topic->known.acked =
            (struct tail_mark){.exists = true, .seq = row->seq, .id = row->id, .offset = offset};
    }
    topic->acknowledged_ms = now_ms;
    if (log->awaited == row->topic) {
        log->awaited = -1;
    }
    advance(log);
}

/* After a failure, as soon as nothing is left to wait for. */
static void start_over_if_settled(struct shard_log *log)
{
    if (log->state == SHARD_FAILED && log->window.in_flight == 0) {
        check_tails(log);
    }
}

int shard_log_delivered(struct shard_log *log, const struct shard_delivery *delivery,
                        int64_t now_ms)
{
    struct window_row row;
    if (delivery->run != log->run ||
        !window_settle(&log->window, delivery->ticket, delivery->is_acknowledged, &row)) {
        return -1; /* given up since; the tails have told, or will */
    }
    log->topics[row.topic].in_flight--;
    if (!delivery->is_acknowledged) {
        fail(log, delivery->failure);
    } else if (log->state != SHARD_STOPPED) {
        acknowledge(log, &row, delivery->offset, now_ms);
    }
    start_over_if_settled(log);
    return row.topic;
}

void shard_log_refused(struct shard_log *log, const char *failure)
{
    fail(log, failure);
    start_over_if_settled(log);
}

void shard_log_stop(struct shard_log *log, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(log->reason, sizeof log->reason, fmt, args);
    va_end(args);
    log->state = SHARD_STOPPED;
}

/* --- the rest ------------------------------------------------------------------ */

void shard_log_producer_lost(struct shard_log *log)
{
    if (log->state == SHARD_STOPPED || log->state == SHARD_LEAVING) {
        log->run++;
        window_clear(&log->window);
    } else if (shard_log_is_owned(log)) {
        check_tails(log);
    }
}

void shard_log_recheck(struct shard_log *log)
{
    if (log->state == SHARD_STOPPED && log->window.in_flight == 0) {
        check_tails(log);
    }
}

uint32_t shard_log_next_ticket(const struct shard_log *log)
{
    return log->window.next;
}

uint32_t shard_log_room(const struct shard_log *log)
{
    return window_room(&log->window);
}

bool shard_log_is_dirty(const struct shard_log *log)
{
    bool is_dirty = log->position != log->marked;
    for (int i = 0; i < log->topic_count; i++) {
        is_dirty = is_dirty || sent_seq(&log->topics[i]) != log->topics[i].marked_seq;
    }
    return is_dirty && shard_log_is_owned(log);
}

void shard_log_mark(const struct shard_log *log, struct shard_mark *ret_mark)
{
    *ret_mark = (struct shard_mark){.epoch = log->epoch, .position = log->position};
    for (int i = 0; i < log->topic_count; i++) {
        ret_mark->sent_seq[i] = sent_seq(&log->topics[i]);
    }
}

void shard_log_marked(struct shard_log *log, const struct shard_mark *mark)
{
    if (!shard_log_is_owned(log) || mark->epoch != log->epoch) {
        return;
    }
    log->marked = mark->position;
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].marked_seq = mark->sent_seq[i];
    }
}
