/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/doubt.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { PARTITIONS = 2 };

static struct doubt_report of(const char *slot, int64_t position, int64_t end, int64_t reached,
                              int64_t reported_at)
{
    return (struct doubt_report){.slot = strview_of(slot),
                                 .position = position,
                                 .end = end,
                                 .reached = reached,
                                 .lag_ms = reached == end ? 0 : 1,
                                 .reported_at = reported_at};
}

static bool take_both(struct doubt *doubt, struct doubt_report one, struct doubt_report other)
{
    const struct doubt_report both[] = {one, other};
    return doubt_take(doubt, both, PARTITIONS, PARTITIONS);
}

static const struct doubt_marks BEFORE = {"c1", 10};

/* Over, with BEFORE. */
static struct doubt certain(void)
{
    struct doubt doubt = {.state = DOUBT_BEGUN};
    (void)doubt_meet(&doubt, &BEFORE);
    ck_assert(!take_both(&doubt, of("t/0", 5, 5, 5, 1), of("t/1", 7, 7, 7, 1)));
    ck_assert(take_both(&doubt, of("t/0", 5, 5, 5, 2), of("t/1", 7, 7, 7, 2)));
    ck_assert_int_eq(doubt.state, DOUBT_OVER);
    return doubt;
}

START_TEST(who_has_just_connected_doubts_until_each_partition_was_reported_anew)
{
    struct doubt doubt = certain();
    ck_assert(!take_both(&doubt, of("t/0", 1, 5, 5, 3), of("t/1", 7, 7, 7, 3)));
    ck_assert_int_eq(doubt.state, DOUBT_OVER);
    doubt_begin(&doubt);
    ck_assert(!take_both(&doubt, of("t/0", 5, 5, 5, 3), of("t/1", 7, 7, 7, 3)));
    ck_assert(!take_both(&doubt, of("t/0", 5, 5, 5, 3), of("t/1", 7, 7, 7, 3)));
    ck_assert(!take_both(&doubt, of("t/0", 5, 5, 5, 4), of("t/1", 7, 7, 7, 3)));
    ck_assert(take_both(&doubt, of("t/0", 5, 5, 5, 4), of("t/1", 7, 7, 7, 9)));
}
END_TEST

/* --- what begins it */

static const struct {
    struct doubt_marks now;
    bool begins;
} READINGS[] = {
    {{"c1", 10}, false},                    /* nothing came */
    {{"c1", 11}, false}, {{"c1", 9}, true}, /* a replica that follows one with less */
    {{"c2", 11}, true},                     /* another server; or emptied, and begun again since */
    {{"", 0}, true},                        /* emptied */
};
enum { READING_COUNT = sizeof READINGS / sizeof READINGS[0] };

START_TEST(another_copy_or_less_of_it_is_in_doubt)
{
    struct doubt doubt = certain();
    ck_assert_int_eq(doubt_meet(&doubt, &READINGS[_i].now), READINGS[_i].begins);
    ck_assert_int_eq(doubt.state, READINGS[_i].begins ? DOUBT_BEGUN : DOUBT_OVER);
    ck_assert(!doubt_meet(&doubt, &READINGS[_i].now)); /* is told once */
    doubt_done(&doubt);
}
END_TEST

START_TEST(an_empty_redis_proves_nothing)
{
    static const struct doubt_marks NONE = {.applied = 0};
    struct doubt doubt = certain();
    (void)doubt_meet(&doubt, &NONE);
    for (int i = 0; i < 3; i++) {
        ck_assert(!doubt_meet(&doubt, &NONE));
        ck_assert(!doubt_take(&doubt, NULL, 0, 0));
    }
}
END_TEST

/* --- what proves a partition; the other one is always proved */

static const struct {
    struct doubt_report first; /* since it began */
    struct doubt_report then;
    bool is_proved_first;
    bool is_proved_then;
} REPORTS[] = {
    /* Redis lost 90 to 99, its owner remembers */
    {{{"t/0", 3}, 90, 100, 100, 0, 2}, {{"t/0", 3}, 100, 100, 100, 0, 3}, false, true},
    /* another owner, who began at 90 and knows of no end before Kafka has answered */
    {{{"t/0", 3}, 90, 80, -1, 0, 2}, {{"t/0", 3}, 90, 100, 90, 5, 3}, false, false},
    {{{"t/0", 3}, 90, 100, 90, 5, 2}, {{"t/0", 3}, 100, 130, 110, 5, 3}, false, true},
    {{{"t/0", 3}, 90, -1, 90, 0, 2}, {{"t/0", 3}, 90, -1, 90, 0, 3}, false, false},
    /* markers behind the last event */
    {{{"t/0", 3}, 90, 103, 100, 0, 2}, {{"t/0", 3}, 100, 103, 100, 0, 2}, false, true},
    {{{"t/0", 3}, 95, 103, 95, 7, 2}, {{"t/0", 3}, 100, 103, 100, 0, 3}, false, true},
    /* nothing was ever there */
    {{{"t/0", 3}, 0, 0, 0, 0, 2}, {{"t/0", 3}, 0, 0, 0, 0, 3}, true, true},
    /* by an earlier version */
    {{{"t/0", 3}, 90, 100, DOUBT_REACHED_NEITHER, 5, 2},
     {{"t/0", 3}, 100, 120, DOUBT_REACHED_NEITHER, 5, 3},
     false,
     true},
};
enum { REPORT_COUNT = sizeof REPORTS / sizeof REPORTS[0] };

