/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc doctor`: what it needs of Redis and Kafka, and the files of who may ask. */
#include "common/run/doctor.h"

#include "common/base/strbuf.h"
#include "common/contract/topics.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/io/redis/redisurl.h"
#include "common/run/doctor_auth.h"
#include "common/run/doctor_kafka.h"
#include "common/run/kafka_setup.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/core/doubt.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/settings.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { REDIS_LIMIT_MS = 10000, REDIS_LOOK_MS = 50 };

/* What one address leads to. */
struct found {
    struct redis_facts facts; /* where it was asked what the server is */
    int64_t asked_ms;         /* by our clock */
    int64_t answered_ms;
    struct error failure;      /* of asking; kind ERROR_NONE: none */
    char copy[DOUBT_COPY_MAX]; /* of the views; "": there are none */
};

struct patient {
    const struct common_settings *common;
    const struct projector_settings *settings;
    struct doctor_kafka kafka;
    /* Of the Redis that is being reached. */
    struct loop *loop;
    struct redisconn *conn;
    struct loop_timer *timer;
    int64_t until_ms;
    bool is_reached;
    bool asks_what_it_is; /* not only which views it has */
    struct found *found;
    struct found live;  /* the one that is written to */
    struct found other; /* the one of queries, then of rebuilding */
};

static void on_looked(void *user, const struct redis_facts *facts, const struct error *failure)
{
    const struct patient *patient = user;
    patient->found->facts = *facts;
    patient->found->answered_ms = loop_wall_ms();
    patient->found->failure = failure != NULL ? *failure : (struct error){.kind = ERROR_NONE};
    loop_stop(patient->loop);
}

/* What the server is comes behind it: all was answered only where that was. */
static void on_copy(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct patient *patient = user;
    struct found *found = patient->found;
    if (failure != NULL) {
        found->failure = *failure;
        loop_stop(patient->loop);
        return;
    }
    (void)snprintf(found->copy, sizeof found->copy, "%.*s",
                   STRVIEW_ARG(redisconn_reply_text(reply)));
    if (patient->asks_what_it_is) {
        found->asked_ms = loop_wall_ms();
        redis_fitness_look(patient->conn, on_looked, patient);
    } else {
        found->failure.kind = ERROR_NONE;
        loop_stop(patient->loop);
    }
}

static void on_ready(void *user)
{
    struct patient *patient = user;
    struct error err;
    if (patient->is_reached) {
        return;
    }
    patient->is_reached = true;
    if (redisconn_send(patient->conn,
                       REDISCONN_COMMAND(STRVIEW("HGET"), STRVIEW(KEYS_STATUS), STRVIEW("copy")),
                       on_copy, patient, &err) != ERROR_NONE) {
        on_copy(patient, NULL, &err);
    }
}

static void on_time(void *user)
{
    const struct patient *patient = user;
    if (loop_now_ms() >= patient->until_ms || redisconn_has_failed(patient->conn)) {
        loop_stop(patient->loop);
    } else {
        loop_timer_start(patient->timer, REDIS_LOOK_MS);
    }
}

static enum error_kind reach(struct patient *patient, const char *url, struct found *found,
                             struct error *err)
{
    const struct redisconn_options options = {
        .url = url, .client_name = "projector-svc-doctor", .on_ready = on_ready, .user = patient};
    patient->is_reached = false;
    patient->found = found;
    memset(found, 0, sizeof *found);
    (void)error_set(&found->failure, ERROR_TRANSIENT, "it took longer than %d s to answer",
                    REDIS_LIMIT_MS / 1000);
    if (loop_new(&patient->loop, err) != ERROR_NONE) {
        return err->kind;
    }
    patient->timer = loop_timer_new(patient->loop, on_time, patient);
    patient->until_ms = loop_now_ms() + REDIS_LIMIT_MS;
    enum error_kind kind = redisconn_new(patient->loop, &options, &patient->conn, err);
    if (kind == ERROR_NONE) {
        loop_timer_start(patient->timer, REDIS_LOOK_MS);
        loop_run(patient->loop);
        if (!patient->is_reached) {
            kind = error_set(err, ERROR_TRANSIENT, "%s", redisconn_last_error(patient->conn));
        }
        redisconn_free(patient->conn);
    }
    loop_timer_free(patient->timer);
    loop_free(patient->loop);
    return kind;
}

static enum error_kind reach_redis(void *user, struct strbuf *told, struct error *err)
{
    struct patient *patient = user;
    patient->asks_what_it_is = true;
    const enum error_kind kind = reach(patient, patient->settings->redis_url, &patient->live, err);
    strbuf_append_cstr(told, "it lets us in");
    return kind;
}

/* What was refused to us is the user's rights, all else the server. */
static enum error_kind look_at_rights(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->live.failure.kind == ERROR_INVALID) {
        *err = patient->live.failure;
        return err->kind;
    }
    strbuf_append_cstr(told, "it may ask what the server is");
    return ERROR_NONE;
}

static enum error_kind look_at_server(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->live.failure.kind != ERROR_NONE) {
        *err = patient->live.failure;
        return err->kind;
    }
    strbuf_printf(told, "Redis %s, the primary, evicts nothing", patient->live.facts.version);
    return ERROR_NONE;
}

static enum error_kind look_at_clock(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->live.facts.wall_ms == 0) {
        strbuf_append_cstr(told, "not told"); /* what stands in the way, the server's check says */
        return ERROR_NONE;
    }
    strbuf_append_cstr(told, "Redis's agrees with ours");
    return doctor_compare_clocks("Redis", patient->live.facts.wall_ms, patient->live.asked_ms,
                                 patient->live.answered_ms, err);
}

static enum error_kind look_at_library(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->live.facts.newer > 0) {
        strbuf_append_cstr(told, "the library orderspine is that of a newer release");
        return ERROR_NONE;
    }
    if (!patient->live.facts.has_library) {
        return error_set(err, ERROR_NOT_FOUND,
                         "the function library orderspine is missing, or not the one of this "
                         "release");
    }
    strbuf_append_cstr(told, "the library orderspine is the one of this release");
    return ERROR_NONE;
}

/* The number of a database; the addresses were checked with the settings. */
static int64_t database_of(const char *url)
{
    struct redisurl read;
    struct error err;
    return redisurl_read(url, &read, &err) == ERROR_NONE ? read.database : -1;
}

static enum error_kind compare_copies(const char *ours, const char *theirs, struct error *err)
{
    if (ours[0] == '\0' || strcmp(ours, theirs) == 0) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_INVALID, "it leads to %s, REDIS_URL to those that are written",
                     theirs[0] == '\0' ? "no views" : "other views");
}

/* Where queries lead, and whether it answered. */
static enum error_kind reach_other(struct patient *patient, struct error *err)
{
    const enum error_kind kind =
        reach(patient, patient->settings->redis_query_url, &patient->other, err);
    if (kind == ERROR_NONE && patient->other.failure.kind != ERROR_NONE) {
        *err = patient->other.failure;
        return err->kind;
    }
    return kind;
}

/*
 * As a projector that starts names its copy anew between two looks. What the first look has found
 * of the one that is written to stays, for the checks behind this one.
 */
static enum error_kind compare_again(struct patient *patient, struct error *err)
{
    struct found again;
    struct error ignored;
    const bool is_told =
        reach(patient, patient->settings->redis_url, &again, &ignored) == ERROR_NONE &&
        again.failure.kind == ERROR_NONE;
    const char *ours = is_told ? again.copy : patient->live.copy;
    const enum error_kind kind = reach_other(patient, err);
    return kind == ERROR_NONE ? compare_copies(ours, patient->other.copy, err) : kind;
}

static enum error_kind reach_queries(void *user, struct strbuf *told, struct error *err)
{
    struct patient *patient = user;
    const char *url = patient->settings->redis_query_url;
    const int64_t number = url == NULL ? 0 : database_of(url);
    const int64_t live_number = database_of(patient->settings->redis_url);
    if (url == NULL) {
        strbuf_append_cstr(told, "not set");
        return ERROR_NONE;
    }
    patient->asks_what_it_is = false;
    enum error_kind kind = reach_other(patient, err);
    if (kind == ERROR_NONE && number != live_number) {
        return error_set(err, ERROR_INVALID,
                         "it names database %" PRId64 ", REDIS_URL database %" PRId64, number,
                         live_number);
    }
    if (kind == ERROR_NONE &&
        compare_copies(patient->live.copy, patient->other.copy, err) != ERROR_NONE) {
        kind = compare_again(patient, err);
    }
    strbuf_append_cstr(told, "it lets us in");
    return kind;
}

static enum error_kind reach_rebuild(void *user, struct strbuf *told, struct error *err)
{
    struct patient *patient = user;
    const char *url = patient->settings->redis_rebuild_url;
    const char *server = patient->live.facts.server;
    if (url == NULL) {
        strbuf_append_cstr(told, "not set");
        return ERROR_NONE;
    }
    patient->asks_what_it_is = true;
    if (reach(patient, url, &patient->other, err) != ERROR_NONE) {
        return err->kind;
    }
    if (patient->other.failure.kind != ERROR_NONE) {
        *err = patient->other.failure;
        return err->kind;
    }
    if (server[0] != '\0' && strcmp(server, patient->other.facts.server) != 0) {
        return error_set(err, ERROR_INVALID, "it leads to another server than REDIS_URL");
    }
    if (database_of(url) == database_of(patient->settings->redis_url)) {
        return error_set(err, ERROR_INVALID,
                         "it names database %" PRId64 ", that of the live views", database_of(url));
    }
    strbuf_append_cstr(told, "it lets us in");
    return ERROR_NONE;
}

static const struct doctor_check CHECKS[] = {
    DOCTOR_AUTH_CHECKS(offsetof(struct patient, common)),
    {"redis", NULL, 0, reach_redis,
     "set REDIS_URL (or REDIS_URL_FILE) to a Redis that answers, with a user and password it "
     "takes; where it wants TLS, by rediss://"},
    {"rights", "redis", 0, look_at_rights,
     "give its user the rights that deploy/redis/users.acl gives projector"},
    {"server", "rights", 0, look_at_server,
     "a primary of Redis 7 or newer; redis-cli CONFIG SET maxmemory-policy noeviction, and the "
     "same in redis.conf"},
    {"clock", "rights", 0, look_at_clock, DOCTOR_CLOCK_MENDS},
    {"functions", "server", 0, look_at_library,
     "projector-svc serve, which loads it when it starts"},
    {"queries", NULL, 0, reach_queries,
     "set REDIS_QUERY_URL (or REDIS_QUERY_URL_FILE) to the same Redis, or a replica of it, and the "
     "same database, or leave it unset"},
    {"rebuild", "server", 0, reach_rebuild,
     "set REDIS_REBUILD_URL (or REDIS_REBUILD_URL_FILE) to the same Redis as the user "
     "rebuilder, with the number of a spare database at its end, or leave it unset"},
    DOCTOR_KAFKA_CHECKS(offsetof(struct patient, kafka)),
};

int app_doctor(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    char names[AGGREGATE_COUNT][TOPIC_NAME_MAX + 1];
    const char *topics[AGGREGATE_COUNT];
    for (int i = 0; i < AGGREGATE_COUNT; i++) {
        const struct strview type = strview_of(aggregate_name((enum aggregate_type)i));
        if (!topic_name(settings->topic_prefix, type, names[i])) {
            return SERVICE_MISUSED; /* said already, by the settings' check */
        }
        topics[i] = names[i];
    }
    struct patient patient = {
        .common = &settings->common,
        .settings = settings,
        .kafka = {.wanted = {.config = kafka_setup_config(call->settings, settings->kafka_brokers,
                                                          "projector-svc"),
                             .topics = topics,
                             .topic_count = AGGREGATE_COUNT}},
    };
    return doctor_run(call, CHECKS, sizeof CHECKS / sizeof CHECKS[0], &patient);
}
