/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/ask.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/io/http/client.h"
#include "common/io/loop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000, AGAIN_MS = 1000, HOST_MAX = 256, TOKEN_MAX = 8192, ARENA_MAX = 16 << 20 };

struct asking {
    const struct service_call *call;
    const struct ask *ask;
    struct loop *loop;
    struct http_client *client;
    struct loop_timer *again;
    bool as_json;
    bool watches;
    int code;
};

static void say(const struct asking *asking, const char *what, struct strview text)
{
    (void)fprintf(stderr, "%s %s: %s%.*s\n", asking->call->service->name, asking->call->argv[0],
                  what, STRVIEW_ARG(text));
}

static bool print_table(const struct asking *asking, struct strview body)
{
    CLEANUP(arena_done) struct arena arena;
    struct error err;
    const struct json_value *answer;
    arena_init(&arena, ARENA_MAX);
    if (json_parse(body, &arena, &answer, &err) != ERROR_NONE) {
        say(asking, "the answer is no JSON: ", strview_of(err.text));
        return false;
    }
    return asking->ask->print(answer);
}

static bool show(const struct asking *asking, const struct http_client_answer *answer)
{
    if (asking->watches && !asking->as_json && isatty(STDOUT_FILENO)) {
        (void)fputs("\033[H\033[J", stdout);
    }
    if (answer->status != 200) {
        char status[sizeof "status -2147483648 "];
        (void)snprintf(status, sizeof status, "status %d ", answer->status);
        say(asking, answer->status == 0 ? answer->failure : status, answer->body);
        return false;
    }
    if (asking->as_json) {
        (void)printf("%.*s\n", STRVIEW_ARG(answer->body));
        return true;
    }
    return print_table(asking, answer->body);
}

static void on_answer(const struct http_client_answer *answer, void *user)
{
    struct asking *asking = user;
    asking->code = show(asking, answer) ? SERVICE_OK : SERVICE_FAILED;
    (void)fflush(stdout);
    if (asking->watches) {
        loop_timer_start(asking->again, AGAIN_MS);
    } else {
        loop_stop(asking->loop);
    }
}

static enum error_kind send_question(struct asking *asking, struct error *err)
{
    const struct ask *ask = asking->ask;
    char token[TOKEN_MAX] = "";
    if (ask->token != NULL) {
        (void)snprintf(token, sizeof token, "Bearer %s", ask->token);
    }
    const struct http_header headers[] = {{ask->token != NULL ? "Authorization" : NULL, token},
                                          {NULL, NULL}};
    const struct http_client_request request = {
        .method = HTTP_GET, .path = ask->path, .headers = headers};
    return http_client_send(asking->client, &request, on_answer, asking, err);
}

static void on_again(void *user)
{
    struct asking *asking = user;
    struct error err;
    if (send_question(asking, &err) != ERROR_NONE) {
        say(asking, "", strview_of(err.text));
        loop_stop(asking->loop);
    }
}

static enum error_kind run(struct asking *asking, struct error *err)
{
    char host[HOST_MAX];
    uint16_t port;
    if (http_client_parse_url(asking->ask->url, host, sizeof host, &port, err) != ERROR_NONE ||
        loop_new(&asking->loop, err) != ERROR_NONE) {
        return err->kind;
    }
    enum error_kind kind =
        http_client_new(asking->loop, host, port, TIMEOUT_MS, &asking->client, err);
    if (kind == ERROR_NONE) {
        asking->again = loop_timer_new(asking->loop, on_again, asking);
        kind = send_question(asking, err);
    }
    if (kind == ERROR_NONE) {
        loop_run(asking->loop);
    }
    loop_timer_free(asking->again);
    http_client_free(asking->client);
    loop_free(asking->loop);
    return kind;
}

static bool read_arguments(const struct service_call *call, struct asking *asking)
{
    for (int i = 1; i < call->argc; i++) {
        if (strcmp(call->argv[i], "--watch") == 0) {
            asking->watches = true;
        } else if (strcmp(call->argv[i], "-o") == 0 && i + 1 < call->argc &&
                   strcmp(call->argv[i + 1], "json") == 0) {
            asking->as_json = true;
            i++;
        } else {
            return false;
        }
    }
    return true;
}

int ask_run(const struct service_call *call, const struct ask *ask)
{
    struct asking asking = {.call = call, .ask = ask, .code = SERVICE_FAILED};
    struct error err;
    if (!read_arguments(call, &asking)) {
        (void)fprintf(stderr, "usage: %s %s " ASK_ARGUMENTS "\n", call->service->name,
                      call->argv[0]);
        return SERVICE_MISUSED;
    }
    if (run(&asking, &err) != ERROR_NONE) {
        say(&asking, "", strview_of(err.text));
    }
    return asking.code;
}
