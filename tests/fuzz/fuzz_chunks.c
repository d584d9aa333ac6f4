/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of bodies in chunks:
 *   - body, end and verdict do not depend on how the bytes arrive;
 *   - it takes a complete body exactly when a second reader, which sees it whole, takes it, and
 *     both see the same body and the same bytes behind it;
 *   - the body in other chunks is the same body.
 */
#include "common/base/strbuf.h"
#include "common/io/http/chunks.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { TEXT_BYTES = 1 << 20 };

struct reading {
    enum http_chunks_result result;
    size_t behind; /* bytes of the next request, when it ended */
    struct strbuf body;
};

/* Hands over step bytes at a time; 0: all at once. */
static void read_chunks(struct strview bytes, size_t step, struct reading *ret)
{
    struct http_chunks chunks = {0};
    *ret = (struct reading){.result = HTTP_CHUNKS_MORE};
    strbuf_init(&ret->body, TEXT_BYTES);
    while (ret->result == HTTP_CHUNKS_MORE && bytes.len > 0) {
        struct strview some = bytes;
        some.len = step == 0 || step > bytes.len ? bytes.len : step;
        const size_t given = some.len;
        struct strview piece = {0};
        while ((ret->result = http_chunks_read(&chunks, &some, &piece)) == HTTP_CHUNKS_PIECE) {
            EXPECT(piece.len > 0);
            strbuf_append(&ret->body, piece);
        }
        EXPECT(ret->result != HTTP_CHUNKS_MORE || some.len == 0);
        bytes.data += given - some.len;
        bytes.len -= given - some.len;
    }
    ret->behind = bytes.len;
    EXPECT(strbuf_ok(&ret->body));
}

/* ---- a second reader, line by line ---- */

/* Takes a line that ends in CRLF; false when there is none, or it holds a control character. */
static bool take_line(struct strview *rest, struct strview *ret)
{
    const char *end = memmem(rest->data, rest->len, "\r\n", 2);
    if (end == NULL) {
        return false;
    }
    *ret = (struct strview){rest->data, (size_t)(end - rest->data)};
    rest->data += ret->len + 2;
    rest->len -= ret->len + 2;
    for (size_t i = 0; i < ret->len; i++) {
        const unsigned char c = (unsigned char)ret->data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool take_size(struct strview line, size_t *ret_size, size_t *ret_extra)
{
    static const char DIGITS[] = "0123456789abcdef0123456789ABCDEF";
    size_t at = 0;
    *ret_size = 0;
    for (; at < line.len; at++) {
        const char *digit = memchr(DIGITS, line.data[at], sizeof DIGITS - 1);
        if (digit == NULL) {
            break;
        }
        *ret_size = *ret_size * 16 + (size_t)(digit - DIGITS) % 16;
    }
    if (at == 0 || at > 8) {
        return false;
    }
    const struct strview rest = strview_trim((struct strview){line.data + at, line.len - at});
    *ret_extra += line.len - at;
    return line.len == at || (rest.len > 0 && rest.data[0] == ';');
}

static bool is_trailer(struct strview line)
{
    static const char TOKEN[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";
    const char *colon = memchr(line.data, ':', line.len);
    for (const char *at = line.data; colon != NULL && at < colon; at++) {
        if (memchr(TOKEN, *at, sizeof TOKEN - 1) == NULL) {
            return false;
        }
    }
    return colon != NULL && colon > line.data;
}

/* False when the bytes are no complete body; *ret_extra may be above what is taken. */
static bool read_whole(struct strview bytes, struct strbuf *body, size_t *ret_behind,
                       size_t *ret_extra)
{
    struct strview line;
    size_t size = 0;
    do {
        if (!take_line(&bytes, &line) || !take_size(line, &size, ret_extra)) {
            return false;
        }
        if (size > 0) {
            if (bytes.len < size + 2 || memcmp(bytes.data + size, "\r\n", 2) != 0) {
                return false;
            }
            strbuf_append(body, (struct strview){bytes.data, size});
            bytes.data += size + 2;
            bytes.len -= size + 2;
        }
    } while (size > 0);
    while (take_line(&bytes, &line)) {
        if (line.len == 0) {
            *ret_behind = bytes.len;
            return true;
        }
        *ret_extra += line.len + 2;
        if (!is_trailer(line)) {
            return false;
        }
    }
    return false;
}

static void check_second_reader(struct strview bytes, const struct reading *reading)
{
    struct strbuf body;
    size_t behind = 0;
    size_t extra = 0;
    strbuf_init(&body, TEXT_BYTES);
    const bool is_whole = read_whole(bytes, &body, &behind, &extra);
    if (reading->result == HTTP_CHUNKS_END) {
        EXPECT(is_whole && behind == reading->behind);
        EXPECT(strview_equal(strbuf_view(&body), strbuf_view(&reading->body)));
    } else {
        EXPECT(!is_whole || extra + 2 > HTTP_CHUNKS_EXTRA_MAX);
    }
    strbuf_done(&body);
}

static void check_other_chunks(struct strview body)
{
    struct strbuf text;
    struct reading again;
    strbuf_init(&text, TEXT_BYTES);
    for (size_t at = 0; at < body.len; at += 3) {
        const struct strview piece = {body.data + at, body.len - at < 3 ? body.len - at : 3};
        strbuf_printf(&text, "%zX\r\n", piece.len);
        strbuf_append(&text, piece);
        strbuf_append_cstr(&text, "\r\n");
    }
    strbuf_append_cstr(&text, "0\r\n\r\n");
    read_chunks(strbuf_view(&text), 0, &again);
    EXPECT(again.result == HTTP_CHUNKS_END && again.behind == 0);
    EXPECT(strview_equal(strbuf_view(&again.body), body));
    strbuf_done(&again.body);
    strbuf_done(&text);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t STEPS[] = {1, 2, 5, 64};
    const struct strview bytes = fuzz_view(data, size);
    struct reading reading;
    read_chunks(bytes, 0, &reading);
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        struct reading other;
        read_chunks(bytes, STEPS[i], &other);
        EXPECT(other.result == reading.result);
        EXPECT(strview_equal(strbuf_view(&other.body), strbuf_view(&reading.body)));
        EXPECT(reading.result != HTTP_CHUNKS_END || other.behind == reading.behind);
        strbuf_done(&other.body);
    }
    check_second_reader(bytes, &reading);
    if (reading.result == HTTP_CHUNKS_END) {
        check_other_chunks(strbuf_view(&reading.body));
    }
    strbuf_done(&reading.body);
    return 0;
}
