/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc doctor`: what it needs of PostgreSQL and Kafka, and the files of who may ask. */
#include "common/run/doctor.h"

#include "common/base/strbuf.h"
#include "common/run/doctor_auth.h"
#include "common/run/doctor_database.h"
#include "common/run/doctor_kafka.h"
#include "common/run/kafka_setup.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/outbox/operator_sql.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/settings.h"

#include <stddef.h>

struct patient {
    const struct common_settings *common;
    struct doctor_database database;
    struct doctor_kafka kafka;
};

/* Nothing is read of a shard of which the two differ, and whatever keeps a trigger from its work
 * shows here: a condition, an empty function, a setting of the role's. */
static enum error_kind look_at_fence(void *part, struct strbuf *told, struct error *err)
{
    static const char SQL[] =
        "SELECT string_agg(s.shard::text, ', ' ORDER BY s.shard) FROM relay_shard s"
        " LEFT JOIN relay_fence f USING (shard)"
        " WHERE f.epoch IS DISTINCT FROM s.epoch OR f.owner IS DISTINCT FROM s.owner";
    const struct doctor_database *database = part;
    struct strview shards;
    if (doctor_database_ask(database, SQL, &shards, err) != ERROR_NONE) {
        return err->kind;
    }
    strbuf_append_cstr(told, "relay_fence says what relay_shard does");
    return shards.data == NULL
               ? ERROR_NONE
               : error_set(err, ERROR_CONFLICT,
                           "relay_fence says something else than relay_shard of shards %.*s, so "
                           "nothing is read of them",
                           STRVIEW_ARG(shards));
}

static const struct doctor_check CHECKS[] = {
    DOCTOR_AUTH_CHECKS(offsetof(struct patient, common)),
    DOCTOR_DATABASE_CHECKS("orderspine_relay", offsetof(struct patient, database)),
    {"fence", "grants", offsetof(struct patient, database), look_at_fence,
     DOCTOR_MIGRATE_MENDS
     ": it sets the rows right; where this comes back, somebody changed a trigger (DROP FUNCTION "
     "relay_fence_follow() CASCADE, and migrate makes all as it was) or set "
     "session_replication_role for a role (ALTER ROLE … RESET session_replication_role)"},
    DOCTOR_KAFKA_CHECKS(offsetof(struct patient, kafka)),
};

/* What the subcommands for persons ask and write as the same role. */
static const struct pgconn_statement OPERATOR[] = {
    {OPERATOR_SQL_LIST, 0},   {OPERATOR_SQL_SHOW, 2},        {OPERATOR_SQL_REQUEST, 7},
    {OPERATOR_SQL_RESUME, 7}, {OPERATOR_SQL_OUTCOME, 1},     {OPERATOR_SQL_IN_USE, 2},
    {OPERATOR_SQL_RANGES, 4}, {OPERATOR_SQL_FIRST_WHOLE, 1},
};

static const struct doctor_statements STATEMENTS[] = {
    {OUTBOX_CONTROL_SQL, CONTROL_STATEMENT_COUNT},
    {OUTBOX_READER_SQL, READER_STATEMENT_COUNT},
    {OPERATOR, sizeof OPERATOR / sizeof OPERATOR[0]},
    {NULL, 0},
};

int app_doctor(const struct service_call *call)
{
    const struct relay_settings *settings = call->values;
    struct relay_names names;
    struct error err;
    if (relay_names_make(settings, &names, &err) != ERROR_NONE) {
        return SERVICE_MISUSED; /* said already, by the settings' check */
    }
    struct patient patient = {
        .common = &settings->common,
        .database = {.url = settings->database_url,
                     .application_name = "relay-svc doctor",
                     .statements = STATEMENTS},
        .kafka = {.wanted = {.config = kafka_setup_config(call->settings, settings->kafka_brokers,
                                                          "relay-svc"),
                             .topics = names.topic_list,
                             .topic_count = names.count},
                  .shards = &patient.database.shards},
    };
    const int code = doctor_run(call, CHECKS, sizeof CHECKS / sizeof CHECKS[0], &patient);
    doctor_database_done(&patient.database);
    return code;
}
