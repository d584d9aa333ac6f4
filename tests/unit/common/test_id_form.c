/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/id_form.h"
#include "tests/support/check_main.h"

#define C64 "1234567890123456789012345678901234567890123456789012345678901234"

static const struct {
    struct strview text;
    bool fits;
} CASES[] = {
    {{"a", 1}, true},
    {{"Z", 1}, true},
    {{"0", 1}, true},
    {{"c-1", 3}, true},
    {{"..a", 3}, true},
    {{"-9-", 3}, true},
    {{C64, 64}, true},
    {{C64 "5", 65}, false},
    {{"", 0}, false},
    {{NULL, 0}, false},
    {{"-", 1}, false},
    {{".", 1}, false},
    {{"..", 2}, false},
    {{"_", 1}, false},
    {{"-._", 3}, false},
    {{"a b", 3}, false},
    {{"a/b", 3}, false},
    {{"a:b", 3}, false},
    {{"a\0b", 3}, false},
    {{"a\n", 2}, false},
    {{"caf\xc3\xa9", 5}, false},
    {{"\xef\xbc\xa1", 3}, false},
    {{"@", 1}, false},
    {{"[", 1}, false},
    {{"`", 1}, false},
    {{"{", 1}, false},
};

START_TEST(an_id_is_of_its_alphabet_and_has_a_letter_or_digit)
{
    ck_assert_int_eq(id_form_fits(CASES[_i].text), CASES[_i].fits);
}
END_TEST

START_TEST(the_alphabet_alone_has_no_length)
{
    ck_assert(id_form_has_all(STRVIEW("")));
    ck_assert(id_form_has_all(STRVIEW("..")));
    ck_assert(id_form_has_all(STRVIEW(C64 C64)));
    ck_assert(!id_form_has_all(STRVIEW("a b")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/id_form");
    TCase *forms = tcase_create("forms");
    tcase_add_loop_test(forms, an_id_is_of_its_alphabet_and_has_a_letter_or_digit, 0,
                        sizeof CASES / sizeof CASES[0]);
    tcase_add_test(forms, the_alphabet_alone_has_no_length);
    suite_add_tcase(suite, forms);
    return check_main(suite);
}
