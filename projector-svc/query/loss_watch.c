/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/loss_watch.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "projector-svc/core/doubt.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/scouting.h"
#include "projector-svc/query/slots.h"
#include "projector-svc/views/redis_scout.h"
#include "projector-svc/views/view_read.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LOOK_MS = 1000,
    LOOK_IN_DOUBT_MS = 100, /* in the first seconds, */
    LOOK_LONG_MS = 500,     /* and then */
    EARLY_MS = 10000,       /* the process has just begun */
    ARENA_MAX = 4 << 20,
};

struct loss_watch {
    struct redisconn *reader;
    struct doubt doubt;
    struct scouting scouting;
    struct redis_scout *scout;
    struct loop_timer *timer;
    struct error why; /* the last look failed; kind NONE: it did not */
    int64_t began_ms;
    int64_t in_doubt_since_ms; /* 0: never connected yet */
    bool is_looking;
    bool is_filled_again; /* as it was read last: a projector says so */
};

/* --- each reading */

void loss_watch_ask(struct redisconn_command ret_commands[static LOSS_WATCH_COMMANDS])
{
    static const struct strview RECOVERING[] = {{"EXISTS", 6},
                                                {KEYS_RECOVERING, sizeof KEYS_RECOVERING - 1}};
    static const struct strview MARKS[] = {
        {"HMGET", 5}, {KEYS_STATUS, sizeof KEYS_STATUS - 1}, {"copy", 4}, {"applied", 7}};
    ret_commands[0] =
        (struct redisconn_command){RECOVERING, sizeof RECOVERING / sizeof RECOVERING[0]};
    ret_commands[1] = (struct redisconn_command){MARKS, sizeof MARKS / sizeof MARKS[0]};
}

static void meet(struct loss_watch *watch, const struct redisconn_reply *reply)
{
    enum { COPY = 0, APPLIED };
    const struct strview copy = redisconn_reply_text_at(reply, COPY);
    struct doubt_marks marks = {.applied = redisconn_reply_integer_at(reply, APPLIED, 0)};
    (void)snprintf(marks.copy, sizeof marks.copy, "%.*s", STRVIEW_ARG(copy));
    if (doubt_meet(&watch->doubt, &marks)) {
        watch->in_doubt_since_ms = loop_now_ms();
        loop_timer_start(watch->timer, 0);
        log_event(LOG_WARN, "views_in_doubt",
                  LOG_TEXT("Redis is another one, or shows less than before; answers say "
                           "recovering until projectors have reported every partition"));
    }
}

bool loss_watch_judge(struct loss_watch *watch, const struct redisconn_reply *reply)
{
    const size_t count = redisconn_reply_count(reply);
    if (count < LOSS_WATCH_COMMANDS) {
        return true;
    }
    meet(watch, redisconn_reply_at(reply, count - 1));
    watch->is_filled_again = redisconn_reply_integer_at(reply, count - 2, 0) == 1;
    return loss_watch_is_recovering(watch);
}

bool loss_watch_is_recovering(const struct loss_watch *watch)
{
    return watch->doubt.state != DOUBT_OVER || watch->is_filled_again;
}

bool loss_watch_is_told(const struct loss_watch *watch)
{
    return watch->in_doubt_since_ms > 0 && loss_watch_is_recovering(watch);
}

/* --- its own */

static void look_later(struct loss_watch *watch)
{
    const int64_t since_ms = loop_now_ms() - watch->in_doubt_since_ms;
    const int64_t in_doubt_ms = since_ms < EARLY_MS ? LOOK_IN_DOUBT_MS : LOOK_LONG_MS;
    loop_timer_start(watch->timer, watch->doubt.state == DOUBT_OVER ? LOOK_MS : in_doubt_ms);
}

static size_t read_reports(struct arena *arena, const struct redisconn_reply *reply,
                           struct doubt_report **ret_reports)
{
    struct slot *slots = NULL;
    const size_t count = slots_read(arena, reply, 0, &slots);
    struct doubt_report *reports = arena_array(arena, count + 1, sizeof *reports);
    for (size_t i = 0; reports != NULL && i < count; i++) {
        reports[i] = (struct doubt_report){.slot = slots[i].name,
                                           .position = slots[i].position,
                                           .end = slots[i].end_offset,
                                           .reached = slots[i].reached,
                                           .lag_ms = slots[i].told_lag_ms,
                                           .reported_at = slots[i].reported_at};
    }
    *ret_reports = reports;
    return reports == NULL ? 0 : count;
}

static void take_reports(struct loss_watch *watch, const struct redisconn_reply *reply)
{
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    struct doubt_report *reports = NULL;
    const size_t count = read_reports(&arena, reply, &reports);
    const int64_t partitions = redisconn_reply_integer(
        redisconn_reply_field(redisconn_reply_at(reply, SLOTS_STATUS), STRVIEW("partitions")), 0);
    if (doubt_take(&watch->doubt, reports, count, partitions)) {
        log_event(LOG_INFO, "views_whole", LOG_INT("partitions", partitions),
                  LOG_TEXT("projectors have reported every partition since"));
    }
}

