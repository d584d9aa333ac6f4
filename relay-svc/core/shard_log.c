/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const TOPIC_STATE_NAMES[] = {
    [TOPIC_LIVE] = "live",
    [TOPIC_BEHIND] = "behind",
    [TOPIC_JOINED] = "behind",
    [TOPIC_REFUSED] = "refused",
};
static_assert(sizeof TOPIC_STATE_NAMES / sizeof TOPIC_STATE_NAMES[0] == TOPIC_STATE_COUNT,
              "every state needs a name");

enum {
    FILL_WINDOW = 256,
    JOIN_GAP = 1000, /* so close, in seq, the last rows are worth a moment without others */
};

const char *shard_topic_state_name(enum shard_topic_state state)
{
    assert(state < TOPIC_STATE_COUNT);
    return TOPIC_STATE_NAMES[state];
}

enum error_kind shard_log_init(struct shard_log *log, int shard, const char *const *topic_names,
                               int topic_count, uint32_t window_rows, struct error *err)
{
    assert(topic_count > 0 && topic_count <= SHARD_TOPICS_MAX);
    *log = (struct shard_log){
        .shard = shard, .topic_names = topic_names, .topic_count = topic_count, .awaited = -1};
    log->fill.topic = -1;
    if (window_init(&log->window, window_rows, err) != ERROR_NONE) {
        return err->kind;
    }
    const uint32_t fill_rows = window_rows < FILL_WINDOW ? window_rows : FILL_WINDOW;
    return window_init(&log->fill.window, fill_rows, err);
}

void shard_log_done(struct shard_log *log)
{
    window_done(&log->window);
    window_done(&log->fill.window);
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t shard_log_complete_to(const struct shard_log *log, int topic)
{
    const struct shard_topic *wanted = &log->topics[topic];
    return wanted->state == TOPIC_LIVE ? larger(wanted->complete_to, log->position)
                                       : wanted->complete_to;
}

/* The only place where a state changes. */
static unsigned enter(struct shard_log *log, enum shard_state state)
{
    const unsigned effects = shard_state_effects(log->state, state);
    log->state = state;
    return effects;
}

/* Nothing that was in flight means anything any more. */
static void forget_flights(struct shard_log *log)
{
    log->run++;
    window_clear(&log->window);
    window_clear(&log->fill.window);
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].complete_to = shard_log_complete_to(log, i);
        log->topics[i].in_flight = 0;
    }
}

/* Begins anew at the position: tails first. */
static unsigned check_tails(struct shard_log *log)
{
    forget_flights(log);
    log->read = log->position;
    log->awaited = -1;
    log->is_cut = false;
    log->has_refused = false;
    log->fill.topic = -1;
    log->fill.is_joining = false;
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].is_judged = false;
        log->topics[i].state = TOPIC_BEHIND; /* until then */
        log->topics[i].acknowledged_ms = -1;
    }
    return enter(log, SHARD_CHECKING);
}

/* --- lease ------------------------------------------------------------------- */

static bool is_same_mark(const struct shard_topic_mark *a, const struct shard_topic_mark *b)
{
    return a->complete_to == b->complete_to && tail_mark_is_same(&a->sent, &b->sent);
}

/* What the database says of a topic, and nothing else, is known of it. */
static void take_mark(struct shard_topic *topic, const struct shard_topic_mark *mark)
{
    *topic = (struct shard_topic){.known = {.sent = mark->sent},
                                  .state = TOPIC_BEHIND,
                                  .complete_to = mark->complete_to,
                                  .marked = *mark};
}

unsigned shard_log_own(struct shard_log *log, const struct shard_lease *lease)
{
    (void)enter(log, SHARD_UNOWNED); /* whatever it was: by this lease it is ours anew */
    log->epoch = lease->epoch;
    log->lease_until_ms = lease->until_ms;
    log->position = lease->position;
    log->marked = lease->position;
    log->floor = lease->floor;
    log->reason[0] = '\0';
    for (int i = 0; i < log->topic_count; i++) {
        take_mark(&log->topics[i], &lease->topics[i]);
    }
    return check_tails(log);
}

