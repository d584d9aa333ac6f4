/* SPDX-License-Identifier: Apache-2.0 */
/* How long the refused are asked to stay away. */
#include "common/io/http/pause.h"
#include "tests/support/check_main.h"

enum { CLIENTS = 3200, SERVED = 16000, TIME = 60 };

static struct http_pause pause_of;
static unsigned dealt[HTTP_PAUSE_MOST + 1]; /* how many were sent away for so long */

static void setup(void)
{
    memset(&pause_of, 0, sizeof pause_of);
}

static void spend_second(unsigned refused, unsigned answered)
{
    int others = 0; /* an assertion each would take seconds */
    unsigned strays = 0;
    memset(dealt, 0, sizeof dealt);
    for (unsigned i = 0; i < refused; i++) {
        const int seconds = http_pause_next(&pause_of, true);
        if (seconds >= 1 && seconds <= HTTP_PAUSE_MOST) {
            dealt[seconds]++;
        } else {
            strays++;
        }
    }
    for (unsigned i = 0; i < answered; i++) {
        others |= http_pause_next(&pause_of, false);
    }
    ck_assert_uint_eq(strays, 0);
    ck_assert_int_eq(others, 0);
}

static int longest(void)
{
    int seconds = HTTP_PAUSE_MOST;
    while (seconds > 0 && dealt[seconds] == 0) {
        seconds--;
    }
    return seconds;
}

START_TEST(a_few_come_back_after_a_second)
{
    for (int i = 0; i < 5; i++) {
        spend_second(HTTP_PAUSE_FEW - 1, 0);
        ck_assert_int_eq(longest(), 1);
        http_pause_pass(&pause_of, 1);
    }
}
END_TEST

START_TEST(so_do_many_beside_whom_far_more_are_answered)
{
    for (int i = 0; i < 5; i++) {
        spend_second(400, 16000);
        ck_assert_int_eq(longest(), 1);
        http_pause_pass(&pause_of, 1);
    }
}
END_TEST

START_TEST(a_crowd_is_spread_evenly_from_the_next_second_on)
{
    spend_second(3000, 10000);
    ck_assert_int_eq(longest(), 1);
    http_pause_pass(&pause_of, 1);
    spend_second(3000, 10000);
    for (int seconds = 1; seconds <= HTTP_PAUSE_MOST; seconds++) {
        ck_assert_uint_eq(dealt[seconds], 3000 / HTTP_PAUSE_MOST);
    }
}
END_TEST

START_TEST(where_nothing_is_answered_all_of_the_time_is_used)
{
    spend_second(HTTP_PAUSE_FEW, 0);
    http_pause_pass(&pause_of, 1);
    spend_second(HTTP_PAUSE_MOST, 0);
    ck_assert_int_eq(longest(), HTTP_PAUSE_MOST);
}
END_TEST

/* So many clients heed what they are told and never find a place. */
START_TEST(refusals_settle_at_a_small_part_of_what_is_answered)
{
    unsigned due[TIME + HTTP_PAUSE_MOST + 1] = {CLIENTS};
    unsigned most = 0;
    for (int now = 0; now < TIME; now++) {
        spend_second(due[now], SERVED);
        for (int seconds = 1; seconds <= HTTP_PAUSE_MOST; seconds++) {
            due[now + seconds] += dealt[seconds];
        }
        most = now >= TIME / 2 && due[now] > most ? due[now] : most;
        http_pause_pass(&pause_of, 1);
    }
    ck_assert_uint_gt(most, 0);
    ck_assert_uint_le(most, 2 * SERVED / HTTP_PAUSE_PART);
}
END_TEST

START_TEST(it_falls_by_half_a_second_once_nobody_is_refused)
{
    static const int STEPS[] = {10, 5, 2, 1, 1};
    spend_second(3000, 0);
    http_pause_pass(&pause_of, 1);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        spend_second(2 * HTTP_PAUSE_MOST, 1000);
        ck_assert_int_eq(longest(), STEPS[i]);
        http_pause_pass(&pause_of, 1);
    }
}
END_TEST

START_TEST(a_long_silence_forgets)
{
    spend_second(3000, 0);
    http_pause_pass(&pause_of, 1);
    http_pause_pass(&pause_of, INT64_MAX);
    spend_second(1, 0);
    ck_assert_int_eq(longest(), 1);
}
END_TEST

START_TEST(a_clock_that_is_set_back_forgets_nothing)
{
    spend_second(3000, 0);
    http_pause_pass(&pause_of, INT64_MIN);
    http_pause_pass(&pause_of, -1);
    spend_second(HTTP_PAUSE_MOST, 0);
    ck_assert_int_eq(longest(), HTTP_PAUSE_MOST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_pause");
    TCase *pauses = tcase_create("pauses");
    tcase_add_checked_fixture(pauses, setup, NULL);
    tcase_add_test(pauses, a_few_come_back_after_a_second);
    tcase_add_test(pauses, so_do_many_beside_whom_far_more_are_answered);
    tcase_add_test(pauses, a_crowd_is_spread_evenly_from_the_next_second_on);
    tcase_add_test(pauses, where_nothing_is_answered_all_of_the_time_is_used);
    tcase_add_test(pauses, refusals_settle_at_a_small_part_of_what_is_answered);
    tcase_add_test(pauses, it_falls_by_half_a_second_once_nobody_is_refused);
    tcase_add_test(pauses, a_long_silence_forgets);
    tcase_add_test(pauses, a_clock_that_is_set_back_forgets_nothing);
    suite_add_tcase(suite, pauses);
    return check_main(suite);
}
