/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to values: the whole text or nothing. Every refusal also checks that
 * the result was left alone.
 */
#include "common/base/parse.h"
#include "tests/support/check_main.h"

enum { UNTOUCHED = -77 };

typedef bool parse_fn(struct strview text, int64_t *ret);

static const struct {
    parse_fn *parse;
    const char *text;
    int64_t value;
} ACCEPTED[] = {
    {parse_i64, "0", 0},
    {parse_i64, "7", 7},
    {parse_i64, "-1", -1},
    {parse_i64, "9223372036854775807", INT64_MAX},
    {parse_i64, "-9223372036854775808", INT64_MIN},

    {parse_duration_ms, "0ms", 0},
    {parse_duration_ms, "300ms", 300},
    {parse_duration_ms, "2s", 2000},
    {parse_duration_ms, "15m", 900000},
    {parse_duration_ms, "48h", 172800000},
    {parse_duration_ms, "14d", 1209600000},
    {parse_duration_ms, "9223372036854775807ms", INT64_MAX},

    {parse_bytes, "0", 0},
    {parse_bytes, "4096", 4096},
    {parse_bytes, "64KiB", 65536},
    {parse_bytes, "16MiB", 16777216},
    {parse_bytes, "1GiB", 1073741824},

    {parse_rfc3339_ms, "1970-01-01T00:00:00Z", 0},
    {parse_rfc3339_ms, "1970-01-01t00:00:00.5z", 500},
    {parse_rfc3339_ms, "1970-01-01T00:00:01.23456789Z", 1234},
    {parse_rfc3339_ms, "1970-01-01T01:30:00+01:30", 0},
    {parse_rfc3339_ms, "1969-12-31T23:59:00-00:01", 0},
    {parse_rfc3339_ms, "2026-01-02T03:04:05.678Z", 1767323045678},
    {parse_time_ms, "1970-01-01T00:00:00.000Z", 0},
    {parse_time_ms, "1969-12-31T23:59:59.999Z", -1},
    {parse_time_ms, "2000-02-29T00:00:00.000Z", 951782400000},
    {parse_time_ms, "2024-02-29T12:34:56.789Z", 1709210096789},
    {parse_time_ms, "2026-01-02T03:04:05.678Z", 1767323045678},
    {parse_time_ms, "2100-03-01T00:00:00.000Z", 4107542400000},
    {parse_time_ms, "9999-12-31T23:59:59.999Z", 253402300799999},
    {parse_time_ms, "0001-01-01T00:00:00.000Z", -62135596800000},
};
enum { ACCEPTED_COUNT = sizeof ACCEPTED / sizeof ACCEPTED[0] };

START_TEST(a_whole_text_becomes_its_value)
{
    int64_t value = UNTOUCHED;

    ck_assert(ACCEPTED[_i].parse(strview_of(ACCEPTED[_i].text), &value));

    ck_assert_int_eq(value, ACCEPTED[_i].value);
}
END_TEST