unsigned shard_log_recheck(struct shard_log *log, const struct shard_lease *lease)
{
    if (log->state != SHARD_STOPPED) {
        return 0;
    }
    if (shard_log_in_flight(log) > 0 || lease->epoch != log->epoch) {
        return enter(log, SHARD_STOPPED);
    }
    forget_flights(log);
    if (lease->position != log->marked) {
        log->position = lease->position;
        log->marked = lease->position;
    }
    log->floor = lease->floor;
    for (int i = 0; i < log->topic_count; i++) {
        if (!is_same_mark(&lease->topics[i], &log->topics[i].marked)) {
            take_mark(&log->topics[i], &lease->topics[i]);
        }
    }
    return check_tails(log);
}

void shard_log_renew(struct shard_log *log, int64_t until_ms)
{
    log->lease_until_ms = until_ms;
}

unsigned shard_log_lose(struct shard_log *log)
{
    forget_flights(log);
    log->reason[0] = '\0';
    return enter(log, SHARD_UNOWNED);
}

unsigned shard_log_leave(struct shard_log *log)
{
    return shard_log_is_owned(log) ? enter(log, SHARD_LEAVING) : 0;
}

bool shard_log_is_owned(const struct shard_log *log)
{
    return log->state != SHARD_UNOWNED;
}

/* --- tails ------------------------------------------------------------------- */

/*
 * What the tail proves to be in Kafka replaces what we knew; rows after it are sent (again). A
 * record that a person has declared to be the newest one (SAME) says nothing of what is complete.
 */
static void accept_tail(struct shard_log *log, struct shard_topic *topic, enum tail_verdict verdict,
                        const struct tail_mark *record)
{
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
}

/* The next topic for the fill. */
static void choose_fill(struct shard_log *log)
{
    log->fill.topic = -1;
    log->fill.is_awaiting = false;
    log->fill.is_joining = false;
    for (int i = 0; i < log->topic_count; i++) {
        if (log->topics[i].state == TOPIC_BEHIND) {
            log->fill.topic = i;
            log->fill.read = log->topics[i].complete_to;
            return;
        }
    }
}

