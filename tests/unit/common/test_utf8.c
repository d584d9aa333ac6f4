/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bytes are UTF-8: the syntax of RFC 3629 section 4, edge by edge.
 */
#include "common/base/utf8.h"
#include "tests/support/check_main.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static const struct {
    const char *bytes;
    size_t len;
    bool valid;
} CASES[] = {
    {BYTES(""), true},
    {BYTES("order"), true},
    {BYTES("\x01\x7f"), true},
    {BYTES("\xc2\x80"), true},         /* U+0080 */
    {BYTES("\xdf\xbf"), true},         /* U+07FF */
    {BYTES("\xe0\xa0\x80"), true},     /* U+0800 */
    {BYTES("\xed\x9f\xbf"), true},     /* U+D7FF, the last before the surrogates */
    {BYTES("\xee\x80\x80"), true},     /* U+E000, the first after them */
    {BYTES("\xef\xbf\xbf"), true},     /* U+FFFF */
    {BYTES("\xf0\x90\x80\x80"), true}, /* U+10000 */
    {BYTES("\xf3\xbf\xbf\xbf"), true}, /* U+FFFFF */
    {BYTES("\xf4\x8f\xbf\xbf"), true}, /* U+10FFFF, the last of all */
    {BYTES("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"), true},

    {BYTES("\0"), false},
    {BYTES("a\0b"), false},
    {BYTES("\x80"), false}, /* a tail without a head */
    {BYTES("\xbf"), false},
    {BYTES("a\x80"), false},
    {BYTES("\xc0\x80"), false}, /* overlong NUL */
    {BYTES("\xc0\xaf"), false}, /* overlong '/' */
    {BYTES("\xc1\xbf"), false},
    {BYTES("\xe0\x80\xaf"), false}, /* overlong in three bytes */
    {BYTES("\xe0\x9f\xbf"), false},
    {BYTES("\xf0\x80\x80\xaf"), false}, /* overlong in four bytes */
    {BYTES("\xf0\x8f\xbf\xbf"), false},
    {BYTES("\xed\xa0\x80"), false},     /* U+D800 */
    {BYTES("\xed\xb0\x80"), false},     /* U+DC00 */
    {BYTES("\xed\xbf\xbf"), false},     /* U+DFFF */
    {BYTES("\xf4\x90\x80\x80"), false}, /* U+110000 */
    {BYTES("\xf5\x80\x80\x80"), false},
    {BYTES("\xf8\x88\x80\x80\x80"), false}, /* five bytes */
    {BYTES("\xfe"), false},
    {BYTES("\xff"), false},
    {BYTES("\xc3"), false}, /* cut short */
    {BYTES("\xe2\x82"), false},
    {BYTES("\xf0\x9f\x98"), false},
    {BYTES("\xc3("), false}, /* a head without its tail */
    {BYTES("\xe2\x28\xa1"), false},
    {BYTES("\xe2\x82\x28"), false},
    {BYTES("\xf0\x9f\x28\x80"), false},
    {BYTES("\xf0\x9f\x98\x28"), false},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(only_shortest_forms_of_scalar_values_are_accepted)
{
    const struct strview text = {.data = CASES[_i].bytes, .len = CASES[_i].len};

    ck_assert_int_eq(utf8_is_valid(text), CASES[_i].valid);
}
END_TEST

START_TEST(a_fault_is_found_wherever_it_stands)
{
    char text[64];
    memset(text, 'a', sizeof text);
    const struct strview view = {.data = text, .len = sizeof text};
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = '\xff';
        ck_assert_uint_eq(utf8_valid_head(view), at);
        text[at] = '\0';
        ck_assert_uint_eq(utf8_valid_head(view), at);
        text[at] = at % 2 == 0 ? '\x01' : '\x7f';
    }
    ck_assert(utf8_is_valid(view));
}
END_TEST

START_TEST(nothing_at_all_is_valid)
{
    ck_assert(utf8_is_valid((struct strview){.data = NULL, .len = 0}));
}
END_TEST

START_TEST(length_counts_code_points)
{
    ck_assert_uint_eq(utf8_length(STRVIEW("")), 0);
    ck_assert_uint_eq(utf8_length(STRVIEW("abc")), 3);
    ck_assert_uint_eq(utf8_length(STRVIEW("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")), 4);
}
END_TEST

