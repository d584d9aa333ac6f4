/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid7.h"

#include "common/base/ascii.h"

#include <limits.h>

/* Where each byte's two digits stand, between dashes. */
static const unsigned char PLACES[16] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

struct uuid uuid_of_bytes(const uint8_t bytes[static 16])
{
    static const char DIGITS[] = "0123456789abcdef";
    struct uuid uuid = {"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"};
    for (size_t i = 0; i < 16; i++) {
        uuid.text[PLACES[i]] = DIGITS[bytes[i] >> 4];
        uuid.text[PLACES[i] + 1] = DIGITS[bytes[i] & 15];
    }
    return uuid;
}

struct uuid uuid7_make(int64_t epoch_ms, const uint8_t random[static UUID7_RANDOM_LEN])
{
    uint8_t bytes[16];
    for (size_t i = 0; i < 6; i++) {
        bytes[i] = (uint8_t)((uint64_t)epoch_ms >> (40 - 8 * i));
    }
    memcpy(bytes + 6, random, UUID7_RANDOM_LEN);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x70); /* version 7 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant 10 */
    return uuid_of_bytes(bytes);
}

/* Looked up, as no processor guesses what comes next: -1 when it is no digit. */
static int hex_digit(char c)
{
    static const signed char BEHIND[UCHAR_MAX + 1] = {
        ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
        ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
        ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};
    return BEHIND[(unsigned char)c] - 1;
}

bool uuid_bytes(struct strview text, uint8_t ret_bytes[static 16])
{
    int wrong = 0;
    if (text.len != UUID_TEXT_LEN || text.data[8] != '-' || text.data[13] != '-' ||
        text.data[18] != '-' || text.data[23] != '-') {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        const int high = hex_digit(text.data[PLACES[i]]);
        const int low = hex_digit(text.data[PLACES[i] + 1]);
        wrong |= high | low;
        ret_bytes[i] = (uint8_t)(high * 16 + low);
    }
    return wrong >= 0;
}

bool uuid_parse(struct strview text, struct uuid *ret)
{
    static const char SHAPE[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.len != UUID_TEXT_LEN) {
        return false;
    }
    struct uuid uuid;
    int wrong = 0;
    for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
        const char c = text.data[i];
        const char small = (char)(c | ((c >= 'A') & (c <= 'F')) << 5);
        wrong |= SHAPE[i] == 'x' ? hex_digit(small) : -(c != '-');
        uuid.text[i] = small;
    }
    if (wrong < 0) {
        return false;
    }
    uuid.text[UUID_TEXT_LEN] = '\0';
    *ret = uuid;
    return true;
}
