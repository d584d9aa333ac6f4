/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json_writer.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/query/loss_watch.h"
#include "projector-svc/query/query.h"
#include "projector-svc/query/stream_hub_internal.h"
#include "projector-svc/views/view_read.h"

#define PAGE          256  /* entries read at once */
#define BELL_MS       2000 /* below what a Redis connection waits for an answer */
#define TEXT(number)  #number
#define TEXT_OF(name) STRVIEW(TEXT(name))

enum {
    ARENA_MAX = 4 << 20, /* of one page with its events, and of freshness */
    PAUSE_MS = 1000,     /* behind a failure */
};

/* What a page is made of, in the order of read_page()'s commands; loss_watch.h's stand behind them.
 */
enum { READ_ENTRIES = 0, READ_END, READ_LENGTH, READ_FRESHNESS };

/* --- what came */

static bool read_place(struct stream_hub *hub, const struct redisconn_reply *reply,
                       struct arena *arena, struct page *page)
{
    const struct redisconn_reply *last = redisconn_reply_at(redisconn_reply_at(reply, READ_END), 0);
    struct stream_id end = STREAM_ID_NONE;
    if (!stream_entries_read(redisconn_reply_at(reply, READ_ENTRIES), arena, &page->entries) ||
        (last != NULL && !stream_id_parse(redisconn_reply_text_at(last, 0), &end))) {
        return false;
    }
    hub->end = end;
    page->place = (struct stream_page){
        .ids = page->entries.ids,
        .count = page->entries.count,
        .is_last = page->entries.count < PAGE,
        .length = (size_t)redisconn_reply_integer_at(reply, READ_LENGTH, 0),
    };
    return true;
}

/* Members "projected_at" and "lag_ms", null where nobody can say (no reply), and "recovering". */
static void write_freshness(struct stream_hub *hub, const struct redisconn_reply *reply,
                            struct arena *arena)
{
    strbuf_reset(&hub->freshness);
    struct json_writer writer = JSON_WRITER(&hub->freshness);
    json_open_object(&writer);
    query_put_slowest(arena, &writer, reply, READ_FRESHNESS);
    if (hub->is_recovering) {
        json_put_member_bool(&writer, "recovering", true);
    }
    json_close_object(&writer);
    if (!json_writer_done(&writer)) {
        strbuf_reset(&hub->freshness);
        strbuf_append(&hub->freshness, STRVIEW("{}"));
    }
}

static void announce(struct stream_hub *hub)
{
    hub->is_announced = false;
    for (struct live *live = hub->first; live != NULL; live = live->next) {
        stream_live_announce(live);
    }
}

void stream_hub_announce_unknown(struct stream_hub *hub)
{
    struct arena arena = ARENA(ARENA_MAX);
    write_freshness(hub, NULL, &arena);
    announce(hub);
    arena_done(&arena);
}

/* That the views are filled again, or are whole again, is told to all at once. */
static void judge_freshness(struct stream_hub *hub, const struct redisconn_reply *reply,
                            struct arena *arena)
{
    const size_t count = redisconn_reply_count(reply);
    const bool is_recovering = loss_watch_judge(hub->options.losses, reply);
    hub->is_announced = hub->is_announced || is_recovering != hub->is_recovering;
    hub->is_recovering = is_recovering;
    hub->wants_freshness = hub->wants_freshness || hub->is_announced;
    if (count >= READ_FRESHNESS + SLOTS_COMMANDS + LOSS_WATCH_COMMANDS) {
        write_freshness(hub, reply, arena);
        hub->wants_freshness = false;
        if (hub->is_announced) {
            announce(hub);
        }
    }
}

static bool take_page(struct stream_hub *hub, const struct redisconn_reply *reply)
{
    struct page page;
    struct arena arena = ARENA(ARENA_MAX);
    const bool is_read = read_place(hub, reply, &arena, &page);
    if (is_read) {
        hub->is_rung = false;
        judge_freshness(hub, reply, &arena);
        struct live *next = NULL;
        for (struct live *live = hub->first; live != NULL; live = next) {
            next = live->next;
            stream_live_serve(live, &page);
        }
    }
    arena_done(&arena);
    return is_read;
}

/* Who was not begun with comes again, and is told at the door. */
static void fail(struct stream_hub *hub, const struct error *why)
{
    (void)activity_failed(&hub->reading, why, loop_now_ms(), jitter_draw());
    struct live *next = NULL;
    for (struct live *live = hub->first; live != NULL; live = next) {
        next = live->next;
        if (live->state == LIVE_NEW || live->state == LIVE_RESUMED) {
            stream_hub_end(live);
        }
    }
    loop_timer_start(hub->pause, PAUSE_MS);
}

