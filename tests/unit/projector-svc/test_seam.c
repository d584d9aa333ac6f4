/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/seam.h"
#include "tests/support/check_main.h"

START_TEST(what_overlaps_is_whole)
{
    struct seam seam = {.state = SEAM_NONE};
    seam_note(&seam, 7);
    seam_note(&seam, 9);
    seam_note(&seam, 0); /* a stranger's record */
    ck_assert(seam_expect(&seam, 100, 103));
    ck_assert(seam_expect(&seam, 101, 103));
    ck_assert(seam_meet(&seam, 100, 0));
    ck_assert(seam_meet(&seam, 101, 9));
    ck_assert(seam_meet(&seam, 102, 12));
    ck_assert_int_eq(seam.state, SEAM_WHOLE);
}
END_TEST

START_TEST(what_does_not_is_torn_and_stays_so)
{
    struct seam seam = {.state = SEAM_NONE};
    seam_note(&seam, 9);
    ck_assert(seam_expect(&seam, 100, 103));
    ck_assert(!seam_meet(&seam, 100, 10));
    ck_assert(!seam_meet(&seam, 101, 0));
    ck_assert(!seam_expect(&seam, 100, 103));
    ck_assert(!seam_meet(&seam, 102, 9));

    struct seam empty = {.state = SEAM_NONE};
    ck_assert(seam_expect(&empty, 100, 101));
    ck_assert(!seam_meet(&empty, 100, 1));
}
END_TEST

START_TEST(one_without_a_record_wants_some_that_were_replayed)
{
    struct seam lost = {.state = SEAM_NONE};
    ck_assert(!seam_expect(&lost, 100, 100));
    struct seam seam = {.state = SEAM_NONE};
    seam_note(&seam, 9);
    ck_assert(seam_expect(&seam, 100, 100));
    ck_assert(seam_meet(&seam, 100, 10)); /* it came later */
}
END_TEST

START_TEST(one_that_was_met_before_is_not_asked_again)
{
    struct seam seam = {.state = SEAM_NONE};
    ck_assert(seam_meet(&seam, 0, 1)); /* it has its beginning */
    ck_assert(seam_expect(&seam, 100, 151));
    ck_assert(seam_meet(&seam, 150, 60));
    ck_assert_int_eq(seam.state, SEAM_WHOLE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/seam");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, what_overlaps_is_whole);
    tcase_add_test(rules, what_does_not_is_torn_and_stays_so);
    tcase_add_test(rules, one_without_a_record_wants_some_that_were_replayed);
    tcase_add_test(rules, one_that_was_met_before_is_not_asked_again);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
