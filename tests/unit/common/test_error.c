/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"
#include "common/base/utf8.h"
#include "tests/support/check_main.h"

static struct error err;

static void clear_error(void)
{
    err = (struct error){.kind = ERROR_NONE};
}

START_TEST(setting_records_and_returns_the_kind)
{
    ck_assert_int_eq(error_set(&err, ERROR_CONFLICT, "version %d", 3), ERROR_CONFLICT);
    ck_assert_int_eq(err.kind, ERROR_CONFLICT);
    ck_assert_str_eq(err.text, "version 3");
}
END_TEST

START_TEST(context_goes_in_front)
{
    (void)error_set(&err, ERROR_TRANSIENT, "connection refused");

    ck_assert_int_eq(error_context(&err, "loading %s", "orders"), ERROR_TRANSIENT);

    ck_assert_str_eq(err.text, "loading orders: connection refused");
}
END_TEST

START_TEST(line_ends_of_libraries_are_trimmed)
{
    (void)error_set(&err, ERROR_TRANSIENT, "FATAL: the database is starting up\n \n");
    ck_assert_str_eq(err.text, "FATAL: the database is starting up");
}
END_TEST

START_TEST(an_argument_may_be_the_text_itself)
{
    (void)error_set(&err, ERROR_INVALID, "inner");
    (void)error_set(&err, ERROR_FATAL, "outer (%s)", err.text);
    ck_assert_str_eq(err.text, "outer (inner)");
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[2 * ERROR_TEXT_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';

    (void)error_set(&err, ERROR_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);

    (void)error_context(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
}
END_TEST

START_TEST(a_cut_never_splits_a_character)
{
    char text[ERROR_TEXT_MAX + 4] = "";
    for (size_t at = 1; at + 2 < sizeof text; at += 2) {
        memcpy(text + at, "\xc3\xa9", 3);
    }
    for (size_t lead = 0; lead < 2; lead++) {
        text[0] = 'x';
        (void)error_set(&err, ERROR_INVALID, "%s", text + lead);
        ck_assert(utf8_is_valid(strview_of(err.text)));
        (void)error_context(&err, "%s", "context");
        ck_assert(utf8_is_valid(strview_of(err.text)));
    }
}
END_TEST

START_TEST(bytes_that_are_not_text_become_question_marks)
{
    (void)error_set(&err, ERROR_INVALID, "type \"%s\"", "a\xff\xc3-\n\x01z");
    ck_assert_str_eq(err.text, "type \"a?\?- ?z\"");
}
END_TEST

START_TEST(every_kind_has_a_name)
{
    for (unsigned kind = 0; kind < ERROR_KIND_COUNT; kind++) {
        ck_assert_uint_gt(strlen(error_kind_name((enum error_kind)kind)), 0);
    }
    ck_assert_str_eq(error_kind_name(ERROR_NOT_FOUND), "not_found");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/error");
    TCase *texts = tcase_create("texts");
    tcase_add_checked_fixture(texts, clear_error, NULL);
    tcase_add_test(texts, setting_records_and_returns_the_kind);
    tcase_add_test(texts, context_goes_in_front);
    tcase_add_test(texts, line_ends_of_libraries_are_trimmed);
    tcase_add_test(texts, an_argument_may_be_the_text_itself);
    tcase_add_test(texts, long_texts_are_cut);
    tcase_add_test(texts, a_cut_never_splits_a_character);
    tcase_add_test(texts, bytes_that_are_not_text_become_question_marks);
    tcase_add_test(texts, every_kind_has_a_name);
    suite_add_tcase(suite, texts);
    return check_main(suite);
}
