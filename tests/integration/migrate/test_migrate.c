/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `migrate` makes of a database from which somebody has taken something: what is derived it
 * makes again, as it was; what a person must make it names; what only a backup brings back it
 * refuses to be without.
 */
#include "command-svc/sql/migrate.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHARDS = 12, URL_MAX = 512, SQL_MAX = 256, TEXT_MAX = 1 << 20, TEST_TIMEOUT_S = 100 };

static char database[64];
static char url[URL_MAX];

static void run_at(const char *at, const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(at, "test_migrate", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s: %s", sql, err.text);
    pgsession_close(session);
}

static void at_server(const char *verb, const char *how)
{
    char sql[SQL_MAX];
    (void)snprintf(sql, sizeof sql, "%s DATABASE %s %s", verb, database, how);
    run_at(getenv("TEST_DATABASE_URL"), sql);
}

static enum error_kind migrate(struct strbuf *report, struct error *err)
{
    strbuf_init(report, TEXT_MAX);
    err->text[0] = '\0';
    return migrate_run(url, SHARDS, report, err);
}

/* One for all: each test leaves it as it was. */
static void make_database(void)
{
    struct strbuf report;
    struct error err;
    const char *server = getenv("TEST_DATABASE_URL");
    ck_assert_msg(server != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    (void)snprintf(database, sizeof database, "test_migrate_%d", (int)getpid());
    at_server("CREATE", "");
    const char *path = strrchr(server, '/');
    (void)snprintf(url, sizeof url, "%.*s/%s", (int)(path - server), server, database);
    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s", err.text);
    strbuf_done(&report);
    run_at(url, "UPDATE relay_shard SET owner = 'r' || shard, epoch = shard + 1");
}

static void drop_database(void)
{
    at_server("DROP", "WITH (FORCE)");
}

/* Tables, columns, keys, triggers, functions, views, rights of the groups; and what the rows of
 * relay_fence say. */
static const char SCHEMA_SQL[] =
    "SELECT string_agg(line, E'\n' ORDER BY line) FROM ("
    " SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, "
    "atttypmod),"
    "   attnotnull, reloptions) AS line FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
    "  WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"
    " UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))"
    "  FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT format('%s %s %s', tgname, tgenabled, pg_get_triggerdef(oid))"
    "  FROM pg_trigger WHERE NOT tgisinternal"
    " UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc"
    "  WHERE pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT pg_get_viewdef('outbox_missing'::regclass)"
    " UNION ALL SELECT format('%s %s %s', what, grantee, privilege_type) FROM ("
    "  SELECT oid::regclass::text AS what, a.* FROM pg_class, aclexplode(relacl) a"
    "   WHERE relnamespace = 'public'::regnamespace"
    "  UNION ALL SELECT oid::regprocedure::text, a.* FROM pg_proc, aclexplode(proacl) a"
    "   WHERE pronamespace = 'public'::regnamespace) rights"
    " UNION ALL SELECT 'comment ' || obj_description('relay_fence'::regclass)"
    " UNION ALL SELECT 'comment ' || obj_description('relay_member'::regclass)"
    " UNION ALL SELECT format('%s %s %s', shard, owner, epoch) FROM relay_fence) lines";

static char *schema(void)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    struct strview value;
    ck_assert_msg(pgsession_open(url, "test_migrate", &session, &err) == ERROR_NONE, "%s",
                  err.text);
    ck_assert_msg(pgsession_ask(session, SCHEMA_SQL, NULL, 0, &value, &err) == ERROR_NONE, "%s",
                  err.text);
    char *text = strndup(value.data, value.len);
    pgsession_close(session);
    ck_assert_ptr_nonnull(text);
    return text;
}

static const char IS_APPLIED[] = "all migrations are applied, 12 shards\n";

START_TEST(where_nothing_is_lacking_nothing_is_made)
{
    struct strbuf report;
    struct error err;
    char *before = schema();

    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s", err.text);

    char *after = schema();
    ck_assert_str_eq(strbuf_cstr(&report), IS_APPLIED);
    ck_assert_str_eq(after, before);
    strbuf_done(&report);
    free(before);
    free(after);
}
END_TEST

#define MADE(what) "made again what was missing: " what "\n"

static const struct {
    const char *taken;
    const char *said;
} TAKEN[] = {
    {"DROP TABLE relay_fence", MADE("relay_fence")},
    {"DROP TABLE relay_member", MADE("relay_member")},
    {"ALTER TABLE relay_fence DROP COLUMN owner", MADE("owner of relay_fence")},
    {"ALTER TABLE relay_fence DROP CONSTRAINT relay_fence_shard_fkey",
     MADE("relay_fence_shard_fkey of relay_fence")},
    {"ALTER TABLE relay_member DROP CONSTRAINT relay_member_pkey",
     MADE("relay_member_pkey of relay_member")},
    {"DROP TRIGGER relay_fence_hands ON relay_shard", MADE("relay_fence_hands of relay_shard")},
    {"DROP TRIGGER relay_fence_derive ON relay_fence", MADE("relay_fence_derive of relay_fence")},
    {"ALTER TABLE relay_shard DISABLE TRIGGER USER",
     MADE("relay_fence_hands of relay_shard, relay_fence_rows of relay_shard")},
    {"ALTER TABLE relay_shard ENABLE REPLICA TRIGGER relay_fence_rows",
     MADE("relay_fence_rows of relay_shard")},
    {"DROP FUNCTION relay_fence_follow() CASCADE",
     MADE("relay_fence_hands of relay_shard, relay_fence_rows of relay_shard, relay_fence_follow")},
    {"CREATE OR REPLACE FUNCTION relay_fence_follow() RETURNS trigger LANGUAGE plpgsql"
     " AS 'BEGIN RETURN NULL; END'",
     MADE("relay_fence_follow")},
    {"ALTER FUNCTION relay_fence_follow() SECURITY INVOKER", MADE("relay_fence_follow")},
    {"DROP VIEW outbox_missing", MADE("outbox_missing")},
    {"DROP FUNCTION outbox_kept_because(bigint, bigint)", MADE("outbox_kept_because")},
    {"ALTER TABLE outbox DROP CONSTRAINT outbox_shard_range", ""},
    {"DELETE FROM relay_fence WHERE shard = 3; UPDATE relay_fence SET owner = NULL WHERE shard = 5",
     "set right in relay_fence: shards 3, 5\n"},
};

START_TEST(what_holds_nothing_of_its_own_is_made_again_as_it_was)
{
    char said[SQL_MAX];
    struct strbuf report;
    struct error err;
    char *before = schema();
    run_at(url, TAKEN[_i].taken);
    (void)snprintf(said, sizeof said, "%s%s", TAKEN[_i].said, IS_APPLIED);

    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s: %s", TAKEN[_i].taken, err.text);

    char *after = schema();
    ck_assert_str_eq(strbuf_cstr(&report), said);
    ck_assert_str_eq(after, before);
    strbuf_done(&report);
    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_str_eq(strbuf_cstr(&report), IS_APPLIED);
    strbuf_done(&report);
    free(before);
    free(after);
}
END_TEST

/* Under another name it is as good as gone, and comes back. */
static const struct {
    const char *taken;
    const char *said;
    const char *back;
} LOST[] = {
    {"ALTER TABLE receipt RENAME TO gone", ": receipt", "ALTER TABLE gone RENAME TO receipt"},
    {"ALTER TABLE relay_shard RENAME TO gone; ALTER TABLE outbox_head RENAME TO gone_2",
     ": outbox_head, relay_shard",
     "ALTER TABLE gone RENAME TO relay_shard; ALTER TABLE gone_2 RENAME TO outbox_head"},
    {"ALTER TABLE outbox RENAME TO gone", ": outbox", "ALTER TABLE gone RENAME TO outbox"},
    {"ALTER TABLE orders RENAME COLUMN dispute TO gone", ": dispute of orders",
     "ALTER TABLE orders RENAME COLUMN gone TO dispute"},
    {"ALTER SEQUENCE outbox_seq_seq RENAME TO gone", ": outbox_seq_seq",
     "ALTER SEQUENCE gone RENAME TO outbox_seq_seq"},
    {"ALTER TABLE schema_migration RENAME TO gone", "schema_migration does not say by which",
     "DROP TABLE schema_migration; ALTER TABLE gone RENAME TO schema_migration"},
};

START_TEST(what_only_a_backup_brings_back_is_refused)
{
    struct strbuf report;
    struct error err;
    run_at(url, LOST[_i].taken);

    ck_assert_int_eq(migrate(&report, &err), ERROR_FATAL);

    run_at(url, LOST[_i].back);
    ck_assert_msg(strstr(err.text, "deploy/runbooks/restore.md") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, LOST[_i].said) != NULL, "%s", err.text);
    strbuf_done(&report);
}
END_TEST

