/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/price.h"

#include "common/base/checked.h"

enum { DECIMALS = 2 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(struct strview text, size_t from)
{
    size_t end = from;
    while (end < text.len && is_digit(text.data[end])) {
        end++;
    }
    return end - from;
}

static bool append_digit(int64_t *minor, int digit)
{
    return checked_mul_i64(*minor, 10, minor) && checked_add_i64(*minor, digit, minor);
}

/* The whole digits, then the decimals; missing decimals are zeros, the third one rounds. */
static bool to_minor(struct strview whole, struct strview fraction, int64_t *ret)
{
    int64_t minor = 0;
    for (size_t i = 0; i < whole.len; i++) {
        if (!append_digit(&minor, whole.data[i] - '0')) {
            return false;
        }
    }
    for (size_t i = 0; i < DECIMALS; i++) {
        if (!append_digit(&minor, i < fraction.len ? fraction.data[i] - '0' : 0)) {
            return false;
        }
    }
    const bool up = fraction.len > DECIMALS && fraction.data[DECIMALS] >= '5';
    return checked_add_i64(minor, up ? 1 : 0, ret);
}

static bool has_value(struct strview digits)
{
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] != '0') {
            return true;
        }
    }
    return false;
}

bool price_parse(struct strview text, struct price *ret)
{
    const bool negative = text.len > 0 && text.data[0] == '-';
    size_t at = negative ? 1 : 0;
    const struct strview whole = {.data = text.data + at, .len = count_digits(text, at)};
    struct strview fraction = STRVIEW("");
    at += whole.len;
    if (whole.len == 0) {
        return false;
    }
    if (at < text.len && text.data[at] == '.') {
        fraction = (struct strview){.data = text.data + at + 1, .len = count_digits(text, at + 1)};
        at += 1 + fraction.len;
        if (fraction.len == 0) {
            return false;
        }
    }
    int64_t minor;
    if (at != text.len || !to_minor(whole, fraction, &minor)) {
        return false;
    }
    const bool is_positive = !negative && (has_value(whole) || has_value(fraction));
    *ret = (struct price){.is_positive = is_positive, .minor = is_positive ? minor : 0};
    return true;
}
