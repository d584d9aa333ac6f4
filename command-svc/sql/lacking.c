/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/lacking.h"

#include "common/base/embedded_text.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"

#include <string.h>

extern const struct embedded_text COMMAND_MIGRATIONS[];
extern const struct embedded_text COMMAND_COLUMNS[];

/* relay_fence is filled from relay_shard, relay_member by each relay that lives. */
static const struct {
    const char *table;
    const char *sql;
} DERIVED[] = {
    {"relay_fence",
     "DROP TABLE IF EXISTS relay_fence;\n"
     "CREATE TABLE relay_fence (shard smallint PRIMARY KEY REFERENCES relay_shard ON DELETE "
     "CASCADE,"
     " owner text, epoch bigint NOT NULL);\n"
     "COMMENT ON TABLE relay_fence IS 'Who holds each shard, as relay_shard says it: written by "
     "its"
     " triggers alone.';\n"
     "COMMENT ON COLUMN relay_fence.epoch IS 'Goes up with every claim; what a relay reads names"
     " it.';\n"},
    {"relay_member",
     "DROP TABLE IF EXISTS relay_member;\n"
     "CREATE TABLE relay_member (owner text PRIMARY KEY, seen_at timestamptz NOT NULL,"
     " kafka_at timestamptz, topic_prefix text, kafka_cluster text) WITH (fillfactor = 20);\n"
     "COMMENT ON TABLE relay_member IS 'The relays that live, to share the shards among.';\n"},
};

static const char DEFINER[] = "SECURITY DEFINER";

static const char FUNCTIONS_SQL[] =
    "WITH home AS (SELECT relnamespace AS oid FROM pg_class WHERE oid = to_regclass('outbox'))"
    " SELECT proname, prosrc, prosecdef FROM pg_proc JOIN home ON home.oid = pronamespace"
    " UNION ALL SELECT relname, NULL, false FROM pg_class JOIN home ON home.oid = relnamespace"
    "  WHERE relkind = 'v'";

/* $1 lines of a table and its columns. A table of that name further back in the search path is
 * somebody else's. */
static const char LOST_SQL[] =
    "WITH wanted AS (SELECT place, words[1] AS home, words[2:] AS columns, c.oid AS id"
    "  FROM regexp_split_to_table($1, '\n') WITH ORDINALITY AS line (text, place)"
    "  CROSS JOIN string_to_array(text, ' ') AS words"
    "  LEFT JOIN pg_class c ON c.relname = words[1] AND c.relnamespace = (SELECT relnamespace"
    "   FROM pg_class WHERE oid = coalesce(to_regclass('schema_migration'), to_regclass('outbox')))"
    "  WHERE text ~ '^[a-z]')"
    " SELECT name, home FROM ("
    "  SELECT place, home AS name, '' AS home FROM wanted WHERE id IS NULL"
    "  UNION ALL SELECT place, name, home FROM wanted, unnest(columns) AS name"
    "  WHERE id IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute"
    "   WHERE attrelid = id AND attname = name AND NOT attisdropped)) lost"
    " ORDER BY place, name";

struct looking {
    struct sql_functions functions;
    bool is_there[FUNCTIONS_MAX];
};

struct telling {
    lacking_on_found *on_found;
    void *user;
};

const char *lacking_derived_sql(struct strview table)
{
    for (size_t i = 0; i < sizeof DERIVED / sizeof DERIVED[0]; i++) {
        if (strview_is(table, DERIVED[i].table)) {
            return DERIVED[i].sql;
        }
    }
    return NULL;
}

void lacking_put_name(struct strbuf *names, const struct sql_rule *what)
{
    strbuf_printf(names, "%s%.*s", strbuf_view(names).len == 0 ? "" : ", ",
                  STRVIEW_ARG(what->name));
    if (what->home.len > 0) {
        strbuf_printf(names, " of %.*s", STRVIEW_ARG(what->home));
    }
}

/* The body, whole between its quotes; of a view none is told. */
static bool has_body(struct strview statement, struct strview body)
{
    if (body.data == NULL) {
        return true;
    }
    const char *at = memmem(statement.data, statement.len, body.data, body.len);
    const char *end = statement.data + statement.len;
    return body.len > 0 && at != NULL && at > statement.data && at + body.len < end &&
           at[-1] == at[body.len] && strchr("$'", at[-1]) != NULL;
}

/* With whose rights it does its work. */
static bool has_rights(struct strview statement, struct strview is_definer)
{
    const bool wanted = memmem(statement.data, statement.len, DEFINER, strlen(DEFINER)) != NULL;
    return wanted == strview_is(is_definer, "t");
}

static void on_function(void *user, const struct pgsession *session)
{
    struct looking *looking = user;
    for (size_t i = 0; i < looking->functions.count; i++) {
        const struct sql_function *function = &looking->functions.list[i];
        if (strview_equal(function->name, pgsession_value(session, 0)) &&
            has_body(function->text, pgsession_value(session, 1)) &&
            has_rights(function->text, pgsession_value(session, 2))) {
            looking->is_there[i] = true;
        }
    }
}

enum error_kind lacking_functions(struct pgsession *session, lacking_on_function *on_lacking,
                                  void *user, struct error *err)
{
    struct looking looking = {.is_there = {false}};
    functions_newest(COMMAND_MIGRATIONS, &looking.functions);
    const enum error_kind kind =
        pgsession_each(session, FUNCTIONS_SQL, NULL, 0, on_function, &looking, err);
    for (size_t i = 0; kind == ERROR_NONE && i < looking.functions.count; i++) {
        if (!looking.is_there[i]) {
            on_lacking(user, &looking.functions.list[i]);
        }
    }
    return kind;
}

static void on_lost(void *user, const struct pgsession *session)
{
    const struct telling *telling = user;
    const struct sql_rule what = {.name = pgsession_value(session, 0),
                                  .home = pgsession_value(session, 1)};
    const bool is_derived = lacking_derived_sql(what.home.len == 0 ? what.name : what.home) != NULL;
    telling->on_found(telling->user, is_derived ? LACKING_DERIVED : LACKING_LOST, &what);
}

static void on_rule(void *user, const struct sql_rule *rule)
{
    const struct telling *telling = user;
    const bool is_trigger = strview_begins(rule->statement, RULES_TRIGGER);
    const bool is_derived = lacking_derived_sql(rule->home) != NULL;
    telling->on_found(telling->user,
                      is_trigger   ? LACKING_TRIGGER
                      : is_derived ? LACKING_DERIVED
                                   : LACKING_RULE,
                      rule);
}

/* Where a table is gone nothing more is said of its rules. */
enum error_kind lacking_rest(struct pgsession *session, lacking_on_found *on_found, void *user,
                             struct error *err)
{
    struct telling telling = {.on_found = on_found, .user = user};
    const char *const params[] = {COMMAND_COLUMNS[0].text};
    const enum error_kind kind =
        pgsession_each(session, LOST_SQL, params, 1, on_lost, &telling, err);
    return kind == ERROR_NONE ? rules_each_missing(session, on_rule, &telling, err) : kind;
}
