/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/doctor_database.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/io/postgres/pgsession.h"
#include "common/io/postgres/table_locks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SQL_MAX = 64 << 10, LOOKS = 3 };

static const char INSUFFICIENT_PRIVILEGE[] = "42501";
static const char LOCK_NOT_AVAILABLE[] = "55P03";

/* --- pure */

static bool is_explainable(const char *sql)
{
    static const char *const VERBS[] = {"SELECT ", "WITH ", "INSERT ", "UPDATE ", "DELETE "};
    for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++) {
        if (strncmp(sql, VERBS[i], strlen(VERBS[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool doctor_database_explain(const char *sql, struct strbuf *out)
{
    if (!is_explainable(sql)) {
        return false;
    }
    strbuf_append_cstr(out, "BEGIN; SET LOCAL lock_timeout = '2s';"
                            " SET LOCAL statement_timeout = '10s'; EXPLAIN ");
    for (const char *at = sql; *at != '\0';) {
        if (at[0] != '$' || !ascii_is_digit(at[1])) {
            strbuf_append_char(out, *at++);
            continue;
        }
        strbuf_append_cstr(out, "NULL");
        at++;
        while (ascii_is_digit(*at)) {
            at++;
        }
    }
    return strbuf_ok(out);
}

/* --- asked */

enum error_kind doctor_database_connect(void *part, struct strbuf *told, struct error *err)
{
    struct doctor_database *database = part;
    struct strview value;
    enum error_kind kind =
        pgsession_connect(database->url, database->application_name, &database->session, err);
    if (kind == ERROR_NONE) {
        kind = doctor_database_ask(
            database,
            "SELECT format('PostgreSQL %s, database %s, role %s',"
            " current_setting('server_version'), current_database(), current_user)",
            &value, err);
    }
    if (kind == ERROR_NONE) {
        strbuf_append(told, value);
    }
    return kind;
}

enum error_kind doctor_database_judge(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_database *database = part;
    const enum error_kind kind = pgsession_judge(database->session, err);
    if (kind == ERROR_NONE) {
        strbuf_append_cstr(told, pgsession_is_pooled(database->session) ? "it is, behind a pooler"
                                                                        : "it is");
    }
    return kind;
}

enum error_kind doctor_database_clock(void *part, struct strbuf *told, struct error *err)
{
    struct strview value;
    int64_t theirs_ms;
    const int64_t before_ms = loop_wall_ms();
    if (doctor_database_ask(part, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
                            &value, err) != ERROR_NONE) {
        return err->kind;
    }
    const int64_t after_ms = loop_wall_ms();
    if (!parse_i64(value, &theirs_ms)) {
        return error_set(err, ERROR_INVALID, "PostgreSQL does not tell the time");
    }
    strbuf_append_cstr(told, "PostgreSQL's agrees with ours");
    return doctor_compare_clocks("PostgreSQL", theirs_ms, before_ms, after_ms, err);
}

/* What a statement fails of; all else is the schema. */
enum about { ABOUT_SCHEMA = 0, ABOUT_RIGHTS, ABOUT_LOCKS };

static enum about about_of(const char *sqlstate)
{
    return strcmp(sqlstate, INSUFFICIENT_PRIVILEGE) == 0 ? ABOUT_RIGHTS
           : strcmp(sqlstate, LOCK_NOT_AVAILABLE) == 0   ? ABOUT_LOCKS
                                                         : ABOUT_SCHEMA;
}

/* Puts what is wrong with a statement once, if it is about that. */
static void explain(const struct doctor_database *database, const char *sql, enum about about,
                    struct strbuf *faults)
{
    struct error err;
    const enum error_kind kind = pgsession_run(database->session, sql, &err);
    if (kind != ERROR_NONE && about_of(pgsession_sqlstate(database->session)) == about &&
        strstr(strbuf_cstr(faults), err.text) == NULL) {
        strbuf_printf(faults, "%s%s", strbuf_cstr(faults)[0] == '\0' ? "" : "; ", err.text);
    }
    (void)!pgsession_run(database->session, "ROLLBACK", &err);
}

/* Explains all; of locks the first that is not got ends it, as each is waited for. */
static enum error_kind explain_all(const struct doctor_database *database, enum about about,
                                   struct error *err)
{
    struct strbuf sql = STRBUF(SQL_MAX);
    struct strbuf faults = STRBUF(SQL_MAX);
    for (const struct doctor_statements *list = database->statements; list->all != NULL; list++) {
        for (size_t i = 0; i < list->count; i++) {
            strbuf_reset(&sql);
            if (doctor_database_explain(list->all[i].sql, &sql) &&
                (about != ABOUT_LOCKS || strbuf_cstr(&faults)[0] == '\0')) {
                explain(database, strbuf_cstr(&sql), about, &faults);
            }
        }
    }
    const bool is_well = strbuf_cstr(&faults)[0] == '\0';
    const enum error_kind kind =
        is_well ? ERROR_NONE : error_set(err, ERROR_INVALID, "%s", strbuf_cstr(&faults));
    strbuf_done(&sql);
    strbuf_done(&faults);
    return kind;
}

enum error_kind doctor_database_schema(void *part, struct strbuf *told, struct error *err)
{
    strbuf_append_cstr(told, "all tables, columns and functions are there");
    return explain_all(part, ABOUT_SCHEMA, err);
}

enum error_kind doctor_database_grants(void *part, struct strbuf *told, struct error *err)
{
    strbuf_append_cstr(told, "every statement may be carried out");
    return explain_all(part, ABOUT_RIGHTS, err);
}

/* --- who keeps others out of a table */

struct holders {
    struct strbuf said;
    struct strbuf *line; /* that ends the first */
};

static void on_holder(void *user, const struct pgsession *session)
{
    struct holders *holders = user;
    const bool is_first = strbuf_cstr(&holders->said)[0] == '\0';
    const int64_t pid = pgsession_value_i64(session, 2); /* 0: a prepared transaction has none */
    strbuf_printf(&holders->said, "%stable %.*s is locked by %.*s", is_first ? "" : "; ",
                  STRVIEW_ARG(pgsession_value(session, 0)),
                  STRVIEW_ARG(pgsession_value(session, 4)));
    if (pid > 0) {
        strbuf_printf(&holders->said, ", pid %" PRId64 " of %.*s", pid,
                      STRVIEW_ARG(pgsession_value(session, 3)));
    }
    if (is_first && pid > 0) {
        strbuf_printf(holders->line, "let it end, or SELECT pg_terminate_backend(%" PRId64 ")",
                      pid);
    } else if (is_first) {
        strbuf_append_cstr(holders->line, "ROLLBACK PREPARED, of one of pg_prepared_xacts");
    }
}

/* err stays as it was where nobody is seen. */
static bool find_holders(const struct doctor_database *database, struct strbuf *told,
                         struct error *err)
{
    struct holders holders = {.line = told};
    static const char *const PARAMS[] = {DOCTOR_DATABASE_TABLES};
    struct error failure;
    strbuf_init(&holders.said, SQL_MAX);
    (void)!pgsession_each(database->session, TABLE_LOCKS_SQL, PARAMS, 1, on_holder, &holders,
                          &failure);
    const bool is_found = strbuf_cstr(&holders.said)[0] != '\0';
    if (is_found) {
        (void)error_set(err, ERROR_INVALID, "%s", strbuf_cstr(&holders.said));
    }
    strbuf_done(&holders.said);
    return is_found;
}

/* One that has ended meanwhile is nobody's fault: so it is looked again. */
enum error_kind doctor_database_locks(void *part, struct strbuf *told, struct error *err)
{
    for (int i = 0; i < LOOKS; i++) {
        if (explain_all(part, ABOUT_LOCKS, err) == ERROR_NONE) {
            strbuf_append_cstr(told, "no table is locked");
            return ERROR_NONE;
        }
        if (find_holders(part, told, err)) {
            return err->kind;
        }
    }
    strbuf_append_cstr(told, "look again: whoever had it was gone when it was looked who that is");
    return err->kind;
}

enum error_kind doctor_database_shards(void *part, struct strbuf *told, struct error *err)
{
    struct doctor_database *database = part;
    struct strview value;
    int64_t rows;
    if (doctor_database_ask(database, "SELECT count(*) FROM relay_shard", &value, err) !=
        ERROR_NONE) {
        return err->kind;
    }
    const bool has_rows = parse_i64(value, &rows);
    if (doctor_database_ask(database, "SELECT shards FROM installation", &value, err) !=
        ERROR_NONE) {
        return err->kind;
    }
    if (value.data == NULL || !parse_i64(value, &database->shards) || database->shards < 1 ||
        database->shards > SHARDS_MAX) {
        database->shards = 0;
        return error_set(err, ERROR_INVALID, "the database does not say how many shards it has");
    }
    if (!has_rows || rows != database->shards) {
        return error_set(err, ERROR_INVALID,
                         "the database has %" PRId64 " shards, and %" PRId64
                         " positions of them (relay_shard)",
                         database->shards, rows);
    }
    strbuf_printf(told, "%" PRId64, database->shards);
    return ERROR_NONE;
}

void doctor_database_done(struct doctor_database *database)
{
    pgsession_close(database->session);
    database->session = NULL;
}
