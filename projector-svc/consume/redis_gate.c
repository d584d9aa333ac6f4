/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/redis_gate.h"

#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/core/scouting.h"
#include "projector-svc/views/redis_scout.h"

#include <stdio.h>

enum {
    LEAVE_AFTER_MS = 5000, /* a Redis that is not fit */
    RELOAD_EVERY_MS = 1000,
};

static void shut(struct redis_gate *gate, const struct error *why)
{
    if (gate->is_open) {
        gate->shut_since_ms = loop_now_ms();
    }
    gate->is_open = false;
    gate->why = *why;
    gate->options.on_shut(gate->options.user);
}

static void open_gate(struct redis_gate *gate, bool is_bounded)
{
    const bool is_news = !gate->is_open;
    gate->is_open = gate->was_open = true;
    gate->why.kind = ERROR_NONE;
    if (is_news) {
        log_event(LOG_INFO, "redis_ready", LOG_TEXT("functions are loaded, nothing is evicted"));
        if (!is_bounded) {
            log_event(LOG_WARN, "redis_unbounded",
                      LOG_TEXT("its maxmemory is 0: when the machine's memory is full, the kernel "
                               "ends Redis, which would else refuse writes and answer readers"));
        }
        gate->options.on_open(gate->options.user);
    }
}

static void on_fitness(void *user, const struct redis_facts *facts, const struct error *failure)
{
    struct redis_gate *gate = user;
    gate->is_checking = false;
    if (failure == NULL) {
        gate->newer_functions = facts->newer;
        (void)snprintf(gate->server, sizeof gate->server, "%s", facts->server);
        open_gate(gate, facts->is_bounded);
        return;
    }
    if (failure->kind == ERROR_FATAL && !gate->was_open) {
        gate->why = *failure;
        gate->options.on_fatal(gate->options.user, failure);
        return;
    }
    shut(gate, failure);
    log_event(failure->kind == ERROR_TRANSIENT ? LOG_WARN : LOG_ERROR, "redis_unfit",
              LOG_ERR(failure), LOG_TEXT("nothing is written until it is mended"));
    loop_timer_start(gate->leave_timer, LEAVE_AFTER_MS);
}

void redis_gate_check(struct redis_gate *gate)
{
    if (redisconn_is_ready(gate->conn) && !gate->is_checking) {
        gate->is_checking = true;
        redis_fitness_check(gate->conn, on_fitness, gate);
    }
}

static void on_scouted(void *user, const struct redisconn_reply *reply)
{
    struct redis_gate *gate = user;
    const struct strview info = redisconn_reply_text(reply);
    const struct strview found = redis_fitness_value(info, STRVIEW("run_id:"));
    if (gate->is_open && scouting_leads_elsewhere(strview_of(gate->server), found,
                                                  redis_fitness_value(info, STRVIEW("role:")))) {
        log_event(LOG_WARN, "redis_moved", LOG_STR("from", gate->server), LOG_VIEW("to", found),
                  LOG_TEXT("its address leads to another server now"));
        gate->options.on_moved(gate->options.user);
        redisconn_leave(gate->conn, "its address leads to another server now");
    }
}

void redis_gate_scout(struct redis_gate *gate)
{
    redis_scout_send(gate->scout);
}

void redis_gate_reload(struct redis_gate *gate, const struct error *why)
{
    if (why->kind == ERROR_NOT_FOUND && loop_now_ms() >= gate->reload_from_ms) {
        gate->reload_from_ms = loop_now_ms() + RELOAD_EVERY_MS;
        shut(gate, why);
        redis_gate_check(gate);
    }
}

static void on_ready(void *user)
{
    redis_gate_check(user);
}

static void on_lost(void *user, const struct error *why)
{
    struct redis_gate *gate = user;
    gate->is_checking = false; /* its answer does not come any more */
    loop_timer_stop(gate->leave_timer);
    shut(gate, why);
    log_event(LOG_WARN, "redis_lost", LOG_ERR(why), LOG_TEXT("reconnecting"));
}

static void on_leave(void *user)
{
    struct redis_gate *gate = user;
    redisconn_leave(gate->conn, gate->why.text);
}

enum error_kind redis_gate_init(struct redis_gate *gate, struct loop *loop,
                                const struct redis_gate_options *options, struct error *err)
{
    *gate = (struct redis_gate){.options = *options,
                                .leave_timer = loop_timer_new(loop, on_leave, gate),
                                .shut_since_ms = loop_now_ms()};
    const struct redisconn_options conn = {
        .needs_primary = true,
        .url = options->url,
        .client_name = "orderspine-projector",
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = gate,
    };
    static const struct strview INFO[] = {{"INFO", 4}};
    const struct redis_scout_options scout = {
        .url = options->url, .question = {INFO, 1}, .on_answer = on_scouted, .user = gate};
    gate->scout = redis_scout_new(loop, &scout);
    return redisconn_new(loop, &conn, &gate->conn, err);
}

void redis_gate_done(struct redis_gate *gate)
{
    redisconn_free(gate->conn);
    gate->conn = NULL;
    redis_scout_free(gate->scout);
    gate->scout = NULL;
    loop_timer_free(gate->leave_timer);
    gate->leave_timer = NULL;
}

int64_t redis_gate_shut_for_ms(const struct redis_gate *gate, int64_t now_ms)
{
    return gate->is_open ? 0 : now_ms - gate->shut_since_ms;
}

enum error_kind redis_gate_probe_functions(void *user, struct error *err)
{
    const struct redis_gate *gate = user;
    return gate->newer_functions == 0
               ? ERROR_NONE
               : error_set(err, ERROR_CONFLICT,
                           "a newer projector-svc has put its functions into Redis (number %lld); "
                           "this one goes on with them as long as they know what it asks",
                           (long long)gate->newer_functions);
}

enum error_kind redis_gate_probe(void *user, struct error *err)
{
    const struct redis_gate *gate = user;
    if (!redisconn_is_ready(gate->conn)) {
        return error_set(err, ERROR_TRANSIENT, "%s", redisconn_last_error(gate->conn));
    }
    if (!gate->is_open) {
        return error_set(err, ERROR_TRANSIENT, "%s",
                         gate->why.kind == ERROR_NONE ? "checking it" : gate->why.text);
    }
    return ERROR_NONE;
}
