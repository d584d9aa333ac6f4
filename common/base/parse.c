/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"

#include "common/base/ascii.h"
#include "common/base/checked.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

bool parse_i64(struct strview text, int64_t *ret)
{
    const bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == text.len || (text.data[at] == '0' && text.len > 1)) {
        return false;
    }
    int64_t value = 0;
    for (; at < text.len; at++) {
        if (!ascii_is_digit(text.data[at]) || !checked_mul_i64(value, 10, &value)) {
            return false;
        }
        const int64_t digit = text.data[at] - '0';
        if (!(negative ? checked_sub_i64(value, digit, &value)
                       : checked_add_i64(value, digit, &value))) {
            return false;
        }
    }
    *ret = value;
    return true;
}

const char *format_i64(int64_t value, char ret_text[static NUMBER_TEXT_SIZE])
{
    (void)snprintf(ret_text, NUMBER_TEXT_SIZE, "%" PRId64, value);
    return ret_text;
}

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit DURATION_UNITS[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

static const struct unit BYTE_UNITS[] = {
    {"", 1},
    {"KiB", 1024},
    {"MiB", 1048576},
    {"GiB", 1073741824},
};

static bool parse_with_unit(struct strview text, const struct unit *units, size_t count,
                            int64_t *ret)
{
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.data[digits])) {
        digits++;
    }
    int64_t number;
    if (!parse_i64((struct strview){.data = text.data, .len = digits}, &number)) {
        return false;
    }
    const struct strview unit = {.data = text.data + digits, .len = text.len - digits};
    for (size_t i = 0; i < count; i++) {
        if (strview_is(unit, units[i].name)) {
            return checked_mul_i64(number, units[i].factor, ret);
        }
    }
    return false;
}

bool parse_duration_ms(struct strview text, int64_t *ret_ms)
{
    return parse_with_unit(text, DURATION_UNITS, sizeof DURATION_UNITS / sizeof DURATION_UNITS[0],
                           ret_ms);
}

bool parse_bytes(struct strview text, int64_t *ret_bytes)
{
    return parse_with_unit(text, BYTE_UNITS, sizeof BYTE_UNITS / sizeof BYTE_UNITS[0], ret_bytes);
}

static const struct {
    const char *word;
    bool value;
} BOOL_WORDS[] = {
    {"on", true},   {"true", true},   {"yes", true}, {"1", true},
    {"off", false}, {"false", false}, {"no", false}, {"0", false},
};

bool parse_bool(struct strview text, bool *ret)
{
    for (size_t i = 0; i < sizeof BOOL_WORDS / sizeof BOOL_WORDS[0]; i++) {
        if (strview_is(text, BOOL_WORDS[i].word)) {
            *ret = BOOL_WORDS[i].value;
            return true;
        }
    }
    return false;
}

int parse_hex_digit(char c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool parse_hex(struct strview text, uint8_t *ret_bytes, size_t len)
{
    if (text.len != 2 * len) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (parse_hex_digit(text.data[i]) < 0 || (text.data[i] >= 'A' && text.data[i] <= 'F')) {
            return false;
        }
    }
    for (size_t i = 0; i < len; i++) {
        ret_bytes[i] = (uint8_t)(parse_hex_digit(text.data[2 * i]) * 16 +
                                 parse_hex_digit(text.data[2 * i + 1]));
    }
    return true;
}

enum { MS_PER_DAY = 86400000 };

/* Days since 1970-01-01 of a Gregorian date (days-from-civil, H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms"). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = y / 400; /* years 1 to 9999 only: never negative */
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    const int64_t shifted = days + 719468;
    const int64_t era = shifted / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0));
}

