/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/guard.h"

#include "common/io/http/authority.h"
#include "common/io/http/text.h"

#include <stdint.h>
#include <strings.h>

static const struct http_verdict ACCEPTED = {0};

static struct http_verdict malformed(const char *detail)
{
    return (struct http_verdict){.status = 400, .slug = "malformed-request", .detail = detail};
}

size_t http_guard_head_length(struct strview bytes, size_t *scanned)
{
    /* A blank line may have begun in what was scanned before. */
    size_t from = *scanned < 3 ? 0 : *scanned - 3;
    *scanned = bytes.len;
    while (from < bytes.len) {
        const char *at = memchr(bytes.data + from, '\n', bytes.len - from);
        if (at == NULL) {
            return 0;
        }
        const size_t end = (size_t)(at - bytes.data) + 1;
        /* "\n\n" counts as an end too, so that the reader gets to refuse it at once. */
        if ((end >= 4 && memcmp(at - 3, "\r\n\r", 3) == 0) || (end >= 2 && at[-1] == '\n')) {
            return end;
        }
        from = end;
    }
    return 0;
}

static bool is_token(struct strview text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!http_is_token_char((unsigned char)text.data[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* Visible ASCII without blanks; '#' never travels, '"<>\^`{|}' belong encoded. */
static bool is_target(struct strview text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"#<>\\^`{|}", c) != NULL) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_field_value(struct strview text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!http_is_text_char((unsigned char)text.data[i])) {
            return false;
        }
    }
    return true;
}

/* Takes the next line off *rest, without its CRLF; false when there is no CRLF. */
static bool next_line(struct strview *rest, struct strview *ret_line)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    if (end == NULL || end == rest->data || end[-1] != '\r') {
        return false;
    }
    const size_t taken = (size_t)(end - rest->data) + 1;
    *ret_line = strview_take_bytes(rest, taken);
    ret_line->len -= 2;
    return true;
}

/* Text up to the first blank, which is dropped; false without one. */
static bool next_word(struct strview *rest, struct strview *ret_word)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, ' ', rest->len);
    if (end == NULL) {
        return false;
    }
    *ret_word = strview_take_bytes(rest, (size_t)(end - rest->data));
    *rest = strview_skip(*rest, 1);
    return true;
}

static struct http_verdict read_request_line(struct strview line, struct http_head *head)
{
    struct strview target = {0};
    if (!next_word(&line, &head->method) || !is_token(head->method)) {
        return malformed("the request line has no method");
    }
    if (!next_word(&line, &target) || !is_target(target) || !http_authority_take(&target)) {
        return malformed("the request target must be a path of visible ASCII");
    }
    if (line.len != 8 || memcmp(line.data, "HTTP/1.", 7) != 0 ||
        (line.data[7] != '0' && line.data[7] != '1')) {
        return malformed("the request line must end in HTTP/1.1");
    }
    head->minor_version = line.data[7] - '0';
    head->query = (struct strview){0};
    const char *mark = memchr(target.data, '?', target.len);
    if (mark != NULL) {
        head->query = strview_skip(target, (size_t)(mark - target.data) + 1);
        target.len = (size_t)(mark - target.data);
    }
    head->path = target.len == 0 ? STRVIEW("/") : target;
    return ACCEPTED;
}

static struct http_verdict read_field(struct strview line, struct http_head *head)
{
    if (head->field_count == HTTP_FIELDS_MAX) {
        return (struct http_verdict){431, "headers-too-large", "more than 64 header lines"};
    }
    if (line.data[0] == ' ' || line.data[0] == '\t') {
        return malformed("a header line must not be folded");
    }
    const char *colon = memchr(line.data, ':', line.len);
    if (colon == NULL) {
        return malformed("a header line has no colon");
    }
    const size_t name_len = (size_t)(colon - line.data);
    const struct http_field field = {
        .name = {.data = line.data, .len = name_len},
        .value = strview_trim((struct strview){.data = colon + 1, .len = line.len - name_len - 1})};
    if (!is_token(field.name)) {
        return malformed("a header name is not a token");
    }
    if (!is_field_value(field.value)) {
        return malformed("a header value has a control character");
    }
    head->fields[head->field_count++] = field;
    return ACCEPTED;
}

static bool has_name(const struct http_field *field, const char *name)
{
    return field->name.len == strlen(name) &&
           strncasecmp(field->name.data, name, field->name.len) == 0;
}

static size_t count_fields(const struct http_head *head, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++) {
        count += has_name(&head->fields[i], name) ? 1U : 0U;
    }
    return count;
}

struct strview http_head_field(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (has_name(&head->fields[i], name)) {
            return head->fields[i].value;
        }
    }
    return (struct strview){0};
}

struct strview http_head_lone_field(const struct http_head *head, const char *name)
{
    return count_fields(head, name) == 1 ? http_head_field(head, name) : (struct strview){0};
}

static bool equals_ignoring_case(struct strview text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

/* Digits only, at most 18 of them, so that nothing overflows. */
static bool read_length(struct strview text, size_t *ret)
{
    if (text.len == 0 || text.len > 18) {
        return false;
    }
    size_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        value = value * 10 + (size_t)(text.data[i] - '0');
    }
    *ret = value;
    return true;
}

/* How many elements the field's lines, taken together as one list, have; empty ones do not count.
 */
struct elements {
    size_t count;
    size_t like; /* that are the word asked for */
};

