/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid7.h"

#include "common/base/ascii.h"

/* A dash stands before these bytes. */
static bool is_behind_dash(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static struct uuid format(const uint8_t bytes[static 16])
{
    static const char DIGITS[] = "0123456789abcdef";
    struct uuid uuid;
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (is_behind_dash(i)) {
            uuid.text[at++] = '-';
        }
        uuid.text[at++] = DIGITS[bytes[i] >> 4];
        uuid.text[at++] = DIGITS[bytes[i] & 15];
    }
    uuid.text[at] = '\0';
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
    return format(bytes);
}

struct uuid uuid_of_bytes(const uint8_t bytes[static 16])
{
    return format(bytes);
}

/* Without a branch, as no processor guesses what comes next: -1 when it is no digit. */
static int hex_digit(char c)
{
    const int is_digit = (c >= '0') & (c <= '9');
    const int is_letter = (c >= 'a') & (c <= 'f');
    return is_digit * (c - '0' + 1) + is_letter * (c - 'a' + 11) - 1;
}

bool uuid_bytes(struct strview text, uint8_t ret_bytes[static 16])
{
    const char *at = text.data;
    int wrong = 0;
    if (text.len != UUID_TEXT_LEN) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        if (is_behind_dash(i)) {
            wrong |= -(*at++ != '-');
        }
        const int high = hex_digit(*at++);
        const int low = hex_digit(*at++);
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
    for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
        char c = text.data[i];
        if (c >= 'A' && c <= 'F') {
            c = (char)(c - 'A' + 'a');
        }
        if (SHAPE[i] == 'x' ? !ascii_is_hex(c) : c != '-') {
            return false;
        }
        uuid.text[i] = c;
    }
    uuid.text[UUID_TEXT_LEN] = '\0';
    *ret = uuid;
    return true;
}
