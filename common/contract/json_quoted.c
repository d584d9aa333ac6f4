/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/json_quoted.h"

#include <stdint.h>

/* RFC 8259 §7: quotation mark, reverse solidus and what is below the blank. */
static void put_escaped(struct strbuf *out, unsigned char byte)
{
    static const char SHORT[] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
                                 ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'};
    if (SHORT[byte] != '\0') {
        strbuf_append_char(out, '\\');
        strbuf_append_char(out, SHORT[byte]);
    } else {
        strbuf_printf(out, "\\u%04X", (unsigned)byte);
    }
}

static bool needs_escape(unsigned char byte)
{
    return byte < ' ' || byte == '"' || byte == '\\';
}

static const uint64_t LOWS = UINT64_C(0x0101010101010101);

static uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Whether one of eight bytes does: one below the blank, or one that is zero without the bits of
 * the mark. */
static bool word_needs_escape(uint64_t word)
{
    const uint64_t quotes = word ^ LOWS * '"';
    const uint64_t backslashes = word ^ LOWS * '\\';
    return ((((word - LOWS * ' ') & ~word) | ((quotes - LOWS) & ~quotes) |
             ((backslashes - LOWS) & ~backslashes)) &
            LOWS << 7) != 0;
}

/* Whether all eight bytes are ASCII that stands for itself. */
static bool is_simple_word(uint64_t word)
{
    return (word & LOWS << 7) == 0 && !word_needs_escape(word);
}

/* Of four to seven bytes, some of them twice. */
static uint64_t short_word(struct strview text)
{
    uint32_t head;
    uint32_t tail;
    memcpy(&head, text.data, sizeof head);
    memcpy(&tail, text.data + text.len - sizeof tail, sizeof tail);
    return (uint64_t)head << 32 | tail;
}

/* The last word may have bytes of the one before. */
bool json_is_simple(struct strview text)
{
    if (text.len >= sizeof(uint64_t)) {
        size_t at = 0;
        while (text.len - at > sizeof(uint64_t) && is_simple_word(word_at(text.data + at))) {
            at += sizeof(uint64_t);
        }
        return text.len - at <= sizeof(uint64_t) &&
               is_simple_word(word_at(text.data + text.len - sizeof(uint64_t)));
    }
    if (text.len >= sizeof(uint32_t)) {
        return is_simple_word(short_word(text));
    }
    size_t at = 0;
    while (at < text.len && (unsigned char)text.data[at] < 0x80 &&
           !needs_escape((unsigned char)text.data[at])) {
        at++;
    }
    return at == text.len;
}

/* Of what stands before the first byte that needs an escape. */
static size_t plain_len(struct strview text)
{
    size_t at = 0;
    while (text.len - at >= sizeof(uint64_t) && !word_needs_escape(word_at(text.data + at))) {
        at += sizeof(uint64_t);
    }
    while (at < text.len && !needs_escape((unsigned char)text.data[at])) {
        at++;
    }
    return at;
}

void json_quote_simple(struct strbuf *out, struct strview text)
{
    char *room = strbuf_room(out, text.len + 2);
    if (room == NULL) {
        return;
    }
    room[0] = '"';
    if (text.len > 0) {
        memcpy(room + 1, text.data, text.len);
    }
    room[1 + text.len] = '"';
    out->len += text.len + 2;
}

void json_quote(struct strbuf *out, struct strview text)
{
    strbuf_append_char(out, '"');
    while (text.len > 0) {
        strbuf_append(out, strview_take_bytes(&text, plain_len(text)));
        if (text.len > 0) {
            put_escaped(out, (unsigned char)text.data[0]);
            text = strview_skip(text, 1);
        }
    }
    strbuf_append_char(out, '"');
}

void json_quote_mended(struct strbuf *out, struct strview text)
{
    strbuf_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (byte >= 0x80) {
            strbuf_append(out, STRVIEW("\xEF\xBF\xBD"));
        } else if (needs_escape(byte)) {
            put_escaped(out, byte);
        } else {
            strbuf_append_char(out, (char)byte);
        }
    }
    strbuf_append_char(out, '"');
}
