/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid7.h"

#include "common/base/ascii.h"

static struct uuid format(const uint8_t bytes[static 16])
{
    static const char DIGITS[] = "0123456789abcdef";
    struct uuid uuid;
    size_t at = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
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
