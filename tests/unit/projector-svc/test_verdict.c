/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/verdict.h"
#include "tests/support/check_main.h"

enum { NOTHING = VERDICT_COUNT };

/* head, version, event, contents: the verdict, and whether it may be one of timing */
static const struct {
    struct shown_view shown;
    int verdict;
    bool comes_with_time;
} CASES[] = {
    {{3, 3, LIKENESS_SAME, LIKENESS_SAME}, NOTHING, false},
    {{3, 0, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_LOST, true},
    {{3, -1, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_EDITED, false},
    {{3, 3, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_FORKED, false},
    {{3, 4, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_FORKED, true},
    {{3, 3, LIKENESS_SAME, LIKENESS_MISSING}, VERDICT_LOST, false},
    {{3, 3, LIKENESS_SAME, LIKENESS_OTHER}, VERDICT_EDITED, false},
    {{3, 2, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_STALE, true},
    {{3, 2, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_FORKED, false},
    {{3, 2, LIKENESS_SAME, LIKENESS_OTHER}, VERDICT_EDITED, false},
    {{3, 2, LIKENESS_SAME, LIKENESS_MISSING}, VERDICT_LOST, false},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(a_view_is_judged_by_its_version_its_event_and_then_its_contents)
{
    enum verdict verdict = VERDICT_COUNT;
    const bool differs = verdict_of_view(&CASES[_i].shown, &verdict);

    ck_assert_int_eq(differs, CASES[_i].verdict != NOTHING);
    ck_assert_int_eq((int)verdict, CASES[_i].verdict);
}
END_TEST

START_TEST(only_what_comes_with_time_is_excused_by_it)
{
    enum verdict verdict = VERDICT_COUNT;
    if (!verdict_of_view(&CASES[_i].shown, &verdict)) {
        return;
    }
    ck_assert_int_eq(verdict_is_of_timing(&CASES[_i].shown, verdict), CASES[_i].comes_with_time);
}
END_TEST

START_TEST(each_verdict_has_its_words)
{
    ck_assert_str_eq(verdict_name(VERDICT_IN_FLIGHT), "in flight");
    ck_assert_str_eq(verdict_name(VERDICT_LOST), "lost");
    ck_assert_str_eq(verdict_name(VERDICT_STALE), "stale");
    ck_assert_str_eq(verdict_name(VERDICT_FORKED), "forked");
    ck_assert_str_eq(verdict_name(VERDICT_EDITED), "edited by hand");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/verdict");
    TCase *tests = tcase_create("verdict");
    tcase_add_loop_test(tests, a_view_is_judged_by_its_version_its_event_and_then_its_contents, 0,
                        CASE_COUNT);
    tcase_add_loop_test(tests, only_what_comes_with_time_is_excused_by_it, 0, CASE_COUNT);
    tcase_add_test(tests, each_verdict_has_its_words);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