static void on_look(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct loss_watch *watch = user;
    watch->is_looking = false;
    watch->why = failure == NULL ? (struct error){.kind = ERROR_NONE} : *failure;
    if (failure == NULL) {
        const size_t count = redisconn_reply_count(reply);
        const struct redisconn_reply *reported =
            redisconn_reply_at(reply, count - LOSS_WATCH_COMMANDS - 1);
        scouting_hear(&watch->scouting, redisconn_reply_integer(reported, 0), loop_now_ms());
        (void)loss_watch_judge(watch, reply);
        if (count > SLOTS_COMMANDS + LOSS_WATCH_COMMANDS) {
            take_reports(watch, reply);
        }
    }
    look_later(watch);
}

static void on_scouted(void *user, const struct redisconn_reply *reply)
{
    struct loss_watch *watch = user;
    const struct strview found = redisconn_reply_text(reply);
    if (scouting_leads_elsewhere(strview_of(watch->doubt.marks.copy), found, STRVIEW("master"))) {
        log_event(LOG_WARN, "redis_moved", LOG_STR("from", watch->doubt.marks.copy),
                  LOG_VIEW("to", found),
                  LOG_TEXT("no projector reports here any more, and the address leads to a server "
                           "that is written to"));
        redisconn_leave(watch->reader, "its address leads to another server now");
    }
}

static void on_look_due(void *user)
{
    struct loss_watch *watch = user;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    struct redisconn_command commands[SLOTS_COMMANDS + 1 + LOSS_WATCH_COMMANDS];
    struct error ignored; /* looked again soon */
    size_t count = 0;
    if (watch->is_looking || !redisconn_is_ready(watch->reader)) {
        return; /* goes on with its answer, or with the connection */
    }
    if (scouting_is_due(&watch->scouting, loop_now_ms())) {
        redis_scout_send(watch->scout);
    }
    if (watch->doubt.state != DOUBT_OVER) {
        slots_ask(commands);
        count = SLOTS_COMMANDS;
    }
    commands[count++] =
        REDISCONN_COMMAND(STRVIEW("HGET"), STRVIEW(KEYS_STATUS), STRVIEW("reported_at"));
    loss_watch_ask(&commands[count]);
    count += LOSS_WATCH_COMMANDS;
    watch->is_looking =
        view_read(watch->reader, &arena, commands, count, on_look, watch, &ignored) == ERROR_NONE;
    if (!watch->is_looking) {
        look_later(watch);
    }
}

void loss_watch_on_ready(struct loss_watch *watch)
{
    watch->scouting = (struct scouting){.reported = 0};
    doubt_begin(&watch->doubt);
    watch->why.kind = ERROR_NONE;
    watch->in_doubt_since_ms = loop_now_ms();
    loop_timer_start(watch->timer, 0);
}

/* --- probes */

enum error_kind loss_watch_probe_whole(void *user, struct error *err)
{
    const struct loss_watch *watch = user;
    return watch->doubt.state == DOUBT_OVER
               ? ERROR_NONE
               : error_set(err, ERROR_TRANSIENT,
                           "no projector has reported yet that nothing is missing in this Redis: "
                           "answers say recovering; if none runs, start one");
}

enum error_kind loss_watch_probe(void *user, struct error *err)
{
    struct loss_watch *watch = user;
    if (!redisconn_is_ready(watch->reader)) {
        return error_set(err, ERROR_TRANSIENT, "queries: %s", redisconn_last_error(watch->reader));
    }
    if (watch->why.kind == ERROR_NOT_FOUND) {
        return error_set(err, ERROR_NOT_FOUND,
                         "this Redis lacks our functions (%s): any `projector-svc serve`, or serve "
                         "--project-only, that writes to it loads them",
                         watch->why.text);
    }
    if (watch->why.kind != ERROR_NONE) {
        return error_set(err, watch->why.kind, "queries: %s", watch->why.text);
    }
    return loop_now_ms() - watch->began_ms < EARLY_MS ? loss_watch_probe_whole(watch, err)
                                                      : ERROR_NONE;
}

/* --- life */

struct loss_watch *loss_watch_new(struct loop *loop, struct redisconn *reader, const char *url)
{
    static const struct strview COPY[] = {
        {"HGET", 4}, {KEYS_STATUS, sizeof KEYS_STATUS - 1}, {"copy", 4}};
    struct loss_watch *watch = must_allocate(1, sizeof *watch);
    const struct redis_scout_options scout = {
        .url = url, .question = {COPY, 3}, .on_answer = on_scouted, .user = watch};
    watch->reader = reader;
    watch->scout = redis_scout_new(loop, &scout);
    watch->timer = loop_timer_new(loop, on_look_due, watch);
    watch->began_ms = loop_now_ms();
    return watch;
}

void loss_watch_free(struct loss_watch *watch)
{
    if (watch != NULL) {
        loop_timer_free(watch->timer);
        redis_scout_free(watch->scout);
        doubt_done(&watch->doubt);
        free(watch);
    }
}
