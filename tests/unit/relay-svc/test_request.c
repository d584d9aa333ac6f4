/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/request.h"
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <string.h>

static struct request_facts facts;

static void open_facts(void)
{
    open_log();
    facts = (struct request_facts){.asked = 5, .first = 5, .topic = ORDERS};
}

static enum request_verdict judged(void)
{
    return request_judge(&facts, &the_log);
}

START_TEST(what_was_asked_about_the_first_event_is_carried_out)
{
    ck_assert_int_eq(judged(), REQUEST_GOES);
    facts.is_skip = true;
    ck_assert_int_eq(judged(), REQUEST_GOES);
}
END_TEST

START_TEST(a_skip_hits_no_other_event_than_the_one_it_was_made_about)
{
    facts.first = 9;
    ck_assert_int_eq(judged(), REQUEST_GOES); /* to try again is right for any */
    facts.is_skip = true;
    ck_assert_int_eq(judged(), REQUEST_OTHER);
}
END_TEST

START_TEST(where_nothing_waits_there_is_nothing_to_do)
{
    facts.first = 0;
    ck_assert_int_eq(judged(), REQUEST_GONE);
}
END_TEST

START_TEST(without_a_topic_there_is_nowhere_to_publish)
{
    facts.topic = -1;
    ck_assert_int_eq(judged(), REQUEST_NO_TOPIC);
}
END_TEST

START_TEST(it_waits_for_the_shard_and_for_its_topic)
{
    facts.is_parking = true;
    ck_assert_int_eq(judged(), REQUEST_WAITS);
    facts.is_parking = false;
    the_log.topics[ORDERS].state = TOPIC_BEHIND;
    ck_assert_int_eq(judged(), REQUEST_WAITS);
    the_log.topics[ORDERS].state = TOPIC_LIVE;
    follows = shard_log_producer_lost(&the_log);
    ck_assert_int_eq(judged(), REQUEST_WAITS);
}
END_TEST

START_TEST(each_verdict_has_words_for_a_person)
{
    ck_assert_ptr_nonnull(strstr(request_words(REQUEST_OTHER), "look at it again"));
    for (int i = 0; i < REQUEST_VERDICT_COUNT; i++) {
        ck_assert_uint_gt(strlen(request_words((enum request_verdict)i)), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");
    tcase_add_checked_fixture(tests, open_facts, close_log);
    tcase_add_test(tests, what_was_asked_about_the_first_event_is_carried_out);
    tcase_add_test(tests, a_skip_hits_no_other_event_than_the_one_it_was_made_about);
    tcase_add_test(tests, where_nothing_waits_there_is_nothing_to_do);
    tcase_add_test(tests, without_a_topic_there_is_nowhere_to_publish);
    tcase_add_test(tests, it_waits_for_the_shard_and_for_its_topic);
    tcase_add_test(tests, each_verdict_has_words_for_a_person);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
