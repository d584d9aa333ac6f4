/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/migrate.h"

#include "command-svc/sql/mend.h"
#include "command-svc/sql/patience.h"
#include "common/base/cleanup.h"
#include "common/base/embedded_text.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/digest.h"
#include "common/io/postgres/pgsession.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded_text COMMAND_MIGRATIONS[];
extern const struct embedded_text COMMAND_ROLES[];

enum {
    SCRIPT_MAX = 4 << 20,
    NUMBER_LEN = 4,
    CHECKSUM_LEN = 2 * DIGEST_LEN,
};

static const char INSUFFICIENT_PRIVILEGE[] = "42501";

static const char BOOKKEEPING_SQL[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (version int PRIMARY KEY, name text NOT NULL,"
    " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

/* One migration at a time; the lock is kept until the session ends. */
static const char LOCK_SQL[] = "SET lock_timeout = '60s'; SELECT pg_advisory_lock(1869769843, -1)";

/* Of small tables, so that it is looked each time whether somebody has set them right. */
static const char VALIDATE_SQL[] =
    "DO $$\n"
    "DECLARE rule record;\n"
    "BEGIN\n"
    "    FOR rule IN SELECT conname, conrelid::regclass AS home FROM pg_constraint\n"
    "        WHERE conrelid IN ('relay_shard'::regclass, 'relay_sent'::regclass)\n"
    "            AND contype = 'c' AND NOT convalidated LOOP\n"
    "        BEGIN\n"
    "            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I',\n"
    "                rule.home, rule.conname);\n"
    "        EXCEPTION WHEN check_violation OR lock_not_available THEN\n"
    "            NULL;\n"
    "        END;\n"
    "    END LOOP;\n"
    "END $$";

static const char BROKEN_RULES_SQL[] =
    "SELECT string_agg(CASE WHEN home = 'outbox'"
    "   THEN format(E'old rows of the outbox break %s; new ones cannot\n', rules)"
    "   ELSE format(E'rows of %s break %s: set them right, relay-svc cannot write to them\n',"
    "    home, rules) END, '' ORDER BY home)"
    " FROM (SELECT conrelid::regclass::text AS home,"
    "   string_agg(conname, ', ' ORDER BY conname) AS rules"
    "  FROM pg_constraint WHERE contype = 'c' AND NOT convalidated AND conrelid IN"
    "   ('outbox'::regclass, 'relay_shard'::regclass, 'relay_sent'::regclass)"
    "  GROUP BY 1) broken";

/* What an installation may hold that a released migration stumbles over, by its number: asked
 * before it, so that somebody can act on what is said. */
static const struct {
    int64_t version;
    const char *sql;
} GUARDS[] = {
    {1,
     "DO $$\n"
     "BEGIN\n"
     "    IF EXISTS (SELECT FROM pg_class WHERE relname = 'outbox' AND relnamespace = (SELECT "
     "relnamespace FROM pg_class WHERE oid = 'schema_migration'::regclass)) THEN\n"
     "        RAISE EXCEPTION 'the tables are there, and schema_migration does not say by which "
     "migrations: restore what it held, see \"A table is gone\" in deploy/runbooks/restore.md';\n"
     "    END IF;\n"
     "END $$;\n"},
    {14,
     "DO $$\n"
     "DECLARE found text;\n"
     "BEGIN\n"
     "    SELECT count(*) || ' of them, one is ' || quote_literal(min(aggregateid)) INTO found\n"
     "        FROM outbox_head WHERE aggregatetype = 'stock' HAVING count(*) > 0;\n"
     "    IF found IS NOT NULL THEN\n"
     "        RAISE EXCEPTION 'outbox_append() was called for aggregates of a type \"stock\" (%); "
     "that"
     " type is command-svc''s own from here on: see \"An aggregate type of your own called stock\" "
     "in"
     " command-svc/README.md', found;\n"
     "    END IF;\n"
     "END $$;\n"},
};

struct migration {
    const char *name;
    const char *text;
    int64_t version; /* the number its name begins with */
    char checksum[CHECKSUM_LEN + 1];
};

DEFINE_CLEANUP(struct digest *, digest_free)
DEFINE_CLEANUP(struct pgsession *, pgsession_close)

static enum error_kind describe(const struct embedded_text *file, struct migration *ret,
                                struct error *err)
{
    CLEANUP(cleanup_digest_free) struct digest *digest = NULL;
    const enum error_kind kind = digest_new(&digest, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct migration migration = {.name = file->name, .text = file->text};
    const char *digits = file->name;
    size_t leading = 0;
    while (leading < NUMBER_LEN - 1 && digits[leading] == '0') {
        leading++;
    }
    const struct strview number = {.data = digits + leading, .len = NUMBER_LEN - leading};
    const struct strview text = strview_of(file->text);
    uint8_t hash[DIGEST_LEN];
    if (!parse_i64(number, &migration.version) || !digest_of(digest, &text, 1, hash)) {
        return error_set(err, ERROR_FATAL, "migration %s cannot be read", file->name);
    }
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        (void)snprintf(migration.checksum + 2 * i, 3, "%02x", hash[i]);
    }
    *ret = migration;
    return ERROR_NONE;
}

static const char *guard_of(int64_t version)
{
    for (size_t i = 0; i < sizeof GUARDS / sizeof GUARDS[0]; i++) {
        if (GUARDS[i].version == version) {
            return GUARDS[i].sql;
        }
    }
    return "";
}

static void put_migration(const struct migration *migration, struct strbuf *script)
{
    strbuf_printf(script,
                  PATIENCE_BEGIN
                  "%s%s\n"
                  "INSERT INTO schema_migration (version, name, checksum) VALUES (%lld, '%s',"
                  " '%s');\nCOMMIT;\n",
                  guard_of(migration->version), migration->text, (long long)migration->version,
                  migration->name, migration->checksum);
}

static enum error_kind apply(struct pgsession *session, const struct migration *migration,
                             struct strbuf *report, struct error *err)
{
    CLEANUP(strbuf_done) struct strbuf script = STRBUF(SCRIPT_MAX);
    put_migration(migration, &script);
    if (!strbuf_ok(&script)) {
        return error_set(err, ERROR_FATAL, "migration %s is too long", migration->name);
    }
    if (patience_run(session, strbuf_cstr(&script), err) != ERROR_NONE) {
        return error_context(err, "applying %s", migration->name);
    }
    strbuf_printf(report, "applied %s\n", migration->name);
    return ERROR_NONE;
}

static enum error_kind bring_up(struct pgsession *session, const struct migration *migration,
                                struct strbuf *report, struct error *err)
{
    const char *const params[] = {NUMBER_TEXT(migration->version)};
    struct strview present;
    const enum error_kind kind =
        pgsession_ask(session, "SELECT checksum FROM schema_migration WHERE version = $1::int",
                      params, 1, &present, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (present.data == NULL) {
        return apply(session, migration, report, err);
    }
    if (!strview_is(present, migration->checksum)) {
        return error_set(err, ERROR_FATAL,
                         "%s differs from what this database was migrated with; restore the file "
                         "as it was released and put the change into a new migration",
                         migration->name);
    }
    return ERROR_NONE;
}

static enum error_kind refuse_newer(struct pgsession *session, int64_t newest_known,
                                    struct error *err)
{
    struct strview newest;
    const enum error_kind kind = pgsession_ask(
        session, "SELECT coalesce(max(version), 0) FROM schema_migration", NULL, 0, &newest, err);
    int64_t version = 0;
    if (kind != ERROR_NONE || !parse_i64(newest, &version) || version <= newest_known) {
        return kind;
    }
    return error_set(err, ERROR_FATAL,
                     "the database is at migration %lld, this binary knows up to %lld; install "
                     "the newer release",
                     (long long)version, (long long)newest_known);
}

static enum error_kind bring_all_up(struct pgsession *session, struct strbuf *report,
                                    struct error *err)
{
    int64_t newest = 0;
    for (const struct embedded_text *file = COMMAND_MIGRATIONS; file->name != NULL; file++) {
        struct migration migration;
        enum error_kind kind = describe(file, &migration, err);
        if (kind == ERROR_NONE) {
            kind = bring_up(session, &migration, report, err);
        }
        if (kind != ERROR_NONE) {
            return kind;
        }
        newest = migration.version;
    }
    return refuse_newer(session, newest, err);
}

static enum error_kind fix_shards(struct pgsession *session, int shards, struct strbuf *report,
                                  struct error *err)
{
    const char *const params[] = {NUMBER_TEXT(shards)};
    struct strview present;
    const enum error_kind kind =
        pgsession_ask(session, "SELECT installation_init($1::int)", params, 1, &present, err);
    if (kind == ERROR_NONE) {
        strbuf_printf(report, "all migrations are applied, %.*s shards\n", STRVIEW_ARG(present));
    }
    return kind;
}

static enum error_kind report_broken_rules(struct pgsession *session, struct strbuf *report,
                                           struct error *err)
{
    struct strview rules;
    enum error_kind kind = pgsession_run(session, VALIDATE_SQL, err);
    if (kind == ERROR_NONE) {
        kind = pgsession_ask(session, BROKEN_RULES_SQL, NULL, 0, &rules, err);
    }
    if (kind == ERROR_NONE && rules.data != NULL) {
        strbuf_printf(report, "%.*s", STRVIEW_ARG(rules));
    }
    return kind;
}

/* It is called as the tables' owner, who lacks nothing unless somebody has taken it away. */
static enum error_kind say_whose_right(const struct pgsession *session, struct error *err)
{
    return session != NULL && strcmp(pgsession_sqlstate(session), INSUFFICIENT_PRIVILEGE) == 0
               ? error_context(err, "is that the tables' owner? If so, command-svc doctor names "
                                    "the GRANT")
               : err->kind;
}

enum error_kind migrate_run(const char *database_url, int shards, struct strbuf *report,
                            struct error *err)
{
    CLEANUP(cleanup_pgsession_close) struct pgsession *session = NULL;
    CLEANUP(strbuf_done) struct strbuf left = STRBUF(SCRIPT_MAX);
    enum error_kind kind = pgsession_open(database_url, "command-svc migrate", &session, err);
    if (kind == ERROR_NONE && pgsession_is_pooled(session)) {
        kind = error_set(err, ERROR_FATAL,
                         "a pooler stands before PostgreSQL: migrate holds a lock of its session, "
                         "so connect it to PostgreSQL itself");
    }
    if (kind == ERROR_NONE) {
        kind = pgsession_run(session, LOCK_SQL, err); /* until the session ends */
    }
    if (kind == ERROR_NONE) {
        kind = pgsession_run(session, BOOKKEEPING_SQL, err);
    }
    if (kind == ERROR_NONE) {
        kind = bring_all_up(session, report, err);
    }
    if (kind == ERROR_NONE) {
        kind = mend_run(session, migrate_roles(), report, &left, err);
    }
    if (kind == ERROR_NONE) {
        kind = fix_shards(session, shards, report, err);
    }
    strbuf_append(report, strbuf_view(&left));
    if (kind == ERROR_NONE) {
        kind = report_broken_rules(session, report, err);
    }
    return kind == ERROR_NONE ? kind : say_whose_right(session, err);
}

enum error_kind migrate_print(int shards, struct strbuf *script, struct error *err)
{
    strbuf_printf(script, "\\set ON_ERROR_STOP on\n%s;\n%s;\n", LOCK_SQL, BOOKKEEPING_SQL);
    for (const struct embedded_text *file = COMMAND_MIGRATIONS; file->name != NULL; file++) {
        struct migration migration;
        const enum error_kind kind = describe(file, &migration, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
        put_migration(&migration, script);
    }
    strbuf_printf(script, "SELECT installation_init(%d);\n", shards);
    return strbuf_ok(script) ? ERROR_NONE : error_set(err, ERROR_FATAL, "the script is too long");
}

const char *migrate_roles(void)
{
    return COMMAND_ROLES[0].text;
}
