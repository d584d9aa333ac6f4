/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/subject.h"
#include "tests/support/check_main.h"

static struct verify_options options;
static struct verify verify = {.options = &options, .shard_count = 1};

/* A customer's, of which the outbox has these versions. */
static struct subject subject_of(int64_t first, int64_t newest, int64_t gap)
{
    return (struct subject){.verify = &verify,
                            .events = {.type = AGGREGATE_CUSTOMER, .id = STRVIEW("c")},
                            .first_version = first,
                            .newest_version = newest,
                            .gap = gap};
}

START_TEST(what_began_in_rows_that_were_given_up_is_not_compared)
{
    struct subject subject = subject_of(4, 6, 0);
    struct verify_finding found;
    verify.floor = 100;

    ck_assert(subject_is_cut(&subject));
    ck_assert(!subject_is_whole(&subject));
    ck_assert(!subject_judge_state(&subject, &found));
}
END_TEST

START_TEST(where_nothing_was_given_up_its_beginning_is_lost)
{
    struct subject subject = subject_of(4, 6, 0);
    struct verify_finding found;
    verify.floor = 0;

    ck_assert(!subject_is_cut(&subject));
    ck_assert(!subject_is_whole(&subject));
    ck_assert(subject_judge_state(&subject, &found));
    ck_assert_int_eq(found.verdict, VERDICT_LOST);
    ck_assert_str_eq(found.what, "version 1 is not in the outbox");
}
END_TEST

START_TEST(a_hole_among_those_that_are_kept_is_lost_all_the_same)
{
    struct subject subject = subject_of(4, 8, 6);
    struct verify_finding found;
    verify.floor = 100;

    ck_assert(subject_judge_state(&subject, &found));
    ck_assert_int_eq(found.verdict, VERDICT_LOST);
    ck_assert_str_eq(found.what, "version 6 is not in the outbox");
}
END_TEST

START_TEST(of_stock_the_newest_is_enough)
{
    struct subject subject = subject_of(4, 4, 0);
    struct verify_finding found;
    subject.events.type = AGGREGATE_STOCK;
    verify.floor = 100;

    ck_assert(!subject_is_cut(&subject));
    ck_assert(subject_is_whole(&subject));
    ck_assert(!subject_judge_state(&subject, &found));
}
END_TEST

/* It changed since the heads were read. */
static struct subject moving(int64_t version, enum likeness contents)
{
    struct subject subject = subject_of(1, 3, 0);
    verify.floor = 0;
    verify.shards[0].head = 7;
    subject.newest_seq = 8;
    subject.shown = (struct shown_view){.head = 3, .version = version, .contents = contents};
    return subject;
}

START_TEST(a_view_in_motion_is_excused_for_its_version_and_for_nothing_else)
{
    struct subject behind = moving(2, LIKENESS_SAME);
    struct subject edited = moving(3, LIKENESS_OTHER);
    struct verify_finding found;

    ck_assert(subject_judge_view(&behind, &found));
    ck_assert_int_eq(found.verdict, VERDICT_IN_FLIGHT);
    ck_assert(subject_judge_view(&edited, &found));
    ck_assert_int_eq(found.verdict, VERDICT_EDITED);
}
END_TEST

START_TEST(what_was_to_be_shown_before_it_moved_is_not_excused)
{
    struct subject still = moving(2, LIKENESS_SAME);
    struct subject gone = moving(0, LIKENESS_SAME);
    struct verify_finding found;
    still.settled = 3;
    gone.settled = 1;

    ck_assert(subject_judge_view(&still, &found));
    ck_assert_int_eq(found.verdict, VERDICT_STALE);
    ck_assert(subject_judge_view(&gone, &found));
    ck_assert_int_eq(found.verdict, VERDICT_LOST);
    verify.shards[0].is_behind = true; /* nobody has waited */
    ck_assert(subject_judge_view(&gone, &found));
    ck_assert_int_eq(found.verdict, VERDICT_IN_FLIGHT);
    verify.shards[0].is_behind = false;
}
END_TEST

START_TEST(a_hole_in_the_outbox_is_never_in_flight)
{
    struct subject subject = moving(3, LIKENESS_SAME);
    struct verify_finding found;
    subject.gap = 2;

    ck_assert(subject_judge_state(&subject, &found));
    ck_assert_int_eq(found.verdict, VERDICT_LOST);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/verify/subject");
    TCase *tests = tcase_create("subject");
    tcase_add_test(tests, what_was_to_be_shown_before_it_moved_is_not_excused);
    tcase_add_test(tests, what_began_in_rows_that_were_given_up_is_not_compared);
    tcase_add_test(tests, where_nothing_was_given_up_its_beginning_is_lost);
    tcase_add_test(tests, a_hole_among_those_that_are_kept_is_lost_all_the_same);
    tcase_add_test(tests, of_stock_the_newest_is_enough);
    tcase_add_test(tests, a_view_in_motion_is_excused_for_its_version_and_for_nothing_else);
    tcase_add_test(tests, a_hole_in_the_outbox_is_never_in_flight);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
