/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL adapter against a real server: order, failures, what survives a lost connection.
 */
#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/io/pgconn.h"
#include "common/io/pgsession.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { LIMIT_MS = 60000, SEEN_MAX = 16 };

enum statement {
    ECHO,
    DIVIDE,
    BACKEND_PID,
    SLEEP,
    UNNEST,
    LISTEN,
    NOTIFY,
    COUNT_DOWN,
    STATEMENT_COUNT
};

static const struct pgconn_statement STATEMENTS[STATEMENT_COUNT] = {
    [ECHO] = {"SELECT $1::text, NULL::text", 1},
    [DIVIDE] = {"SELECT 1 / $1::int", 1},
    [BACKEND_PID] = {"SELECT pg_backend_pid()", 0},
    [SLEEP] = {"SELECT pg_sleep(60)", 0},
    [UNNEST] = {"SELECT x, x IS NULL FROM unnest($1::text[]) WITH ORDINALITY AS t(x, n) ORDER BY n",
                1},
    [LISTEN] = {"LISTEN pgconn_test", 0},
    [NOTIFY] = {"NOTIFY pgconn_test", 0},
    [COUNT_DOWN] = {"SELECT 12 / (3 - x) FROM generate_series(0, $1::int) AS x", 1},
};

struct seen {
    size_t index;
    char value[64];
    size_t rows;
};

struct fixture {
    struct loop *loop;
    struct pgconn *conn;
    struct loop_timer *limit;
    int ready;
    int lost;
    int notified;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    int done;
    struct pgconn_failure failure;
    bool has_failed;
};

static struct fixture f;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

static void on_ready(void *user)
{
    (void)user;
    f.ready++;
    loop_stop(f.loop);
}

static void on_lost(void *user, const struct error *err)
{
    (void)user;
    ck_assert_int_eq(err->kind, ERROR_TRANSIENT);
    f.lost++;
}

static void on_notify(void *user, struct strview channel)
{
    (void)user;
    ck_assert(strview_is(channel, "pgconn_test"));
    f.notified++;
    loop_stop(f.loop);
}

static void on_result(void *user, size_t index, const struct pgconn_result *result)
{
    (void)user;
    ck_assert_uint_lt(f.seen_count, SEEN_MAX);
    struct seen *seen = &f.seen[f.seen_count++];
    seen->index = index;
    seen->rows = pgconn_row_count(result);
    if (seen->rows > 0) {
        (void)snprintf(seen->value, sizeof seen->value, "%.*s",
                       STRVIEW_ARG(pgconn_value(result, 0, 0)));
    }
}

static void on_done(void *user, const struct pgconn_failure *failure)
{
    (void)user;
    f.done++;
    f.has_failed = failure != NULL;
    if (failure != NULL) {
        f.failure = *failure;
    }
    loop_stop(f.loop);
}

static void connect_to_server(bool by_row)
{
    struct error err;
    const char *url = getenv("TEST_DATABASE_URL");
    ck_assert_msg(url != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    f = (struct fixture){0};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
    const struct pgconn_options options = {
        .url = url,
        .application_name = "test_pgconn",
        .setup_sql = "SELECT set_config('lock_timeout', '1s', false)",
        .statements = STATEMENTS,
        .statement_count = STATEMENT_COUNT,
        .by_row = by_row,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .on_notify = on_notify,
    };
    ck_assert_int_eq(pgconn_new(f.loop, &options, &f.conn, &err), ERROR_NONE);
    ck_assert(!pgconn_is_ready(f.conn));
    loop_run(f.loop);
    ck_assert_int_eq(f.ready, 1);
    ck_assert(pgconn_is_ready(f.conn));
}

static void setup(void)
{
    connect_to_server(false);
}

static void teardown(void)
{
    pgconn_free(f.conn);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

static void query(enum statement statement, const char *param)
{
    struct error err;
    const struct strview view = strview_of(param);
    ck_assert_int_eq(pgconn_query(f.conn, statement, &view, param == NULL ? 0 : 1, &err),
                     ERROR_NONE);
}

static void run_trip(void)
{
    const int before = f.done;
    pgconn_send_trip(f.conn, on_result, on_done, NULL);
    while (f.done == before) {
        loop_run(f.loop);
    }
}

START_TEST(results_come_in_the_order_of_the_statements)
{
    query(ECHO, "a");
    query(ECHO, "b");
    query(ECHO, "");
    run_trip();

    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen_count, 3);
    ck_assert_str_eq(f.seen[0].value, "a");
    ck_assert_str_eq(f.seen[1].value, "b");
    ck_assert_str_eq(f.seen[2].value, "");
    ck_assert_uint_eq(f.seen[2].index, 2);
}
END_TEST

START_TEST(a_failing_statement_is_named_and_spoils_only_its_trip)
{
    query(ECHO, "a");
    query(DIVIDE, "0");
    query(ECHO, "never");
    run_trip();

    ck_assert(f.has_failed);
    ck_assert_uint_eq(f.seen_count, 1);
    ck_assert_uint_eq(f.failure.index, 1);
    ck_assert_str_eq(f.failure.sqlstate, "22012");
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);

    query(ECHO, "again");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_str_eq(f.seen[1].value, "again");
}
END_TEST

