/* SPDX-License-Identifier: Apache-2.0 */
/* Is the projector ready while nobody, or not everybody, brings the topics into its Redis? */
#include "common/io/loop.h"
#include "common/run/log.h"
#include "projector-svc/consume/projector_internal.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { LATE_MS = 10000, PLACES = 2 };

static const char HOLDER[] = "kcat (/10.0.0.7)";

static struct projector projector;
static struct error err;

/* Two partitions of the orders' topic, which a stranger holds; of the others one each, as Kafka
 * says nothing of them. */
static void set_up(void)
{
    struct followed *followed = &projector.followed;
    struct kafka_survey_place places[PLACES];
    log_setup("projector-svc", LOG_LEVEL_COUNT);
    memset(&projector, 0, sizeof projector);
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        followed->topics[type] = aggregate_name((enum aggregate_type)type);
    }
    for (int i = 0; i < PLACES; i++) {
        places[i] = (struct kafka_survey_place){.topic = AGGREGATE_ORDER, .partition = i, .end = 3};
        (void)memcpy(places[i].holder, HOLDER, sizeof HOLDER);
    }
    followed_init(followed);
    followed_take_survey(followed, places, PLACES);
    projector.followed_since_ms = loop_now_ms() - LATE_MS;
}

static void tear_down(void)
{
    followed_done(&projector.followed);
}

static void miss(int partition)
{
    projector.followed.partitions[partition].missed = 3;
}

/* By another projector that writes to this Redis. */
static void report(int partition)
{
    struct following *known = &projector.followed.partitions[partition].known;
    known->reported_at = loop_wall_ms();
    known->told_end = known->position = known->end;
}

START_TEST(it_is_not_ready_while_all_partitions_are_missed_and_says_who_holds_them)
{
    miss(0);
    miss(1);

    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_TRANSIENT);
    ck_assert_str_eq(err.text, "order/0,1: nobody brings them into this Redis; held in the group "
                               "by kcat (/10.0.0.7)");
}
END_TEST

START_TEST(it_is_ready_while_one_partition_is_brought)
{
    miss(0);
    report(1);

    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_NONE);
}
END_TEST

START_TEST(without_an_assignment_it_says_nothing_where_nothing_is_missed)
{
    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_NONE);
}
END_TEST

START_TEST(all_missed_later_makes_it_unready_whatever_was_followed_a_moment_ago)
{
    projector.assignment.state = ASSIGNMENT_RUNNING;
    projector.followed.is_followed[AGGREGATE_ORDER] = true;
    miss(0);
    miss(1);

    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_TRANSIENT);
    report(0);
    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_NONE);
}
END_TEST

START_TEST(it_is_not_ready_while_no_topic_is_followed)
{
    projector.assignment.state = ASSIGNMENT_RUNNING;

    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_TRANSIENT);
    ck_assert_ptr_eq(strstr(err.text, "not followed: order, "), err.text);
}
END_TEST

START_TEST(in_the_first_seconds_one_topic_that_is_not_followed_makes_it_unready)
{
    projector.assignment.state = ASSIGNMENT_RUNNING;
    projector.followed.is_followed[AGGREGATE_ORDER] = true;
    report(0);

    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_NONE);
    projector.followed_since_ms = loop_now_ms();
    ck_assert_int_eq(projector_probe_following(&projector, &err), ERROR_TRANSIENT);
}
END_TEST

/* The first answer may be to a question of before, and tell an end that is no longer the end. */
START_TEST(an_end_counts_once_it_was_asked_for_and_told_anew)
{
    struct followed *followed = &projector.followed;
    const struct kafka_survey_place place = {.topic = AGGREGATE_ORDER, .partition = 1, .end = 7};

    followed_ask_anew(followed);
    ck_assert_int_eq(followed_new_end(followed, AGGREGATE_ORDER, 1), -1);
    followed_take_survey(followed, &place, 1);
    ck_assert(followed_wants_survey(followed));
    ck_assert_int_eq(followed_new_end(followed, AGGREGATE_ORDER, 1), -1);
    followed_take_survey(followed, &place, 1);
    ck_assert(!followed_wants_survey(followed));
    ck_assert_int_eq(followed_new_end(followed, AGGREGATE_ORDER, 1), 7);
    ck_assert_int_eq(followed_new_end(followed, AGGREGATE_ORDER, 0), -1); /* it is gone */
    followed_ask_anew(followed);
    ck_assert_int_eq(followed_new_end(followed, AGGREGATE_ORDER, 1), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/followed");
    TCase *readiness = tcase_create("readiness");
    tcase_add_checked_fixture(readiness, set_up, tear_down);
    tcase_add_test(readiness,
                   it_is_not_ready_while_all_partitions_are_missed_and_says_who_holds_them);
    tcase_add_test(readiness, it_is_ready_while_one_partition_is_brought);
    tcase_add_test(readiness, without_an_assignment_it_says_nothing_where_nothing_is_missed);
    tcase_add_test(readiness, all_missed_later_makes_it_unready_whatever_was_followed_a_moment_ago);
    tcase_add_test(readiness, it_is_not_ready_while_no_topic_is_followed);
    tcase_add_test(readiness, in_the_first_seconds_one_topic_that_is_not_followed_makes_it_unready);
    suite_add_tcase(suite, readiness);
    TCase *ends = tcase_create("ends");
    tcase_add_checked_fixture(ends, set_up, tear_down);
    tcase_add_test(ends, an_end_counts_once_it_was_asked_for_and_told_anew);
    suite_add_tcase(suite, ends);
    return check_main(suite);
}
