/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/role.h"
#include "tests/support/check_main.h"

START_TEST(every_role_has_a_name_of_its_own)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++) {
        enum role role = ROLE_COUNT;
        ck_assert(role_parse(strview_of(role_name((enum role)i)), &role));
        ck_assert_int_eq(role, (enum role)i);
    }
}
END_TEST

START_TEST(who_is_bound_to_one_customer_sees_nobody_elses)
{
    ck_assert(may_see(STRVIEW("demo"), STRVIEW("demo")));
    ck_assert(!may_see(STRVIEW("demo"), STRVIEW("other")));
    ck_assert(!may_see(STRVIEW("demo"), STRVIEW("demo2")));
    ck_assert(!may_see(STRVIEW("demo"), STRVIEW("")));
    ck_assert(may_see(STRVIEW(""), STRVIEW("other")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/role");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, every_role_has_a_name_of_its_own);
    tcase_add_test(rules, who_is_bound_to_one_customer_sees_nobody_elses);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
