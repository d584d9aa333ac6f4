/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/base64url.h"

enum { BITS = 6, BYTE = 8 };

static int digit(char c)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c == '\0' ? NULL : strchr(DIGITS, c);
    return at == NULL ? -1 : (int)(at - DIGITS);
}

bool base64url_decode(struct strview text, uint8_t *ret_bytes, size_t *ret_len)
{
    uint32_t bits = 0; /* not yet written, the lowest `count` of them */
    unsigned count = 0;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const int value = digit(text.data[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << BITS | (uint32_t)value;
        count += BITS;
        if (count >= BYTE) {
            count -= BYTE;
            ret_bytes[len++] = (uint8_t)(bits >> count);
            bits &= (1U << count) - 1;
        }
    }
    if (bits != 0 || count == BITS) {
        return false;
    }
    *ret_len = len;
    return true;
}
