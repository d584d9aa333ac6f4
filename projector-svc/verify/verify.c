/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/verify.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "projector-svc/verify/verify_internal.h"
#include "projector-svc/verify/verify_sql.h"

#include <assert.h>
#include <stdlib.h>

#define STATION_NAME(NAME, name) [VERIFY_##NAME] = (name),
static const char *const STATION_NAMES[] = {VERIFY_STATIONS(STATION_NAME)};

const char *verify_station_name(enum verify_station station)
{
    assert(station < VERIFY_STATION_COUNT);
    return STATION_NAMES[station];
}

/* --- waiting */

static void on_limit(void *user)
{
    struct verify *verify = user;
    verify->is_late = true;
    loop_stop(verify->loop);
}

enum error_kind verify_await(struct verify *verify, int64_t limit_ms, const char *whom,
                             struct error *err)
{
    verify->is_late = false;
    loop_timer_start(verify->limit, limit_ms);
    while (verify->awaited > 0 && !verify->is_late) {
        loop_run(verify->loop);
    }
    loop_timer_stop(verify->limit);
    if (verify->failure.kind != ERROR_NONE) {
        *err = verify->failure;
        verify->failure.kind = ERROR_NONE;
        return err->kind;
    }
    return verify->awaited == 0 ? ERROR_NONE
                                : error_set(err, ERROR_TRANSIENT, "%s does not answer", whom);
}

void verify_goes_on(struct verify *verify)
{
    if (loop_timer_is_armed(verify->limit)) {
        loop_timer_start(verify->limit, VERIFY_ANSWER_MS);
    }
}

void verify_pause(struct verify *verify, int64_t pause_ms)
{
    struct error ignored; /* nothing comes: only time passes */
    verify->awaited = 1;
    (void)!verify_await(verify, pause_ms, "", &ignored);
    verify->awaited = 0;
}

void verify_arrived(struct verify *verify, const struct error *failure)
{
    if (failure != NULL && verify->failure.kind == ERROR_NONE) {
        verify->failure = *failure;
    }
    verify->awaited -= verify->awaited > 0 ? 1 : 0;
    if (verify->awaited == 0) {
        loop_stop(verify->loop);
    }
}

/* Brokers that are away come back by themselves, or the limit passes. */
void verify_partition_failed(void *user, const struct kafka_position *where,
                             const struct error *failure)
{
    (void)where;
    if (failure->kind == ERROR_NOT_FOUND) {
        verify_arrived(user, failure);
    }
}

void verify_consumer_failed(void *user, const struct error *failure)
{
    if (failure->kind == ERROR_FATAL) {
        verify_arrived(user, failure);
    }
}

enum error_kind verify_read_from(struct verify *verify, const struct kafka_position *from,
                                 struct error *err)
{
    verify->awaited = 1;
    enum error_kind kind = kafka_consumer_start(verify->consumer, from, err);
    if (kind == ERROR_NONE) {
        kind = verify_await(verify, VERIFY_ANSWER_MS, "Kafka", err);
        kafka_consumer_stop(verify->consumer, from->topic, from->partition);
    }
    return kind;
}

bool verify_is_cancelled(const struct verify *verify)
{
    const struct verify_options *options = verify->options;
    return options->is_cancelled != NULL && options->is_cancelled(options->user);
}

void verify_found(struct verify *verify, const struct verify_finding *finding)
{
    verify->tally->found[finding->station][finding->verdict]++;
    verify->options->on_finding(verify->options->user, finding);
}

enum error_kind verify_each(struct verify *verify, const char *sql, const char *const *params,
                            size_t param_count,
                            void (*on_row)(void *user, const struct pgsession *session), void *user,
                            struct error *err)
{
    enum error_kind kind = pgsession_run(verify->session, VERIFY_BEGIN, err);
    if (kind == ERROR_NONE) {
        kind = pgsession_each(verify->session, sql, params, param_count, on_row, user, err);
    }
    return kind == ERROR_NONE ? pgsession_run(verify->session, VERIFY_END, err) : kind;
}

