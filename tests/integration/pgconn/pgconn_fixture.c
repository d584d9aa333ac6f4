/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/pgconn/pgconn_fixture.h"

#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/pgsession.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 60000 };

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
    [BECOME_READ_ONLY] = {"SELECT set_config('default_transaction_read_only', 'on', false)", 0},
    [WRITE] = {"CREATE TABLE never_made (x int)", 0},
    [SHOW] = {"SELECT current_setting($1)", 1},
    [COMPARE] = {"SELECT $1::boolean[] = '{t,NULL}' AND $2::bytea[] = ARRAY['\\x00ff'::bytea]"
                 " AND $3::bigint[] = '{-9223372036854775808}' AND $4::smallint[] = '{-2,32767}'"
                 " AND $5::int[] = '{}' AND $6::text[] = ARRAY['\"\\,', NULL, '']"
                 " AND $7::json[]::text[] = ARRAY['{\"a\": 1}']"
                 " AND $8::timestamptz[] = '{2026-01-02T03:04:05.678Z,1970-01-01T00:00:00Z}'"
                 " AND $9::uuid[] = '{00112233-4455-6677-8899-aabbccddeeff}'",
                 9},
};

struct fixture f;

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

void on_result(void *user, size_t index, const struct pgconn_result *result)
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

void on_done(void *user, const struct pgconn_failure *failure)
{
    (void)user;
    f.done++;
    f.has_failed = failure != NULL;
    if (failure != NULL) {
        f.failure = *failure;
    }
    loop_stop(f.loop);
}

const char *url_of_server(void)
{
    const char *url = getenv("TEST_DATABASE_URL");
    ck_assert_msg(url != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    return url;
}

struct pgconn_options options_for(const char *url)
{
    return (struct pgconn_options){
        .url = url,
        .application_name = "test_pgconn",
        .setup_sql = "SELECT set_config('lock_timeout', '1s', " PGSERVER_IS_POOLED ")",
        .statements = STATEMENTS,
        .statement_count = STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .on_notify = on_notify,
    };
}

void connect_with(const struct pgconn_options *options)
{
    struct error err;
    ck_assert_int_eq(pgconn_new(f.loop, options, &f.conn, &err), ERROR_NONE);
    ck_assert(!pgconn_is_ready(f.conn));
}

void wait_until_ready(void)
{
    while (!pgconn_is_ready(f.conn)) {
        loop_run(f.loop);
    }
}

/* A loop, and nothing connected. */
void setup_alone(void)
{
    struct error err;
    f = (struct fixture){0};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
}

void setup(void)
{
    setup_alone();
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    wait_until_ready();
    ck_assert_int_eq(f.ready, 1);
}

void teardown(void)
{
    pgconn_free(f.conn);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

void query(size_t statement, const char *param)
{
    pgconn_query(f.conn, statement, &param, param == NULL ? 0 : 1);
}

void run_trip(void)
{
    const int before = f.done;
    pgconn_send_trip(f.conn, on_result, on_done, NULL);
    while (f.done == before) {
        loop_run(f.loop);
    }
}

static void on_turn(void *user)
{
    (void)user;
    loop_stop(f.loop);
}

/* Serves what is due for ten milliseconds. */
void turn(void)
{
    struct loop_timer *timer = loop_timer_new(f.loop, on_turn, NULL);
    loop_timer_start(timer, 10);
    loop_run(f.loop);
    loop_timer_free(timer);
}

void kill_backend(const char *pid)
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

void ask(const char *sql)
{
    struct error err;
    struct pgsession *session;
    ck_assert_int_eq(pgsession_open(url_of_server(), "test", &session, &err), ERROR_NONE);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    pgsession_close(session);
}
