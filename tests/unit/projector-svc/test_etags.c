/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/etags.h"
#include "tests/support/check_main.h"

static const struct {
    const char *header;
    bool has;
} HEADERS[] = {
    {"\"v3\"", true},
    {" \"v2\" , \"v3\"", true},
    {"W/\"v3\"", true},
    {"*", true},
    {"\"v2\", W/\"v33\"", false},
    {"", false},
    {"v3", false},
    {",,", false},
    {"W/", false},
};

START_TEST(a_version_is_among_those_a_reader_has)
{
    ck_assert_int_eq(etags_have(strview_of(HEADERS[_i].header), STRVIEW("\"v3\"")),
                     HEADERS[_i].has);
}
END_TEST

START_TEST(who_says_nothing_has_nothing)
{
    ck_assert(!etags_have((struct strview){.data = NULL}, STRVIEW("\"v3\"")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/etags");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, a_version_is_among_those_a_reader_has, 0,
                        sizeof HEADERS / sizeof HEADERS[0]);
    tcase_add_test(rules, who_says_nothing_has_nothing);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
