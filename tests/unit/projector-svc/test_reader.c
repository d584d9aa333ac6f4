/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/reader.h"
#include "tests/support/check_main.h"

START_TEST(programs_are_told_apart_by_version_and_by_what_they_know)
{
    char name[READER_NAME_MAX];
    char other[READER_NAME_MAX];
    reader_name("1.2.3", name);
    ck_assert(strncmp(name, "1.2.3/", 6) == 0);
    ck_assert_uint_eq(strlen(name), 6 + 8);
    reader_name("1.2.4", other);
    ck_assert_str_ne(name, other);
    ck_assert_str_eq(name + 6, other + 6);
}
END_TEST

START_TEST(a_long_version_leaves_room_for_the_sum)
{
    char version[2 * READER_NAME_MAX];
    char name[READER_NAME_MAX];
    char other[READER_NAME_MAX];
    memset(version, '1', sizeof version - 1);
    version[sizeof version - 1] = '\0';
    reader_name(version, name);
    reader_name("1", other);
    ck_assert_uint_lt(strlen(name), READER_NAME_MAX);
    ck_assert_str_eq(strchr(name, '/'), strchr(other, '/'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/reader");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, programs_are_told_apart_by_version_and_by_what_they_know);
    tcase_add_test(rules, a_long_version_leaves_room_for_the_sum);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
