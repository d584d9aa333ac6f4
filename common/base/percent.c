/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/percent.h"

#include "common/base/parse.h"

/* The byte of "%41…", or -1; %00 is none. */
static int escaped_byte(struct strview text)
{
    if (text.len < 3) {
        return -1;
    }
    const int high = parse_hex_digit(text.data[1]);
    const int low = parse_hex_digit(text.data[2]);
    return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

bool percent_decode(struct strview text, char *out, size_t size, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.data[i];
        if (c == '%') {
            c = escaped_byte((struct strview){text.data + i, text.len - i});
            i += 2;
        }
        if (c < 0 || len == size) {
            return false;
        }
        out[len++] = (char)c;
    }
    *ret_len = len;
    return true;
}