START_TEST(a_partition_is_proved_by_what_kafka_has_and_redis)
{
    struct doubt doubt = {.state = DOUBT_BEGUN};
    ck_assert(!take_both(&doubt, of("t/0", 90, 100, 100, 1), of("t/1", 7, 7, 7, 1)));
    ck_assert_int_eq(take_both(&doubt, REPORTS[_i].first, of("t/1", 7, 7, 7, 2)),
                     REPORTS[_i].is_proved_first);
    if (!REPORTS[_i].is_proved_first) {
        ck_assert_int_eq(take_both(&doubt, REPORTS[_i].then, of("t/1", 7, 7, 7, 3)),
                         REPORTS[_i].is_proved_then);
    }
    doubt_done(&doubt);
}
END_TEST

/* --- how many there are */

START_TEST(all_partitions_must_be_proved_also_those_nobody_reports)
{
    struct doubt doubt = {.state = DOUBT_BEGUN};
    const struct doubt_report one = of("t/0", 5, 5, 5, 1);
    ck_assert(!doubt_take(&doubt, NULL, 0, 0));
    ck_assert(!doubt_take(&doubt, &one, 1, 2));
    ck_assert(!doubt_take(&doubt, &one, 1, 0)); /* not told */
    ck_assert(doubt_take(&doubt, &one, 1, 1));
}
END_TEST

START_TEST(earlier_versions_tell_no_number)
{
    struct doubt doubt = {.state = DOUBT_BEGUN};
    struct doubt_report both[] = {of("t/0", 5, 5, DOUBT_REACHED_NEITHER, 1),
                                  of("t/1", 7, 7, DOUBT_REACHED_NEITHER, 1)};
    ck_assert(!doubt_take(&doubt, both, PARTITIONS, 0));
    both[0].reported_at = 2;
    ck_assert(!doubt_take(&doubt, both, PARTITIONS, 0));
    both[1].reported_at = 2;
    ck_assert(doubt_take(&doubt, both, PARTITIONS, 0));
}
END_TEST

START_TEST(many_partitions_in_any_order_are_told_apart)
{
    enum { MANY = 300 };
    static char names[MANY][16];
    static struct doubt_report reports[MANY];
    struct doubt doubt = {.state = DOUBT_BEGUN};
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "topic/%d", i);
        reports[i] = of(names[i], i, i, i, 1);
    }
    ck_assert(!doubt_take(&doubt, reports, MANY, MANY));
    for (int i = 0; i < MANY; i++) {
        const int at = MANY - 1 - i;
        reports[i] = of(names[at], at, at, at, i == 7 ? 1 : 2);
    }
    ck_assert(!doubt_take(&doubt, reports, MANY, MANY));
    reports[7].reported_at = 3;
    ck_assert(doubt_take(&doubt, reports, MANY, MANY));
}
END_TEST

START_TEST(a_position_beyond_all_offsets_proves_nothing_of_which_nothing_is_reported)
{
    struct doubt doubt = {.state = DOUBT_BEGUN};
    const struct doubt_report by_hand = of("t/0", INT64_MAX, 5, 5, 1);
    ck_assert(!doubt_take(&doubt, &by_hand, 1, 1));
    ck_assert(!doubt_take(&doubt, &by_hand, 1, 1)); /* nobody has reported since */
    doubt_done(&doubt);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/doubt");
    TCase *tests = tcase_create("doubt");
    tcase_add_test(tests, who_has_just_connected_doubts_until_each_partition_was_reported_anew);
    tcase_add_loop_test(tests, another_copy_or_less_of_it_is_in_doubt, 0, READING_COUNT);
    tcase_add_test(tests, an_empty_redis_proves_nothing);
    tcase_add_loop_test(tests, a_partition_is_proved_by_what_kafka_has_and_redis, 0, REPORT_COUNT);
    tcase_add_test(tests, all_partitions_must_be_proved_also_those_nobody_reports);
    tcase_add_test(tests, earlier_versions_tell_no_number);
    tcase_add_test(tests, many_partitions_in_any_order_are_told_apart);
    tcase_add_test(tests,
                   a_position_beyond_all_offsets_proves_nothing_of_which_nothing_is_reported);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
