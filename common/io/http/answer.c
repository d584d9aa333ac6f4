/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the HTTP server: when they are sent, and what becomes of the request then. */
#include "common/io/http/internal.h"

#include <time.h>

static const char *date_now(struct http_server *server)
{
    const time_t now = time(NULL);
    if (now != server->date_s) {
        http_message_date(now, server->date);
        server->date_s = now;
    }
    return server->date;
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
    const bool has_body = http_message_may_have_body(answer->status) && !is_head;
    connection->must_close = connection->must_close || cannot_go_on(connection);
    strbuf_reset(&server->head);
    http_message_head(answer, date_now(server), connection->must_close, &server->head);
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

void http_problem(struct http_request *request, const struct http_problem *problem)
{
    struct http_header headers[HTTP_HEADERS_MAX];
    struct strbuf body;
    strbuf_init(&body, HTTP_PROBLEM_MAX);
    const struct http_answer answer = http_problem_answer(problem, &body, headers);
    http_respond(request, &answer);
    strbuf_done(&body);
}

void http_refuse(struct http_request *request, int status, const char *slug, const char *detail)
{
    http_problem(request, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

void http_connection_problem(struct http_connection *connection, const struct http_verdict *verdict)
{
    struct http_header headers[HTTP_HEADERS_MAX];
    struct strbuf body;
    strbuf_init(&body, HTTP_PROBLEM_MAX);
    const struct http_answer answer = http_problem_answer(
        &(struct http_problem){
            .status = verdict->status, .slug = verdict->slug, .detail = verdict->detail},
        &body, headers);
    answer_connection(connection, &answer, false, HTTP_HOLDER_STRANGER);
    strbuf_done(&body);
}
