/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PostgreSQL adapter against a real server: order, failures, what survives a lost connection.
 */
#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/io/postgres/pgsession.h"
#include "tests/support/check_main.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
    BECOME_READ_ONLY,
    WRITE,
    SHOW,
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
    [BECOME_READ_ONLY] = {"SELECT set_config('default_transaction_read_only', 'on', false)", 0},
    [WRITE] = {"CREATE TABLE never_made (x int)", 0},
    [SHOW] = {"SELECT current_setting($1)", 1},
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
    int64_t number;
    int checked;
    int forgotten;
};

static struct fixture f;
static atomic_bool name_server_answers;

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

static const char *url_of_server(void)
{
    const char *url = getenv("TEST_DATABASE_URL");
    ck_assert_msg(url != NULL, "TEST_DATABASE_URL is not set; run me by tests/support/servers");
    return url;
}

static struct pgconn_options options_for(const char *url)
{
    return (struct pgconn_options){
        .url = url,
        .application_name = "test_pgconn",
        .setup_sql = "SELECT set_config('lock_timeout', '1s', false)",
        .statements = STATEMENTS,
        .statement_count = STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .on_notify = on_notify,
    };
}

static void connect_with(const struct pgconn_options *options)
{
    struct error err;
    ck_assert_int_eq(pgconn_new(f.loop, options, &f.conn, &err), ERROR_NONE);
    ck_assert(!pgconn_is_ready(f.conn));
}

static void wait_until_ready(void)
{
    while (!pgconn_is_ready(f.conn)) {
        loop_run(f.loop);
    }
}

/* A loop, and nothing connected. */
static void setup_alone(void)
{
    struct error err;
    f = (struct fixture){0};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
}

static void setup(void)
{
    setup_alone();
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    wait_until_ready();
    ck_assert_int_eq(f.ready, 1);
}