/* All tails are judged. */
static unsigned start_running(struct shard_log *log)
{
    log->read = log->position;
    log->reason[0] = '\0';
    for (int i = 0; i < log->topic_count; i++) {
        struct shard_topic *topic = &log->topics[i];
        const bool is_behind = topic->complete_to < log->position;
        const bool is_lost = is_behind && topic->complete_to + 1 < log->floor;
        topic->state = is_lost ? TOPIC_REFUSED : is_behind ? TOPIC_BEHIND : TOPIC_LIVE;
    }
    choose_fill(log);
    return enter(log, SHARD_RUNNING);
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

unsigned shard_log_judge(struct shard_log *log, int topic_index, enum tail_verdict verdict,
                         const struct tail_found *found)
{
    struct shard_topic *topic = &log->topics[topic_index];
    if (log->state != SHARD_CHECKING || topic->is_judged) {
        return 0;
    }
    if (tail_is_stop(verdict)) {
        char why[SHARD_REASON_MAX];
        tail_explain(verdict, log->topic_names[topic_index], log->shard, &topic->known, found, why,
                     sizeof why);
        return shard_log_stop(log, "%s", why);
    }
    topic->is_judged = true;
    accept_tail(log, topic, verdict, &found->record);
    return is_every_topic_judged(log) ? start_running(log) : 0;
}

/* --- rows -------------------------------------------------------------------- */

bool shard_log_wants_rows(const struct shard_log *log, int64_t now_ms)
{
    return log->state == SHARD_RUNNING && now_ms < log->lease_until_ms && log->awaited < 0 &&
           !log->fill.is_joining && !window_is_full(&log->window);
}

static bool is_partition_proven(const struct shard_topic *topic, int64_t now_ms)
{
    return topic->acknowledged_ms >= 0 &&
           (topic->in_flight > 0 || now_ms - topic->acknowledged_ms < SHARD_SILENCE_MS);
}

static bool is_sent_here(const struct shard_topic *topic, int64_t seq)
{
    return (topic->state == TOPIC_LIVE || topic->state == TOPIC_JOINED) && seq > topic->complete_to;
}

static void note_sent(struct shard_topic *topic, const struct window_row *row)
{
    topic->known.sent = (struct tail_mark){.exists = true, .seq = row->seq, .id = row->id};
}

/* Moves the position over the rows that are done with. */
static void advance(struct shard_log *log)
{
    struct window_row row;
    while (window_pop(&log->window, &row)) {
        struct shard_topic *topic = &log->topics[row.topic];
        log->position = row.seq;
        if (is_sent_here(topic, row.seq)) {
            note_sent(topic, &row);
        }
    }
}

static void advance_fill(struct shard_log *log)
{
    struct window_row row;
    struct shard_fill *fill = &log->fill;
    while (window_pop(&fill->window, &row)) {
        log->topics[row.topic].complete_to = row.seq;
        note_sent(&log->topics[row.topic], &row);
    }
    if (fill->topic < 0) {
        return;
    }
    struct shard_topic *topic = &log->topics[fill->topic];
    if (window_is_empty(&fill->window)) {
        topic->complete_to = larger(topic->complete_to, fill->read);
    }
    if (window_is_empty(&fill->window) && topic->state == TOPIC_JOINED) {
        topic->state = TOPIC_LIVE;
        choose_fill(log);
    }
}

enum shard_offer shard_log_offer(struct shard_log *log, const struct window_row *row,
                                 int64_t now_ms)
{
    assert(row->topic >= 0 && row->topic < log->topic_count);
    if (!shard_log_wants_rows(log, now_ms) || row->seq <= log->read) {
        return OFFER_HOLD;
    }
    if (is_sent_here(&log->topics[row->topic], row->seq)) {
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

static unsigned fail(struct shard_log *log, const char *failure)
{
    if (log->state != SHARD_RUNNING) {
        return 0;
    }
    (void)snprintf(log->reason, sizeof log->reason, "delivery failed: %s", failure);
    return enter(log, SHARD_FAILED);
}

/* The first one counts: those behind it in its batch are told the same. */
static unsigned refuse(struct shard_log *log, const struct window_row *row, const char *failure)
{
    if (log->state != SHARD_RUNNING) {
        return 0;
    }
    log->has_refused = true;
    log->refused = *row;
    return SHARD_REFUSED |
           shard_log_stop(log, "seq %" PRId64 " (%s, about %u bytes) is refused by %s: %s",
                          row->seq, row->id.text, row->bytes, log->topic_names[row->topic],
                          failure);
}

/* Nothing counts any more when the offset proves that the partition is not the one it was. */
static unsigned acknowledge(struct shard_log *log, const struct window_row *row, int64_t offset,
                            int64_t now_ms)
{
    struct shard_topic *topic = &log->topics[row->topic];
    const struct tail_mark *acked = &topic->known.acked;
    const bool is_newest = !acked->exists || row->seq > acked->seq;
    if (offset >= 0 && acked->exists && is_newest && offset <= acked->offset) {
        log->is_cut = true;
        return shard_log_stop(log,
                              "%s/%d: seq %" PRId64 " got offset %" PRId64 " after offset %" PRId64
                              ": the topic was made anew or cut while in use; restore it, or set "
                              "TOPIC_PREFIX for new topics",
                              log->topic_names[row->topic], log->shard, row->seq, offset,
                              acked->offset);
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
    return log->state == SHARD_FAILED && shard_log_in_flight(log) == 0 ? check_tails(log) : 0;
}

static unsigned take_delivery(struct shard_log *log, const struct shard_delivery *delivery,
                              const struct window_row *row, int64_t now_ms)
{
    if (delivery->is_acknowledged) {
        return log->is_cut ? 0 : acknowledge(log, row, delivery->offset, now_ms);
    }
    return delivery->is_refused ? refuse(log, row, delivery->failure)
                                : fail(log, delivery->failure);
}

unsigned shard_log_delivered(struct shard_log *log, const struct shard_delivery *delivery,
                             int64_t now_ms, int *ret_topic)
{
    struct window_row row;
    struct window *window = delivery->is_fill ? &log->fill.window : &log->window;
    if (delivery->run != log->run ||
        !window_settle(window, delivery->ticket, delivery->is_acknowledged, &row)) {
        *ret_topic = -1;
        return 0; /* given up since; the tails have told, or will */
    }
    *ret_topic = row.topic;
    log->topics[row.topic].in_flight--;
    const unsigned effects = take_delivery(log, delivery, &row, now_ms);
    if (!log->is_cut) {
        delivery->is_fill ? advance_fill(log) : advance(log);
    }
    return effects | start_over_if_settled(log);
}

unsigned shard_log_refused(struct shard_log *log, const char *failure)
{
    const unsigned effects = fail(log, failure);
    return effects | start_over_if_settled(log);
}

unsigned shard_log_stop(struct shard_log *log, const char *fmt, ...)
{
    va_list args;
    if (log->state == SHARD_UNOWNED || log->state == SHARD_LEAVING) {
        return 0;
    }
    va_start(args, fmt);
    (void)vsnprintf(log->reason, sizeof log->reason, fmt, args);
    va_end(args);
    return enter(log, SHARD_STOPPED);
}

/* --- the fill ------------------------------------------------------------------ */

bool shard_log_fill_wants(const struct shard_log *log, int64_t step, int64_t now_ms,
                          struct shard_fill_range *ret_range)
{
    const struct shard_fill *fill = &log->fill;
    if (log->state != SHARD_RUNNING || now_ms >= log->lease_until_ms || fill->topic < 0 ||
        log->topics[fill->topic].state != TOPIC_BEHIND || fill->is_awaiting ||
        window_is_full(&fill->window)) {
        return false;
    }
    const int64_t left = log->read - fill->read;
    *ret_range = (struct shard_fill_range){.topic = fill->topic,
                                           .after = fill->read,
                                           .upto = fill->read + (left < step ? left : step)};
    return true;
}

enum shard_offer shard_log_fill_offer(struct shard_log *log, const struct window_row *row,
                                      int64_t now_ms)
{
    struct shard_fill_range range;
    if (shard_log_fill_wants(log, INT64_MAX, now_ms, &range) && row->topic == range.topic &&
        row->seq > range.after && row->seq <= range.upto) {
        return OFFER_SEND;
    }
    log->fill.is_joining = false; /* not yet */
    return OFFER_HOLD;
}

uint32_t shard_log_fill_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms)
{
    struct shard_topic *topic = &log->topics[row->topic];
    log->fill.is_awaiting = !is_partition_proven(topic, now_ms);
    log->fill.read = row->seq;
    topic->in_flight++;
    return window_push(&log->fill.window, row, true);
}

void shard_log_fill_read(struct shard_log *log, int64_t upto)
{
    struct shard_fill *fill = &log->fill;
    if (log->state != SHARD_RUNNING || fill->topic < 0) {
        return;
    }
    fill->read = larger(fill->read, upto);
    if (fill->read >= log->read) {
        log->topics[fill->topic].state = TOPIC_JOINED;
        fill->is_joining = false;
    } else {
        fill->is_joining = !fill->is_awaiting && log->read - fill->read <= JOIN_GAP &&
                           window_room(&fill->window) > 0;
    }
    advance_fill(log);
}

/* --- the rest ------------------------------------------------------------------ */

unsigned shard_log_producer_lost(struct shard_log *log)
{
    if (log->state == SHARD_STOPPED || log->state == SHARD_LEAVING) {
        forget_flights(log);
        return enter(log, log->state);
    }
    return shard_log_is_owned(log) ? check_tails(log) : 0;
}

uint32_t shard_log_in_flight(const struct shard_log *log)
{
    return log->window.in_flight + log->fill.window.in_flight;
}

size_t shard_log_bytes(const struct shard_log *log)
{
    return log->window.bytes + log->fill.window.bytes;
}

uint32_t shard_log_next_ticket(const struct shard_log *log, bool is_fill)
{
    return is_fill ? log->fill.window.next : log->window.next;
}

uint32_t shard_log_room(const struct shard_log *log)
{
    return window_room(&log->window);
}

static struct shard_topic_mark mark_of(const struct shard_log *log, int topic)
{
    return (struct shard_topic_mark){.sent = log->topics[topic].known.sent,
                                     .complete_to = shard_log_complete_to(log, topic)};
}

bool shard_log_is_dirty(const struct shard_log *log)
{
    bool is_dirty = log->position != log->marked;
    for (int i = 0; i < log->topic_count && !is_dirty; i++) {
        const struct shard_topic_mark now = mark_of(log, i);
        is_dirty = !is_same_mark(&now, &log->topics[i].marked);
    }
    return is_dirty && shard_log_is_owned(log);
}

void shard_log_mark(const struct shard_log *log, struct shard_mark *ret_mark)
{
    *ret_mark = (struct shard_mark){.epoch = log->epoch, .position = log->position};
    for (int i = 0; i < log->topic_count; i++) {
        ret_mark->topics[i] = mark_of(log, i);
    }
}

void shard_log_marked(struct shard_log *log, const struct shard_mark *mark)
{
    if (!shard_log_is_owned(log) || mark->epoch != log->epoch) {
        return;
    }
    log->marked = mark->position;
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].marked = mark->topics[i];
    }
}
