/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/percent.h"
#include "tests/support/check_main.h"

enum { SIZE = 16 };

static const struct {
    const char *text;
    const char *decoded; /* NULL: refused */
} CASES[] = {
    {"", ""},
    {"plain", "plain"},
    {"a%20b", "a b"},
    {"%41%4a%4A", "AJJ"},
    {"%c3%a9", "\xc3\xa9"},
    {"%25", "%"},
    {"a+b", "a+b"},
    {"a%2Bb", "a+b"},
    {"0123456789abcdef", "0123456789abcdef"},
    {"%30%31%32%33%34%35", "012345"}, /* the decoded length counts */
    {"0123456789abcdefg", NULL},
    {"%", NULL},
    {"%4", NULL},
    {"a%", NULL},
    {"%4g", NULL},
    {"%g4", NULL},
    {"%%41", NULL},
    {"%00", NULL},
    {"a%00b", NULL},
    {"% 41", NULL},
    {"%+1", NULL},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(escapes_become_bytes_or_the_text_is_refused)
{
    char out[SIZE];
    size_t len = 77;

    const bool is_ok = percent_decode(strview_of(CASES[_i].text), out, sizeof out, &len);

    ck_assert_int_eq(is_ok, CASES[_i].decoded != NULL);
    if (is_ok) {
        ck_assert(strview_is((struct strview){.data = out, .len = len}, CASES[_i].decoded));
    } else {
        ck_assert_uint_eq(len, 77);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/percent");
    TCase *escapes = tcase_create("escapes");
    tcase_add_loop_test(escapes, escapes_become_bytes_or_the_text_is_refused, 0, CASE_COUNT);
    suite_add_tcase(suite, escapes);
    return check_main(suite);
}