START_TEST(a_key_that_takes_time_is_left_to_a_person_with_its_line)
{
    static const char LINE[] = "let the tables' owner say: ";
    struct strbuf report;
    struct error err;
    run_at(url, "ALTER TABLE payment DROP CONSTRAINT payment_check;"
                " ALTER TABLE order_line DROP CONSTRAINT order_line_pkey");

    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s", err.text);

    const char *said = strbuf_cstr(&report);
    const char *line = strstr(said, LINE);
    ck_assert_ptr_nonnull(strstr(
        said, "the database lacks order_line_pkey of order_line, payment_check of payment;"));
    ck_assert_ptr_nonnull(line);
    run_at(url, line + strlen(LINE));
    strbuf_done(&report);
    ck_assert_msg(migrate(&report, &err) == ERROR_NONE, "%s", err.text);
    line = strstr(strbuf_cstr(&report), LINE);
    ck_assert_ptr_nonnull(
        strstr(strbuf_cstr(&report), "the database lacks payment_check of payment;"));
    ck_assert_ptr_nonnull(line);
    run_at(url, line + strlen(LINE));
    strbuf_done(&report);
}
END_TEST

/* As pg_restore --data-only has them: each table by itself, in any order. */
START_TEST(rows_that_are_inserted_into_the_fence_become_what_the_positions_say)
{
    char *before = schema();
    run_at(url, "CREATE TABLE kept AS SELECT * FROM relay_shard; TRUNCATE relay_shard CASCADE;"
                " INSERT INTO relay_fence SELECT n, 'a dump', 77 FROM generate_series(0, 11) n;"
                " INSERT INTO relay_shard SELECT * FROM kept;"
                " INSERT INTO relay_fence SELECT n, 'a dump', 77 FROM generate_series(0, 11) n;"
                " DROP TABLE kept");
    char *after = schema();
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

/* Who claims the shard meanwhile is waited for: else what was read before would be written over it.
 */
START_TEST(a_row_of_the_fence_waits_for_a_claim_under_way)
{
    static const char INSERTS[] =
        "INSERT INTO relay_fence SELECT shard, owner, epoch FROM relay_shard WHERE shard = 3";
    struct error err = {.text = ""};
    struct pgsession *claim = NULL;
    char *before = schema();
    ck_assert_msg(pgsession_open(url, "test_migrate", &claim, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_int_eq(pgsession_run(claim,
                                   "BEGIN; UPDATE relay_shard SET owner = 'new', epoch = epoch + 1"
                                   " WHERE shard = 3",
                                   &err),
                     ERROR_NONE);
    const pid_t inserting = fork();
    if (inserting == 0) {
        run_at(url, INSERTS);
        _exit(0);
    }
    struct strview waits = {.len = 0};
    while (!strview_is(waits, "1")) {
        ck_assert_int_eq(pgsession_ask(claim,
                                       "SELECT count(*) FROM pg_locks WHERE NOT granted"
                                       " AND pg_sleep(0.05) IS NOT NULL",
                                       NULL, 0, &waits, &err),
                         ERROR_NONE);
    }

    ck_assert_int_eq(pgsession_run(claim, "COMMIT", &err), ERROR_NONE);

    int status = 1;
    ck_assert_int_eq(waitpid(inserting, &status, 0), inserting);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(pgsession_ask(claim,
                                   "SELECT count(*) FROM relay_fence f JOIN relay_shard s"
                                   " USING (shard, owner, epoch)",
                                   NULL, 0, &waits, &err),
                     ERROR_NONE);
    ck_assert(strview_is(waits, "12"));
    pgsession_close(claim);
    run_at(url, "UPDATE relay_shard SET owner = 'r3', epoch = 4 WHERE shard = 3");
    char *after = schema();
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

START_TEST(what_is_further_back_in_the_search_path_is_somebody_elses)
{
    struct strbuf report;
    struct error err;
    char apart[URL_MAX + 64];
    (void)snprintf(apart, sizeof apart, "%s?options=-csearch_path%%3Dapart%%2Cpublic", url);
    run_at(url, "CREATE SCHEMA apart");
    strbuf_init(&report, TEXT_MAX);
    err.text[0] = '\0';

    const enum error_kind kind = migrate_run(apart, SHARDS, &report, &err);
    struct strbuf again;
    struct error lost = {.text = ""};
    strbuf_init(&again, TEXT_MAX);
    run_at(apart, "DROP TABLE apart.receipt, apart.stock");
    const enum error_kind of_lost = migrate_run(apart, SHARDS, &again, &lost);

    run_at(url, "DROP SCHEMA apart CASCADE");
    ck_assert_msg(kind == ERROR_NONE, "%s", err.text);
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&report), IS_APPLIED));
    ck_assert_int_eq(of_lost, ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(lost.text, ": receipt, stock"));
    strbuf_done(&report);
    strbuf_done(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("migrate");
    TCase *tests = tcase_create("one database");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_unchecked_fixture(tests, make_database, drop_database);
    tcase_add_test(tests, where_nothing_is_lacking_nothing_is_made);
    tcase_add_loop_test(tests, what_holds_nothing_of_its_own_is_made_again_as_it_was, 0,
                        sizeof TAKEN / sizeof TAKEN[0]);
    tcase_add_loop_test(tests, what_only_a_backup_brings_back_is_refused, 0,
                        sizeof LOST / sizeof LOST[0]);
    tcase_add_test(tests, a_key_that_takes_time_is_left_to_a_person_with_its_line);
    tcase_add_test(tests, rows_that_are_inserted_into_the_fence_become_what_the_positions_say);
    tcase_add_test(tests, a_row_of_the_fence_waits_for_a_claim_under_way);
    tcase_add_test(tests, what_is_further_back_in_the_search_path_is_somebody_elses);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
