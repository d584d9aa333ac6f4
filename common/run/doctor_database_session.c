/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody has set for the role that stands in the way of every statement. */
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/doctor_database.h"

#include <stdio.h>
#include <string.h>

enum { TRIES = 100, NAME_MAX_BYTES = 256, LINE_MAX_BYTES = 384 };

static const char QUERY_CANCELED[] = "57014";

/* Less than these hardly any statement does its work in. What is longer is nobody's fault: the
 * services set these themselves where it matters. 0 is no limit. */
static const char TIGHT_SQL[] =
    "SELECT name || ' ' || current_setting(name)"
    " FROM (VALUES ('statement_timeout', interval '50 ms'), ('lock_timeout', interval '5 ms'))"
    "  AS tight (name, below) WHERE current_setting(name)::interval > interval '0'"
    "   AND current_setting(name)::interval < below LIMIT 1";

/* The schema of our tables, where it is not looked into; before it whether it might be. */
static const char HIDDEN_SQL[] =
    "SELECT has_schema_privilege(n.oid, 'USAGE')::text || ' ' || quote_ident(nspname)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relname = 'installation' AND c.relkind = 'r' AND to_regclass('installation') IS NULL"
    "  AND EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = 'relay_shard')"
    " ORDER BY nspname LIMIT 1";

/* $1 a setting: what takes away the one that counts of those kept for role and database. */
static const char RESET_SQL[] =
    "SELECT format('ALTER %s RESET %s', CASE"
    "   WHEN setrole <> 0 THEN 'ROLE ' || quote_ident(rolname)"
    "    || coalesce(' IN DATABASE ' || quote_ident(datname), '')"
    "   WHEN setdatabase <> 0 THEN 'DATABASE ' || quote_ident(datname) ELSE 'ROLE ALL' END, "
    "$1::text)"
    " FROM pg_db_role_setting LEFT JOIN pg_roles r ON r.oid = setrole"
    "  LEFT JOIN pg_database d ON d.oid = setdatabase"
    " WHERE (setrole = 0 OR rolname = session_user)"
    "  AND (setdatabase = 0 OR datname = current_database())"
    "  AND EXISTS (SELECT FROM unnest(setconfig) s WHERE starts_with(s, $1::text || '='))"
    " ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1";

static bool is_canceled(const struct doctor_database *database)
{
    return strcmp(pgsession_sqlstate(database->session), QUERY_CANCELED) == 0;
}

/* What a limit of a millisecond ends now it may let through the next time. */
enum error_kind doctor_database_ask(const struct doctor_database *database, const char *sql,
                                    struct strview *ret_value, struct error *err)
{
    enum error_kind kind = pgsession_ask(database->session, sql, NULL, 0, ret_value, err);
    for (int i = 1; i < TRIES && kind != ERROR_NONE && is_canceled(database); i++) {
        kind = pgsession_ask(database->session, sql, NULL, 0, ret_value, err);
    }
    return kind;
}

/* --- settings */

/* In a transaction of its own, as a pooler's session is somebody else's next. */
static enum error_kind find_reset(const struct doctor_database *database, const char *name,
                                  struct strview *ret_line, struct error *err)
{
    enum error_kind kind = ERROR_TRANSIENT;
    struct error ignored;
    for (int i = 0; i < TRIES && kind != ERROR_NONE; i++) {
        (void)!pgsession_run(database->session, "ROLLBACK", &ignored);
        kind = pgsession_run(database->session, "BEGIN; SET LOCAL statement_timeout = '10s'", err);
    }
    return kind == ERROR_NONE ? pgsession_ask(database->session, RESET_SQL, &name, 1, ret_line, err)
                              : kind;
}

/* Tells the line that takes the setting away, else what stands instead. */
static void tell_reset(const struct doctor_database *database, const char *name,
                       const char *otherwise, struct strbuf *told)
{
    struct strview line = {.data = NULL};
    struct error ignored;
    if (find_reset(database, name, &line, &ignored) == ERROR_NONE && line.data != NULL) {
        strbuf_append(told, line);
    } else {
        strbuf_append_cstr(told, otherwise);
    }
    (void)!pgsession_run(database->session, "ROLLBACK", &ignored);
}

static enum error_kind tell_tight(const struct doctor_database *database, struct strview found,
                                  struct strbuf *told, struct error *err)
{
    char name[NAME_MAX_BYTES];
    char otherwise[LINE_MAX_BYTES];
    const struct strview word = strview_take(&found, ' ');
    const enum error_kind kind =
        error_set(err, ERROR_INVALID, "%.*s is %.*s: statements may end before they are done",
                  STRVIEW_ARG(word), STRVIEW_ARG(found));
    (void)snprintf(name, sizeof name, "%.*s", STRVIEW_ARG(word));
    (void)snprintf(otherwise, sizeof otherwise,
                   "leave %.100s out of the options in DATABASE_URL, or ALTER SYSTEM RESET %.100s",
                   name, name);
    tell_reset(database, name, otherwise, told);
    return kind;
}

static enum error_kind tell_hidden(const struct doctor_database *database, struct strview found,
                                   struct strbuf *told, struct error *err)
{
    char schema[NAME_MAX_BYTES];
    char otherwise[LINE_MAX_BYTES];
    struct strview value;
    const bool may_use = strview_is(strview_take(&found, ' '), "true");
    (void)snprintf(schema, sizeof schema, "%.*s", STRVIEW_ARG(found));
    if (!may_use) {
        strbuf_printf(told, "GRANT USAGE ON SCHEMA %s TO the role in DATABASE_URL", schema);
        return error_set(err, ERROR_INVALID, "the role may not use the tables' schema, %s", schema);
    }
    if (doctor_database_ask(database, "SHOW search_path", &value, err) != ERROR_NONE) {
        return err->kind;
    }
    const enum error_kind kind =
        error_set(err, ERROR_INVALID, "search_path is '%.*s', without the tables' schema, %s",
                  STRVIEW_ARG(value), schema);
    (void)snprintf(otherwise, sizeof otherwise,
                   "leave search_path out of the options in DATABASE_URL, or ALTER ROLE (the one "
                   "there) SET search_path = %s",
                   schema);
    tell_reset(database, "search_path", otherwise, told);
    return kind;
}

enum error_kind doctor_database_session(void *part, struct strbuf *told, struct error *err)
{
    const struct doctor_database *database = part;
    struct strview found;
    if (doctor_database_ask(database, TIGHT_SQL, &found, err) != ERROR_NONE) {
        tell_reset(database, "statement_timeout", "look into the server's log", told);
        return err->kind;
    }
    if (found.data != NULL) {
        return tell_tight(database, found, told, err);
    }
    if (doctor_database_ask(database, HIDDEN_SQL, &found, err) != ERROR_NONE) {
        return err->kind;
    }
    if (found.data != NULL) {
        return tell_hidden(database, found, told, err);
    }
    strbuf_append_cstr(told, "nothing set for the role stands in the way");
    return ERROR_NONE;
}
