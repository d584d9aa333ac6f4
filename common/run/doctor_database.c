/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/doctor_database.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/io/postgres/pgsession.h"

#include <inttypes.h>
#include <string.h>

enum { SQL_MAX = 64 << 10 };

static const char INSUFFICIENT_PRIVILEGE[] = "42501";

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
    strbuf_append_cstr(out, "BEGIN; SET LOCAL lock_timeout = '2s'; EXPLAIN ");
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

static enum error_kind ask(const struct doctor_database *database, const char *sql,
                           struct strview *ret_value, struct error *err)
{
    return pgsession_ask(database->session, sql, NULL, 0, ret_value, err);
}

enum error_kind doctor_database_connect(void *part, struct strbuf *told, struct error *err)
{
    struct doctor_database *database = part;
    struct strview value;
    enum error_kind kind =
        pgsession_connect(database->url, database->application_name, &database->session, err);
    if (kind == ERROR_NONE) {
        kind = ask(database,
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
    if (ask(part, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", &value, err) !=
        ERROR_NONE) {
        return err->kind;
    }
    const int64_t after_ms = loop_wall_ms();
    if (!parse_i64(value, &theirs_ms)) {
        return error_set(err, ERROR_INVALID, "PostgreSQL does not tell the time");
    }
    strbuf_append_cstr(told, "PostgreSQL's agrees with ours");
    return doctor_compare_clocks("PostgreSQL", theirs_ms, before_ms, after_ms, err);
}

/* Explains all; puts each fault once that is about a right, or is not. */
static void find_faults(const struct doctor_database *database, bool is_right,
                        struct strbuf *faults)
{
    struct strbuf sql;
    struct error err;
    strbuf_init(&sql, SQL_MAX);
    for (const struct doctor_statements *list = database->statements; list->all != NULL; list++) {
        for (size_t i = 0; i < list->count; i++) {
            strbuf_reset(&sql);
            if (!doctor_database_explain(list->all[i].sql, &sql)) {
                continue;
            }
            const enum error_kind kind = pgsession_run(database->session, strbuf_cstr(&sql), &err);
            const bool is_about_a_right =
                strcmp(pgsession_sqlstate(database->session), INSUFFICIENT_PRIVILEGE) == 0;
            if (kind != ERROR_NONE && is_about_a_right == is_right &&
                strstr(strbuf_cstr(faults), err.text) == NULL) {
                strbuf_printf(faults, "%s%s", strbuf_cstr(faults)[0] == '\0' ? "" : "; ", err.text);
            }
            (void)!pgsession_run(database->session, "ROLLBACK", &err);
        }
    }
    strbuf_done(&sql);
}

static enum error_kind explain_all(const struct doctor_database *database, bool is_right,
                                   struct error *err)
{
    struct strbuf faults;
    strbuf_init(&faults, SQL_MAX);
    find_faults(database, is_right, &faults);
    const bool is_well = strbuf_cstr(&faults)[0] == '\0';
    const enum error_kind kind =
        is_well ? ERROR_NONE : error_set(err, ERROR_INVALID, "%s", strbuf_cstr(&faults));
    strbuf_done(&faults);
    return kind;
}

enum error_kind doctor_database_schema(void *part, struct strbuf *told, struct error *err)
{
    strbuf_append_cstr(told, "all tables, columns and functions are there");
    return explain_all(part, false, err);
}

enum error_kind doctor_database_grants(void *part, struct strbuf *told, struct error *err)
{
    strbuf_append_cstr(told, "every statement may be carried out");
    return explain_all(part, true, err);
}

enum error_kind doctor_database_shards(void *part, struct strbuf *told, struct error *err)
{
    struct doctor_database *database = part;
    struct strview value;
    int64_t rows;
    if (ask(database, "SELECT count(*) FROM relay_shard", &value, err) != ERROR_NONE) {
        return err->kind;
    }
    const bool has_rows = parse_i64(value, &rows);
    if (ask(database, "SELECT shards FROM installation", &value, err) != ERROR_NONE) {
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
