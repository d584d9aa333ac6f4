/* SPDX-License-Identifier: Apache-2.0 */
/* Timers, watched descriptors, deferred calls and signals, on a real event loop. */
#include "common/io/loop.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct loop *loop;
static struct error err;
static char trace[64]; /* one letter per call, in order */

static struct loop_timer *timer;
static struct loop_deferred *deferred;
static struct loop_fd *watch;
static int ends[2];

static void note(char letter)
{
    const size_t len = strlen(trace);
    ck_assert_uint_lt(len + 1, sizeof trace);
    trace[len] = letter;
    trace[len + 1] = '\0';
}

static void setup(void)
{
    memset(trace, 0, sizeof trace);
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    ck_assert_int_eq(pipe(ends), 0);
}

static void teardown(void)
{
    loop_free(loop);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void stop(void *user)
{
    (void)user;
    note('s');
    loop_stop(loop);
}

static void tick(void *user)
{
    int *left = user;
    note('t');
    if (--*left > 0) {
        loop_timer_start(timer, 1);
    } else {
        loop_stop(loop);
    }
}

START_TEST(a_timer_may_start_itself_again)
{
    int left = 3;
    timer = loop_timer_new(loop, tick, &left);
    ck_assert(!loop_timer_is_armed(timer));
    loop_timer_start(timer, 1);
    ck_assert(loop_timer_is_armed(timer));

    loop_run(loop);

    ck_assert_str_eq(trace, "ttt");
    ck_assert(!loop_timer_is_armed(timer));
    loop_timer_free(timer);
}
END_TEST

START_TEST(a_started_timer_can_be_moved_and_stopped)
{
    int left = 1;
    timer = loop_timer_new(loop, tick, &left);
    struct loop_timer *end = loop_timer_new(loop, stop, NULL);
    const int64_t began_ms = loop_now_ms();
    loop_timer_start(timer, 1);
    loop_timer_stop(timer);
    loop_timer_start(end, 1);
    loop_timer_start(end, 50);

    loop_run(loop);

    ck_assert_str_eq(trace, "s");
    ck_assert_int_ge(loop_now_ms() - began_ms, 49);
    loop_timer_free(timer);
    loop_timer_free(end);
}
END_TEST

static void run_deferred(void *user)
{
    (void)user;
    note('d');
    loop_stop(loop);
}

static void schedule_twice(void *user)
{
    (void)user;
    loop_deferred_schedule(deferred);
    note('a');
    loop_deferred_schedule(deferred);
}

START_TEST(deferred_work_runs_once_after_what_is_due)
{
    deferred = loop_deferred_new(loop, run_deferred, NULL);
    struct loop_timer *first = loop_timer_new(loop, schedule_twice, NULL);
    struct loop_timer *second = loop_timer_new(loop, schedule_twice, NULL);
    loop_timer_start(first, 0);
    loop_timer_start(second, 0);

    loop_run(loop);

    ck_assert_str_eq(trace, "aad");
    loop_timer_free(first);
    loop_timer_free(second);
    loop_deferred_free(deferred);
}
END_TEST

static void on_readable(void *user, bool readable, bool writable)
{
    char byte = 0;
    (void)user;
    (void)writable;
    ck_assert(readable);
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    note(byte);
    if (byte == '.') {
        loop_stop(loop);
    }
}

START_TEST(a_watched_descriptor_is_reported_until_it_is_drained)
{
    watch = loop_fd_new(loop, ends[0], on_readable, NULL);
    loop_fd_want(watch, true, false);
    ck_assert_int_eq(write(ends[1], "xyz.", 4), 4);

    loop_run(loop);

    ck_assert_str_eq(trace, "xyz.");
    loop_fd_free(watch);
}
END_TEST

static void on_writable(void *user, bool readable, bool writable)
{
    (void)user;
    (void)readable;
    ck_assert(writable);
    note('w');
    loop_fd_want(watch, false, false);
    loop_stop(loop);
}

START_TEST(nothing_is_reported_that_nobody_wants)
{
    watch = loop_fd_new(loop, ends[1], on_writable, NULL);
    struct loop_timer *end = loop_timer_new(loop, stop, NULL);
    loop_timer_start(end, 20);
    loop_run(loop);
    ck_assert_str_eq(trace, "s");

    loop_fd_want(watch, false, true);
    loop_run(loop);
    ck_assert_str_eq(trace, "sw");

    loop_timer_start(end, 20);
    loop_run(loop);
    ck_assert_str_eq(trace, "sws");
    loop_timer_free(end);
    loop_fd_free(watch);
}
END_TEST

static void free_watch(void *user, bool readable, bool writable)
{
    (void)user;
    (void)readable;
    (void)writable;
    note('f');
    loop_fd_free(watch);
    loop_stop(loop);
}

START_TEST(a_watch_may_be_freed_by_its_own_callback)
{
    watch = loop_fd_new(loop, ends[0], free_watch, NULL);
    loop_fd_want(watch, true, true);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);

    loop_run(loop);

    ck_assert_str_eq(trace, "f");
}
END_TEST

START_TEST(a_signal_is_reported_on_the_loop)
{
    struct loop_signal *signal = loop_signal_new(loop, SIGUSR1, stop, NULL);
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);

    loop_run(loop);

    ck_assert_str_eq(trace, "s");
    loop_signal_free(signal);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/loop");
    TCase *events = tcase_create("events");
    tcase_add_checked_fixture(events, setup, teardown);
    tcase_add_test(events, a_timer_may_start_itself_again);
    tcase_add_test(events, a_started_timer_can_be_moved_and_stopped);
    tcase_add_test(events, deferred_work_runs_once_after_what_is_due);
    tcase_add_test(events, a_watched_descriptor_is_reported_until_it_is_drained);
    tcase_add_test(events, nothing_is_reported_that_nobody_wants);
    tcase_add_test(events, a_watch_may_be_freed_by_its_own_callback);
    tcase_add_test(events, a_signal_is_reported_on_the_loop);
    suite_add_tcase(suite, events);
    return check_main(suite);
}
