/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out as an answer: its head, with what every answer says, and its body; and problems. */
#include "common/io/http/exchange_internal.h"

#include <time.h>

static const char *date_now(struct http_server *server)
{
    const time_t now = time(NULL);
    if (now != server->date_s) {
        http_message_date(now, server->date);
        http_pause_pass(&server->pause, now - server->date_s);
        server->date_s = now;
    }
    return server->date;
}

/*
 * Whether nothing can follow. Who still waits for 100 Continue may send the body now or the
 * next request: nobody can tell.
 */
static bool must_close(const struct http_server *server, const struct http_line *line)
{
    return line->closes || server->is_draining || line->body.state == HTTP_BODY_ASKED_FOR;
}

void http_exchange_say(struct http_server *server, struct http_line *line,
                       const struct http_answer *answer, const struct http_request *request)
{
    const char *date = date_now(server); /* first: with the second, the pause may change */
    const int pause_s = http_pause_next(&server->pause, http_message_needs_pause(answer));
    const bool has_body = request == NULL || (http_message_may_have_body(answer->status) &&
                                              request->match.method != HTTP_HEAD);
    line->closes = must_close(server, line);
    strbuf_reset(&server->more);
    http_cors_put(&server->cors, request == NULL ? NULL : &request->head, &server->more);
    strbuf_reset(&server->head);
    http_message_head(answer, date, pause_s, line->closes, strbuf_view(&server->more),
                      &server->head);
    if (!strbuf_ok(&server->head)) {
        line->state = HTTP_LINE_BROKEN; /* headers of ours beyond 16 KiB: nothing fit to send */
        return;
    }
    server->stats.answers[answer->status / 100 % 6]++;
    http_line_send(line, &(struct http_outgoing){
                             .head = strbuf_view(&server->head),
                             .body = has_body ? answer->body : STRVIEW(""),
                             .holder = request == NULL ? HTTP_HOLDER_STRANGER : request->holder,
                             .body_stays = answer->body_stays,
                         });
}

/* A problem with what every one says here. */
struct completed {
    const struct http_problem *problem;
    const struct http_server *server;
};

static void put_all(struct json_writer *writer, const void *user)
{
    const struct completed *completed = user;
    if (completed->problem->put_members != NULL) {
        completed->problem->put_members(writer, completed->problem->members_user);
    }
    if (completed->server->put_members != NULL) {
        completed->server->put_members(writer, completed->server->members_user);
    }
}

static struct http_answer answer_of(const struct http_server *server,
                                    const struct http_problem *problem, struct strbuf *body)
{
    const struct completed completed = {.problem = problem, .server = server};
    struct http_problem told = *problem;
    told.put_members = put_all;
    told.members_user = &completed;
    return http_problem_answer(&told, body);
}

void http_problem(struct http_request *request, const struct http_problem *problem)
{
    struct strbuf body = STRBUF(HTTP_PROBLEM_MAX);
    const struct http_answer answer = answer_of(request->server, problem, &body);
    http_respond(request, &answer);
    strbuf_done(&body);
}

void http_refuse(struct http_request *request, int status, const char *slug, const char *detail)
{
    http_problem(request, &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

void http_exchange_refuse(struct http_server *server, struct http_line *line,
                          const struct http_verdict *verdict)
{
    struct strbuf body = STRBUF(HTTP_PROBLEM_MAX);
    const struct http_problem problem = {
        .status = verdict->status, .slug = verdict->slug, .detail = verdict->detail};
    const struct http_answer answer = answer_of(server, &problem, &body);
    line->closes = true;
    http_exchange_say(server, line, &answer, NULL);
    strbuf_done(&body);
}
