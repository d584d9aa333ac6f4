/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/rebuild/rebuild.h"

#include "common/base/cleanup.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/rebuild/rebuild_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_MS = 500,      /* how often the live views are asked how far they are */
    LINE_MS = 5000,     /* between two lines of progress where there is no terminal */
    CONNECT_MS = 10000, /* until Redis must have let us in */
    STANDING_LOOKS = 20,
    FAREWELL_MS = 100, /* for letting the live views go, when stopped */
    FROM_MAX = 2048,   /* a prefix and topics */
};

/* --- filling */

static void open_projector(struct rebuild *rebuild)
{
    struct error err;
    if (projector_new(rebuild->loop, rebuild->metrics, &rebuild->options.projector,
                      &rebuild->projector, &err) == ERROR_NONE) {
        rebuild_fill(rebuild, 0);
    } else {
        rebuild_finish(rebuild, &err);
    }
}

static void show(struct rebuild *rebuild)
{
    char line[TAKEOVER_LINE_MAX];
    const int64_t now_ms = loop_now_ms();
    if (rebuild->began < 0) {
        rebuild->began = rebuild->state.rebuilt;
        rebuild->began_ms = now_ms;
    }
    takeover_line(&rebuild->state, rebuild->began, now_ms - rebuild->began_ms,
                  rebuild->options.is_terminal, line);
    if (rebuild->options.is_terminal) {
        (void)printf("\r\033[K%s", line);
        (void)fflush(stdout);
    } else if (now_ms - rebuild->line_ms >= LINE_MS || takeover_is_even(&rebuild->state)) {
        rebuild->line_ms = now_ms;
        rebuild_say(rebuild, line);
    }
}

static void show_waiting(struct rebuild *rebuild)
{
    struct error err;
    const int64_t now_ms = loop_now_ms();
    if (now_ms - rebuild->line_ms >= LINE_MS &&
        projector_probe_kafka(rebuild->projector, &err) != ERROR_NONE) {
        rebuild->line_ms = now_ms;
        rebuild_say(rebuild, err.text);
    }
}

/* Not before it is known how much there is: the rate would count what is told later. */
static void show_or_wait(struct rebuild *rebuild, bool is_known)
{
    if (is_known) {
        show(rebuild);
    } else {
        show_waiting(rebuild);
    }
}

/* Then what the usual topics have, once more: what came before is passed over by its versions. */
static void read_usual(struct rebuild *rebuild)
{
    rebuild_say(rebuild, "the replayed topics are read; going on with the usual ones");
    projector_free(rebuild->projector);
    rebuild->projector = NULL;
    rebuild->apart.reads_replayed = false;
    rebuild->began = -1;
    open_projector(rebuild);
}

/* False: the usual topics are being read. */
static bool look_at_replayed(struct rebuild *rebuild)
{
    if (!rebuild->apart.reads_replayed) {
        return false;
    }
    const struct projector_replayed replayed = projector_replayed(rebuild->projector);
    if (replayed.missing != NULL || replayed.empty != NULL) {
        struct error err;
        const char *topic = replayed.missing != NULL ? replayed.missing : replayed.empty;
        (void)error_set(&err, ERROR_NOT_FOUND,
                        "%s %s; `relay-svc replay --topic %s` publishes what the outbox has",
                        replayed.missing != NULL ? "Kafka has no topic" : "nothing is in", topic,
                        topic);
        rebuild_finish(rebuild, &err);
    } else if (replayed.is_over) {
        read_usual(rebuild);
    } else {
        rebuild->state = replayed.state;
        loop_timer_start(rebuild->timer, LOOK_MS);
        show_or_wait(rebuild, replayed.are_ends_known);
    }
    return true;
}

/* True: a partition stands still, as nothing but an operator changes, and that was the end. */
static bool stands_still(struct rebuild *rebuild)
{
    struct error err;
    const bool is_standing = projector_probe_partitions(rebuild->projector, &err) == ERROR_INVALID;
    rebuild->standing = is_standing ? rebuild->standing + 1 : 0;
    if (rebuild->standing >= STANDING_LOOKS) {
        rebuild_finish(rebuild, &err);
    }
    return rebuild->standing >= STANDING_LOOKS;
}

