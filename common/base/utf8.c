/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"

/* RFC 3629 section 4, the syntax of UTF-8 byte sequences: lead byte range, range of the second
 * byte, total length. Later bytes are 80..BF. */
static const struct sequence {
    unsigned char first;
    unsigned char last;
    unsigned char second_first;
    unsigned char second_last;
    unsigned char len;
} SEQUENCES[] = {
    {0x01, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool is_tail(unsigned char byte)
{
    return byte >= 0x80 && byte <= 0xbf;
}

static bool fits(const struct sequence *sequence, const unsigned char *at)
{
    if (sequence->len > 1 && (at[1] < sequence->second_first || at[1] > sequence->second_last)) {
        return false;
    }
    for (size_t i = 2; i < sequence->len; i++) {
        if (!is_tail(at[i])) {
            return false;
        }
    }
    return true;
}

/* The length of the sequence that starts here, or 0 when none does. */
static size_t sequence_len(const unsigned char *at, size_t left)
{
    for (size_t i = 0; i < sizeof SEQUENCES / sizeof SEQUENCES[0]; i++) {
        const struct sequence *sequence = &SEQUENCES[i];
        if (at[0] >= sequence->first && at[0] <= sequence->last) {
            return sequence->len <= left && fits(sequence, at) ? sequence->len : 0;
        }
    }
    return 0;
}

size_t utf8_valid_head(struct strview text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.len) {
        if (bytes[at] >= 0x01 && bytes[at] <= 0x7f) {
            at++; /* nearly all of what we see */
            continue;
        }
        const size_t len = sequence_len(bytes + at, text.len - at);
        if (len == 0) {
            break;
        }
        at += len;
    }
    return at;
}

bool utf8_is_valid(struct strview text)
{
    return utf8_valid_head(text) == text.len;
}

size_t utf8_length(struct strview text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; at++) {
        count += is_tail((unsigned char)text.data[at]) ? 0 : 1;
    }
    return count;
}
