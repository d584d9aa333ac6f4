/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of trips when a connection is lost, given up or freed. */
#include "tests/integration/pgconn/pgconn_fixture.h"

#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

START_TEST(a_malformed_url_is_refused_at_once)
{
    struct error err;
    struct pgconn *conn = NULL;
    const struct pgconn_options options = options_for("postgresql://[");
    ck_assert_int_eq(pgconn_new(f.loop, &options, &conn, &err), ERROR_FATAL);
    ck_assert_ptr_null(conn);
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

static void on_outcome(void *user, const struct pgconn_failure *failure)
{
    ck_assert_int_eq(*(const int *)user, f.done);
    ck_assert_ptr_nonnull(failure);
    ck_assert_str_eq(failure->err.text, "PostgreSQL: for the test");
    on_done(NULL, failure);
}

/* Also those that were sent when it was given up already, or half built. */
START_TEST(outcomes_come_in_order_when_the_connection_is_lost)
{
    static int places[] = {0, 1, 2};
    query(SLEEP, NULL);
    pgconn_send_trip(f.conn, NULL, on_outcome, &places[0]);
    query(ECHO, "half of it");
    pgconn_abandon(f.conn, "for the test");
    query(ECHO, "the other half");
    pgconn_send_trip(f.conn, NULL, on_outcome, &places[1]);
    query(ECHO, "too late");
    pgconn_send_trip(f.conn, NULL, on_outcome, &places[2]);
    ck_assert_int_eq(f.done, 0);
    while (f.done < 3) {
        loop_run(f.loop);
    }
    wait_until_ready();
    ck_assert_int_eq(f.lost, 1);
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
    pgconn_free(f.conn);
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

/* Somebody else of the loop, who in every turn takes the first number that is free. */
struct stranger {
    struct loop_timer *turn;
    struct loop_fd *watch;
    int bell;
    int heard;
};

static void on_bell(void *user, bool readable, bool writable)
{
    struct stranger *stranger = user;
    (void)readable;
    (void)writable;
    loop_fd_free(stranger->watch);
    (void)close(stranger->bell);
    stranger->watch = NULL;
    stranger->heard++;
    loop_stop(f.loop);
}

static void on_stranger(void *user)
{
    struct stranger *stranger = user;
    const uint64_t one = 1;
    if (stranger->watch == NULL) {
        stranger->bell = eventfd(0, EFD_CLOEXEC);
        stranger->watch = loop_fd_new(f.loop, stranger->bell, on_bell, stranger);
        loop_fd_want(stranger->watch, true, false);
        ck_assert_int_eq(write(stranger->bell, &one, sizeof one), sizeof one);
    }
    loop_timer_start(stranger->turn, 0);
}

/* libpq closes its socket when it finds it broken; by then its number may be somebody else's. */
START_TEST(a_lost_connection_makes_nobody_else_deaf)
{
    struct stranger stranger = {0};
    query(BACKEND_PID, NULL);
    run_trip();
    kill_backend(f.seen[0].value);
    stranger.turn = loop_timer_new(f.loop, on_stranger, &stranger);
    loop_timer_start(stranger.turn, 0);
    while (f.lost == 0) {
        loop_run(f.loop);
    }
    const int before = stranger.heard;
    while (stranger.heard < before + 2) {
        loop_run(f.loop);
    }
    loop_timer_free(stranger.turn);
    if (stranger.watch != NULL) {
        on_bell(&stranger, true, false);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres: life");
    TCase *server = tcase_create("server");
    tcase_set_timeout(server, 100);
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_add_test(server,
                   a_trip_in_flight_on_a_lost_connection_fails_and_the_connection_comes_back);
    tcase_add_test(server, a_trip_built_while_disconnected_fails_from_the_loop);
    tcase_add_test(server, a_malformed_url_is_refused_at_once);
    tcase_add_test(server, a_trip_without_an_answer_ends_with_its_deadline);
    tcase_add_test(server, a_server_that_turned_read_only_is_left);
    tcase_add_test(server, an_outcome_never_comes_from_inside_a_call);
    tcase_add_test(server, outcomes_come_in_order_when_the_connection_is_lost);
    tcase_add_test(server, trips_without_an_outcome_are_told_when_the_connection_is_freed);
    tcase_add_test(server, a_lost_connection_makes_nobody_else_deaf);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
