/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/ask_once.h"

#include "common/io/http/client.h"
#include "common/io/loop.h"
#include "common/run/jwt.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, HOST_MAX = 256, TOKEN_MAX = sizeof "Bearer " + JWT_LEN_MAX };

struct asking {
    struct loop *loop;
    struct http_client *client;
    struct arena *arena;
    const char *url;
    struct ask_answer answer;
    enum error_kind kind;
    struct error *err;
};

static void on_answer(const struct http_client_answer *answer, void *user)
{
    struct asking *asking = user;
    loop_stop(asking->loop);
    if (answer->status == 0) {
        asking->kind = error_set(asking->err, ERROR_TRANSIENT, "nothing answers at %s: %s",
                                 asking->url, answer->failure);
        return;
    }
    asking->answer = (struct ask_answer){.status = answer->status,
                                         .body = arena_view(asking->arena, answer->body)};
    if (asking->answer.body.data == NULL) {
        asking->kind = error_set(asking->err, ERROR_EXHAUSTED, "the answer is too large");
    }
}

static enum error_kind send_question(struct asking *asking, const struct ask_server *server,
                                     const struct ask_question *question, struct error *err)
{
    char token[TOKEN_MAX] = "";
    struct http_header headers[3] = {{NULL, NULL}};
    size_t count = 0;
    if (server->token != NULL) {
        if (strlen(server->token) > JWT_LEN_MAX) {
            return error_set(err, ERROR_INVALID, "the token has more than %d bytes", JWT_LEN_MAX);
        }
        (void)snprintf(token, sizeof token, "Bearer %s", server->token);
        headers[count++] = (struct http_header){"Authorization", token};
    }
    if (question->body.len > 0) {
        headers[count++] = (struct http_header){"Content-Type", "application/json"};
    }
    const struct http_client_request request = {.method = question->method,
                                                .path = question->path,
                                                .headers = headers,
                                                .body = question->body};
    return http_client_send(asking->client, &request, on_answer, asking, err);
}

enum error_kind ask_once(const struct ask_server *server, const struct ask_question *question,
                         struct arena *arena, struct ask_answer *ret_answer, struct error *err)
{
    struct asking asking = {.arena = arena, .url = server->url, .kind = ERROR_NONE, .err = err};
    char host[HOST_MAX];
    uint16_t port;
    if (http_client_parse_url(server->url, host, sizeof host, &port, err) != ERROR_NONE ||
        loop_new(&asking.loop, err) != ERROR_NONE) {
        return err->kind;
    }
    enum error_kind kind =
        http_client_new(asking.loop, host, port, TIMEOUT_MS, &asking.client, err);
    if (kind == ERROR_NONE) {
        kind = send_question(&asking, server, question, err);
    }
    if (kind == ERROR_NONE) {
        loop_run(asking.loop);
        kind = asking.kind;
    }
    http_client_free(asking.client);
    loop_free(asking.loop);
    if (kind == ERROR_NONE) {
        *ret_answer = asking.answer;
    }
    return kind;
}

bool ask_print(const struct service_call *call, const struct ask_answer *answer, bool as_json,
               struct arena *arena, ask_print_fn *print)
{
    struct error err;
    const struct json_value *document;
    if (answer->status < 200 || answer->status > 299) {
        (void)service_fail(call, "status %d %.*s", answer->status, STRVIEW_ARG(answer->body));
        return false;
    }
    if (as_json) {
        (void)printf("%.*s\n", STRVIEW_ARG(answer->body));
        return true;
    }
    if (json_parse(answer->body, arena, &document, &err) != ERROR_NONE) {
        (void)service_fail(call, "the answer is no JSON: %s", err.text);
        return false;
    }
    return print(document);
}