static struct elements count_elements(const struct http_head *head, const char *name,
                                      const char *word)
{
    struct elements elements = {0};
    for (size_t i = 0; i < head->field_count; i++) {
        struct strview list =
            has_name(&head->fields[i], name) ? head->fields[i].value : (struct strview){0};
        while (list.len > 0) {
            const struct strview element = strview_trim(strview_take(&list, ','));
            elements.count += element.len > 0 ? 1U : 0U;
            elements.like += equals_ignoring_case(element, word) ? 1U : 0U;
        }
    }
    return elements;
}

/* "chunked" once and last, and nothing beside it that tells a length, too. */
static struct http_verdict judge_coding(struct http_head *head)
{
    const struct elements codings = count_elements(head, "Transfer-Encoding", "chunked");
    if (head->minor_version == 0 || count_fields(head, "Content-Length") > 0) {
        return malformed("Transfer-Encoding goes with HTTP/1.1 and without Content-Length");
    }
    if (codings.count > codings.like) {
        return (struct http_verdict){501, "not-implemented",
                                     "no Transfer-Encoding but chunked is understood"};
    }
    if (count_fields(head, "Transfer-Encoding") != 1 ||
        !equals_ignoring_case(http_head_field(head, "Transfer-Encoding"), "chunked")) {
        return malformed("Transfer-Encoding must say chunked, once");
    }
    head->is_chunked = true;
    return ACCEPTED;
}

static struct http_verdict read_content_length(struct http_head *head, size_t max_body_bytes)
{
    if (count_fields(head, "Content-Length") > 1) {
        return malformed("more than one Content-Length");
    }
    if (!read_length(http_head_field(head, "Content-Length"), &head->content_length)) {
        return malformed("Content-Length is not a number");
    }
    if (head->content_length > max_body_bytes) {
        return (struct http_verdict){413, "too-large", "the body is larger than this server takes"};
    }
    return ACCEPTED;
}

static struct http_verdict judge_length(struct http_head *head, size_t max_body_bytes)
{
    struct http_verdict verdict = ACCEPTED;
    const bool takes_body = strview_is(head->method, "POST") || strview_is(head->method, "PUT") ||
                            strview_is(head->method, "PATCH");
    head->content_length = 0;
    head->is_chunked = false;
    if (count_fields(head, "Transfer-Encoding") > 0) {
        verdict = judge_coding(head);
    } else if (count_fields(head, "Content-Length") > 0) {
        verdict = read_content_length(head, max_body_bytes);
    } else {
        head->lacks_length = takes_body;
        return ACCEPTED;
    }
    head->lacks_length = false;
    if (verdict.status == 0 && !takes_body && (head->content_length > 0 || head->is_chunked)) {
        return malformed("this method takes no body");
    }
    return verdict;
}

/* Two of these say two things; whoever reads the first and whoever reads the last would differ. */
static bool repeats_single_field(const struct http_head *head)
{
    static const char *const SINGLE[] = {"Authorization", "Content-Type", "Idempotency-Key",
                                         "If-Match", "Last-Event-ID"};
    for (size_t i = 0; i < sizeof SINGLE / sizeof SINGLE[0]; i++) {
        if (count_fields(head, SINGLE[i]) > 1) {
            return true;
        }
    }
    return false;
}

static struct http_verdict judge_host(const struct http_head *head)
{
    const size_t hosts = count_fields(head, "Host");
    if (hosts > 1 || (hosts == 0 && head->minor_version > 0)) {
        return malformed("exactly one Host is needed");
    }
    return hosts == 0 || http_authority_is_host(http_head_field(head, "Host"))
               ? ACCEPTED
               : malformed("Host is no host");
}

static struct http_verdict judge_expectation(struct http_head *head)
{
    const struct elements expected = count_elements(head, "Expect", "100-continue");
    if (expected.count > expected.like ||
        (count_fields(head, "Expect") > 0 && expected.like == 0)) {
        return (struct http_verdict){417, "malformed-request", "unknown expectation"};
    }
    head->expects_continue = expected.count > 0 && head->minor_version > 0;
    return ACCEPTED;
}

static struct http_verdict judge_fields(struct http_head *head, size_t max_body_bytes)
{
    if (repeats_single_field(head)) {
        return malformed("a header that may stand once stands twice");
    }
    const struct elements codings = count_elements(head, "Content-Encoding", "identity");
    head->is_encoded = codings.count > codings.like;
    head->wants_close =
        head->minor_version == 0 || count_elements(head, "Connection", "close").like > 0;
    struct http_verdict verdict = judge_host(head);
    if (verdict.status == 0) {
        verdict = judge_expectation(head);
    }
    return verdict.status != 0 ? verdict : judge_length(head, max_body_bytes);
}

struct http_verdict http_guard_read(struct strview bytes, size_t max_body_bytes,
                                    struct http_head *ret_head)
{
    struct strview line = {0};
    ret_head->field_count = 0;
    if (!next_line(&bytes, &line)) {
        return malformed("a line does not end in CRLF");
    }
    struct http_verdict verdict = read_request_line(line, ret_head);
    while (verdict.status == 0) {
        if (!next_line(&bytes, &line)) {
            return malformed("a line does not end in CRLF");
        }
        if (line.len == 0) {
            return judge_fields(ret_head, max_body_bytes);
        }
        verdict = read_field(line, ret_head);
    }
    return verdict;
}
