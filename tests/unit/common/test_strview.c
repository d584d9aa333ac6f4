/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/strview.h"
#include "tests/support/check_main.h"

#include <stdint.h>

START_TEST(equal_means_the_same_bytes)
{
    ck_assert(strview_is(STRVIEW("order"), "order"));
    ck_assert(!strview_is(STRVIEW("order"), "orders"));
    ck_assert(!strview_is(STRVIEW("orders"), "order"));
    ck_assert(!strview_is(STRVIEW("order"), "Order"));
    ck_assert(strview_is((struct strview){.data = NULL, .len = 0}, ""));
    ck_assert(strview_is(strview_of(NULL), ""));
    ck_assert(strview_equal(STRVIEW("a\0b"), STRVIEW("a\0b")));
    ck_assert(!strview_equal(STRVIEW("a\0b"), STRVIEW("a\0c")));
}
END_TEST

static const struct {
    const char *text;
    const char *trimmed;
} TRIMS[] = {
    {"", ""}, {"a", "a"}, {" a ", "a"}, {"\t a b \t", "a b"}, {"  \t ", ""}, {"\na\n", "\na\n"},
};

START_TEST(trimming_takes_blanks_and_tabs_only)
{
    ck_assert(strview_is(strview_trim(strview_of(TRIMS[_i].text)), TRIMS[_i].trimmed));
}
END_TEST

static const struct {
    const char *text;
    const char *parts[4]; /* NULL-ended */
    const char *rest;
} TAKES[] = {
    {"a,b,c", {"a", "b", "c"}, ""}, {"a,b,c", {"a"}, "b,c"},
    {"abc", {"abc"}, ""},           {"a,", {"a"}, ""},
    {",a", {"", "a"}, ""},          {",,", {"", ""}, ""},
    {"", {"", "", ""}, ""},         {"a,b", {"a", "b", ""}, ""},
};

START_TEST(taking_parts_ends_with_nothing_left)
{
    struct strview rest = strview_of(TAKES[_i].text);
    for (size_t i = 0; i < 4 && TAKES[_i].parts[i] != NULL; i++) {
        ck_assert(strview_is(strview_take(&rest, ','), TAKES[_i].parts[i]));
    }
    ck_assert(strview_is(rest, TAKES[_i].rest));
}
END_TEST

START_TEST(nothing_at_all_can_be_taken_from)
{
    struct strview rest = {.data = NULL, .len = 0};
    ck_assert_uint_eq(strview_take(&rest, ',').len, 0);
    ck_assert_uint_eq(strview_trim(rest).len, 0);
}
END_TEST

START_TEST(bytes_are_taken_from_the_front)
{
    struct strview rest = STRVIEW("hello");
    ck_assert(strview_is(strview_take_bytes(&rest, 2), "he"));
    ck_assert(strview_is(rest, "llo"));
    ck_assert(strview_is(strview_skip(rest, 3), ""));
    ck_assert_uint_eq(strview_take_bytes(&rest, 0).len, 0);
    rest = (struct strview){0};
    ck_assert_ptr_null(strview_skip(rest, 0).data);
    ck_assert_ptr_null(strview_take_bytes(&rest, 0).data);
}
END_TEST

static const struct {
    const char *text;
    const char *host; /* NULL: malformed */
    const char *rest; /* NULL: no colon */
} HOSTS[] = {
    {"a.example:80", "a.example", "80"},
    {"a", "a", NULL},
    {"a:", "a", ""},
    {"[::1]:80", "::1", "80"},
    {"[::1]", "::1", NULL},
    {"", "", NULL},
    {":80", "", "80"},
    {"[::1", NULL, NULL},
    {"[::1]x", NULL, NULL},
    {"[::1]x:80", NULL, "80"},
    {"[]:80", "", "80"},
    {"[", NULL, NULL},
};

START_TEST(a_host_ends_at_the_colon_behind_it)
{
    struct strview rest = strview_of(HOSTS[_i].text);
    const struct strview host = strview_take_host(&rest);
    ck_assert(HOSTS[_i].host == NULL ? host.data == NULL : strview_is(host, HOSTS[_i].host));
    ck_assert(HOSTS[_i].rest == NULL ? rest.data == NULL : strview_is(rest, HOSTS[_i].rest));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/strview");
    TCase *views = tcase_create("views");
    tcase_add_test(views, equal_means_the_same_bytes);
    tcase_add_loop_test(views, trimming_takes_blanks_and_tabs_only, 0,
                        sizeof TRIMS / sizeof TRIMS[0]);
    tcase_add_loop_test(views, taking_parts_ends_with_nothing_left, 0,
                        sizeof TAKES / sizeof TAKES[0]);
    tcase_add_test(views, nothing_at_all_can_be_taken_from);
    tcase_add_test(views, bytes_are_taken_from_the_front);
    tcase_add_loop_test(views, a_host_ends_at_the_colon_behind_it, 0,
                        sizeof HOSTS / sizeof HOSTS[0]);
    suite_add_tcase(suite, views);
    return check_main(suite);
}
