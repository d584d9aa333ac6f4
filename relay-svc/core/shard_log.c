/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"

#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { FILL_WINDOW = 256 };

void shard_log_init(struct shard_log *log, int shard, const char *const *topic_names,
                    int topic_count, uint32_t window_rows)
{
    assert(topic_count > 0 && topic_count <= SHARD_TOPICS_MAX);
    assert(shard >= 0);
    assert(window_rows > 0);
    *log = (struct shard_log){
        .shard = shard, .topic_names = topic_names, .topic_count = topic_count, .awaited = -1};
    log->stop.topic = -1;
    log->fill.topic = -1;
    window_init(&log->window, window_rows);
    window_init(&log->fill.window, window_rows < FILL_WINDOW ? window_rows : FILL_WINDOW);
    window_init(&log->again, 1);
    assert(shard_log_is_sound(log));
}

void shard_log_done(struct shard_log *log)
{
    window_done(&log->window);
    window_done(&log->fill.window);
    window_done(&log->again);
}

int64_t shard_log_complete_to(const struct shard_log *log, int topic)
{
    assert(topic >= 0 && topic < log->topic_count);
    const struct shard_topic *wanted = &log->topics[topic];
    return wanted->state == TOPIC_LIVE ? larger(wanted->complete_to, log->position)
                                       : wanted->complete_to;
}

bool shard_log_adds_up(const struct shard_log *log)
{
    uint32_t sum = 0;
    for (int i = 0; i < log->topic_count; i++) {
        sum += log->topics[i].in_flight;
    }
    return sum == shard_log_in_flight(log);
}

/* Rows are passed as they are read. Who has no lease, or is looking at the tails, has sent nothing.
 * The fill has a topic as long as it has rows, and is nowhere further than the log was read. */
bool shard_log_is_sound(const struct shard_log *log)
{
    const struct shard_fill *fill = &log->fill;
    const bool may_fly = log->state != SHARD_UNOWNED && log->state != SHARD_CHECKING;
    const bool runs = log->state == SHARD_RUNNING;
    const bool stands = log->stop.topic >= 0 || log->stop.past != 0;
    return (log->position <= log->read || log->state == SHARD_UNOWNED) && (!runs || !stands) &&
           (may_fly || shard_log_in_flight(log) == 0) && log->again.in_flight <= 1 &&
           log->awaited >= -1 && log->awaited < log->topic_count && log->stop.topic >= -1 &&
           log->stop.topic < log->topic_count && fill->topic >= -1 &&
           fill->topic < log->topic_count && (fill->topic >= 0 || window_is_empty(&fill->window)) &&
           (!runs || fill->topic < 0 || fill->read <= log->read) &&
           (!runs || !shard_log_is_before_lost(log));
}

unsigned shard_log_enter(struct shard_log *log, enum shard_state state)
{
    assert(shard_log_adds_up(log));
    assert(log->position <= log->read || log->state == SHARD_UNOWNED);
    const unsigned effects = shard_state_effects(log->state, state);
    log->state = state;
    assert(shard_log_is_sound(log) || state == SHARD_UNOWNED); /* from there it is checked anew */
    return effects;
}

void shard_log_forget_flights(struct shard_log *log)
{
    log->run++;
    window_clear(&log->window);
    window_clear(&log->fill.window);
    window_clear(&log->again);
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].complete_to = shard_log_complete_to(log, i);
        log->topics[i].in_flight = 0;
    }
    assert(shard_log_in_flight(log) == 0);
    assert(shard_log_adds_up(log));
}

unsigned shard_log_check_tails(struct shard_log *log)
{
    shard_log_forget_flights(log);
    log->read = log->position;
    log->awaited = -1;
    log->is_cut = false;
    log->pace = SHARD_FLOWS;
    log->stop = (struct shard_stop){.topic = -1};
    log->fill.topic = -1;
    log->fill.is_joining = false;
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].is_judged = false;
        log->topics[i].state = TOPIC_BEHIND; /* until then */
        log->topics[i].acknowledged_ms = -1;
    }
    return shard_log_enter(log, SHARD_CHECKING);
}

/* --- lease ------------------------------------------------------------------- */

static unsigned stop_ahead(struct shard_log *log, int topic)
{
    assert(log->stop.ahead[topic] > log->position);
    return shard_log_stop(
        log,
        "relay_sent has %s/%d complete up to seq %" PRId64 ", yet the outbox gave seq %" PRId64
        " next, which would be passed over: set complete_to to what that topic "
        "holds, or, where it holds that much, start this relay anew",
        log->topic_names[topic], log->shard, log->stop.ahead[topic], log->stop.next);
}

/* Who counts a topic as complete up to numbers that are still to be given would pass over what gets
 * them. That they were given since then proves nothing, so the same mark stands for as long as this
 * process remembers it. Where the position lies there, too, nothing is read: see watching.c. */
