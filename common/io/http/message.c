/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/message.h"

#include "common/base/ascii.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"

#include <assert.h>
#include <string.h>
#include <time.h>

enum { SLUG_MAX = 64 };

static const struct {
    int status;
    const char *phrase;
} REASONS[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *http_reason(int status)
{
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (REASONS[i].status == status) {
            return REASONS[i].phrase;
        }
    }
    return "Unknown";
}

void http_message_date(int64_t wall_s, char ret_date[HTTP_DATE_SIZE])
{
    struct tm parts;
    const time_t at = (time_t)wall_s;
    if (gmtime_r(&at, &parts) == NULL ||
        strftime(ret_date, HTTP_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0) {
        ret_date[0] = '\0';
    }
}

/* --- heads --------------------------------------------------------------------- */

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

/* A value never starts a new line, whatever a handler copied into it. */
static void append_value(struct strbuf *out, const char *value)
{
    const struct strview text = strview_of(value);
    char *room = strbuf_room(out, text.len);
    for (size_t i = 0; room != NULL && i < text.len; i++) {
        room[i] = is_control(text.data[i]) ? '?' : text.data[i];
    }
    out->len += room != NULL ? text.len : 0;
}

static void append_header(struct strbuf *out, const char *name, const char *value)
{
    strbuf_append_cstr(out, name);
    strbuf_append(out, STRVIEW(": "));
    append_value(out, value);
    strbuf_append(out, STRVIEW("\r\n"));
}

bool http_message_may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void append_body_headers(struct strbuf *out, const struct http_answer *answer)
{
    if (!http_message_may_have_body(answer->status)) {
        return;
    }
    if (answer->body.len > 0 || answer->coding != HTTP_CODING_LENGTH) {
        append_header(out, "Content-Type",
                      answer->content_type == NULL ? "application/json" : answer->content_type);
    }
    if (answer->coding == HTTP_CODING_CHUNKED) {
        append_header(out, "Transfer-Encoding", "chunked");
    }
    if (answer->coding != HTTP_CODING_LENGTH) {
        return;
    }
    strbuf_append(out, STRVIEW("Content-Length: "));
    strbuf_append_i64(out, (int64_t)answer->body.len);
    strbuf_append(out, STRVIEW("\r\n"));
}

bool http_message_needs_pause(const struct http_answer *answer)
{
    const struct http_header *each = answer->headers;
    while (each != NULL && each->name != NULL && strcmp(each->name, "Retry-After") != 0) {
        each++;
    }
    return (answer->status == 429 || answer->status == 503) && (each == NULL || each->name == NULL);
}

void http_message_head(const struct http_answer *answer, const char *date, int pause_s, bool closes,
                       struct strview more, struct strbuf *out)
{
    assert(answer->status >= 200 && answer->status < 600);
    strbuf_append(out, STRVIEW("HTTP/1.1 "));
    strbuf_append_i64(out, answer->status);
    strbuf_append_char(out, ' ');
    strbuf_append_cstr(out, http_reason(answer->status));
    strbuf_append(out, STRVIEW("\r\nDate: "));
    strbuf_append_cstr(out, date);
    strbuf_append(out, STRVIEW("\r\n"));
    strbuf_append(out, STRVIEW("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"));
    append_body_headers(out, answer);
    for (const struct http_header *each = answer->headers; each != NULL && each->name != NULL;
         each++) {
        append_header(out, each->name, each->value);
    }
    if (pause_s > 0) {
        strbuf_append(out, STRVIEW("Retry-After: "));
        strbuf_append_i64(out, pause_s);
        strbuf_append(out, STRVIEW("\r\n"));
    }
    strbuf_append(out, more);
    if (closes) {
        strbuf_append(out, STRVIEW("Connection: close\r\n"));
    }
    strbuf_append(out, STRVIEW("\r\n"));
}

/* --- problems ------------------------------------------------------------------ */

void http_problem_put_reason(struct json_writer *writer, const void *user)
{
    json_put_member_string(writer, "reason", strview_of(user));
}

static void put_type(struct json_writer *writer, const char *slug)
{
    struct strbuf type = STRBUF(SLUG_MAX);
    strbuf_printf(&type, "urn:problem:%s", slug);
    json_put_member_string(writer, "type", strbuf_view(&type));
    strbuf_done(&type);
}

/* "insufficient-stock" is titled "Insufficient stock". */
static void put_title(struct json_writer *writer, const char *slug)
{
    char title[SLUG_MAX];
    size_t len = 0;
    for (; slug[len] != '\0' && len < SLUG_MAX; len++) {
        title[len] = slug[len] == '-' ? ' ' : slug[len];
    }
    if (len > 0 && ascii_is_lower(title[0])) {
        title[0] = (char)(title[0] - 'a' + 'A');
    }
    json_put_member_string(writer, "title", (struct strview){title, len});
}

static bool write_problem(const struct http_problem *problem, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    put_type(&writer, problem->slug);
    put_title(&writer, problem->slug);
    json_put_member_integer(&writer, "status", problem->status);
    if (problem->detail != NULL) {
        json_put_member_string(&writer, "detail", strview_of(problem->detail));
    }
    if (problem->put_members != NULL) {
        problem->put_members(&writer, problem->members_user);
    }
    json_close_object(&writer);
    const bool is_whole = json_writer_done(&writer);
    strbuf_append_char(out, '\n');
    return is_whole && strbuf_ok(out);
}

bool http_problem_write(const struct http_problem *problem, struct strbuf *out)
{
    const size_t start = out->len;
    assert(problem->slug[0] != '\0' && strlen(problem->slug) < SLUG_MAX - sizeof "urn:problem:");
    if (write_problem(problem, out)) {
        return true;
    }
    if (start == 0) {
        strbuf_reset(out); /* nothing else in it was cut off */
    } else {
        strbuf_truncate(out, start);
    }
    (void)write_problem(&(struct http_problem){.status = problem->status, .slug = problem->slug},
                        out);
    return false;
}

struct http_answer http_problem_answer(const struct http_problem *problem, struct strbuf *body)
{
    (void)http_problem_write(problem, body); /* rather a part of it than none */
    return (struct http_answer){.status = problem->status,
                                .content_type = "application/problem+json",
                                .headers = problem->headers,
                                .body = strbuf_view(body)};
}
