/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc doctor`: what it needs of Redis and Kafka, and the files of who may ask. */
#include "common/run/doctor.h"

#include "common/base/strbuf.h"
#include "common/contract/topics.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/doctor_auth.h"
#include "common/run/doctor_kafka.h"
#include "common/run/kafka_setup.h"
#include "common/run/service.h"
#include "projector-svc/app.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/settings.h"

#include <stddef.h>
#include <stdlib.h>

enum { REDIS_LIMIT_MS = 10000, REDIS_LOOK_MS = 50 };

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
    bool only_reaches;
    /* Of the one that is written to. */
    struct redis_facts facts;
    int64_t asked_ms; /* by our clock */
    int64_t answered_ms;
    struct error failure; /* of looking at it; kind ERROR_NONE: none */
};

static void on_looked(void *user, const struct redis_facts *facts, const struct error *failure)
{
    struct patient *patient = user;
    patient->facts = *facts;
    patient->answered_ms = loop_wall_ms();
    patient->failure = failure != NULL ? *failure : (struct error){.kind = ERROR_NONE};
    loop_stop(patient->loop);
}

static void on_ready(void *user)
{
    struct patient *patient = user;
    const bool was_reached = patient->is_reached;
    patient->is_reached = true;
    if (patient->only_reaches) {
        loop_stop(patient->loop);
    } else if (!was_reached) {
        patient->asked_ms = loop_wall_ms();
        redis_fitness_look(patient->conn, on_looked, patient);
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

static enum error_kind reach(struct patient *patient, const char *url, struct error *err)
{
    const struct redisconn_options options = {
        .url = url, .client_name = "projector-svc-doctor", .on_ready = on_ready, .user = patient};
    patient->is_reached = false;
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
    (void)error_set(&patient->failure, ERROR_TRANSIENT, "it took longer than %d s to answer",
                    REDIS_LIMIT_MS / 1000);
    patient->only_reaches = false;
    const enum error_kind kind = reach(patient, patient->settings->redis_url, err);
    strbuf_append_cstr(told, "it lets us in");
    return kind;
}

/* What was refused to us is the user's rights, all else the server. */
static enum error_kind look_at_rights(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->failure.kind == ERROR_INVALID) {
        *err = patient->failure;
        return err->kind;
    }
    strbuf_append_cstr(told, "it may ask what the server is");
    return ERROR_NONE;
}

static enum error_kind look_at_server(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->failure.kind != ERROR_NONE) {
        *err = patient->failure;
        return err->kind;
    }
    strbuf_printf(told, "Redis %s, the primary, evicts nothing", patient->facts.version);
    return ERROR_NONE;
}

static enum error_kind look_at_clock(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->facts.wall_ms == 0) {
        strbuf_append_cstr(told, "not told"); /* what stands in the way, the server's check says */
        return ERROR_NONE;
    }
    strbuf_append_cstr(told, "Redis's agrees with ours");
    return doctor_compare_clocks("Redis", patient->facts.wall_ms, patient->asked_ms,
                                 patient->answered_ms, err);
}

static enum error_kind look_at_library(void *user, struct strbuf *told, struct error *err)
{
    const struct patient *patient = user;
    if (patient->facts.newer > 0) {
        strbuf_append_cstr(told, "the library orderspine is that of a newer release");
        return ERROR_NONE;
    }
    if (!patient->facts.has_library) {
        return error_set(err, ERROR_NOT_FOUND,
                         "the function library orderspine is missing, or not the one of this "
                         "release");
    }
    strbuf_append_cstr(told, "the library orderspine is the one of this release");
    return ERROR_NONE;
}

static enum error_kind reach_if_set(struct patient *patient, const char *url, struct strbuf *told,
                                    struct error *err)
{
    if (url == NULL) {
        strbuf_append_cstr(told, "not set");
        return ERROR_NONE;
    }
    patient->only_reaches = true;
    strbuf_append_cstr(told, "it lets us in");
    return reach(patient, url, err);
}

static enum error_kind reach_queries(void *user, struct strbuf *told, struct error *err)
{
    struct patient *patient = user;
    return reach_if_set(patient, patient->settings->redis_query_url, told, err);
}

static enum error_kind reach_rebuild(void *user, struct strbuf *told, struct error *err)
{
    struct patient *patient = user;
    return reach_if_set(patient, patient->settings->redis_rebuild_url, told, err);
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
     "set REDIS_QUERY_URL (or REDIS_QUERY_URL_FILE) to the same Redis, or leave it unset"},
    {"rebuild", NULL, 0, reach_rebuild,
     "set REDIS_REBUILD_URL (or REDIS_REBUILD_URL_FILE) to the same Redis as the user rebuilder, "
     "or "
     "leave it unset"},
    DOCTOR_KAFKA_CHECKS(offsetof(struct patient, kafka)),
};

int app_doctor(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    char names[AGGREGATE_COUNT][TOPIC_NAME_MAX + 1];
    const char *topics[AGGREGATE_COUNT];
    size_t count;
    for (int i = 0; i < AGGREGATE_COUNT; i++) {
        const struct strview type = strview_of(aggregate_name((enum aggregate_type)i));
        if (!topic_name(settings->topic_prefix, type, names[i])) {
            return SERVICE_MISUSED; /* said already, by the settings' check */
        }
        topics[i] = names[i];
    }
    struct kafka_property *properties = kafka_setup_properties(call->settings, &count);
    struct patient patient = {
        .common = &settings->common,
        .settings = settings,
        .kafka = {.wanted = {.config = {.brokers = settings->kafka_brokers,
                                        .client_id = "projector-svc",
                                        .properties = properties,
                                        .property_count = count},
                             .topics = topics,
                             .topic_count = AGGREGATE_COUNT}},
    };
    const int code = doctor_run(call, CHECKS, sizeof CHECKS / sizeof CHECKS[0], &patient);
    free(properties);
    return code;
}
