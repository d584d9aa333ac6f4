/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/watch.h"

#include "command-svc/metrics.h"
#include "command-svc/upkeep/control_sql.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <inttypes.h>

enum {
    SOON_MS = 100,
    SECOND_MS = 1000,
    ANSWER_MS = 5000, /* without an answer for that long, the service is not ready */
};

static void tell_age(struct watch *watch, int64_t age_ms)
{
    metrics_set(watch->options.metrics, METRIC_OUTBOX_AGE, 0, (double)age_ms / 1e3);
    watch->options.on_outbox_age(watch->options.user, age_ms);
}

static void judge_sequence(struct watch *watch, const struct sequence_stand *stand)
{
    const struct sequence *sequence = &watch->sequence;
    if (!sequence_compare(&watch->sequence, stand, watch->greatest_seq)) {
        return;
    }
    switch (sequence->state) {
    case SEQUENCE_SOUND:
        log_event(LOG_INFO, "sequence_mended", LOG_INT("last", stand->last));
        break;
    case SEQUENCE_WENT_BACK:
        log_event(LOG_ERROR, "sequence_went_back", LOG_INT("last", stand->last),
                  LOG_INT("greatest", sequence->greatest), LOG_ERR(&sequence->fault));
        break;
    case SEQUENCE_KEEPS_STOCK:
        log_event(LOG_ERROR, "sequence_keeps_stock", LOG_INT("cache", stand->cache),
                  LOG_ERR(&sequence->fault));
        break;
    }
}

/* A shard without a row there is one that no relay can hold. */
static void judge_shards(struct watch *watch, int64_t first, int64_t missing)
{
    struct error err;
    if (missing == 0) {
        (void)activity_note(&watch->shards, NULL);
        return;
    }
    (void)error_set(&err, ERROR_CONFLICT,
                    "shard %" PRId64 " has no row in relay_shard (%" PRId64
                    " have none): its events are taken and not published; see \"How a stop "
                    "ends\" in relay-svc/README.md",
                    first, missing);
    (void)activity_note(&watch->shards, &err);
}

static void on_look_result(void *user, size_t index, const struct pgconn_result *result)
{
    enum { AGE = 0, SEQUENCE };
    struct watch *watch = user;
    const int64_t first = pgconn_value_i64(result, 0, 0);
    if (index == AGE) {
        tell_age(watch, first);
    } else if (index == SEQUENCE) {
        judge_sequence(watch, &(struct sequence_stand){.last = first,
                                                       .position = pgconn_value_i64(result, 0, 1),
                                                       .cache = pgconn_value_i64(result, 0, 2)});
    } else {
        judge_shards(watch, first, pgconn_value_i64(result, 0, 1));
    }
}

static void on_looked(void *user, const struct pgconn_failure *failure)
{
    struct watch *watch = user;
    if (activity_note(&watch->looking, pgconn_error_of(failure))) {
        watch->answered_ms = loop_now_ms();
    }
    loop_timer_start(watch->second, SECOND_MS);
}

static void on_second(void *user)
{
    struct watch *watch = user;
    if (!pgconn_is_ready(watch->conn)) {
        return; /* begun again when the connection is back */
    }
    holders_ask_tables(&watch->holders, watch->conn, FIND_TABLE_LOCKS);
    watch->greatest_seq = watch->options.greatest_seq(watch->options.user);
    pgconn_query(watch->conn, OUTBOX_AGE, NULL, 0);
    pgconn_query(watch->conn, READ_SEQUENCE, NULL, 0);
    pgconn_query(watch->conn, COUNT_SHARDS, NULL, 0);
    pgconn_send_trip(watch->conn, on_look_result, on_looked, watch);
    watch_find_holders(watch);
}

void watch_find_holders(struct watch *watch)
{
    holders_ask(&watch->holders, watch->conn, FIND_HOLDERS);
}

enum error_kind watch_probe(const struct watch *watch, struct error *err)
{
    const int64_t silent_ms = loop_now_ms() - watch->answered_ms;
    if (silent_ms < ANSWER_MS) {
        return ERROR_NONE;
    }
    if (activity_is_failing(&watch->looking)) {
        return activity_probe((struct activity *)(uintptr_t)&watch->looking, err);
    }
    return error_set(err, ERROR_TRANSIENT,
                     "PostgreSQL took a question and has not answered for %d s",
                     (int)(silent_ms / 1000));
}

void watch_init(struct watch *watch, struct loop *loop, const struct watch_options *options)
{
    assert(options->on_outbox_age != NULL && options->greatest_seq != NULL);
    *watch = (struct watch){.options = *options, .holders = {.held = options->held}};
    watch->second = loop_timer_new(loop, on_second, watch);
    activity_init(&watch->looking, "look at the outbox");
    activity_init(&watch->shards, "what relay_shard holds");
}

void watch_done(struct watch *watch)
{
    loop_timer_free(watch->second);
}

void watch_begin(struct watch *watch)
{
    watch->answered_ms = loop_now_ms();
    loop_timer_start(watch->second, SOON_MS);
}
