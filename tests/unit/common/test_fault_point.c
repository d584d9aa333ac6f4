/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each test runs in a process of its own (Check's fork mode), so each may read
 * a plan of its own and die of it.
 */
#include "common/base/fault_point.h"
#include "tests/support/check_abort.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef FAULTS

START_TEST(without_a_plan_nothing_happens)
{
    ck_assert_int_eq(unsetenv("FAULT_PLAN"), 0);
    ck_assert(!FAULT_POINT("test.here"));
}
END_TEST

START_TEST(the_nth_hit_fails_once)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", "test.other=kill,test.here@3=error", 1), 0);

    ck_assert(!FAULT_POINT("test.here"));
    ck_assert(!FAULT_POINT("test.here"));
    ck_assert(FAULT_POINT("test.here"));
    ck_assert(!FAULT_POINT("test.here"));
}
END_TEST

START_TEST(without_a_number_the_first_hit_fails)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", "test.here=error", 1), 0);
    ck_assert(FAULT_POINT("test.here"));
    ck_assert(!FAULT_POINT("test.her"));
    ck_assert(!FAULT_POINT("test.heree"));
}
END_TEST

START_TEST(kill_kills)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", "test.here=kill", 1), 0);
    (void)FAULT_POINT("test.here");
}
END_TEST

START_TEST(stop_stops)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", "test.here=stop", 1), 0);
    const pid_t child = fork();
    if (child == 0) {
        exit(FAULT_POINT("test.here") ? 1 : 0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq(kill(child, SIGCONT), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

#define FOUR "a=stop,a=stop,a=stop,a=stop"

static const char *const BAD_PLANS[] = {
    "test.here",
    "test.here=",
    "test.here=explode",
    "test.here@0=kill",
    "test.here@x=kill",
    "a=error,b",
    "=kill",
    "test.here@=kill",
    FOUR ",a=stop," FOUR "," FOUR "," FOUR, /* one too many */
};
enum { BAD_PLAN_COUNT = sizeof BAD_PLANS / sizeof BAD_PLANS[0] };

START_TEST(a_plan_that_cannot_be_read_stops_the_test_at_once)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", BAD_PLANS[_i], 1), 0);
    (void)FAULT_POINT("test.elsewhere");
}
END_TEST

static void add_tests(TCase *plan)
{
    tcase_add_test(plan, without_a_plan_nothing_happens);
    tcase_add_test(plan, the_nth_hit_fails_once);
    tcase_add_test(plan, without_a_number_the_first_hit_fails);
    tcase_add_test_raise_signal(plan, kill_kills, SIGKILL);
    tcase_add_test(plan, stop_stops);
    tcase_add_loop_test_raise_signal(plan, a_plan_that_cannot_be_read_stops_the_test_at_once,
                                     SIGABRT, 0, BAD_PLAN_COUNT);
}

#else

START_TEST(a_shipped_build_knows_no_faults)
{
    ck_assert_int_eq(setenv("FAULT_PLAN", "test.here=kill", 1), 0);
    ck_assert(!FAULT_POINT("test.here"));
    ck_assert(!fault_point_hit("test.here"));
}
END_TEST

static void add_tests(TCase *plan)
{
    tcase_add_test(plan, a_shipped_build_knows_no_faults);
}

#endif

int main(void)
{
    check_abort_counts();
    Suite *suite = suite_create("common/base/fault_point");
    TCase *plan = tcase_create("plan");
    add_tests(plan);
    suite_add_tcase(suite, plan);
    return check_main(suite);
}
