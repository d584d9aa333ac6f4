/* SPDX-License-Identifier: Apache-2.0 */
/* The last steps: the live views are held, the rebuilt ones come up to them, and take their place.
 */
#include "common/base/fault_point.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/rebuild/rebuild_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HELD_LOOK_MS = 10 }; /* how often we look at ourselves while they are held */

/* --- how far both are */

/* The live positions bound ours. */
struct comparison {
    struct takeover_state state;
    const struct redisconn_reply *live;
    const struct redisconn_reply *spare;
    const struct projector_apart *apart;
};

/* The first of the live ones that is not read here; empty: all are. */
static struct strview find_unread(const struct comparison *comparison, struct projector *projector)
{
    size_t at = 0;
    struct strview slot;
    do {
        slot = redisconn_reply_text_at(comparison->live, at);
        at += 2;
    } while (slot.data != NULL && projector_reads(projector, slot));
    return slot;
}

/* Of a topic that is read in place of a usual one: there is nothing live to wait for. */
static bool is_replayed(const struct projector_apart *apart, struct strview slot)
{
    bool is = false;
    for (size_t type = 0; type < AGGREGATE_COUNT && apart->reads_replayed; type++) {
        const struct strview topic =
            strview_of(apart->replayed[type] != NULL ? apart->replayed[type] : "");
        is = is || (topic.len > 0 && slot.len > topic.len && slot.data[topic.len] == '/' &&
                    memcmp(slot.data, topic.data, topic.len) == 0);
    }
    return is;
}

static int64_t limit_of(void *user, struct strview slot)
{
    struct comparison *comparison = user;
    const int64_t live = redisconn_reply_integer(redisconn_reply_field(comparison->live, slot), 0);
    const int64_t ours = redisconn_reply_integer(redisconn_reply_field(comparison->spare, slot), 0);
    takeover_add(&comparison->state, live, ours);
    return is_replayed(comparison->apart, slot) ? INT64_MAX : live;
}

void rebuild_compare(struct rebuild *rebuild, const struct redisconn_reply *reply)
{
    enum { VERDICT = 0, LIVE, SPARE, DRAINING_NOW };
    struct comparison comparison = {.live = redisconn_reply_at(reply, LIVE),
                                    .spare = redisconn_reply_at(reply, SPARE),
                                    .apart = &rebuild->apart};
    const bool is_running = projector_limit(rebuild->projector, limit_of, &comparison);
    rebuild->state = comparison.state;
    rebuild->state.draining = redisconn_reply_integer_at(reply, DRAINING_NOW, 0);
    rebuild->state.is_ready = is_running;
    const bool is_compared =
        is_running && !rebuild->apart.reads_replayed && !rebuild->options.accepts;
    const struct strview unread =
        is_compared ? find_unread(&comparison, rebuild->projector) : STRVIEW("");
    if (unread.len > 0) {
        struct error err;
        (void)error_set(
            &err, ERROR_INVALID,
            "the live views were made of %.*s, too, which is not read here: is "
            "TOPIC_PREFIX theirs? Of one that was given up `redis-cli HDEL " KEYS_POSITION
            " %.*s` ends it, or --accept, which leaves all such out",
            STRVIEW_ARG(unread), STRVIEW_ARG(unread));
        rebuild_release(rebuild);
        rebuild_finish(rebuild, &err);
    }
}

/* --- hold and swap */

static void on_swapped(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct rebuild *rebuild = user;
    (void)FAULT_POINT("rebuild.swapped");
    if (rebuild_is_answered(rebuild, reply, failure)) {
        char text[TAKEOVER_LINE_MAX];
        (void)snprintf(text, sizeof text, "the live views took no writes for %" PRId64 " ms",
                       loop_now_ms() - rebuild->held_ms);
        rebuild_say(rebuild, text);
        rebuild_finish(rebuild, NULL);
    }
}

static void swap(struct rebuild *rebuild)
{
    const struct strview arguments[EXCHANGE_WORDS_MAX] = {rebuild->options.accepts ? STRVIEW("1")
                                                                                   : STRVIEW("0")};
    rebuild->phase = PHASE_SWAP;
    (void)FAULT_POINT("rebuild.before_swap");
    rebuild->swaps++;
    rebuild_ask(rebuild, "swap", arguments, on_swapped);
    (void)FAULT_POINT("rebuild.swap_sent");
}

/* Nothing came for seconds, and the live ones stood: what they have had beyond Kafka's end will not
 * come any more. */
static void give_up_holding(struct rebuild *rebuild)
{
    struct error err;
    struct projector_short found;
    if (projector_find_short(rebuild->projector, &found)) {
        (void)error_set(&err, ERROR_INVALID,
                        "the live views have had %" PRId64
                        " records of %.*s, and Kafka has %" PRId64
                        " of it: its topic was made anew, or lost its end. Stop projector-svc, "
                        "`redis-cli -u \"$REDIS_ADMIN_URL\" FLUSHDB`, start it",
                        found.wanted, STRVIEW_ARG(found.slot), found.end);
        rebuild_say(rebuild,
                    "no rebuild comes up to these live views. What ends that: with projector-svc "
                    "stopped, the database of REDIS_URL is emptied ($REDIS_ADMIN_URL: the same, as "
                    "a user who may do that); started, projector-svc fills all views from what "
                    "Kafka has. What operators decided (" KEYS_DECIDED
                    ") and the past of " KEYS_STREAM_ORDERS " are lost by that");
        rebuild_release(rebuild);
        rebuild_finish(rebuild, &err);
        return;
    }
    (void)error_set(&err, ERROR_TRANSIENT,
                    "the rebuilt views did not come up to the live ones while these were held");
    rebuild_try_again(rebuild, &err);
}

void rebuild_look_held(struct rebuild *rebuild)
{
    if (projector_is_at_limit(rebuild->projector)) {
        swap(rebuild);
    } else if (loop_now_ms() - rebuild->held_ms < TAKEOVER_GIVE_UP_MS) {
        loop_timer_start(rebuild->timer, HELD_LOOK_MS);
    } else {
        give_up_holding(rebuild);
    }
}

static void on_held(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct rebuild *rebuild = user;
    (void)FAULT_POINT("rebuild.held");
    if (rebuild_is_answered(rebuild, reply, failure)) {
        rebuild_compare(rebuild, reply);
        if (rebuild->phase == PHASE_HOLD) {
            projector_ask_ends(rebuild->projector); /* none that was told before counts */
            rebuild_look_held(rebuild);
        }
    }
}

void rebuild_hold(struct rebuild *rebuild)
{
    const struct strview arguments[EXCHANGE_WORDS_MAX] = {
        strview_of(NUMBER_TEXT(TAKEOVER_HOLD_MS))};
    rebuild->phase = PHASE_HOLD;
    rebuild->held_ms = loop_now_ms();
    rebuild_ask(rebuild, "hold", arguments, on_held);
}