enum error_kind verify_read_floor(struct verify *verify, struct error *err)
{
    struct strview floor;
    const enum error_kind kind = pgsession_ask(verify->session, VERIFY_FLOOR, NULL, 0, &floor, err);
    if (kind == ERROR_NONE && !parse_i64(floor, &verify->floor)) {
        return error_set(err, ERROR_FATAL, "outbox_partition.to_seq is no number");
    }
    return kind;
}

/* --- the three */

static void on_redis_ready(void *user)
{
    verify_arrived(user, NULL);
}

static enum error_kind open_redis(struct verify *verify, struct error *err)
{
    const struct redisconn_options options = {.url = verify->options->redis_url,
                                              .client_name = "projector-svc-verify",
                                              .on_ready = on_redis_ready,
                                              .user = verify};
    verify->awaited = 1;
    enum error_kind kind = redisconn_new(verify->loop, &options, &verify->redis, err);
    if (kind == ERROR_NONE && verify_await(verify, VERIFY_ANSWER_MS, "Redis", err) != ERROR_NONE) {
        kind = error_set(err, ERROR_TRANSIENT, "Redis: %s", redisconn_last_error(verify->redis));
    }
    return kind;
}

static enum error_kind open_kafka(struct verify *verify,
                                  const struct kafka_consumer_callbacks *events, struct error *err)
{
    const char *topics[AGGREGATE_COUNT];
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        topics[type] = verify->topics[type];
        if (!topic_name(verify->options->topic_prefix,
                        strview_of(aggregate_name((enum aggregate_type)type)),
                        verify->topics[type])) {
            return error_set(err, ERROR_FATAL, "TOPIC_PREFIX makes no legal topic name");
        }
    }
    const struct kafka_consumer_options options = {.config = verify->options->kafka,
                                                   .topics = topics,
                                                   .topic_count = AGGREGATE_COUNT,
                                                   /* a stranger's open transaction would hide
                                                    * what is behind it */
                                                   .reads_uncommitted = true,
                                                   .events = events,
                                                   .user = verify};
    return kafka_consumer_new(verify->loop, &options, &verify->consumer, err);
}

enum error_kind verify_open(const struct verify_options *options,
                            const struct kafka_consumer_callbacks *events, struct verify **ret,
                            struct error *err)
{
    struct verify *verify = must_allocate(1, sizeof *verify);
    *ret = verify;
    verify->options = options;
    enum error_kind kind = loop_new(&verify->loop, err);
    if (kind == ERROR_NONE) {
        verify->limit = loop_timer_new(verify->loop, on_limit, verify);
        kind = pgsession_open(verify->options->database_url, "projector-svc verify",
                              &verify->session, err);
    }
    if (kind == ERROR_NONE) {
        kind = open_redis(verify, err);
    }
    return kind == ERROR_NONE ? open_kafka(verify, events, err) : kind;
}

void verify_close(struct verify *verify)
{
    kafka_consumer_free(verify->consumer);
    redisconn_free(verify->redis);
    pgsession_close(verify->session);
    if (verify->limit != NULL) {
        loop_timer_free(verify->limit);
    }
    loop_free(verify->loop);
    free(verify);
}

enum error_kind verify_run(const struct verify_options *options, struct verify_tally *ret,
                           struct error *err)
{
    struct verify *verify;
    *ret = (struct verify_tally){0};
    enum error_kind kind = verify_open(options, &VERIFY_CONSUMER, &verify, err);
    verify->tally = ret;
    kind = kind == ERROR_NONE ? verify_wait(verify, err) : kind;
    kind = kind == ERROR_NONE ? verify_log(verify, err) : kind;
    kind = kind == ERROR_NONE ? verify_views(verify, err) : kind;
    ret->was_cancelled = verify_is_cancelled(verify);
    verify_close(verify);
    return kind;
}

bool verify_agrees(const struct verify_tally *tally)
{
    int64_t others = tally->too_large + tally->behind + (tally->was_cancelled ? 1 : 0);
    for (int station = 0; station < VERIFY_STATION_COUNT; station++) {
        for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            others += verdict == VERDICT_IN_FLIGHT ? 0 : tally->found[station][verdict];
        }
    }
    return others == 0;
}
