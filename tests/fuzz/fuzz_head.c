/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of request heads:
 *   - where a head ends does not depend on how its bytes arrive;
 *   - an accepted head is one about which nobody can disagree: said again here, line by line;
 *   - what was read can be written, and reading that gives the same head.
 */
#include "common/base/strbuf.h"
#include "common/io/http/guard.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <strings.h>

enum { BODY_MAX = 64 << 10, TEXT_BYTES = 1 << 20 };

static size_t head_length_in_steps(struct strview bytes, size_t step)
{
    size_t scanned = 0;
    for (size_t len = 0; len < bytes.len;) {
        len = bytes.len - len < step ? bytes.len : len + step;
        const size_t end = http_guard_head_length((struct strview){bytes.data, len}, &scanned);
        if (end > 0) {
            return end;
        }
    }
    return 0;
}

static bool is_field(struct strview line, const char *name)
{
    const size_t len = strlen(name);
    return line.len >= len && strncasecmp(line.data, name, len) == 0;
}

static void check_line(struct strview line, bool is_first)
{
    EXPECT(line.len >= 2 && line.data[line.len - 2] == '\r');
    EXPECT(is_first || (line.data[0] != ' ' && line.data[0] != '\t'));
    for (size_t i = 0; i + 2 < line.len; i++) {
        const unsigned char c = (unsigned char)line.data[i];
        EXPECT(c == '\t' || (c >= ' ' && c != 0x7f));
    }
}

/* The one coding that is taken, and nothing around it but blanks. */
static bool says_chunked(struct strview line)
{
    const size_t name = strlen("transfer-encoding:");
    const struct strview value =
        strview_trim((struct strview){line.data + name, line.len - 2 - name});
    return value.len == strlen("chunked") && strncasecmp(value.data, "chunked", value.len) == 0;
}

static void check_nobody_can_disagree(struct strview bytes, const struct http_head *head)
{
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    for (size_t start = 0; start < bytes.len;) {
        const char *end = memchr(bytes.data + start, '\n', bytes.len - start);
        EXPECT(end != NULL);
        const struct strview line = {bytes.data + start, (size_t)(end + 1 - bytes.data) - start};
        check_line(line, start == 0);
        hosts += is_field(line, "host:") ? 1 : 0;
        lengths += is_field(line, "content-length:") ? 1 : 0;
        if (is_field(line, "transfer-encoding:")) {
            EXPECT(says_chunked(line));
            codings++;
        }
        start += line.len;
    }
    EXPECT(hosts == 1 || (hosts == 0 && head->minor_version == 0));
    EXPECT(lengths <= 1 && (lengths == 1 || head->content_length == 0));
    EXPECT(lengths + codings <= 1 && head->is_chunked == (codings == 1));
    EXPECT(!head->is_chunked || head->minor_version == 1);
    EXPECT(!head->lacks_length || lengths + codings == 0);
    EXPECT(head->content_length <= BODY_MAX);
    EXPECT(head->path.len > 0 && head->path.data[0] == '/');
}

static void write_head(struct strbuf *out, const struct http_head *head)
{
    strbuf_printf(out, "%.*s %.*s", STRVIEW_ARG(head->method), STRVIEW_ARG(head->path));
    if (head->query.data != NULL) {
        strbuf_printf(out, "?%.*s", STRVIEW_ARG(head->query));
    }
    strbuf_printf(out, " HTTP/1.%d\r\n", head->minor_version);
    for (size_t i = 0; i < head->field_count; i++) {
        strbuf_printf(out, "%.*s:%.*s\r\n", STRVIEW_ARG(head->fields[i].name),
                      STRVIEW_ARG(head->fields[i].value));
    }
    strbuf_append_cstr(out, "\r\n");
}

static void check_round_trip(const struct http_head *head)
{
    struct http_head again;
    struct strbuf first;
    struct strbuf second;
    strbuf_init(&first, TEXT_BYTES);
    strbuf_init(&second, TEXT_BYTES);
    write_head(&first, head);
    EXPECT(http_guard_read(strbuf_view(&first), BODY_MAX, &again).status == 0);
    write_head(&second, &again);
    EXPECT(strbuf_ok(&first) && strview_equal(strbuf_view(&first), strbuf_view(&second)));
    EXPECT(again.content_length == head->content_length);
    EXPECT(again.is_chunked == head->is_chunked && again.lacks_length == head->lacks_length);
    EXPECT(again.is_encoded == head->is_encoded);
    EXPECT(again.is_chunked == head->is_chunked && again.lacks_length == head->lacks_length);
    EXPECT(again.is_encoded == head->is_encoded);
    EXPECT(again.expects_continue == head->expects_continue);
    EXPECT(again.wants_close == head->wants_close);
    strbuf_done(&first);
    strbuf_done(&second);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct strview bytes = fuzz_view(data, size);
    size_t scanned = 0;
    const size_t len = http_guard_head_length(bytes, &scanned);
    EXPECT(len <= bytes.len);
    EXPECT(head_length_in_steps(bytes, 1) == len && head_length_in_steps(bytes, 7) == len);
    if (len == 0) {
        return 0;
    }
    struct http_head head;
    const struct strview whole = {bytes.data, len};
    const struct http_verdict verdict = http_guard_read(whole, BODY_MAX, &head);
    if (verdict.status == 0) {
        check_nobody_can_disagree(whole, &head);
        check_round_trip(&head);
    } else {
        EXPECT(verdict.status >= 400 && verdict.status < 600);
        EXPECT(verdict.slug != NULL && verdict.detail != NULL);
    }
    return 0;
}
