/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the statements of command-svc do at a real PostgreSQL. A batch's find their rows by key,
 * whatever PostgreSQL believes of the tables. A plan stays until the next ANALYZE comes by: one
 * made for an empty table must not walk the whole of it for every row once it has grown.
 */
#include "command-svc/batch/batch_rows.h"
#include "command-svc/batch/batch_sql.h"
#include "command-svc/sql/migrate.h"
#include "command-svc/upkeep/control_sql.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/pgsession.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHARDS = 12, URL_MAX = 512, SQL_MAX = 4096, REPORT_MAX = 1 << 16, TEST_TIMEOUT_S = 100 };

static char url[URL_MAX];
static char database[64];
static struct pgsession *session;

static void run_at(const char *at, const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *once = NULL;
    ck_assert_msg(pgsession_open(at, "test_batch_sql", &once, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(once, sql, &err) == ERROR_NONE, "%s", err.text);
    pgsession_close(once);
}

static void run_sql(const char *sql)
{
    struct error err = {.text = ""};
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s: %s", sql, err.text);
}

/* As a connection of ours does. */
static void set_up(const char *setup_sql)
{
    char pid[PGSERVER_PID_LEN];
    const char *const params[] = {pid};
    struct error err = {.text = ""};
    struct strview value;
    ck_assert_int_eq(pgsession_ask(session, "SELECT pg_backend_pid()", NULL, 0, &value, &err),
                     ERROR_NONE);
    (void)snprintf(pid, sizeof pid, "%.*s", STRVIEW_ARG(value));
    ck_assert_msg(pgsession_ask(session, setup_sql, params, 1, &value, &err) == ERROR_NONE, "%s",
                  err.text);
}

static void make_database(void)
{
    char sql[128];
    struct error err = {.text = ""};
    struct strbuf report;
    const char *server = getenv("TEST_DATABASE_URL");
    ck_assert_msg(server != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    (void)snprintf(database, sizeof database, "test_batch_sql_%d", (int)getpid());
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", database);
    run_at(server, sql);
    const char *path = strrchr(server, '/');
    (void)snprintf(url, sizeof url, "%.*s/%s", (int)(path - server), server, database);
    strbuf_init(&report, REPORT_MAX);
    ck_assert_msg(migrate_run(url, SHARDS, &report, &err) == ERROR_NONE, "%s", err.text);
    strbuf_done(&report);
    ck_assert_msg(pgsession_open(url, "test_batch_sql", &session, &err) == ERROR_NONE, "%s",
                  err.text);
    set_up(BATCH_SETUP_SQL);
}

static void drop_database(void)
{
    char sql[128];
    pgsession_close(session);
    (void)snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", database);
    run_at(getenv("TEST_DATABASE_URL"), sql);
}

/* What PostgreSQL has seen of the tables when it plans. */
static const char *const SEEN[] = {
    "ANALYZE",
    "INSERT INTO stock SELECT 'sku-' || n, 5 FROM generate_series(1, 1000) n;"
    "INSERT INTO customer SELECT 'c-' || n, 1, 'C', NULL, NULL, true, now()"
    " FROM generate_series(1, 1000) n;"
    "INSERT INTO orders (order_id, version, customer_id, status, refund_state, currency,"
    " total_minor, placed_at, updated_at)"
    " SELECT gen_random_uuid(), 1, 'c-1', 'placed', 'none', 'GBP', 1, now(), now()"
    " FROM generate_series(1, 1000) n;"
    "ANALYZE",
    "INSERT INTO stock_announced SELECT 'sku-' || n, 1, 5, now() FROM generate_series(1, 1000) n;"
    "INSERT INTO payment (order_id, provider, method, status, amount_minor)"
    " SELECT order_id, 'demo', 'card', 'pending', 1 FROM orders;"
    "TRUNCATE stock, customer; ANALYZE",
};
enum { SEEN_COUNT = sizeof SEEN / sizeof SEEN[0] };

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        count++;
    }
    return count;
}

static bool is_planned(const char *sql)
{
    static const char *const BEGINNINGS[] = {"SELECT", "INSERT", "UPDATE", "WITH"};
    bool is_one = false;
    for (size_t i = 0; i < sizeof BEGINNINGS / sizeof BEGINNINGS[0]; i++) {
        is_one |= strncmp(sql, BEGINNINGS[i], strlen(BEGINNINGS[i])) == 0;
    }
    return is_one;
}

