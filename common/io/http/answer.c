/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the HTTP server: heads, bodies, problems. */
#include "common/contract/json.h"
#include "common/io/http/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PROBLEM_MAX = 65536 };

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

static const char *date_now(struct http_server *server)
{
    struct tm parts;
    const time_t now = time(NULL);
    if (now != server->date_s && gmtime_r(&now, &parts) != NULL &&
        strftime(server->date, sizeof server->date, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0) {
        server->date_s = now;
    }
    return server->date;
}

/* A value never starts a new line, whatever a handler copied into it. */
static void append_value(struct strbuf *out, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            strbuf_append_char(out, '?');
        } else {
            strbuf_append_char(out, *c);
        }
    }
}

static void append_header(struct strbuf *out, const char *name, const char *value)
{
    strbuf_append_cstr(out, name);
    strbuf_append(out, STRVIEW(": "));
    append_value(out, value);
    strbuf_append(out, STRVIEW("\r\n"));
}

static bool may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void append_body_headers(struct strbuf *out, const struct http_answer *answer)
{
    if (!may_have_body(answer->status)) {
        return;
    }
    if (answer->body.len > 0) {
        append_header(out, "Content-Type",
                      answer->content_type == NULL ? "application/json" : answer->content_type);
    }
    strbuf_append(out, STRVIEW("Content-Length: "));
    strbuf_append_i64(out, (int64_t)answer->body.len);
    strbuf_append(out, STRVIEW("\r\n"));
}

static void format_head(struct http_connection *connection, const struct http_answer *answer)
{
    struct strbuf *out = &connection->server->head;
    strbuf_reset(out);
    strbuf_append(out, STRVIEW("HTTP/1.1 "));
    strbuf_append_i64(out, answer->status);
    strbuf_append_char(out, ' ');
    strbuf_append_cstr(out, http_reason(answer->status));
    strbuf_append(out, STRVIEW("\r\nDate: "));
    strbuf_append_cstr(out, date_now(connection->server));
    strbuf_append(out, STRVIEW("\r\n"));
    strbuf_append(out, STRVIEW("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"));
    append_body_headers(out, answer);
    for (const struct http_header *each = answer->headers; each != NULL && each->name != NULL;
         each++) {
        append_header(out, each->name, each->value);
    }
    if (connection->must_close) {
        strbuf_append(out, STRVIEW("Connection: close\r\n"));
    }
    strbuf_append(out, STRVIEW("\r\n"));
}

/* Who still waits for 100 Continue may send the body now or the next request: nobody can tell. */
static bool cannot_go_on(const struct http_connection *connection)
{
    return connection->server->is_draining ||
           (connection->incoming.is_asked_for && !connection->incoming.is_whole);
}

static void answer_connection(struct http_connection *connection, const struct http_answer *answer,
                              bool is_head, enum http_holder holder)
{
    struct http_server *server = connection->server;
    const bool has_body = may_have_body(answer->status) && !is_head;
    connection->must_close = connection->must_close || cannot_go_on(connection);
    format_head(connection, answer);
    if (!strbuf_ok(&server->head)) {
        http_connection_close(connection); /* headers of ours beyond 16 KiB: nothing fit to send */
        return;
    }
    server->stats.answers[answer->status / 100 % 6]++;
    http_connection_write(connection, &(struct http_outgoing){
                                          .head = strbuf_view(&server->head),
                                          .body = has_body ? answer->body : STRVIEW(""),
                                          .holder = holder,
                                          .body_stays = answer->body_stays,
                                      });
    http_connection_answered(connection);
}

void http_respond(struct http_request *request, const struct http_answer *answer)
{
    struct http_connection *connection = request->connection;
    const bool is_head = strview_is(request->head.method, "HEAD");
    if (connection != NULL) {
        /* The body may live in the request: free it only when it has been written or copied. */
        request->connection = NULL;
        connection->request = NULL;
        answer_connection(connection, answer, is_head,
                          request->is_admitted ? HTTP_HOLDER_KNOWN : HTTP_HOLDER_STRANGER);
    }
    http_request_free(request);
}

/* --- problems ------------------------------------------------------------------ */

static void append_json_string(struct strbuf *out, struct strview text)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_put_string(&writer, text);
    if (!json_writer_done(&writer)) {
        strbuf_append(out, STRVIEW("\"\""));
    }
}

/* "insufficient-stock" is titled "Insufficient stock". */
static void append_title(struct strbuf *out, const char *slug)
{
    for (const char *c = slug; *c != '\0'; c++) {
        if (*c == '-') {
            strbuf_append_char(out, ' ');
        } else if (c == slug && *c >= 'a' && *c <= 'z') {
            strbuf_append_char(out, (char)(*c - 'a' + 'A'));
        } else {
            strbuf_append_char(out, *c);
        }
    }
}

void http_problem_write(const struct http_problem *problem, struct strbuf *out)
{
    strbuf_printf(out, "{\"type\":\"urn:problem:%s\",\"title\":\"", problem->slug);
    append_title(out, problem->slug);
    strbuf_printf(out, "\",\"status\":%d", problem->status);
    if (problem->detail != NULL) {
        strbuf_append(out, STRVIEW(",\"detail\":"));
        append_json_string(out, strview_of(problem->detail));
    }
    if (problem->members.len > 0) {
        strbuf_append_char(out, ',');
        strbuf_append(out, problem->members);
    }
    strbuf_append(out, STRVIEW("}\n"));
}

static bool names_retry_after(const struct http_header *headers)
{
    for (; headers != NULL && headers->name != NULL; headers++) {
        if (strcmp(headers->name, "Retry-After") == 0) {
            return true;
        }
    }
    return false;
}

void http_problem(struct http_request *request, const struct http_problem *problem)
{
    enum { HEADERS_MAX = 16 };
    struct http_header headers[HEADERS_MAX] = {{NULL, NULL}};
    size_t count = 0;
    for (const struct http_header *each = problem->headers;
         each != NULL && each->name != NULL && count < HEADERS_MAX - 2; each++) {
        headers[count++] = *each;
    }
    if ((problem->status == 429 || problem->status == 503) && !names_retry_after(headers)) {
        headers[count++] = (struct http_header){"Retry-After", "1"};
    }
    struct strbuf body;
    strbuf_init(&body, PROBLEM_MAX);
    http_problem_write(problem, &body);
    http_respond(request, &(struct http_answer){.status = problem->status,
                                                .content_type = "application/problem+json",
                                                .headers = headers,
                                                .body = strbuf_view(&body)});
    strbuf_done(&body);
}

void http_refuse(struct http_request *request, int status, const char *slug, const char *detail)
{
    http_problem(request, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

void http_connection_problem(struct http_connection *connection, const struct http_verdict *verdict)
{
    const struct http_header headers[] = {{verdict->status == 503 ? "Retry-After" : NULL, "1"},
                                          {NULL, NULL}};
    struct strbuf body;
    strbuf_init(&body, PROBLEM_MAX);
    http_problem_write(&(struct http_problem){.status = verdict->status,
                                              .slug = verdict->slug,
                                              .detail = verdict->detail},
                       &body);
    answer_connection(connection,
                      &(struct http_answer){.status = verdict->status,
                                            .content_type = "application/problem+json",
                                            .headers = headers,
                                            .body = strbuf_view(&body)},
                      false, HTTP_HOLDER_STRANGER);
    strbuf_done(&body);
}