static const struct {
    parse_fn *parse;
    const char *text;
} REFUSED[] = {
    {parse_i64, NULL},
    {parse_i64, ""},
    {parse_i64, "-"},
    {parse_i64, "+1"},
    {parse_i64, " 1"},
    {parse_i64, "1 "},
    {parse_i64, "1\n"},
    {parse_i64, "-0"},
    {parse_i64, "00"},
    {parse_i64, "007"},
    {parse_i64, "-01"},
    {parse_i64, "1.0"},
    {parse_i64, "1e3"},
    {parse_i64, "0x10"},
    {parse_i64, "--1"},
    {parse_i64, "9223372036854775808"},
    {parse_i64, "-9223372036854775809"},
    {parse_i64, "92233720368547758070"},
    {parse_i64, "99999999999999999999999999"},

    {parse_duration_ms, NULL},
    {parse_duration_ms, ""},
    {parse_duration_ms, "5"},
    {parse_duration_ms, "s"},
    {parse_duration_ms, "-1s"},
    {parse_duration_ms, "1 s"},
    {parse_duration_ms, "1S"},
    {parse_duration_ms, "1.5s"},
    {parse_duration_ms, "1sec"},
    {parse_duration_ms, "1w"},
    {parse_duration_ms, "1h30m"},
    {parse_duration_ms, "9223372036854775807s"},

    {parse_bytes, ""},
    {parse_bytes, "-1"},
    {parse_bytes, "1KB"},
    {parse_bytes, "1kib"},
    {parse_bytes, "KiB"},
    {parse_bytes, "9223372036854775807KiB"},

    {parse_time_ms, ""},
    {parse_time_ms, "2026-01-02"},
    {parse_time_ms, "2026-01-02T03:04:05Z"},
    {parse_time_ms, "2026-01-02T03:04:05.678"},
    {parse_time_ms, "2026-01-02T03:04:05.678z"},
    {parse_time_ms, "2026-01-02 03:04:05.678Z"},
    {parse_time_ms, "2026-01-02T03:04:05.678+"},
    {parse_time_ms, "2026-01-02T03:04:05.6780Z"},
    {parse_time_ms, "0000-01-01T00:00:00.000Z"},
    {parse_time_ms, "2026-00-02T03:04:05.678Z"},
    {parse_rfc3339_ms, NULL},
    {parse_rfc3339_ms, "2026-01-02T03:04:05"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05.Z"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05.1"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05ZZ"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05X"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05+24:00"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05+00:60"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05+0a:00"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05 01:00"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05+01-00"},
    {parse_rfc3339_ms, "2026-01-02T03:04:05+01:00Z"},
    {parse_rfc3339_ms, "2026-02-30T03:04:05Z"},
    {parse_rfc3339_ms, "9999-12-31T23:59:59-00:01"},
    {parse_rfc3339_ms, "0001-01-01T00:00:00+00:01"},
    {parse_time_ms, "2026-13-02T03:04:05.678Z"},
    {parse_time_ms, "2026-01-00T03:04:05.678Z"},
    {parse_time_ms, "2026-01-32T03:04:05.678Z"},
    {parse_time_ms, "2026-04-31T03:04:05.678Z"},
    {parse_time_ms, "2026-02-29T03:04:05.678Z"}, /* no leap year */
    {parse_time_ms, "1900-02-29T03:04:05.678Z"}, /* neither, though divisible by 4 */
    {parse_time_ms, "2024-02-30T03:04:05.678Z"},
    {parse_time_ms, "2026-01-02T24:00:00.000Z"},
    {parse_time_ms, "2026-01-02T03:60:05.678Z"},
    {parse_time_ms, "2026-01-02T03:04:60.678Z"}, /* leap seconds have no epoch value */
    {parse_time_ms, "2026-01-02T03:04:05,678Z"},
    {parse_time_ms, "-026-01-02T03:04:05.678Z"},
};
enum { REFUSED_COUNT = sizeof REFUSED / sizeof REFUSED[0] };

START_TEST(anything_else_is_refused_and_changes_nothing)
{
    int64_t value = UNTOUCHED;

    ck_assert(!REFUSED[_i].parse(strview_of(REFUSED[_i].text), &value));

    ck_assert_int_eq(value, UNTOUCHED);
}
END_TEST

START_TEST(a_view_ends_where_it_says)
{
    int64_t value = UNTOUCHED;
    ck_assert(parse_i64((struct strview){.data = "1234", .len = 2}, &value));
    ck_assert_int_eq(value, 12);
}
END_TEST

START_TEST(words_become_booleans)
{
    static const char *const YES[] = {"on", "true", "yes", "1"};
    static const char *const NO[] = {"off", "false", "no", "0"};
    static const char *const NEITHER[] = {"", "ON", "True", "y", "01", "on "};
    bool value;
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        value = false;
        ck_assert(parse_bool(strview_of(YES[i]), &value) && value);
        value = true;
        ck_assert(parse_bool(strview_of(NO[i]), &value) && !value);
    }
    for (size_t i = 0; i < sizeof NEITHER / sizeof NEITHER[0]; i++) {
        ck_assert(!parse_bool(strview_of(NEITHER[i]), &value));
    }
}
END_TEST

