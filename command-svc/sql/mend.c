/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/mend.h"

#include "command-svc/sql/lacking.h"
#include "command-svc/sql/patience.h"
#include "common/base/cleanup.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"

#include <string.h>

enum { SCRIPT_MAX = 4 << 20 };

static const char CREATE[] = "CREATE ";
static const char REPLACE[] = "CREATE OR REPLACE ";

/* A superuser may have called: what is made again is the owner's, as it was. */
static const char ROLE_SQL[] = "SELECT set_config('role', pg_get_userbyid(relowner), true)"
                               " FROM pg_class WHERE oid = 'outbox'::regclass;\n";

/* Before any row of it, as a relay has them: one of relay_shard first, then that of relay_fence. */
static const char LOCK_SQL[] = "LOCK TABLE relay_shard IN SHARE ROW EXCLUSIVE MODE;\n";

#define DIFFERS                                                                                    \
    " FROM relay_shard s LEFT JOIN relay_fence f USING (shard)"                                    \
    " WHERE (f.owner, f.epoch) IS DISTINCT FROM (s.owner, s.epoch)"
static const char DIFFERING_SQL[] =
    "SELECT string_agg(s.shard::text, ', ' ORDER BY s.shard)" DIFFERS;
static const char FOLLOW_SQL[] =
    "INSERT INTO relay_fence (shard, owner, epoch) SELECT s.shard, s.owner, s.epoch" DIFFERS
    " ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch;\n";

/* Lists for persons, and what makes things again. */
#define MENDING_TEXTS(X)                                                                           \
    X(lost) X(made) X(shards) X(left) X(first_left) X(tables) X(functions) X(triggers)

struct mending {
#define MEMBER(name) struct strbuf name;
    MENDING_TEXTS(MEMBER)
#undef MEMBER
};

static void mending_init(struct mending *mending)
{
#define INIT(name) strbuf_init(&mending->name, SCRIPT_MAX);
    MENDING_TEXTS(INIT)
#undef INIT
}

static void mending_done(struct mending *mending)
{
#define DONE(name) strbuf_done(&mending->name);
    MENDING_TEXTS(DONE)
#undef DONE
}

static bool is_empty(const struct strbuf *text)
{
    return strbuf_view(text).len == 0;
}

/* One whose body was changed is there still. */
static void on_function(void *user, const struct sql_function *function)
{
    struct mending *mending = user;
    const size_t begins =
        strview_begins(function->text, REPLACE) ? strlen(REPLACE) : strlen(CREATE);
    lacking_put_name(&mending->made, &(struct sql_rule){.name = function->name});
    strbuf_printf(&mending->functions, "%s%.*s\n", REPLACE,
                  STRVIEW_ARG(strview_skip(function->text, begins)));
    if (!function->is_public) {
        strbuf_printf(&mending->functions, "REVOKE ALL ON FUNCTION %.*s FROM PUBLIC;\n",
                      STRVIEW_ARG(function->name));
    }
}

/* Whole, however much of it is lacking: it holds nothing of its own. Its triggers go with it. */
static void put_derived(struct mending *mending, const struct sql_rule *what)
{
    const struct strview table = what->home.len > 0 ? what->home : what->name;
    const char *sql = lacking_derived_sql(table);
    struct sql_rule rules[RULES_MAX];
    const size_t count = rules_all(rules);
    if (strstr(strbuf_cstr(&mending->tables), sql) != NULL) {
        return;
    }
    strbuf_append_cstr(&mending->tables, sql);
    for (size_t i = 0; i < count; i++) {
        if (strview_equal(rules[i].home, table) &&
            strview_begins(rules[i].statement, RULES_TRIGGER)) {
            strbuf_printf(&mending->triggers, "%.*s;\n", STRVIEW_ARG(rules[i].statement));
        }
    }
}

