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

/* As where the same record is read again and again, until somebody mends what it cannot get past.
 */
START_TEST(a_record_read_once_more_from_the_same_place_is_no_progress)
{
    struct progress progress = {.received = 0};
    progress_receive(&progress, 5);
    progress_receive(&progress, 6);
    ck_assert_uint_eq(progress.received, 2);
    ck_assert(!progress_look(&progress, true, 5, 1000));
    progress_receive(&progress, 5); /* reading begins anew: that is news once */
    progress_receive(&progress, 6);
    const uint64_t received = progress.received;
    for (int again = 0; again < 3; again++) {
        progress_receive(&progress, 5);
        progress_receive(&progress, 6);
    }
    ck_assert_uint_eq(progress.received, received);
    progress_receive(&progress, 7);
    ck_assert_uint_eq(progress.received, received + 1);
}
END_TEST

START_TEST(reading_from_further_back_is_progress)
{
    struct progress progress = {.received = 0};
    progress_receive(&progress, 100);
    progress_receive(&progress, 40);
    progress_receive(&progress, 41);
    ck_assert_uint_eq(progress.received, 3);
    progress_receive(&progress, 0);
    ck_assert_uint_eq(progress.received, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/progress");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, the_oldest_waiting_event_says_how_old_else_the_last_move);
    tcase_add_test(rules, standing_still_beside_work_is_told_once);
    tcase_add_test(rules, a_position_that_moves_is_progress);
    tcase_add_test(rules, a_record_read_once_more_from_the_same_place_is_no_progress);
    tcase_add_test(rules, reading_from_further_back_is_progress);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
