/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/progress.h"
#include "tests/support/check_main.h"

START_TEST(the_oldest_waiting_event_says_how_old_else_the_last_move)
{
    struct progress progress = {.moved_ms = 500};
    ck_assert_int_eq(progress_lag_ms(&progress, 800, 1000), 200);
    ck_assert_int_eq(progress_lag_ms(&progress, -1, 1000), 500);
    ck_assert_int_eq(progress_lag_ms(&progress, 2000, 1000), 1);
    progress.moved_ms = 0;
    ck_assert_int_eq(progress_lag_ms(&progress, 0, 1000), 1);
}
END_TEST

START_TEST(standing_still_beside_work_is_told_once)
{
    struct progress progress = {.received = 1};
    ck_assert(!progress_look(&progress, true, 7, 1000));
    ck_assert(progress_look(&progress, true, 7, 1000 + STALL_AFTER_MS));
    ck_assert(!progress_look(&progress, true, 7, 2000 + STALL_AFTER_MS));
    ck_assert(progress.is_stuck);
    progress.received++;
    ck_assert(!progress_look(&progress, true, 7, 3000 + STALL_AFTER_MS));
    ck_assert(!progress.is_stuck);
}
END_TEST

START_TEST(a_position_that_moves_is_progress)
{
    struct progress progress = {.received = 1};
    ck_assert(!progress_look(&progress, true, 7, 1000));
    ck_assert(!progress_look(&progress, true, 8, 1000 + STALL_AFTER_MS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/progress");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, the_oldest_waiting_event_says_how_old_else_the_last_move);
    tcase_add_test(rules, standing_still_beside_work_is_told_once);
    tcase_add_test(rules, a_position_that_moves_is_progress);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
