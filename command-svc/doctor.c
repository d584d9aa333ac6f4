/* SPDX-License-Identifier: Apache-2.0 */
/* `command-svc doctor`: what it needs of PostgreSQL, and the files of who may ask. */
#include "common/run/doctor.h"

#include "command-svc/app.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/settings.h"
#include "command-svc/sql/lacking.h"
#include "command-svc/upkeep/control_sql.h"
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

/* What is missing, as it is said, and the first statement of those that a person carries out. */
struct missing {
    struct strbuf names;
    struct strbuf statement;
    bool is_lost; /* for good, but for a backup */
};

enum { NAMES_MAX = 16 << 10 };

static void missing_init(struct missing *missing)
{
    strbuf_init(&missing->names, NAMES_MAX);
    strbuf_init(&missing->statement, NAMES_MAX);
    missing->is_lost = false;
}

static void missing_done(struct missing *missing)
{
    strbuf_done(&missing->names);
    strbuf_done(&missing->statement);
}

static void on_function(void *user, const struct sql_function *function)
{
    struct missing *missing = user;
    lacking_put_name(&missing->names, &(struct sql_rule){.name = function->name});
}

static void on_rest(void *user, enum lacking_kind kind, const struct sql_rule *what)
{
    struct missing *missing = user;
    lacking_put_name(&missing->names, what);
    missing->is_lost |= kind == LACKING_LOST;
    if (kind == LACKING_RULE && strbuf_view(&missing->statement).len == 0) {
        strbuf_append(&missing->statement, what->statement);
    }
}

static enum error_kind judge(struct missing *missing, struct error *err)
{
    const char *names = strbuf_cstr(&missing->names);
    return names[0] == '\0' ? ERROR_NONE
                            : error_set(err, ERROR_NOT_FOUND, "the database lacks %s", names);
}

/* Also those that only functions call, which no statement of ours names. */
static enum error_kind look_at_functions(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_database *database = part;
    struct missing missing;
    missing_init(&missing);
    strbuf_append_cstr(told, "all are there");
    enum error_kind kind = lacking_functions(database->session, on_function, &missing, err);
    if (kind == ERROR_NONE) {
        kind = judge(&missing, err);
    }
    missing_done(&missing);
    return kind;
}

static enum error_kind look_at_rest(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_database *database = part;
    struct missing missing;
    missing_init(&missing);
    enum error_kind kind = lacking_rest(database->session, on_rest, &missing, err);
    if (kind == ERROR_NONE) {
        kind = judge(&missing, err);
    }
    strbuf_append_cstr(
        told,
        kind == ERROR_NONE ? "all tables, columns, keys, indexes, CHECKs and triggers are there"
        : missing.is_lost
            ? "only a backup brings that back: deploy/runbooks/restore.md, \"A table is gone\""
            : DOCTOR_MIGRATE_MENDS);
    if (kind != ERROR_NONE && !missing.is_lost && strbuf_view(&missing.statement).len > 0) {
        strbuf_printf(told, "; where it changes nothing: %s", strbuf_cstr(&missing.statement));
    }
    missing_done(&missing);
    return kind;
}

static const struct doctor_check CHECKS[] = {
    DOCTOR_AUTH_CHECKS(offsetof(struct patient, common)),
    DOCTOR_DATABASE_CHECKS("orderspine_command", offsetof(struct patient, database)),
    {"functions", "primary", offsetof(struct patient, database), look_at_functions,
     DOCTOR_MIGRATE_MENDS
     ": it makes again what is missing or was changed, and grants it (what it prints does not)"},
    {"rules", "schema", offsetof(struct patient, database), look_at_rest, NULL},
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