/* A rule without a statement is installation_init()'s to make, which is called in any case. */
static void on_rest(void *user, enum lacking_kind kind, const struct sql_rule *what)
{
    struct mending *mending = user;
    if (kind == LACKING_LOST) {
        lacking_put_name(&mending->lost, what);
    } else if (kind == LACKING_DERIVED) {
        lacking_put_name(&mending->made, what);
        put_derived(mending, what);
    } else if (kind == LACKING_TRIGGER) {
        lacking_put_name(&mending->made, what);
        strbuf_printf(&mending->triggers, "%.*s;\n", STRVIEW_ARG(what->statement));
    } else if (what->statement.len > 0) {
        lacking_put_name(&mending->left, what);
        strbuf_append(&mending->first_left,
                      is_empty(&mending->first_left) ? what->statement : (struct strview){0});
    }
}

/* Shards of which relay_fence says something else than relay_shard; none where it is made anew. */
static enum error_kind look_at_rows(struct pgsession *session, struct mending *mending,
                                    struct error *err)
{
    struct strview shards;
    if (!is_empty(&mending->tables)) {
        return ERROR_NONE;
    }
    const enum error_kind kind = pgsession_ask(session, DIFFERING_SQL, NULL, 0, &shards, err);
    if (kind == ERROR_NONE && shards.data != NULL) {
        strbuf_append(&mending->shards, shards);
    }
    return kind;
}

static enum error_kind look(struct pgsession *session, struct mending *mending, struct error *err)
{
    enum error_kind kind = lacking_rest(session, on_rest, mending, err);
    if (kind == ERROR_NONE && !is_empty(&mending->lost)) {
        return error_set(err, ERROR_FATAL,
                         "only a backup brings back what is gone, see deploy/runbooks/restore.md: "
                         "%s",
                         strbuf_cstr(&mending->lost));
    }
    if (kind == ERROR_NONE) {
        kind = lacking_functions(session, on_function, mending, err);
    }
    return kind == ERROR_NONE ? look_at_rows(session, mending, err) : kind;
}

static void put_script(struct mending *mending, const char *roles, struct strbuf *script)
{
    const bool is_about_rows =
        !is_empty(&mending->shards) || !is_empty(&mending->tables) || !is_empty(&mending->triggers);
    strbuf_printf(script, "%s%sSET LOCAL check_function_bodies = off;\n%s%s%s%s%s", PATIENCE_BEGIN,
                  ROLE_SQL, is_about_rows ? LOCK_SQL : "", strbuf_cstr(&mending->tables),
                  strbuf_cstr(&mending->functions), strbuf_cstr(&mending->triggers),
                  is_about_rows ? FOLLOW_SQL : "");
    strbuf_printf(script, "SELECT installation_secure();\n%s\nCOMMIT;\n", roles);
}

static enum error_kind make(struct pgsession *session, struct mending *mending, const char *roles,
                            struct strbuf *report, struct error *err)
{
    CLEANUP(strbuf_done) struct strbuf script = STRBUF(SCRIPT_MAX);
    if (is_empty(&mending->made) && is_empty(&mending->shards)) {
        return ERROR_NONE;
    }
    put_script(mending, roles, &script);
    if (!strbuf_ok(&script)) {
        return error_set(err, ERROR_FATAL, "what is missing is too long");
    }
    if (patience_run(session, strbuf_cstr(&script), err) != ERROR_NONE) {
        return error_context(err, "making again what is missing");
    }
    if (!is_empty(&mending->made)) {
        strbuf_printf(report, "made again what was missing: %s\n", strbuf_cstr(&mending->made));
    }
    if (!is_empty(&mending->shards)) {
        strbuf_printf(report, "set right in relay_fence: shards %s\n",
                      strbuf_cstr(&mending->shards));
    }
    return ERROR_NONE;
}

enum error_kind mend_run(struct pgsession *session, const char *roles, struct strbuf *report,
                         struct strbuf *left, struct error *err)
{
    struct mending mending;
    mending_init(&mending);
    enum error_kind kind = look(session, &mending, err);
    if (kind == ERROR_NONE) {
        kind = make(session, &mending, roles, report, err);
    }
    if (kind == ERROR_NONE && !is_empty(&mending.left)) {
        strbuf_printf(
            left,
            "the database lacks %s; where there is time for it, let the tables' owner say: %s\n",
            strbuf_cstr(&mending.left), strbuf_cstr(&mending.first_left));
    }
    mending_done(&mending);
    return kind;
}
