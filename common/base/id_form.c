/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/id_form.h"

#include "common/base/ascii.h"

static bool is_letter_or_digit(char c)
{
    return ascii_is_capital(c) || ascii_is_lower(c) || ascii_is_digit(c);
}

bool id_form_has(char c)
{
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

bool id_form_has_all(struct strview text)
{
    return strview_has_only(text, id_form_has);
}

bool id_form_fits(struct strview text)
{
    if (text.len > ID_FORM_MAX || !id_form_has_all(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (is_letter_or_digit(text.data[i])) {
            return true;
        }
    }
    return false;
}
