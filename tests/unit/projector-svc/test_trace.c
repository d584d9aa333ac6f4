/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/trace.h"
#include "tests/support/check_main.h"

enum { RECORDS = 1000, PORTION = 7 };

/* The offset of the record whose number is wanted, in a partition read a portion at a time; -1: it
 * is not found. */
static int64_t find(const int64_t *records, int64_t wanted, int *ret_steps)
{
    struct trace_search search = {.low = 0, .high = RECORDS};
    int64_t at;
    for (*ret_steps = 0; trace_search_next(&search, &at); ++*ret_steps) {
        size_t below = 0;
        size_t above = 0;
        int64_t next = at;
        for (; next < RECORDS && next < at + PORTION; next++) {
            if (records[next] == wanted) {
                return next;
            }
            below += records[next] < wanted ? 1 : 0;
            above += records[next] > wanted ? 1 : 0;
        }
        trace_search_narrow(&search, at, next, below, above);
    }
    return -1;
}

static void fill(int64_t *records)
{
    for (int64_t i = 0; i < RECORDS; i++) {
        records[i] = 10 + i * 2;
    }
}

START_TEST(each_record_is_found_in_a_few_steps)
{
    int64_t records[RECORDS];
    int steps;
    fill(records);
    for (int64_t i = 0; i < RECORDS; i++) {
        ck_assert_int_eq(find(records, records[i], &steps), i);
        ck_assert_int_le(steps, 10);
    }
}
END_TEST

START_TEST(what_is_not_there_is_not_found_and_the_search_ends)
{
    int64_t records[RECORDS];
    int steps;
    fill(records);
    for (int64_t wanted = 9; wanted <= 10 + RECORDS * 2; wanted += 2) {
        ck_assert_int_eq(find(records, wanted, &steps), -1);
        ck_assert_int_le(steps, 11);
    }
}
END_TEST

START_TEST(one_that_came_late_misleads_no_search_for_others)
{
    int64_t records[RECORDS];
    int steps;
    fill(records);
    records[500] = 11;
    for (int64_t i = 0; i < RECORDS; i++) {
        if (i != 500) {
            ck_assert_int_eq(find(records, records[i], &steps), i);
        }
    }
}
END_TEST

START_TEST(a_step_that_has_read_nothing_goes_to_what_is_before_it)
{
    struct trace_search search = {.low = 0, .high = 2};
    int64_t at;
    ck_assert(trace_search_next(&search, &at));
    ck_assert_int_eq(at, 1);
    trace_search_narrow(&search, at, at, 0, 0);
    ck_assert(trace_search_next(&search, &at));
    ck_assert_int_eq(at, 0);
    trace_search_narrow(&search, at, at, 1, 0); /* whatever it says, it ends */
    ck_assert(!trace_search_next(&search, &at));
}
END_TEST

static const struct {
    struct trace_facts facts;
    enum trace_stand stand;
} CASES[] = {
    {{.seq = 9, .version = 2, .offset = 4, .relayed = 9, .shown_version = 2}, TRACE_SHOWN},
    {{.seq = 9, .version = 2, .offset = -1, .relayed = 9, .shown_version = 3}, TRACE_SHOWN},
    {{.seq = 9, .version = 2, .offset = 0, .relayed = 0, .shown_version = 1}, TRACE_PROJECTOR},
    {{.seq = 9, .version = 2, .offset = 4, .relayed = 9, .is_frozen = true}, TRACE_FROZEN},
    {{.seq = 9, .version = 2, .offset = -1, .relayed = 9, .is_quarantined = true},
     TRACE_QUARANTINED},
    {{.seq = 9, .version = 2, .offset = -1, .relayed = 8, .is_frozen = true}, TRACE_RELAY},
    {{.seq = 9, .version = 2, .offset = -1, .relayed = 9}, TRACE_ASTRAY},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(an_event_stands_before_the_first_station_that_lacks_it)
{
    ck_assert_int_eq((int)trace_stand_of(&CASES[_i].facts), (int)CASES[_i].stand);
}
END_TEST

START_TEST(each_stand_has_its_words)
{
    ck_assert_str_eq(trace_stand_words(TRACE_SHOWN), "in the view");
    ck_assert_str_eq(trace_stand_words(TRACE_ASTRAY), "not in its place in Kafka");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/trace");
    TCase *tests = tcase_create("trace");
    tcase_add_test(tests, each_record_is_found_in_a_few_steps);
    tcase_add_test(tests, what_is_not_there_is_not_found_and_the_search_ends);
    tcase_add_test(tests, one_that_came_late_misleads_no_search_for_others);
    tcase_add_test(tests, a_step_that_has_read_nothing_goes_to_what_is_before_it);
    tcase_add_loop_test(tests, an_event_stands_before_the_first_station_that_lacks_it, 0,
                        CASE_COUNT);
    tcase_add_test(tests, each_stand_has_its_words);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
