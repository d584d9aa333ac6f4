/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a log line. */
#include "common/run/log.h"
#include "tests/support/check_main.h"

static const int64_t AT_MS = 1767323045678; /* 2026-01-02T03:04:05.678Z */

static const char *format(const struct log_field *fields)
{
    static char line[LOG_LINE_MAX + 1];
    const size_t len = log_format(line, LOG_LINE_MAX, AT_MS, LOG_WARN, "shard_lost", fields);
    line[len] = '\0';
    return line;
}

static void setup(void)
{
    log_setup("relay-svc", LOG_INFO);
}

START_TEST(a_line_has_time_level_service_event_and_fields)
{
    const struct error err = {.kind = ERROR_TRANSIENT, .text = "no answer"};

    const char *line = format((const struct log_field[]){
        LOG_INT("shard", 3), LOG_BOOL("again", true), LOG_STR("owner", "a"),
        LOG_STR("nobody", NULL), LOG_VIEW("id", STRVIEW("x")), LOG_ERR(&err),
        LOG_TEXT("lease lost"), LOG_END});

    ck_assert_str_eq(line, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\","
                           "\"service\":\"relay-svc\",\"event\":\"shard_lost\",\"shard\":3,"
                           "\"again\":true,\"owner\":\"a\",\"nobody\":null,\"id\":\"x\","
                           "\"error\":\"no answer\",\"kind\":\"transient\","
                           "\"text\":\"lease lost\"}\n");
}
END_TEST

START_TEST(what_would_break_the_line_is_escaped)
{
    const char *line = format(
        (const struct log_field[]){LOG_TEXT("a\"b\\c\nd\x01\x7f \xc3\xa9 \xff \xc3"), LOG_END});

    ck_assert_ptr_nonnull(
        strstr(line, "\"text\":\"a\\\"b\\\\c\\u000ad\\u0001\\u007f \xc3\xa9 \\ufffd \\ufffd\"}\n"));
}
END_TEST

START_TEST(a_long_value_is_cut_and_the_line_stays_whole)
{
    char text[3 * LOG_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';

    const char *line = format((const struct log_field[]){LOG_TEXT(text), LOG_END});

    ck_assert_uint_lt(strlen(line), LOG_VALUE_MAX + 256);
    ck_assert_ptr_nonnull(strstr(line, "x…\"}\n"));
}
END_TEST

/* Control characters grow sixfold: the fields that do not fit are left out whole. */
START_TEST(fields_that_do_not_fit_are_left_out)
{
    char text[LOG_VALUE_MAX + 1];
    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = '\0';

    const char *line =
        format((const struct log_field[]){LOG_STR("big", text), LOG_INT("after", 7), LOG_END});

    ck_assert_ptr_null(strstr(line, "big"));
    ck_assert_ptr_nonnull(strstr(line, "\"event\":\"shard_lost\",\"after\":7}\n"));
}
END_TEST

START_TEST(the_level_decides_what_is_written)
{
    log_setup("x", LOG_WARN);
    ck_assert(log_is_on(LOG_ERROR));
    ck_assert(log_is_on(LOG_WARN));
    ck_assert(!log_is_on(LOG_INFO));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/log");
    TCase *lines = tcase_create("lines");
    tcase_add_checked_fixture(lines, setup, NULL);
    tcase_add_test(lines, a_line_has_time_level_service_event_and_fields);
    tcase_add_test(lines, what_would_break_the_line_is_escaped);
    tcase_add_test(lines, a_long_value_is_cut_and_the_line_stays_whole);
    tcase_add_test(lines, fields_that_do_not_fit_are_left_out);
    tcase_add_test(lines, the_level_decides_what_is_written);
    suite_add_tcase(suite, lines);
    return check_main(suite);
}
