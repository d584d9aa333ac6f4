/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/scouting.h"
#include "tests/support/check_main.h"

static const struct {
    const char *ours;
    const char *found;
    const char *role;
    bool leads_elsewhere;
} ANSWERS[] = {
    {"one", "one", "master", false}, {"one", "two", "master", true},
    {"one", "two", "slave", false}, /* an address of several servers */
    {"one", "one", "slave", false}, /* that is found out by another way */
    {"one", "", "", false},         /* no Redis, or one that says nothing */
    {"", "two", "master", false},   /* ours was not told */
};
enum { ANSWER_COUNT = sizeof ANSWERS / sizeof ANSWERS[0] };

START_TEST(another_server_that_takes_writes_is_elsewhere)
{
    ck_assert_int_eq(scouting_leads_elsewhere(strview_of(ANSWERS[_i].ours),
                                              strview_of(ANSWERS[_i].found),
                                              strview_of(ANSWERS[_i].role)),
                     ANSWERS[_i].leads_elsewhere);
}
END_TEST

START_TEST(who_reads_looks_elsewhere_when_nothing_is_reported_any_more)
{
    struct scouting scouting = {.reported = 0};
    for (int64_t now_ms = 100000; now_ms < 160000; now_ms += 1000) {
        scouting_hear(&scouting, now_ms, now_ms);
        ck_assert(!scouting_is_due(&scouting, now_ms));
    }
    scouting_hear(&scouting, 159000, 162999);
    ck_assert(!scouting_is_due(&scouting, 162999));
    ck_assert(scouting_is_due(&scouting, 163000));
    ck_assert(!scouting_is_due(&scouting, 165999)); /* now and then */
    ck_assert(scouting_is_due(&scouting, 166000));
    scouting_hear(&scouting, 159001, 170000);
    ck_assert(!scouting_is_due(&scouting, 170001));
}
END_TEST

START_TEST(where_nothing_was_ever_reported_it_looks_too)
{
    struct scouting scouting = {.reported = 0};
    ck_assert(!scouting_is_due(&scouting, 99999)); /* as is not known yet */
    scouting_hear(&scouting, 0, 100000);
    ck_assert(!scouting_is_due(&scouting, 100001));
    scouting_hear(&scouting, 0, 104000);
    ck_assert(scouting_is_due(&scouting, 104000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/scouting");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, another_server_that_takes_writes_is_elsewhere, 0, ANSWER_COUNT);
    tcase_add_test(rules, who_reads_looks_elsewhere_when_nothing_is_reported_any_more);
    tcase_add_test(rules, where_nothing_was_ever_reported_it_looks_too);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
