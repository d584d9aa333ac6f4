/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/worker.h"
#include "tests/support/check_main.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/resource.h>

enum { LIMIT_MS = 60000, ROUNDS = 3 };

static struct loop *loop;
static struct loop_timer *limit;
static struct worker *worker;
static sem_t may_end; /* the work waits for it */
static pthread_t worked_in;
static int worked; /* how often the work has returned; the thread sanitizer sees who may read it */
static int ended;
static bool frees_at_end;
static int to_come; /* begun from on_end */

static void work(void *argument)
{
    ck_assert_ptr_eq(argument, &ended);
    worked_in = pthread_self();
    (void)sem_wait(&may_end);
    worked++;
}

static void on_end(void *user);

static void start(void)
{
    if (worker == NULL) {
        worker = worker_new(loop, work, on_end, &ended);
    }
    worker_start(worker);
    ck_assert(worker_is_running(worker));
}

static void on_end(void *user)
{
    ck_assert_ptr_eq(user, &ended);
    ended++;
    ck_assert_int_eq(worked, ended);
    ck_assert(!worker_is_running(worker));
    if (frees_at_end) {
        worker_free(worker);
        worker = NULL;
    }
    if (to_come > 0) {
        to_come--;
        start();
    } else {
        loop_stop(loop);
    }
}

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

static void on_turn_end(void *user)
{
    (void)user;
    loop_stop(loop);
}

/* Time enough for what should not happen. */
static void let_turns_pass(void)
{
    struct loop_timer *turn_end = loop_timer_new(loop, on_turn_end, NULL);
    for (int i = 0; i < 10; i++) {
        loop_timer_start(turn_end, 1);
        loop_run(loop);
    }
    loop_timer_free(turn_end);
}

/* Each begun from the end of the one before. */
static void run_rounds(void)
{
    to_come = ROUNDS - 1;
    for (int i = 0; i < ROUNDS; i++) {
        (void)sem_post(&may_end);
    }
    start();
    loop_run(loop);
    ck_assert_int_eq(ended, ROUNDS);
}

static void setup(void)
{
    struct error err;
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    limit = loop_timer_new(loop, on_limit, NULL);
    loop_timer_start(limit, LIMIT_MS);
    ck_assert_int_eq(sem_init(&may_end, 0, 0), 0);
    worked = 0;
    ended = to_come = 0;
    frees_at_end = false;
    worker = NULL;
}

static void teardown(void)
{
    worker_free(worker);
    (void)sem_destroy(&may_end);
    loop_timer_free(limit);
    loop_free(loop);
}

START_TEST(the_loop_goes_on_while_it_works_and_is_told_once_that_it_has_ended)
{
    start();
    let_turns_pass();
    ck_assert_int_eq(ended, 0);

    (void)sem_post(&may_end);
    loop_run(loop);
    ck_assert_int_eq(ended, 1);
    ck_assert(!pthread_equal(worked_in, pthread_self()));

    let_turns_pass();
    ck_assert_int_eq(ended, 1);
}
END_TEST

START_TEST(the_next_one_may_be_started_where_the_last_is_freed)
{
    frees_at_end = true;
    run_rounds();
    ck_assert_ptr_null(worker);
}
END_TEST

START_TEST(it_may_be_started_again_where_it_has_ended)
{
    run_rounds();
}
END_TEST

/* What may fail for want of one has been done when it was made. */
START_TEST(a_start_needs_no_descriptor)
{
    struct rlimit before;
    start();
    (void)sem_post(&may_end);
    loop_run(loop);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    start();
    (void)sem_post(&may_end);
    loop_run(loop);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0); /* who looks for leaks needs some */
    ck_assert_int_eq(ended, 2);
}
END_TEST

START_TEST(freeing_waits_for_the_work_and_nobody_is_told)
{
    start();
    (void)sem_post(&may_end);
    worker_free(worker);
    worker = NULL;
    ck_assert_int_eq(worked, 1);

    let_turns_pass();
    ck_assert_int_eq(ended, 0);
}
END_TEST

START_TEST(there_may_be_none_to_free)
{
    worker_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/worker");
    TCase *thread = tcase_create("thread");
    tcase_add_checked_fixture(thread, setup, teardown);
    tcase_set_timeout(thread, 90);
    tcase_add_test(thread, the_loop_goes_on_while_it_works_and_is_told_once_that_it_has_ended);
    tcase_add_test(thread, the_next_one_may_be_started_where_the_last_is_freed);
    tcase_add_test(thread, it_may_be_started_again_where_it_has_ended);
    tcase_add_test(thread, a_start_needs_no_descriptor);
    tcase_add_test(thread, freeing_waits_for_the_work_and_nobody_is_told);
    tcase_add_test(thread, there_may_be_none_to_free);
    suite_add_tcase(suite, thread);
    return check_main(suite);
}
