/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"

#include <stdint.h>
#include <string.h>

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

size_t utf8_sequence_len(struct strview text)
{
    return text.len == 0 ? 0 : sequence_len((const unsigned char *)text.data, text.len);
}

/* Eight bytes of 0x01 to 0x7f. */
static bool is_plain_word(const unsigned char *at)
{
    const uint64_t lows = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (((word - lows) | word) & lows << 7) == 0;
}

size_t utf8_valid_head(struct strview text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;
    while (at < text.len) {
        if (text.len - at >= sizeof(uint64_t) && is_plain_word(bytes + at)) {
            at += sizeof(uint64_t);
            continue;
        }
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

/* ---- blanks ---- */

/* Unicode 15: the property White_Space, then the invisible ones. */
static const struct {
    uint32_t first;
    uint32_t last;
} BLANKS[] = {
    {0x0009, 0x000d}, {0x0020, 0x0020}, {0x0085, 0x0085}, {0x00a0, 0x00a0},
    {0x1680, 0x1680}, {0x2000, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202f},
    {0x205f, 0x2060}, {0x2066, 0x2069}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
};

/* Of a valid sequence. */
static uint32_t code_point(const unsigned char *at, size_t len)
{
    static const unsigned char LEAD_BITS[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = at[0] & LEAD_BITS[len];
    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (at[i] & 0x3fU);
    }
    return code;
}

size_t utf8_blank_len(struct strview text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    const size_t len = utf8_sequence_len(text);
    const uint32_t code = len == 0 ? 0 : code_point(bytes, len);
    for (size_t i = 0; i < sizeof BLANKS / sizeof BLANKS[0]; i++) {
        if (code >= BLANKS[i].first && code <= BLANKS[i].last) {
            return len;
        }
    }
    return 0;
}

bool utf8_has_blank(struct strview text)
{
    for (; text.len > 0; text = strview_skip(text, 1)) {
        if (utf8_blank_len(text) > 0) {
            return true;
        }
    }
    return false;
}

struct strview utf8_trim(struct strview text)
{
    size_t blank_len = 0;
    while ((blank_len = utf8_blank_len(text)) > 0) {
        text = strview_skip(text, blank_len);
    }
    size_t end = 0; /* behind the last byte that is part of no blank */
    for (size_t at = 0; at<text.len; at += blank_len> 0 ? blank_len : 1) {
        blank_len = utf8_blank_len(strview_skip(text, at));
        end = blank_len > 0 ? end : at + 1;
    }
    return (struct strview){.data = text.data, .len = end};
}
