/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/reconnect.h"

#include "common/io/jitter.h"
#include "common/io/loop.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { FIRST_PAUSE_MS = 100, LAST_PAUSE_MS = 3000, STEADY_MS = 5000 };

static void wait_for(struct reconnect *life, int64_t delay_ms)
{
    life->state = RECONNECT_WAITING;
    loop_timer_start(life->timer, delay_ms);
}

static int64_t pause_ms(struct reconnect *life)
{
    return backoff_next_ms(&life->backoff, jitter_draw());
}

static void on_timer(void *user)
{
    struct reconnect *life = user;
    if (life->state == RECONNECT_WAITING) {
        life->state = RECONNECT_TRYING;
        life->options.on_attempt(life->options.user);
    } else if (life->state == RECONNECT_TRYING) {
        life->options.on_overdue(life->options.user);
    }
}

static bool was_steady(const struct reconnect *life)
{
    return loop_now_ms() - life->ready_since_ms >= life->steady_ms;
}

/* Those who are told by on_drop and on_lost see it as not ready, and the next attempt on its way.
 */
static void on_end(void *user)
{
    struct reconnect *life = user;
    const bool was_ready = life->state == RECONNECT_LOSING;
    if (!was_ready && life->state != RECONNECT_FAILING) {
        return; /* paused meanwhile */
    }
    life->state = RECONNECT_WAITING;
    const bool is_at_once = life->options.on_drop(life->options.user);
    if (was_ready && was_steady(life)) {
        backoff_reset(&life->backoff);
        wait_for(life, 0);
    } else {
        wait_for(life, is_at_once ? 0 : pause_ms(life));
    }
    if (was_ready && life->options.on_lost != NULL) {
        life->options.on_lost(life->options.listener, &life->last_error);
    }
}

void reconnect_init(struct reconnect *life, struct loop *loop,
                    const struct reconnect_options *options)
{
    *life = (struct reconnect){
        .options = *options,
        .backoff = {.first_ms = FIRST_PAUSE_MS, .cap_ms = LAST_PAUSE_MS},
        .steady_ms = STEADY_MS,
        .timer = loop_timer_new(loop, on_timer, life),
        .ender = loop_deferred_new(loop, on_end, life),
    };
    reconnect_note(life, "not tried yet");
    wait_for(life, 0);
}

void reconnect_done(struct reconnect *life)
{
    loop_timer_free(life->timer);
    loop_deferred_free(life->ender);
}

void reconnect_ready(struct reconnect *life)
{
    assert(life->state == RECONNECT_TRYING || life->state == RECONNECT_WAITING);
    loop_timer_stop(life->timer);
    life->state = RECONNECT_READY;
    life->ready_since_ms = loop_now_ms();
    life->last_error = (struct error){.kind = ERROR_NONE};
    if (life->options.on_ready != NULL) {
        life->options.on_ready(life->options.listener);
    }
}

void reconnect_fail(struct reconnect *life, const char *fmt, ...)
{
    if (!reconnect_is_alive(life)) {
        return;
    }
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    reconnect_note(life, "%s", text);
    life->state = life->state == RECONNECT_READY ? RECONNECT_LOSING : RECONNECT_FAILING;
    loop_timer_stop(life->timer);
    loop_deferred_schedule(life->ender);
}

void reconnect_pause(struct reconnect *life, const char *why)
{
    if (life->state == RECONNECT_READY && was_steady(life)) {
        backoff_reset(&life->backoff);
    }
    reconnect_note(life, "%s", why);
    wait_for(life, pause_ms(life));
}

void reconnect_limit(struct reconnect *life, int64_t delay_ms)
{
    assert(life->state == RECONNECT_TRYING && life->options.on_overdue != NULL);
    loop_timer_start(life->timer, delay_ms);
}

void reconnect_note(struct reconnect *life, const char *fmt, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)error_set(&life->last_error, ERROR_TRANSIENT, "%s", text);
}

bool reconnect_is_trying(const struct reconnect *life)
{
    return life->state == RECONNECT_TRYING;
}

bool reconnect_is_alive(const struct reconnect *life)
{
    return reconnect_is_trying(life) || reconnect_is_ready(life);
}

bool reconnect_is_ready(const struct reconnect *life)
{
    return life->state == RECONNECT_READY;
}

const char *reconnect_last_error(const struct reconnect *life)
{
    return reconnect_is_ready(life) ? "" : life->last_error.text;
}
