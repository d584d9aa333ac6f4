/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody has taken away from the owner of our tables. Functions, triggers and keys do their
 * work with the owner's rights, and who takes one away there stops whoever calls them. */
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/doctor_database.h"

enum { SAID_MAX = 64 << 10 };

/* $1 our tables. Owner, what it lacks, the line that mends it; of each owner and kind a row. Where
 * there are no rights written down the owner has all. */
static const char LACKING_SQL[] =
    "WITH home AS (SELECT relnamespace AS oid FROM pg_class WHERE oid = to_regclass('outbox')),"
    " tables AS (SELECT c.* FROM unnest($1::text[] || '{outbox_missing}') AS n"
    "  JOIN pg_class c ON c.oid = to_regclass(n)),"
    " lacking AS ("
    "  SELECT relowner AS owner, '' AS kind, oid::regclass::text AS what FROM tables"
    "  WHERE NOT (has_table_privilege(relowner, oid, 'SELECT')"
    "   AND has_table_privilege(relowner, oid, 'INSERT')"
    "   AND has_table_privilege(relowner, oid, 'UPDATE')"
    "   AND has_table_privilege(relowner, oid, 'DELETE'))"
    "  UNION ALL SELECT s.relowner, 'SEQUENCE ', s.oid::regclass::text"
    "  FROM pg_depend d JOIN tables ON tables.oid = d.refobjid JOIN pg_class s ON s.oid = d.objid"
    "  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
    "   AND s.relkind = 'S' AND NOT (has_sequence_privilege(s.relowner, s.oid, 'USAGE')"
    "    AND has_sequence_privilege(s.relowner, s.oid, 'SELECT')"
    "    AND has_sequence_privilege(s.relowner, s.oid, 'UPDATE'))"
    "  UNION ALL SELECT proowner, 'FUNCTION ', p.oid::regprocedure::text"
    "  FROM pg_proc p JOIN home ON home.oid = pronamespace"
    "  WHERE proname ~ '^" DOCTOR_DATABASE_FUNCTIONS "'"
    "   AND NOT has_function_privilege(proowner, p.oid, 'EXECUTE')"
    "  UNION ALL SELECT t.relowner, 'SCHEMA ', quote_ident(nspname)"
    "  FROM pg_namespace n JOIN home USING (oid) JOIN tables t ON t.oid = to_regclass('outbox')"
    "  WHERE NOT (has_schema_privilege(t.relowner, n.oid, 'USAGE')"
    "   AND has_schema_privilege(t.relowner, n.oid, 'CREATE')))"
    " SELECT owner::regrole, string_agg(what, ', ' ORDER BY what),"
    "  format('GRANT ALL ON %s%s TO %s', kind, string_agg(what, ', ' ORDER BY what),"
    "   owner::regrole) FROM lacking GROUP BY owner, kind ORDER BY 1, kind";

struct found {
    struct strbuf said;
    struct strbuf *line;
};

static void on_lacking(void *user, const struct pgsession *session)
{
    struct found *found = user;
    const bool is_first = strbuf_view(&found->said).len == 0;
    strbuf_printf(&found->said, "%s%.*s may no longer use %.*s", is_first ? "" : "; ",
                  STRVIEW_ARG(pgsession_value(session, 0)),
                  STRVIEW_ARG(pgsession_value(session, 1)));
    strbuf_printf(found->line, "%s%.*s", is_first ? "" : "; ",
                  STRVIEW_ARG(pgsession_value(session, 2)));
}

enum error_kind doctor_database_owner(void *part, struct strbuf *told, struct error *err)
{
    static const char *const PARAMS[] = {DOCTOR_DATABASE_TABLES};
    const struct doctor_database *database = part;
    struct found found = {.line = told};
    strbuf_init(&found.said, SAID_MAX);
    enum error_kind kind =
        pgsession_each(database->session, LACKING_SQL, PARAMS, 1, on_lacking, &found, err);
    if (kind == ERROR_NONE && strbuf_view(&found.said).len > 0) {
        kind = error_set(err, ERROR_INVALID, "the tables' owner lacks rights: %s",
                         strbuf_cstr(&found.said));
    } else if (kind == ERROR_NONE) {
        strbuf_append_cstr(told, "the tables' owner has all rights of its own");
    }
    strbuf_done(&found.said);
    return kind;
}