static void on_page(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct stream_hub *hub = user;
    struct error damaged;
    hub->is_reading = false;
    if (failure != NULL) {
        fail(hub, failure);
    } else if (take_page(hub, reply)) {
        activity_succeeded(&hub->reading, loop_now_ms());
        stream_hub_step(hub);
    } else {
        (void)error_set(&damaged, ERROR_INVALID, "%s holds what is no entry", KEYS_STREAM_ORDERS);
        fail(hub, &damaged);
    }
}

/* --- asking for more */

static void read_page(struct stream_hub *hub, struct stream_id from)
{
    char id[STREAM_ID_SIZE];
    const struct strview key = STRVIEW(KEYS_STREAM_ORDERS);
    struct redisconn_command commands[READ_FRESHNESS + SLOTS_COMMANDS + LOSS_WATCH_COMMANDS] = {
        [READ_ENTRIES] = REDISCONN_COMMAND(STRVIEW("XRANGE"), key, stream_id_print(from, id),
                                           STRVIEW("+"), STRVIEW("COUNT"), TEXT_OF(PAGE)),
        [READ_END] = REDISCONN_COMMAND(STRVIEW("XREVRANGE"), key, STRVIEW("+"), STRVIEW("-"),
                                       STRVIEW("COUNT"), STRVIEW("1")),
        [READ_LENGTH] = REDISCONN_COMMAND(STRVIEW("XLEN"), key)};
    size_t count = READ_FRESHNESS;
    if (hub->wants_freshness) {
        slots_ask(&commands[count]);
        count += SLOTS_COMMANDS;
    }
    loss_watch_ask(&commands[count]);
    count += LOSS_WATCH_COMMANDS;
    struct error err;
    struct arena arena = ARENA(ARENA_MAX);
    hub->from = from;
    hub->is_reading =
        view_read(hub->options.reader, &arena, commands, count, on_page, hub, &err) == ERROR_NONE;
    arena_done(&arena);
    if (!hub->is_reading) {
        fail(hub, &err);
    }
}

static void on_bell(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct stream_hub *hub = user;
    (void)reply;
    hub->is_waiting = false;
    hub->is_rung = true;
    if (failure == NULL) {
        stream_hub_step(hub);
    } else {
        loop_timer_start(hub->pause, PAUSE_MS);
    }
}

/* Without a bell it looks each second. */
static void wait_for_more(struct stream_hub *hub)
{
    char id[STREAM_ID_SIZE];
    struct error ignored;
    const struct redisconn_command command = REDISCONN_COMMAND(
        STRVIEW("XREAD"), STRVIEW("BLOCK"), TEXT_OF(BELL_MS), STRVIEW("COUNT"), STRVIEW("1"),
        STRVIEW("STREAMS"), STRVIEW(KEYS_STREAM_ORDERS), stream_id_print(hub->end, id));
    if (hub->is_waiting) {
        return;
    }
    hub->is_waiting = redisconn_send(hub->bell, command, on_bell, hub, &ignored) == ERROR_NONE;
    if (!hub->is_waiting) {
        loop_timer_start(hub->pause, PAUSE_MS);
    }
}

/* --- whose turn it is */

static bool is_due(const struct live *live)
{
    const struct stream_hub *hub = live->hub;
    const bool is_behind =
        live->state == LIVE_FOLLOWS && (hub->is_rung || stream_id_compare(live->at, hub->end) != 0);
    return (live->state == LIVE_RESUMED || is_behind) && !http_stream_has_unsent(live->stream);
}

/* By turns the one that is furthest, and the one that has waited longest; NULL: nobody. */
static struct live *choose(struct stream_hub *hub)
{
    struct live *furthest = NULL;
    struct live *longest = NULL;
    for (struct live *live = hub->first; live != NULL; live = live->next) {
        if (!is_due(live)) {
            continue;
        }
        longest = longest == NULL ? live : longest;
        if (furthest == NULL || stream_id_compare(live->at, furthest->at) > 0) {
            furthest = live;
        }
    }
    if (longest == NULL || hub->turns++ % 2 == 0) {
        return furthest;
    }
    stream_hub_move_last(longest);
    return longest;
}

/* One that takes what it is told. */
static bool has(const struct stream_hub *hub, enum live_state state)
{
    const struct live *live = hub->first;
    while (live != NULL && (live->state != state || http_stream_has_unsent(live->stream))) {
        live = live->next;
    }
    return live != NULL;
}

/* Where all are held there is nothing to wait for but them. */
void stream_hub_step(struct stream_hub *hub)
{
    if (hub->is_reading || hub->first == NULL || loop_timer_is_armed(hub->pause)) {
        return;
    }
    const struct live *due = choose(hub);
    if (due != NULL) {
        read_page(hub, due->at);
    } else if (hub->wants_freshness || has(hub, LIVE_NEW)) {
        read_page(hub, hub->end);
    } else if (has(hub, LIVE_FOLLOWS)) {
        wait_for_more(hub);
    }
}

void stream_hub_on_pause(void *user)
{
    struct stream_hub *hub = user;
    hub->is_rung = true;
    stream_hub_step(hub);
}
