/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/news.h"
#include "tests/support/check_main.h"

START_TEST(it_is_said_at_once_and_then_once_a_minute_with_its_count)
{
    struct news news = {.unsaid = 0};
    uint64_t times = 0;
    ck_assert(!news_is_due(&news, 0, 5, &times));
    ck_assert(news_is_due(&news, 1, 5, &times));
    ck_assert_uint_eq(times, 1);
    ck_assert(!news_is_due(&news, 2, 6, &times));
    ck_assert(!news_is_due(&news, 3, 4 + NEWS_EVERY_MS, &times));
    ck_assert(news_is_due(&news, 4, 5 + NEWS_EVERY_MS, &times));
    ck_assert_uint_eq(times, 9);
    ck_assert(!news_is_due(&news, 0, 5 + 2 * NEWS_EVERY_MS, &times));
}
END_TEST

/* Set back by an hour, it would otherwise be silent for one. */
START_TEST(a_clock_that_was_set_back_silences_nothing)
{
    struct news news = {.unsaid = 0};
    uint64_t times = 0;
    ck_assert(news_is_due(&news, 1, 60 * NEWS_EVERY_MS, &times));
    ck_assert(news_is_due(&news, 2, 60 * NEWS_EVERY_MS - 1, &times));
    ck_assert_uint_eq(times, 2);
    ck_assert(!news_is_due(&news, 1, 60 * NEWS_EVERY_MS, &times));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/news");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, it_is_said_at_once_and_then_once_a_minute_with_its_count);
    tcase_add_test(rules, a_clock_that_was_set_back_silences_nothing);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