static void teardown(void)
{
    pgconn_free(f.conn);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

static void query(size_t statement, const char *param)
{
    const struct strview view = strview_of(param);
    pgconn_query(f.conn, statement, &view, param == NULL ? 0 : 1);
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

static void on_number(void *user, size_t index, const struct pgconn_result *result)
{
    (void)user;
    (void)index;
    f.number = pgconn_value_i64(result, 0, 0);
}

static void run_trip_of_numbers(void)
{
    const int before = f.done;
    pgconn_send_trip(f.conn, on_number, on_done, NULL);
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
static void turn(void)
{
    struct loop_timer *timer = loop_timer_new(f.loop, on_turn, NULL);
    loop_timer_start(timer, 10);
    loop_run(f.loop);
    loop_timer_free(timer);
}

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
    pgconn_abandon(f.conn, "for the test");
    pgconn_query(f.conn, BACKEND_PID, NULL, 0);
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

START_TEST(rows_come_one_by_one_also_those_before_a_failure)
{
    pgconn_free(f.conn);
    struct pgconn_options options = options_for(url_of_server());
    options.by_row = true;
    connect_with(&options);
    wait_until_ready();

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
START_TEST(a_column_that_is_no_number_fails_its_trip)
{
    query(ECHO, "12");
    run_trip_of_numbers();
    ck_assert(!f.has_failed);
    ck_assert_int_eq(f.number, 12);

    query(ECHO, "12 apples");
    run_trip_of_numbers();
    ck_assert(f.has_failed);
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);
    ck_assert_uint_eq(f.failure.index, 0);
}
END_TEST

START_TEST(a_trip_without_an_answer_ends_with_its_deadline)
{
    pgconn_free(f.conn);
    struct pgconn_options options = options_for(url_of_server());
    options.reply_timeout_ms = 100;
    connect_with(&options);
    wait_until_ready();
    query(SLEEP, NULL);
    run_trip();

    ck_assert(f.has_failed);
    ck_assert_int_eq(f.failure.err.kind, ERROR_TRANSIENT);
    ck_assert_uint_eq(f.failure.index, SIZE_MAX);
    ck_assert_str_eq(f.failure.err.text, "PostgreSQL: no answer within 100 ms");
    wait_until_ready();
    query(ECHO, "back");
    run_trip();
    ck_assert(!f.has_failed);
}
END_TEST

START_TEST(a_server_that_turned_read_only_is_left)
{
    query(BECOME_READ_ONLY, NULL);
    run_trip();
    query(WRITE, NULL);
    run_trip();

    ck_assert(f.has_failed);
    ck_assert_str_eq(f.failure.sqlstate, "25006");
    ck_assert_int_eq(f.failure.err.kind, ERROR_TRANSIENT);
    ck_assert(!pgconn_is_ready(f.conn));
    wait_until_ready();
    ck_assert_int_eq(f.lost, 1);
    query(SHOW, "transaction_read_only");
    run_trip();
    ck_assert_str_eq(f.seen[f.seen_count - 1].value, "off");
}
END_TEST

/* As a proxy that has closed an idle connection: the first write is taken, a later one is not. */
START_TEST(an_outcome_never_comes_from_inside_a_call)
{
    query(BACKEND_PID, NULL);
    run_trip();
    kill_backend(f.seen[0].value);
    for (int i = 0; i < 20; i++) {
        pgconn_query(f.conn, BACKEND_PID, NULL, 0);
        pgconn_send_trip(f.conn, on_result, on_done, NULL);
        ck_assert_int_eq(f.done, 1);
        ck_assert_int_eq(f.lost, 0);
        (void)usleep(1000);
    }
    while (f.done < 21) {
        loop_run(f.loop);
    }
    ck_assert(f.has_failed);
    wait_until_ready();
}
END_TEST

/* What the database or the role sets for its sessions must not change ours. */
START_TEST(a_session_has_what_we_rely_on)
{
    pgconn_free(f.conn);
    ck_assert_int_eq(setenv("PGOPTIONS",
                            "-c idle_session_timeout=50"
                            " -c default_transaction_isolation=serializable"
                            " -c array_nulls=off",
                            1),
                     0);
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    wait_until_ready();
    query(SHOW, "idle_session_timeout");
    query(SHOW, "default_transaction_isolation");
    query(SHOW, "client_connection_check_interval");
    query(SHOW, "array_nulls");
    run_trip();

    ck_assert_str_eq(f.seen[0].value, "0");
    ck_assert_str_eq(f.seen[1].value, "read committed");
    ck_assert_str_eq(f.seen[2].value, "2s");
    ck_assert_str_eq(f.seen[3].value, "on");
}
END_TEST

START_TEST(a_session_that_may_only_read_is_refused_until_it_may_write)
{
    ck_assert_int_eq(setenv("PGOPTIONS", "-c default_transaction_read_only=on", 1), 0);
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    while (strstr(pgconn_last_error(f.conn), "may only read") == NULL) {
        turn();
    }
    ck_assert_int_eq(f.ready, 0);

    ck_assert_int_eq(unsetenv("PGOPTIONS"), 0);
    wait_until_ready();
    ck_assert_int_eq(f.lost, 0);
}
END_TEST

static enum error_kind refuse_once(void *user, const struct pgconn_result *result,
                                   struct error *err)
{
    (void)user;
    ck_assert(strview_is(pgconn_value(result, 0, 0), "1s"));
    f.checked++;
    return f.checked == 1 ? error_set(err, ERROR_TRANSIENT, "not this one") : ERROR_NONE;
}

START_TEST(a_server_that_its_user_refuses_is_left)
{
    struct pgconn_options options = options_for(url_of_server());
    options.check_setup = refuse_once;
    connect_with(&options);
    wait_until_ready();

    ck_assert_int_eq(f.checked, 2);
    ck_assert_int_eq(f.ready, 1);
}
END_TEST

/* The server's URL with other hosts in front of its own. */
static const char *url_behind(const char *hosts, const char *query)
{
    static char url[1024];
    const char *own = url_of_server();
    const char *at = strchr(own, '@');
    ck_assert_ptr_nonnull(at);
    (void)snprintf(url, sizeof url, "%.*s@%s%s%s", (int)(at - own), own, hosts, at + 1, query);
    return url;
}

/* A port that takes connections and never answers. */
static int silent_port(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

START_TEST(a_host_that_hangs_costs_its_share_only)
{
    char hosts[64];
    (void)snprintf(hosts, sizeof hosts, "127.0.0.1:%d,", silent_port());
    const struct pgconn_options options = options_for(url_behind(hosts, "?connect_timeout=1"));
    connect_with(&options);
    wait_until_ready();
}
END_TEST

/* Stands for the name server: slow.test is not answered until it may be. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *,
                               struct addrinfo **);
    getaddrinfo_fn *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    (void)memcpy(&real, &symbol, sizeof real);
    if (name == NULL || strstr(name, ".test") == NULL || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        return real(name, service, hints, ret);
    }
    if (strcmp(name, "none.test") == 0) {
        return EAI_NONAME;
    }
    while (!atomic_load(&name_server_answers)) {
        (void)usleep(1000);
    }
    return real("127.0.0.1", service, hints, ret);
}

START_TEST(a_silent_name_server_does_not_stop_the_loop)
{
    const char *own = url_of_server();
    char url[1024];
    const char *host = strstr(own, "127.0.0.1");
    ck_assert_ptr_nonnull(host);
    (void)snprintf(url, sizeof url, "%.*sslow.test%s", (int)(host - own), own,
                   host + strlen("127.0.0.1"));
    const struct pgconn_options options = options_for(url);
    connect_with(&options);
    for (int i = 0; i < 20; i++) {
        turn();
    }
    ck_assert(!pgconn_is_ready(f.conn));

    atomic_store(&name_server_answers, true);
    wait_until_ready();
}
END_TEST

START_TEST(a_name_that_is_not_found_leads_to_the_next_host)
{
    const struct pgconn_options options = options_for(url_behind("none.test,slow.test,", ""));
    connect_with(&options);
    wait_until_ready(); /* while slow.test is still being looked up */
    pgconn_free(f.conn);
    atomic_store(&name_server_answers, true);

    const char *alone = "postgresql://u:p@none.test/x";
    const struct pgconn_options missing = options_for(alone);
    connect_with(&missing);
    while (strstr(pgconn_last_error(f.conn), "cannot be looked up") == NULL) {
        turn();
    }
    ck_assert_ptr_null(strstr(pgconn_last_error(f.conn), "none.test"));
}
END_TEST

static void ask(const char *sql)
{
    struct error err;
    struct pgsession *session;
    ck_assert_int_eq(pgsession_open(url_of_server(), "test", &session, &err), ERROR_NONE);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    pgsession_close(session);
}

START_TEST(a_database_that_cannot_hold_our_texts_is_refused)
{
    ask("DROP DATABASE IF EXISTS test_pgconn_latin1");
    ask("CREATE DATABASE test_pgconn_latin1 ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C'"
        " LC_CTYPE 'C'");
    const char *own = url_of_server();
    char url[1024];
    (void)snprintf(url, sizeof url, "%.*s/test_pgconn_latin1", (int)(strrchr(own, '/') - own), own);
    struct error err;
    struct pgsession *session;
    ck_assert_int_eq(pgsession_open(url, "test", &session, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "LATIN1"));

    const struct pgconn_options options = options_for(url);
    connect_with(&options);
    while (strstr(pgconn_last_error(f.conn), "must be UTF8") == NULL) {
        turn();
    }
    ck_assert_int_eq(f.ready, 0);
    pgconn_free(f.conn);
    f.conn = NULL;
    ask("DROP DATABASE test_pgconn_latin1 WITH (FORCE)");
}
END_TEST

START_TEST(a_missing_partition_passes_and_a_broken_rule_does_not)
{
    enum { INTO_NO_PARTITION, AGAINST_A_RULE };
    static const struct pgconn_statement INSERTS[] = {
        [INTO_NO_PARTITION] = {"INSERT INTO parted VALUES (1)", 0},
        [AGAINST_A_RULE] = {"INSERT INTO ruled VALUES (1)", 0},
    };
    ask("DROP TABLE IF EXISTS parted, ruled; CREATE TABLE parted (n int) PARTITION BY RANGE (n);"
        "CREATE TABLE ruled (n int CONSTRAINT rule CHECK (n > 1))");
    struct pgconn_options options = options_for(url_of_server());
    options.statements = INSERTS;
    options.statement_count = sizeof INSERTS / sizeof INSERTS[0];
    connect_with(&options);
    wait_until_ready();

    query(INTO_NO_PARTITION, NULL);
    run_trip();
    ck_assert_str_eq(f.failure.sqlstate, "23514");
    ck_assert_int_eq(f.failure.err.kind, ERROR_TRANSIENT);

    query(AGAINST_A_RULE, NULL);
    run_trip();
    ck_assert_str_eq(f.failure.constraint, "rule");
    ck_assert_int_eq(f.failure.err.kind, ERROR_INVALID);
    ask("DROP TABLE parted, ruled");
}
END_TEST

static void on_forgotten(pgconn_done_fn *done, void *user)
{
    ck_assert(done == on_done);
    ck_assert_ptr_eq(user, &f);
    f.forgotten++;
}

START_TEST(trips_without_an_outcome_are_told_when_the_connection_is_freed)
{
    struct pgconn_options options = options_for(url_of_server());
    options.on_forgotten = on_forgotten;
    connect_with(&options);
    wait_until_ready();
    query(SLEEP, NULL);
    pgconn_send_trip(f.conn, NULL, on_done, &f);
    query(SLEEP, NULL);
    pgconn_abandon(f.conn, "for the test");
    pgconn_send_trip(f.conn, NULL, on_done, &f);
    pgconn_free(f.conn);
    f.conn = NULL;

    ck_assert_int_eq(f.forgotten, 2);
    ck_assert_int_eq(f.done, 0);
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
    Suite *suite = suite_create("common/io/postgres/pgconn");
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
    tcase_add_test(server, a_column_that_is_no_number_fails_its_trip);
    tcase_add_test(server, a_trip_without_an_answer_ends_with_its_deadline);
    tcase_add_test(server, a_server_that_turned_read_only_is_left);
    tcase_add_test(server, an_outcome_never_comes_from_inside_a_call);
    tcase_add_test(server, a_session_has_what_we_rely_on);
    suite_add_tcase(suite, server);
    TCase *choice = tcase_create("choice");
    tcase_set_timeout(choice, 100);
    tcase_add_checked_fixture(choice, setup_alone, teardown);
    tcase_add_test(choice, a_session_that_may_only_read_is_refused_until_it_may_write);
    tcase_add_test(choice, a_server_that_its_user_refuses_is_left);
    tcase_add_test(choice, a_host_that_hangs_costs_its_share_only);
    tcase_add_test(choice, a_silent_name_server_does_not_stop_the_loop);
    tcase_add_test(choice, a_name_that_is_not_found_leads_to_the_next_host);
    tcase_add_test(choice, a_missing_partition_passes_and_a_broken_rule_does_not);
    tcase_add_test(choice, trips_without_an_outcome_are_told_when_the_connection_is_freed);
    tcase_add_test(choice, a_database_that_cannot_hold_our_texts_is_refused);
    suite_add_tcase(suite, choice);
    return check_main(suite);
}