START_TEST(the_valid_head_ends_before_the_first_fault)
{
    ck_assert_uint_eq(utf8_valid_head(STRVIEW("")), 0);
    ck_assert_uint_eq(utf8_valid_head(STRVIEW("abc")), 3);
    ck_assert_uint_eq(utf8_valid_head(STRVIEW("ab\xff"
                                              "c")),
                      2);
    ck_assert_uint_eq(utf8_valid_head(STRVIEW("ab\xe2\x82")), 2);
}
END_TEST

/* Each with the length of its blank. */
static const struct {
    const char *text;
    size_t blank_len;
} BLANKS[] = {
    {"", 0},
    {"a ", 0},
    {" a", 1},
    {"\t", 1},
    {"\n", 1},
    {"\x08", 0},
    {"\x0e", 0},
    {"\xc2\x85", 2},
    {"\xc2\xa0x", 2}, /* no-break space */
    {"\xc2\xa1", 0},
    {"\xe1\x9a\x80", 3},
    {"\xe2\x80\x80", 3},
    {"\xe2\x80\x8b", 3}, /* zero-width space */
    {"\xe2\x80\x8c", 0}, /* zero-width non-joiner: Persian is spelt with it */
    {"\xe2\x80\x8d", 0},
    {"\xe2\x80\x8e", 3},
    {"\xe2\x80\xa8", 3},
    {"\xe2\x81\xa0", 3},
    {"\xe2\x82\xac", 0}, /* the euro sign */
    {"\xe3\x80\x80", 3},
    {"\xef\xbb\xbf", 3}, /* byte order mark */
    {"\xf0\x9f\x98\x80", 0},
    {"\xe2\x80", 0}, /* cut off */
    {"\x80", 0},
};

START_TEST(blanks_are_white_space_and_what_nobody_sees)
{
    ck_assert_uint_eq(utf8_blank_len(strview_of(BLANKS[_i].text)), BLANKS[_i].blank_len);
}
END_TEST

static const struct {
    const char *text;
    const char *trimmed;
    bool has_blank; /* when it is trimmed */
} TRIMS[] = {
    {"", "", false},
    {" ", "", false},
    {" \xc2\xa0\xe2\x80\x8b\t", "", false},
    {"abc", "abc", false},
    {"\xef\xbb\xbf"
     "a\xc3\xa9\xe2\x80\x8b ",
     "a\xc3\xa9", false},
    {" a b ", "a b", true},
    {"a\xc2\xa0"
     "b\xc2\xa0",
     "a\xc2\xa0"
     "b",
     true},
    {"\xff \xff ", "\xff \xff", true},
};

START_TEST(trimming_takes_blanks_off_both_ends)
{
    const struct strview trimmed = utf8_trim(strview_of(TRIMS[_i].text));
    ck_assert_msg(strview_is(trimmed, TRIMS[_i].trimmed), "%.*s", STRVIEW_ARG(trimmed));
    ck_assert_int_eq(utf8_has_blank(trimmed), TRIMS[_i].has_blank);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/utf8");
    TCase *syntax = tcase_create("syntax");
    tcase_add_loop_test(syntax, only_shortest_forms_of_scalar_values_are_accepted, 0, CASE_COUNT);
    tcase_add_test(syntax, a_fault_is_found_wherever_it_stands);
    tcase_add_test(syntax, nothing_at_all_is_valid);
    tcase_add_test(syntax, length_counts_code_points);
    tcase_add_test(syntax, the_valid_head_ends_before_the_first_fault);
    suite_add_tcase(suite, syntax);
    TCase *blanks = tcase_create("blanks");
    tcase_add_loop_test(blanks, blanks_are_white_space_and_what_nobody_sees, 0,
                        sizeof BLANKS / sizeof BLANKS[0]);
    tcase_add_loop_test(blanks, trimming_takes_blanks_off_both_ends, 0,
                        sizeof TRIMS / sizeof TRIMS[0]);
    suite_add_tcase(suite, blanks);
    return check_main(suite);
}