static const char *plan_of(size_t statement)
{
    static char sql[SQL_MAX];
    const struct pgconn_statement *asked = &BATCH_STATEMENTS[statement];
    struct error err = {.text = ""};
    struct strview plan;
    run_sql("DEALLOCATE ALL");
    (void)snprintf(sql, sizeof sql, "PREPARE asked AS %s", asked->sql);
    ck_assert_uint_lt(strlen(sql), sizeof sql - 1);
    run_sql(sql);
    size_t len = (size_t)snprintf(sql, sizeof sql, "EXPLAIN (FORMAT JSON) EXECUTE asked");
    for (int i = 0; i < asked->param_count; i++) {
        len += (size_t)snprintf(sql + len, sizeof sql - len, "%sNULL", i == 0 ? "(" : ", ");
    }
    (void)snprintf(sql + len, sizeof sql - len, asked->param_count > 0 ? ")" : "");
    ck_assert_msg(pgsession_ask(session, sql, NULL, 0, &plan, &err) == ERROR_NONE, "%s", err.text);
    return plan.data;
}

/* Of installation, which has one row, all is read. */
static void assert_by_key(size_t statement)
{
    const char *plan = plan_of(statement);
    const size_t scans = count_of(plan, "\"Relation Name\"") + count_of(plan, "Bitmap Index Scan");
    const size_t whole = count_of(plan, "\"Relation Name\": \"installation\"") +
                         count_of(plan, "\"Node Type\": \"Bitmap Heap Scan\"") +
                         count_of(plan, "\"Node Type\": \"ModifyTable\"");
    ck_assert_msg(count_of(plan, "\"Join Filter\"") == 0, "%s\n%s", BATCH_STATEMENTS[statement].sql,
                  plan);
    ck_assert_msg(count_of(plan, "\"Index Cond\"") == scans - whole, "%s\n%s",
                  BATCH_STATEMENTS[statement].sql, plan);
}

START_TEST(every_row_is_found_by_its_key_whatever_was_seen_of_the_tables)
{
    size_t count = 0;
    for (int seen = 0; seen < SEEN_COUNT; seen++) {
        run_sql(SEEN[seen]);
        for (size_t i = 0; i < BATCH_STATEMENT_COUNT; i++) {
            if (is_planned(BATCH_STATEMENTS[i].sql)) {
                assert_by_key(i);
                count++;
            }
        }
    }
    ck_assert_uint_gt(count, SEEN_COUNT * (size_t)BATCH_STATEMENT_COUNT / 2);
}
END_TEST

START_TEST(no_statement_of_ours_is_compiled)
{
    const char *const setups[] = {BATCH_SETUP_SQL, CONTROL_SETUP_SQL};
    for (size_t i = 0; i < sizeof setups / sizeof setups[0]; i++) {
        struct error err = {.text = ""};
        struct strview jit;
        run_sql("SET jit = on");

        set_up(setups[i]);

        ck_assert(pgsession_ask(session, "SHOW jit", NULL, 0, &jit, &err) == ERROR_NONE);
        ck_assert_msg(strview_is(jit, "off"), "%s", setups[i]);
    }
}
END_TEST

/* All in one transaction, whose now() stands still. */
START_TEST(a_receipt_is_deleted_a_second_after_its_time_and_not_a_second_before)
{
    char sql[SQL_MAX];
    struct error err = {.text = ""};
    struct strview left;
    run_sql("BEGIN");
    run_sql("INSERT INTO receipt (key, request, status, body, created_at)"
            " SELECT gen_random_uuid(), '', 201, n, now() - interval '30 days' - n * interval '1 s'"
            " FROM generate_series(-1, 1) n");
    (void)snprintf(sql, sizeof sql, "PREPARE expire AS %s",
                   CONTROL_STATEMENTS[EXPIRE_RECEIPTS].sql);
    run_sql(sql);
    run_sql("EXECUTE expire (2592000000)");

    ck_assert(pgsession_ask(session,
                            "SELECT string_agg(body, ' ' ORDER BY created_at) FROM receipt", NULL,
                            0, &left, &err) == ERROR_NONE);

    ck_assert_msg(strview_equal(left, STRVIEW("0 -1")), "%.*s", STRVIEW_ARG(left));
    run_sql("ROLLBACK");
}
END_TEST

/* Else it would be taken for a statement that must be prepared anew, and cost the lane its session.
 */
START_TEST(a_time_without_end_is_a_fault_of_its_row)
{
    run_sql("DO $$ BEGIN PERFORM " ROW_MS(
        "'infinity'::timestamptz") ";"
                                   " EXCEPTION WHEN numeric_value_out_of_range THEN RETURN; END "
                                   "$$");
    run_sql("DO $$ BEGIN ASSERT " ROW_MS(
        "'2026-11-27 01:30:26.566+00'::timestamptz") " = 1795743026566; END $$");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batch_sql");
    TCase *tests = tcase_create("plans");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, make_database, drop_database);
    tcase_add_test(tests, every_row_is_found_by_its_key_whatever_was_seen_of_the_tables);
    tcase_add_test(tests, a_receipt_is_deleted_a_second_after_its_time_and_not_a_second_before);
    tcase_add_test(tests, a_time_without_end_is_a_fault_of_its_row);
    tcase_add_test(tests, no_statement_of_ours_is_compiled);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