static unsigned begin_by_marks(struct shard_log *log, const struct shard_lease *lease)
{
    const struct shard_stop before = log->stop;
    const unsigned effects = shard_log_check_tails(log);
    int first = -1;
    for (int i = 0; i < log->topic_count; i++) {
        const int64_t complete_to = log->topics[i].complete_to;
        const bool was_ahead = before.ahead[i] > 0 && complete_to == before.ahead[i];
        const bool is_ahead = lease->next > 0 && complete_to >= lease->next;
        if ((was_ahead || is_ahead) && complete_to > log->position) {
            log->stop.ahead[i] = complete_to;
            log->stop.next = before.next > 0 ? before.next : lease->next;
            first = first < 0 ? i : first;
        }
    }
    return first < 0 ? effects : stop_ahead(log, first);
}

unsigned shard_log_own(struct shard_log *log, const struct shard_lease *lease)
{
    (void)!shard_log_enter(log, SHARD_UNOWNED); /* whatever it was: by this lease it is ours anew */
    log->epoch = lease->epoch;
    log->lease_until_ms = lease->until_ms;
    log->position = lease->position;
    log->marked = lease->position;
    log->floor = lease->floor;
    log->lost_below = lease->lost_below;
    log->reason[0] = '\0';
    log->is_asked = false;
    log->refused = 0;
    log->careful_to = 0;
    log->fill.careful_to = 0;
    for (int i = 0; i < log->topic_count; i++) {
        shard_topic_take_mark(&log->topics[i], &lease->topics[i]);
    }
    const unsigned effects = begin_by_marks(log, lease);
    assert(shard_log_is_sound(log));
    assert(log->state == SHARD_CHECKING || log->state == SHARD_STOPPED);
    assert(log->read == log->marked); /* nothing is read before it is ours */
    return effects;
}

unsigned shard_log_recheck(struct shard_log *log, const struct shard_lease *lease)
{
    assert(shard_log_is_sound(log));
    assert(shard_log_adds_up(log));
    const bool is_fit = shard_log_in_flight(log) == 0 && lease->epoch == log->epoch;
    if (log->state == SHARD_STOPPED && !is_fit) {
        return shard_log_enter(log, SHARD_STOPPED);
    }
    if (!is_fit || (log->state != SHARD_STOPPED && !shard_log_is_quiet(log, SHARD_RESUMES))) {
        return 0;
    }
    shard_log_forget_flights(log);
    if (lease->position != log->marked) {
        log->position = lease->position;
        log->marked = lease->position;
    }
    log->floor = lease->floor;
    log->lost_below = lease->lost_below;
    for (int i = 0; i < log->topic_count; i++) {
        if (!shard_topic_mark_is_same(&lease->topics[i], &log->topics[i].marked)) {
            shard_topic_take_mark(&log->topics[i], &lease->topics[i]);
        }
    }
    return begin_by_marks(log, lease);
}

void shard_log_renew(struct shard_log *log, int64_t until_ms)
{
    assert(shard_log_is_owned(log)); /* else nobody may send, whatever a clock says */
    log->lease_until_ms = until_ms;
    assert(shard_log_is_sound(log));
}

unsigned shard_log_lose(struct shard_log *log)
{
    assert(shard_log_is_sound(log));
    shard_log_forget_flights(log);
    log->reason[0] = '\0';
    assert(shard_log_adds_up(log));
    return shard_log_enter(log, SHARD_UNOWNED);
}

unsigned shard_log_leave(struct shard_log *log)
{
    assert(shard_log_is_sound(log));
    assert(shard_log_adds_up(log)); /* it is given back when nothing is in flight */
    return shard_log_is_owned(log) ? shard_log_enter(log, SHARD_LEAVING) : 0;
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
    error_clean_text(log->reason);
    assert(log->reason[0] != '\0'); /* only a person ends it, who is told why */
    return shard_log_enter(log, SHARD_STOPPED);
}

unsigned shard_log_producer_lost(struct shard_log *log)
{
    assert(shard_log_is_sound(log));
    assert(shard_log_adds_up(log));
    if (log->state == SHARD_STOPPED || log->state == SHARD_LEAVING) {
        shard_log_forget_flights(log);
        return shard_log_enter(log, log->state);
    }
    return shard_log_is_owned(log) ? shard_log_check_tails(log) : 0;
}

/* --- what it holds ------------------------------------------------------------ */

bool shard_log_is_owned(const struct shard_log *log)
{
    return log->state != SHARD_UNOWNED;
}

uint32_t shard_log_in_flight(const struct shard_log *log)
{
    return log->window.in_flight + log->fill.window.in_flight + log->again.in_flight;
}

size_t shard_log_bytes(const struct shard_log *log)
{
    const size_t bytes = log->window.bytes + log->fill.window.bytes + log->again.bytes;
    assert(bytes == 0 || shard_log_in_flight(log) > 0); /* what landed takes up nothing */
    return bytes;
}

uint32_t shard_log_next_ticket(const struct shard_log *log, enum shard_way way)
{
    return shard_log_window(log, way)->next;
}

uint32_t shard_log_room(const struct shard_log *log)
{
    return window_room(&log->window);
}