/* They go on behind the live ones meanwhile. */
static bool is_proved(struct rebuild *rebuild)
{
    if (rebuild->proof == PROOF_NONE && rebuild->options.on_near != NULL) {
        rebuild->proof = PROOF_ASKED;
        rebuild->options.on_near(rebuild->options.user);
    }
    return rebuild->options.on_near == NULL || rebuild->proof == PROOF_GIVEN;
}

void rebuild_proved(struct rebuild *rebuild, const struct error *failure)
{
    const bool is_over = rebuild->phase == PHASE_OVER || rebuild->is_stopping;
    rebuild->proof = failure == NULL ? PROOF_GIVEN : PROOF_NONE;
    if (is_over || failure == NULL) {
        return;
    }
    if (failure->kind != ERROR_TRANSIENT) {
        rebuild_finish(rebuild, failure);
    } else if (rebuild->phase == PHASE_AWAY) {
        log_event(LOG_WARN, "rebuild_unproved", LOG_ERR(failure)); /* asked again then */
    } else {
        rebuild_try_again(rebuild, failure);
    }
}

static void on_looked(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct rebuild *rebuild = user;
    if (!rebuild_is_answered(rebuild, reply, failure)) {
        return;
    }
    (void)FAULT_POINT("rebuild.looked");
    rebuild_compare(rebuild, reply);
    if (rebuild->phase != PHASE_FILL || stands_still(rebuild) || look_at_replayed(rebuild)) {
        return;
    }
    show_or_wait(rebuild, rebuild->state.is_ready);
    if (takeover_is_near(&rebuild->state) && is_proved(rebuild)) {
        rebuild_hold(rebuild);
    } else {
        loop_timer_start(rebuild->timer, LOOK_MS);
    }
}

/* The first time nobody may wait for ever: the address may be wrong. */
static void give_up_connecting(struct rebuild *rebuild)
{
    struct error err;
    (void)error_set(&err, ERROR_TRANSIENT, "REDIS_REBUILD_URL: %s",
                    redisconn_last_error(rebuild->exchange.conn));
    rebuild_finish(rebuild, &err);
}

static void on_timer(void *user)
{
    struct rebuild *rebuild = user;
    if (rebuild->is_stopping) {
        struct error err;
        (void)error_set(&err, ERROR_TRANSIENT, "%s",
                        rebuild->swaps > 0 ? "stopped; begun again, it says whether the views are "
                                             "exchanged, or goes on from here"
                                           : "stopped; begun again, it goes on from here");
        rebuild_finish(rebuild, &err);
    } else if (rebuild->phase == PHASE_AWAY) {
        give_up_connecting(rebuild);
    } else if (rebuild->phase == PHASE_HOLD) {
        rebuild_look_held(rebuild);
    } else if (!rebuild->is_asking) {
        rebuild_ask(rebuild, "look", REBUILD_NO_ARGUMENTS, on_looked);
    }
}

/* --- beginning */

/* Where an exchange was asked for, Redis says first whether it was carried out. */
static void on_projector_fatal(void *user, const struct error *why)
{
    struct rebuild *rebuild = user;
    if (rebuild->swaps > 0) {
        rebuild->broken = *why; /* as it stands on what were the live views, perhaps */
    } else {
        rebuild_release(rebuild);
        rebuild_finish(rebuild, why);
    }
}

static void on_begun(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct rebuild *rebuild = user;
    struct strview words[EXCHANGE_WORDS_MAX];
    char text[TAKEOVER_LINE_MAX];
    if (!rebuild_is_answered(rebuild, reply, failure)) {
        return;
    }
    (void)FAULT_POINT("rebuild.begun");
    (void)exchange_words(reply, words);
    (void)snprintf(rebuild->generation, sizeof rebuild->generation, "%.*s", STRVIEW_ARG(words[1]));
    (void)snprintf(text, sizeof text, "database %s: %.*s, generation %s", rebuild->exchange.spare,
                   STRVIEW_ARG(words[2]), rebuild->generation);
    rebuild_say(rebuild, text);
    rebuild->apart.generation = rebuild->generation;
    open_projector(rebuild);
}

/* The usual topics, then what is read before them, in the order of the types: whoever goes on may
 * name them in another one. */
static void write_from(const struct rebuild_options *options, struct strbuf *from)
{
    strbuf_printf(from, "%s*", options->projector.topic_prefix);
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        if (options->replayed[type] != NULL) {
            strbuf_printf(from, ",%s", options->replayed[type]);
        }
    }
}

