/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc status`: asks the running relay, shows a table or the JSON as it came. */
#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/http/client.h"
#include "common/io/loop.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000, HOST_MAX = 256, TOKEN_MAX = 4096, JSON_BYTES_MAX = 16 << 20 };

struct asking {
    struct loop *loop;
    bool as_json;
    int code;
};

static void print_shard(const struct json_value *shard)
{
    const struct strview state = json_text(shard, "state");
    (void)printf("%5" PRId64 "  %-9.*s %20" PRId64 " %10" PRId64 "  %.*s\n",
                 json_integer(shard, "shard", -1), STRVIEW_ARG(state),
                 json_integer(shard, "position", 0), json_integer(shard, "in_flight", 0),
                 STRVIEW_ARG(json_text(shard, "reason")));
}

static int print_table(struct strview body)
{
    struct arena arena;
    struct error err;
    const struct json_value *status;
    arena_init(&arena, JSON_BYTES_MAX);
    if (json_parse(body, &arena, &status, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "relay-svc status: the answer is no JSON: %s\n", err.text);
        arena_done(&arena);
        return SERVICE_FAILED;
    }
    static const char *const LINES[] = {"owner",      "postgresql", "kafka",
                                        "publishing", "progress",   "work"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        (void)printf("%-11s %.*s\n", LINES[i], STRVIEW_ARG(json_text(status, LINES[i])));
    }
    (void)printf("%-11s %" PRId64 "\n", "members", json_integer(status, "members", 0));
    (void)printf("%5s  %-9s %20s %10s  %s\n", "shard", "state", "position", "in flight", "reason");
    const struct json_value *shards = json_member(status, "shards");
    for (const struct json_value *shard = shards == NULL ? NULL : shards->first; shard != NULL;
         shard = shard->next) {
        print_shard(shard);
    }
    const bool is_publishing = strview_is(json_text(status, "publishing"), "ok");
    arena_done(&arena);
    return is_publishing ? SERVICE_OK : SERVICE_FAILED;
}

static void on_answer(const struct http_client_answer *answer, void *user)
{
    struct asking *asking = user;
    if (answer->status != 200) {
        (void)fprintf(stderr, "relay-svc status: %s%.*s\n",
                      answer->status == 0 ? answer->failure : "", STRVIEW_ARG(answer->body));
    } else if (asking->as_json) {
        (void)printf("%.*s\n", STRVIEW_ARG(answer->body));
        asking->code = SERVICE_OK;
    } else {
        asking->code = print_table(answer->body);
    }
    loop_stop(asking->loop);
}

static enum error_kind ask(struct http_client *client, const struct relay_settings *settings,
                           struct asking *asking, struct error *err)
{
    char token[TOKEN_MAX] = "";
    if (settings->token != NULL) {
        (void)snprintf(token, sizeof token, "Bearer %s", settings->token);
    }
    const struct http_header headers[] = {{settings->token != NULL ? "Authorization" : NULL, token},
                                          {NULL, NULL}};
    const struct http_client_request request = {
        .method = HTTP_GET, .path = "/v1/status", .headers = headers};
    return http_client_send(client, &request, on_answer, asking, err);
}

static enum error_kind run(const struct relay_settings *settings, struct asking *asking,
                           struct error *err)
{
    char host[HOST_MAX];
    uint16_t port;
    struct http_client *client = NULL;
    if (http_client_parse_url(settings->url, host, sizeof host, &port, err) != ERROR_NONE ||
        loop_new(&asking->loop, err) != ERROR_NONE) {
        return err->kind;
    }
    enum error_kind kind = http_client_new(asking->loop, host, port, TIMEOUT_MS, &client, err);
    if (kind == ERROR_NONE) {
        kind = ask(client, settings, asking, err);
    }
    if (kind == ERROR_NONE) {
        loop_run(asking->loop);
    }
    http_client_free(client);
    loop_free(asking->loop);
    return kind;
}

int app_status(const struct service_call *call)
{
    struct asking asking = {.code = SERVICE_FAILED};
    struct error err;
    asking.as_json =
        call->argc == 3 && strcmp(call->argv[1], "-o") == 0 && strcmp(call->argv[2], "json") == 0;
    if (call->argc != 1 && !asking.as_json) {
        (void)fprintf(stderr, "usage: relay-svc status [-o json]\n");
        return SERVICE_MISUSED;
    }
    if (run(call->values, &asking, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "relay-svc status: %s\n", err.text);
    }
    return asking.code;
}