/* Reads the digits of one field; the separators are checked by the caller. */
static int field(const char *text, size_t from, size_t len)
{
    int value = 0;
    for (size_t i = from; i < from + len; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

bool parse_time_ms(struct strview text, int64_t *ret_ms)
{
    static const char SHAPE[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    if (text.len != TIME_TEXT_LEN) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (SHAPE[i] == 'd' ? !ascii_is_digit(text.data[i]) : text.data[i] != SHAPE[i]) {
            return false;
        }
    }
    const int year = field(text.data, 0, 4);
    const int month = field(text.data, 5, 2);
    const int day = field(text.data, 8, 2);
    const int hour = field(text.data, 11, 2);
    const int minute = field(text.data, 14, 2);
    const int second = field(text.data, 17, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    const int64_t days = days_from_civil(year, month, day);
    int same_year;
    int same_month;
    int same_day;
    civil_from_days(days, &same_year, &same_month, &same_day);
    if (same_month != month || same_day != day) {
        return false; /* 30 February comes back as 2 March */
    }
    *ret_ms = days * MS_PER_DAY + (((int64_t)hour * 60 + minute) * 60 + second) * 1000 +
              field(text.data, 20, 3);
    return true;
}

/* "Z", "+01:00", in minutes. */
static bool parse_offset(struct strview text, int64_t *ret)
{
    static const char SHAPE[] = "sdd:dd";
    if (text.len == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *ret = 0;
        return true;
    }
    if (text.len != sizeof SHAPE - 1 || (text.data[0] != '+' && text.data[0] != '-') ||
        text.data[3] != ':') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        if (SHAPE[i] == 'd' && !ascii_is_digit(text.data[i])) {
            return false;
        }
    }
    const int hours = field(text.data, 1, 2);
    const int minutes = field(text.data, 4, 2);
    *ret = (text.data[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return hours <= 23 && minutes <= 59;
}

/* Of the years 1 and 9999: beyond, an offset can lead, but format_time_ms() cannot follow. */
#define FIRST_MS INT64_C(-62135596800000)
#define LAST_MS  INT64_C(253402300799999)

bool time_has_text(int64_t epoch_ms)
{
    return epoch_ms >= FIRST_MS && epoch_ms <= LAST_MS;
}

bool parse_rfc3339_ms(struct strview text, int64_t *ret_ms)
{
    enum { SECONDS_LEN = 19, MINUTE_MS = 60000 }; /* "2026-01-02T03:04:05" */
    char ours[] = "0000-00-00T00:00:00.000Z";
    int64_t offset;
    int64_t at_ms;
    if (text.len <= SECONDS_LEN) {
        return false;
    }
    memcpy(ours, text.data, SECONDS_LEN);
    ours[10] = ours[10] == 't' ? 'T' : ours[10];
    size_t at = SECONDS_LEN;
    if (text.data[at] == '.') {
        const size_t first = ++at;
        for (; at < text.len && ascii_is_digit(text.data[at]); at++) {
            if (at - first < 3) {
                ours[20 + at - first] = text.data[at];
            }
        }
        if (at == first) {
            return false;
        }
    }
    if (!parse_offset(strview_skip(text, at), &offset) ||
        !parse_time_ms((struct strview){ours, TIME_TEXT_LEN}, &at_ms)) {
        return false;
    }
    at_ms -= offset * MINUTE_MS;
    if (!time_has_text(at_ms)) {
        return false;
    }
    *ret_ms = at_ms;
    return true;
}

static void put_digits(char *text, size_t from, size_t len, int value)
{
    for (size_t i = from + len; i > from; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
}

void format_time_ms(int64_t epoch_ms, char ret_text[static TIME_TEXT_LEN + 1])
{
    int64_t days = epoch_ms / MS_PER_DAY;
    int64_t rest = epoch_ms % MS_PER_DAY;
    if (rest < 0) {
        rest += MS_PER_DAY;
        days--;
    }
    int year;
    int month;
    int day;
    civil_from_days(days, &year, &month, &day);
    assert(year >= 1 && year <= 9999);
    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIME_TEXT_LEN + 1);
    put_digits(ret_text, 0, 4, year);
    put_digits(ret_text, 5, 2, month);
    put_digits(ret_text, 8, 2, day);
    put_digits(ret_text, 11, 2, (int)(rest / 3600000));
    put_digits(ret_text, 14, 2, (int)(rest / 60000 % 60));
    put_digits(ret_text, 17, 2, (int)(rest / 1000 % 60));
    put_digits(ret_text, 20, 3, (int)(rest % 1000));
}
