/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/text_form.h"

#include "common/base/ascii.h"
#include "common/base/id_form.h"
#include "common/base/utf8.h"

enum {
    NAME_MAX = 200, /* characters */
    NOTE_MAX = 4000,
    REGION_MAX = 64,
    PROVIDER_MAX = 32,
    EMAIL_MAX = 254, /* bytes, RFC 5321 */
    PHONE_DIGITS_MIN = 6,
    PHONE_DIGITS_MAX = 15, /* E.164 */
    PHONE_MAX = 32,
};

static bool is_provider_char(char c)
{
    return ascii_is_digit(c) || ascii_is_lower(c) || c == '_' || c == '-';
}

/* U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are C2 80 to C2 9F. */
static bool has_control(struct strview text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        const unsigned char next = i + 1 < text.len ? (unsigned char)text.data[i + 1] : 0xff;
        if (c < ' ' || c == 0x7f || (c == 0xc2 && next < 0xa0)) {
            return true;
        }
    }
    return false;
}

static bool is_text(struct strview text, size_t max)
{
    return text.len > 0 && utf8_length(text) <= max && !has_control(text);
}

static bool is_name(struct strview text)
{
    return is_text(text, NAME_MAX);
}

static bool is_note(struct strview text)
{
    return is_text(text, NOTE_MAX);
}

static bool is_region(struct strview text)
{
    return is_text(text, REGION_MAX);
}

static bool is_country(struct strview text)
{
    return text.len == 2 && strview_has_only(text, ascii_is_capital);
}

static bool is_currency(struct strview text)
{
    return text.len == 3 && strview_has_only(text, ascii_is_capital);
}

static bool is_provider(struct strview text)
{
    return text.len > 0 && text.len <= PROVIDER_MAX && strview_has_only(text, is_provider_char);
}

/* Deliberately no more: only sending a message proves an address. */
static bool is_email(struct strview text)
{
    const char *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);
    if (at == NULL || at == text.data || text.len > EMAIL_MAX || has_control(text)) {
        return false;
    }
    const size_t rest = text.len - (size_t)(at - text.data) - 1;
    /* Nobody would find it by the blanks one does not see. */
    return rest > 0 && memchr(at + 1, '@', rest) == NULL && !utf8_has_blank(text);
}

/* E.164 as people write it: readers look for the digits alone. */
static bool is_phone(struct strview text)
{
    size_t digits = 0;
    if (text.len < 2 || text.len > PHONE_MAX || text.data[0] != '+') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        const char c = text.data[i];
        const bool may_part = (c == ' ' || c == '-') && ascii_is_digit(text.data[i - 1]);
        if (!ascii_is_digit(c) && !may_part) {
            return false;
        }
        digits += ascii_is_digit(c) ? 1 : 0;
    }
    return digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX &&
           ascii_is_digit(text.data[text.len - 1]);
}

const struct text_form TEXT_FORM_ID = {"Id", "must be " ID_FORM_RULE, id_form_fits};
const struct text_form TEXT_FORM_NAME = {
    "Name", "must have 1 to 200 characters and no control characters", is_name};
const struct text_form TEXT_FORM_NOTE = {
    "Note", "must have 1 to 4000 characters and no control characters", is_note};
const struct text_form TEXT_FORM_REGION = {
    "Region", "must have 1 to 64 characters and no control characters", is_region};
const struct text_form TEXT_FORM_COUNTRY = {"Country", "must be two capital letters, such as DE",
                                            is_country};
const struct text_form TEXT_FORM_CURRENCY = {
    "Currency", "must be three capital letters, such as EUR", is_currency};
const struct text_form TEXT_FORM_PROVIDER = {"Provider", "must be 1 to 32 of a-z 0-9 _ -",
                                             is_provider};
const struct text_form TEXT_FORM_EMAIL = {
    "Email", "must be an address such as name@example.org: one @, no blank, at most 254 bytes",
    is_email};
const struct text_form TEXT_FORM_PHONE = {
    "Phone",
    "must be a number such as +44 20 7946 0000: a plus and 6 to 15 digits, single blanks or "
    "hyphens between them",
    is_phone};
