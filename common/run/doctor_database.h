/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_database.h - what `doctor` looks at in PostgreSQL, for the services that use it.
 *
 * Why the service's own statements: each is explained, not carried out, so PostgreSQL itself says
 * which table, column, function or right is missing, and there is no second list of them to keep.
 *
 * Calling sequence: a service's patient holds a struct doctor_database, its table has
 * DOCTOR_DATABASE_CHECKS(); at the end doctor_database_done().
 */
#ifndef COMMON_RUN_DOCTOR_DATABASE_H
#define COMMON_RUN_DOCTOR_DATABASE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/run/doctor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pgconn_statement;
struct pgsession;
struct strbuf;

struct doctor_statements {
    const struct pgconn_statement *all; /* NULL ends a list of these */
    size_t count;
};

struct doctor_database {
    const char *url;
    const char *application_name;
    const struct doctor_statements *statements;
    struct pgsession *session;
    int64_t shards; /* 0: not known (yet) */
};

/* group is the role whose member the service's is, part the offset of the patient's. */
#define DOCTOR_DATABASE_CHECKS(group, part)                                                        \
    {"postgresql", NULL, (part), doctor_database_connect,                                          \
     "set DATABASE_URL (or DATABASE_URL_FILE) to a server that answers, with a role and password " \
     "it takes"},                                                                                  \
        {"session", "postgresql", (part), doctor_database_session, NULL},                          \
        {"primary", "session", (part), doctor_database_judge,                                      \
         "name the primary in DATABASE_URL; where the role may only read: ALTER ROLE … SET "     \
         "default_transaction_read_only = off"},                                                   \
        {"clock", "session", (part), doctor_database_clock, DOCTOR_CLOCK_MENDS},                   \
        {"locks", "primary", (part), doctor_database_locks, NULL},                                 \
        {"schema", "locks", (part), doctor_database_schema,                                        \
         DOCTOR_MIGRATE_MENDS "; it says what only a backup brings back"},                         \
        {"owner", "schema", (part), doctor_database_owner, NULL},                                  \
        {"grants", "owner", (part), doctor_database_grants,                                        \
         "GRANT " group " TO the role in DATABASE_URL; what that group is granted: command-svc "   \
         "migrate --print-roles"},                                                                 \
    {                                                                                              \
        "shards", "grants", (part), doctor_database_shards, DOCTOR_MIGRATE_MENDS                   \
    }
#define DOCTOR_MIGRATE_MENDS "command-svc migrate, with the DATABASE_URL of the tables' owner"

/* Our tables, as an array of PostgreSQL's: in a schema that we share, who has locked somebody
 * else's table is not to be ended. A test holds it against command-svc/sql/rules.txt. */
#define DOCTOR_DATABASE_TABLES                                                                     \
    "{customer,installation,order_line,orders,outbox,outbox_head,outbox_partition,payment,"        \
    "product,receipt,relay_fence,relay_member,relay_quarantine,relay_request,relay_sent,"          \
    "relay_shard,relay_skipped,schema_migration,stock,stock_announced}"

/* How names of our functions begin, as a part of a regular expression; a test holds it against the
 * migrations. */
#define DOCTOR_DATABASE_FUNCTIONS "(installation|outbox|relay)_"

/* A check's functions; part is a struct doctor_database. */
enum error_kind doctor_database_connect(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_session(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_judge(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_clock(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_locks(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_schema(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_grants(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_owner(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_database_shards(void *part, struct strbuf *told, struct error *err);

void doctor_database_done(struct doctor_database *database);

/* A question without parameters, for these checks: asked again where a limit that is set for the
 * role cancels it. */
MUST_USE enum error_kind doctor_database_ask(const struct doctor_database *database,
                                             const char *sql, struct strview *ret_value,
                                             struct error *err);

/* ---- pure, for the above and their tests */

/* The statement with EXPLAIN before it and NULL for each parameter, in a transaction of its own.
 * False: it is not one of those that can be explained (BEGIN, LISTEN …). */
MUST_USE bool doctor_database_explain(const char *sql, struct strbuf *out);

#endif