static void begin(struct rebuild *rebuild)
{
#define WISH_ROW(WISH, name) [REBUILD_##WISH] = (name),
    static const char *const WISHES[] = {REBUILD_WISHES(WISH_ROW)};
    CLEANUP(strbuf_done) struct strbuf from = STRBUF(FROM_MAX);
    write_from(&rebuild->options, &from);
    const struct strview arguments[EXCHANGE_WORDS_MAX] = {
        strview_of(WISHES[rebuild->options.wish]), strview_of(rebuild->options.projector.version),
        strbuf_view(&from)};
    rebuild->phase = PHASE_BEGIN;
    rebuild_ask(rebuild, "begin", arguments, on_begun);
}

static void on_loaded(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct rebuild *rebuild = user;
    (void)reply;
    rebuild->is_asking = false;
    if (rebuild->phase == PHASE_OVER) {
        return;
    }
    if (failure != NULL && failure->kind == ERROR_TRANSIENT) {
        rebuild_leave(rebuild, failure);
    } else if (failure != NULL) {
        rebuild_finish(rebuild, failure);
    } else if (rebuild->projector == NULL) {
        begin(rebuild);
    } else {
        rebuild_fill(rebuild, 0);
    }
}

static void on_ready(void *user)
{
    struct rebuild *rebuild = user;
    struct error err;
    rebuild_rest(rebuild);
    if (exchange_load(&rebuild->exchange, on_loaded, rebuild, &err) != ERROR_NONE) {
        rebuild_leave(rebuild, &err);
    }
}

static void on_lost(void *user, const struct error *why)
{
    struct rebuild *rebuild = user;
    rebuild->is_asking = false;
    if (rebuild->phase != PHASE_OVER) {
        log_event(LOG_WARN, "rebuild_waits", LOG_ERR(why), LOG_TEXT("for Redis"));
        rebuild_rest(rebuild);
    }
}

/* --- life */

static struct uuid draw_run(void)
{
    uint8_t random[UUID7_RANDOM_LEN];
    for (size_t i = 0; i < sizeof random; i++) {
        random[i] = (uint8_t)jitter_draw();
    }
    return uuid7_make(loop_wall_ms(), random);
}

enum error_kind rebuild_new(struct loop *loop, struct metrics *metrics,
                            const struct rebuild_options *options, struct rebuild **ret_rebuild,
                            struct error *err)
{
    struct rebuild *rebuild = must_allocate(1, sizeof *rebuild);
    rebuild->loop = loop;
    rebuild->metrics = metrics;
    rebuild->options = *options;
    rebuild->options.projector.apart = &rebuild->apart;
    rebuild->options.projector.on_fatal = on_projector_fatal;
    rebuild->options.projector.user = rebuild;
    rebuild->apart.seams = rebuild->seams;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        rebuild->apart.replayed[type] = options->replayed[type];
        rebuild->apart.reads_replayed |= options->replayed[type] != NULL;
    }
    rebuild->apart.begins_anywhere = options->wish == REBUILD_BACK; /* most of it is there */
    rebuild->line_ms = loop_now_ms();
    rebuild->began = -1;
    rebuild->timer = loop_timer_new(loop, on_timer, rebuild);
    rebuild->exchange.run = draw_run();
    (void)format_i64(options->live_database, rebuild->exchange.live);
    (void)format_i64(options->spare_database, rebuild->exchange.spare);
    const struct redisconn_options conn = {
        .needs_primary = true,
        .url = options->projector.redis_url,
        .client_name = "orderspine-rebuild",
        .reply_timeout_ms = 60000, /* an exchange compares all that stands still */
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = rebuild,
    };
    if (redisconn_new(loop, &conn, &rebuild->exchange.conn, err) != ERROR_NONE) {
        rebuild_free(rebuild);
        return err->kind;
    }
    loop_timer_start(rebuild->timer, CONNECT_MS);
    *ret_rebuild = rebuild;
    return ERROR_NONE;
}

void rebuild_stop(struct rebuild *rebuild)
{
    rebuild->is_stopping = true;
    rebuild_release(rebuild);
    loop_timer_start(rebuild->timer, FAREWELL_MS);
}

void rebuild_free(struct rebuild *rebuild)
{
    if (rebuild == NULL) {
        return;
    }
    rebuild->phase = PHASE_OVER;
    projector_free(rebuild->projector);
    redisconn_free(rebuild->exchange.conn);
    loop_timer_free(rebuild->timer);
    free(rebuild);
}
