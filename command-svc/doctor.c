/* SPDX-License-Identifier: Apache-2.0 */
/* `command-svc doctor`: what it needs of PostgreSQL, and the files of who may ask. */
#include "common/run/doctor.h"

#include "command-svc/app.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/settings.h"
#include "command-svc/sql/migrate.h"
#include "command-svc/sql/rules.h"
#include "command-svc/upkeep/control_sql.h"
#include "common/base/cleanup.h"
#include "common/base/strbuf.h"
#include "common/run/doctor_auth.h"
#include "common/run/doctor_database.h"
#include "common/run/service.h"

#include <stddef.h>

struct patient {
    const struct common_settings *common;
    struct doctor_database database;
};

static const struct doctor_statements STATEMENTS[] = {
    {BATCH_STATEMENTS, BATCH_STATEMENT_COUNT},
    {CONTROL_STATEMENTS, CONTROL_STATEMENT_COUNT},
    {NULL, 0},
};

/* Also those that only functions call, which no statement of ours names. */
static enum error_kind look_at_functions(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_database *database = part;
    struct strview names;
    if (migrate_missing_functions(database->session, &names, err) != ERROR_NONE) {
        return err->kind;
    }
    strbuf_append_cstr(told, "all are there");
    return names.data == NULL
               ? ERROR_NONE
               : error_set(err, ERROR_NOT_FOUND, "the database lacks %.*s", STRVIEW_ARG(names));
}

static enum error_kind look_at_rules(void *part, struct strbuf *told, struct error *err)
{
    enum { NAMES_MAX = 16 << 10 };
    const struct doctor_database *database = part;
    CLEANUP(strbuf_done) struct strbuf names;
    CLEANUP(strbuf_done) struct strbuf statement;
    strbuf_init(&names, NAMES_MAX);
    strbuf_init(&statement, NAMES_MAX);
    if (rules_find_missing(database->session, &names, &statement, err) != ERROR_NONE) {
        strbuf_append_cstr(told, DOCTOR_MIGRATE_MENDS);
        return err->kind;
    }
    if (strbuf_cstr(&names)[0] == '\0') {
        strbuf_append_cstr(told, "all keys, indexes, CHECKs and triggers are there");
        return ERROR_NONE;
    }
    strbuf_append_cstr(told, DOCTOR_MIGRATE_MENDS);
    if (strbuf_cstr(&statement)[0] != '\0') {
        strbuf_printf(told, "; where it changes nothing: %s", strbuf_cstr(&statement));
    }
    return error_set(err, ERROR_NOT_FOUND, "the database lacks %s", strbuf_cstr(&names));
}

static const struct doctor_check CHECKS[] = {
    DOCTOR_AUTH_CHECKS(offsetof(struct patient, common)),
    DOCTOR_DATABASE_CHECKS("orderspine_command", offsetof(struct patient, database)),
    {"functions", "primary", offsetof(struct patient, database), look_at_functions,
     DOCTOR_MIGRATE_MENDS ": it makes them again, and grants them (what it prints does not)"},
    {"rules", "schema", offsetof(struct patient, database), look_at_rules, NULL},
};

int app_doctor(const struct service_call *call)
{
    const struct command_settings *settings = call->values;
    struct patient patient = {.common = &settings->common,
                              .database = {.url = settings->database_url,
                                           .application_name = "command-svc doctor",
                                           .statements = STATEMENTS}};
    const int code = doctor_run(call, CHECKS, sizeof CHECKS / sizeof CHECKS[0], &patient);
    doctor_database_done(&patient.database);
    return code;
}
