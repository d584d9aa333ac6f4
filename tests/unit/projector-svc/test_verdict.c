/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/verdict.h"
#include "tests/support/check_main.h"

enum { NOTHING = VERDICT_COUNT };

/* head, version, event, contents: the verdict */
static const struct {
    struct shown_view shown;
    int verdict;
} CASES[] = {
    {{3, 3, LIKENESS_SAME, LIKENESS_SAME}, NOTHING},
    {{3, 0, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_LOST},
    {{3, -1, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_EDITED},
    {{3, 3, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_FORKED},
    {{3, 4, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_FORKED},
    {{3, 3, LIKENESS_SAME, LIKENESS_MISSING}, VERDICT_LOST},
    {{3, 3, LIKENESS_SAME, LIKENESS_OTHER}, VERDICT_EDITED},
    {{3, 2, LIKENESS_SAME, LIKENESS_SAME}, VERDICT_STALE},
    {{3, 2, LIKENESS_OTHER, LIKENESS_SAME}, VERDICT_FORKED},
    {{3, 2, LIKENESS_SAME, LIKENESS_OTHER}, VERDICT_EDITED},
    {{3, 2, LIKENESS_SAME, LIKENESS_MISSING}, VERDICT_LOST},
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
    tcase_add_test(tests, each_verdict_has_its_words);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