START_TEST(hexadecimal_is_lower_case_and_exactly_long_enough)
{
    uint8_t bytes[2] = {1, 2};

    ck_assert(!parse_hex(STRVIEW("00fg"), bytes, 2));
    ck_assert(!parse_hex(STRVIEW("00FF"), bytes, 2));
    ck_assert(!parse_hex(STRVIEW("00f"), bytes, 2));
    ck_assert(!parse_hex(STRVIEW("00fff"), bytes, 2));
    ck_assert_uint_eq(bytes[0], 1);
    ck_assert_uint_eq(bytes[1], 2);

    ck_assert(parse_hex(STRVIEW("0fa0"), bytes, 2));
    ck_assert_uint_eq(bytes[0], 0x0f);
    ck_assert_uint_eq(bytes[1], 0xa0);
}
END_TEST

static void expect_round_trips(const char *first, const char *last, int step_days)
{
    int64_t from = 0;
    int64_t to = 0;
    ck_assert(parse_time_ms(strview_of(first), &from) && parse_time_ms(strview_of(last), &to));
    for (int64_t at = from; at <= to; at += (int64_t)step_days * 86400000) {
        char text[TIME_TEXT_LEN + 1];
        int64_t back = UNTOUCHED;
        format_time_ms(at, text);
        if (!parse_time_ms(strview_of(text), &back) || back != at) {
            ck_abort_msg("%s is not %lld", text, (long long)at);
        }
    }
}

START_TEST(each_day_of_a_gregorian_cycle_survives_the_round_trip)
{
    expect_round_trips("1900-01-01T12:34:56.789Z", "2300-01-01T12:34:56.789Z", 1);
}
END_TEST

START_TEST(days_of_ten_thousand_years_survive_the_round_trip)
{
    expect_round_trips("0001-01-01T00:00:00.001Z", "9999-12-31T23:59:59.999Z", 11);
}
END_TEST

START_TEST(times_are_written_as_they_are_read)
{
    char text[TIME_TEXT_LEN + 1];
    format_time_ms(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
    format_time_ms(1709210096789, text);
    ck_assert_str_eq(text, "2024-02-29T12:34:56.789Z");
}
END_TEST

START_TEST(no_time_is_written_beyond_the_years_that_have_four_digits)
{
    char text[TIME_TEXT_LEN + 1];
    ck_assert(!time_has_text(INT64_MIN));
    ck_assert(!time_has_text(-62135596800001));
    ck_assert(time_has_text(-62135596800000));
    ck_assert(time_has_text(253402300799999));
    ck_assert(!time_has_text(253402300800000));
    ck_assert(!time_has_text(INT64_MAX));
    format_time_ms(253402300799999, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/parse");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_whole_text_becomes_its_value, 0, ACCEPTED_COUNT);
    tcase_add_loop_test(text, anything_else_is_refused_and_changes_nothing, 0, REFUSED_COUNT);
    tcase_add_test(text, a_view_ends_where_it_says);
    tcase_add_test(text, words_become_booleans);
    tcase_add_test(text, hexadecimal_is_lower_case_and_exactly_long_enough);
    tcase_add_test(text, each_day_of_a_gregorian_cycle_survives_the_round_trip);
    tcase_add_test(text, days_of_ten_thousand_years_survive_the_round_trip);
    tcase_add_test(text, times_are_written_as_they_are_read);
    tcase_add_test(text, no_time_is_written_beyond_the_years_that_have_four_digits);
    suite_add_tcase(suite, text);
    return check_main(suite);
}