START_TEST(rows_come_one_by_one_also_those_before_a_failure)
{
    teardown();
    connect_to_server(true);

    query(COUNT_DOWN, "2");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen_count, 4); /* three rows, and the end */
    ck_assert_str_eq(f.seen[0].value, "4");
    ck_assert_str_eq(f.seen[1].value, "6");
    ck_assert_str_eq(f.seen[2].value, "12");
    ck_assert_uint_eq(f.seen[2].rows, 1);
    ck_assert_uint_eq(f.seen[3].rows, 0);

    query(COUNT_DOWN, "3"); /* divides by zero at last */
    run_trip();
    ck_assert(f.has_failed);
    ck_assert_str_eq(f.failure.sqlstate, "22012");
    ck_assert_uint_eq(f.seen_count, 7);
    ck_assert_str_eq(f.seen[6].value, "12");

    query(ECHO, "again");
    run_trip();
    ck_assert(!f.has_failed);
    ck_assert_str_eq(f.seen[7].value, "again");
}
END_TEST

static void kill_backend(const char *pid)
{
    struct error err;
    struct pgsession *session;
    struct strview answer;
    ck_assert_int_eq(pgsession_open(getenv("TEST_DATABASE_URL"), "test", &session, &err),
                     ERROR_NONE);
    ck_assert_int_eq(
        pgsession_ask(session, "SELECT pg_terminate_backend($1::int)", &pid, 1, &answer, &err),
        ERROR_NONE);
    ck_assert(strview_is(answer, "t"));
    pgsession_close(session);
}

START_TEST(a_trip_in_flight_on_a_lost_connection_fails_and_the_connection_comes_back)
{
    query(BACKEND_PID, NULL);
    run_trip();
    query(SLEEP, NULL);
    pgconn_send_trip(f.conn, on_result, on_done, NULL);
    kill_backend(f.seen[0].value);
    while (f.ready < 2) {
        loop_run(f.loop);
    }

    ck_assert_int_eq(f.done, 2);
    ck_assert(f.has_failed);
    ck_assert_int_eq(f.failure.err.kind, ERROR_TRANSIENT);
    ck_assert_int_eq(f.lost, 1);
    query(ECHO, "back");
    run_trip();
    ck_assert(!f.has_failed);
}
END_TEST

START_TEST(a_trip_built_while_disconnected_fails_from_the_loop)
{
    struct error err;
    pgconn_abandon(f.conn, "for the test");
    ck_assert_int_eq(pgconn_query(f.conn, BACKEND_PID, NULL, 0, &err), ERROR_TRANSIENT);
    pgconn_send_trip(f.conn, on_result, on_done, NULL);
    ck_assert_int_eq(f.done, 0);
    while (f.done == 0) {
        loop_run(f.loop);
    }
    ck_assert(f.has_failed);
    ck_assert_uint_eq(f.failure.index, SIZE_MAX);
}
END_TEST

START_TEST(array_literals_survive_quotes_backslashes_and_nulls)
{
    struct strbuf array;
    strbuf_init(&array, 4096);
    pgconn_array_open(&array);
    pgconn_array_text(&array, STRVIEW("\"\\{,}' NULL \n\t\xc3\xa4"));
    pgconn_array_text(&array, (struct strview){0});
    pgconn_array_text(&array, STRVIEW(""));
    pgconn_array_close(&array);
    query(UNNEST, strbuf_cstr(&array));
    run_trip();

    ck_assert(!f.has_failed);
    ck_assert_uint_eq(f.seen[0].rows, 3);
    ck_assert_str_eq(f.seen[0].value, "\"\\{,}' NULL \n\t\xc3\xa4");
    strbuf_done(&array);
}
END_TEST

START_TEST(a_notification_arrives_while_idle)
{
    query(LISTEN, NULL);
    run_trip();
    query(NOTIFY, NULL);
    run_trip();
    while (f.notified == 0) {
        loop_run(f.loop);
    }
}
END_TEST

START_TEST(a_malformed_url_is_refused_at_once)
{
    struct error err;
    struct pgconn *conn = NULL;
    const struct pgconn_options options = {.url = "postgresql://[", .on_ready = on_ready};
    ck_assert_int_eq(pgconn_new(f.loop, &options, &conn, &err), ERROR_FATAL);
    ck_assert_ptr_null(conn);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/pgconn");
    TCase *server = tcase_create("server");
    tcase_set_timeout(server, 100);
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_add_test(server, results_come_in_the_order_of_the_statements);
    tcase_add_test(server, a_failing_statement_is_named_and_spoils_only_its_trip);
    tcase_add_test(server, rows_come_one_by_one_also_those_before_a_failure);
    tcase_add_test(server,
                   a_trip_in_flight_on_a_lost_connection_fails_and_the_connection_comes_back);
    tcase_add_test(server, a_trip_built_while_disconnected_fails_from_the_loop);
    tcase_add_test(server, array_literals_survive_quotes_backslashes_and_nulls);
    tcase_add_test(server, a_notification_arrives_while_idle);
    tcase_add_test(server, a_malformed_url_is_refused_at_once);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
