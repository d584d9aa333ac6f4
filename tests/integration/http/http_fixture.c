/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fixture.c - a server with tight limits for test_http.py, and for wrk.
 *
 * Prints its port, serves until SIGTERM, drains, and ends with 0 when nothing
 * is left over. With the argument "wide" the limits are the defaults.
 */
#include "common/base/arena.h"
#include "common/io/http.h"
#include "common/io/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 16 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct http_request *held[HELD_MAX]; /* by /hold, until /release */
    size_t held_count;
    struct loop_timer *drained;
    int gone;
};

struct delayed {
    struct http_request *request;
    struct loop_timer *timer;
};

static void echo(struct http_request *request, void *user)
{
    (void)user;
    http_respond(request, &(struct http_answer){.status = 200, .body = http_request_body(request)});
}

static void created(struct http_request *request, void *user)
{
    (void)user;
    const struct http_header headers[] = {{"ETag", "\"v1\""}, {NULL, NULL}};
    http_respond(request, &(struct http_answer){.status = 201,
                                                .headers = headers,
                                                .body = STRVIEW("{\"version\":1}")});
}

static void show_param(struct http_request *request, void *user)
{
    (void)user;
    char text[256];
    const struct strview id = http_request_param(request, 0);
    const struct strview limit = http_request_query(request, "limit");
    const int len = snprintf(text, sizeof text, "%.*s|%.*s", STRVIEW_ARG(id), STRVIEW_ARG(limit));
    http_respond(request, &(struct http_answer){.status = 200,
                                                .content_type = "text/plain",
                                                .body = {text, (size_t)len}});
}

static void answer_late(void *user)
{
    struct delayed *delayed = user;
    http_respond(delayed->request,
                 &(struct http_answer){.status = 200, .body = STRVIEW("\"late\"")});
    loop_timer_free(delayed->timer);
    free(delayed);
}

static void late(struct http_request *request, void *user)
{
    const struct fixture *fixture = user;
    struct delayed *delayed = calloc(1, sizeof *delayed);
    if (delayed == NULL) {
        abort();
    }
    delayed->request = request;
    delayed->timer = loop_timer_new(fixture->loop, answer_late, delayed);
    loop_timer_start(delayed->timer, 300);
}

static void on_gone(void *user)
{
    struct fixture *fixture = user;
    fixture->gone++;
}

static void hold(struct http_request *request, void *user)
{
    struct fixture *fixture = user;
    if (fixture->held_count == HELD_MAX) {
        abort();
    }
    http_request_on_gone(request, on_gone, fixture);
    fixture->held[fixture->held_count++] = request;
}

static void release_all(struct fixture *fixture)
{
    while (fixture->held_count > 0) {
        http_respond(fixture->held[--fixture->held_count],
                     &(struct http_answer){.status = 200, .body = STRVIEW("\"released\"")});
    }
}

static void release(struct http_request *request, void *user)
{
    struct fixture *fixture = user;
    release_all(fixture);
    char text[128];
    const struct http_stats *stats = http_server_stats(fixture->server);
    const int len = snprintf(
        text, sizeof text, "{\"gone\":%d,\"pending\":%zu,\"body_bytes\":%zu,\"connections\":%zu}",
        fixture->gone, stats->requests_pending, stats->body_bytes, stats->connections);
    http_respond(request, &(struct http_answer){.status = 200, .body = {text, (size_t)len}});
}

static void big(struct http_request *request, void *user)
{
    (void)user;
    enum { BIG = 4 << 20 };
    char *text = arena_alloc(http_request_arena(request), BIG - 4096);
    if (text == NULL) {
        http_refuse(request, 503, "overloaded", "no room");
        return;
    }
    memset(text, 'x', BIG - 4096);
    http_respond(request, &(struct http_answer){.status = 200, .body = {text, BIG - 4096}});
}

static void refuse(struct http_request *request, void *user)
{
    (void)user;
    http_problem(request, &(struct http_problem){.status = 409,
                                                 .slug = "insufficient-stock",
                                                 .detail = "only \"3\" left",
                                                 .members = STRVIEW("\"sku\":\"A1\"")});
}

static const struct http_route ROUTES[] = {
    {HTTP_POST, "/echo", echo, 0},
    {HTTP_POST, "/v1/orders", created, 0},
    {HTTP_GET, "/v1/orders/{id}", show_param, 0},
    {HTTP_POST, "/v1/orders/{id}/ship", created, 0},
    {HTTP_GET, "/late", late, 0},
    {HTTP_POST, "/hold", hold, 0},
    {HTTP_GET, "/release", release, 0},
    {HTTP_GET, "/big", big, 0},
    {HTTP_POST, "/refuse", refuse, 0},
    {HTTP_GET, NULL, NULL, 0},
};

static void check_drained(void *user)
{
    struct fixture *fixture = user;
    if (http_server_is_drained(fixture->server)) {
        loop_stop(fixture->loop);
        return;
    }
    loop_timer_start(fixture->drained, 20);
}

static void on_term(void *user)
{
    struct fixture *fixture = user;
    http_server_drain(fixture->server);
    release_all(fixture);
    loop_timer_start(fixture->drained, 0);
}

static struct http_options limits(bool is_wide)
{
    struct http_options options = HTTP_DEFAULTS;
    options.port = 0;
    if (!is_wide) {
        options.max_connections = 20;
        options.max_head_bytes = 2048;
        options.max_body_bytes = 4096;
        options.max_total_bytes = 8192;
        options.head_timeout_ms = 600;
        options.body_timeout_ms = 900;
        options.idle_timeout_ms = 3000;
    }
    return options;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct fixture fixture = {0};
    const struct http_options options = limits(argc > 1 && strcmp(argv[1], "wide") == 0);
    if (loop_new(&fixture.loop, &err) != ERROR_NONE ||
        http_server_new(fixture.loop, &options, &fixture.server, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    http_server_route(fixture.server, ROUTES, &fixture);
    if (http_server_listen(fixture.server, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    fixture.drained = loop_timer_new(fixture.loop, check_drained, &fixture);
    struct loop_signal *term = loop_signal_new(fixture.loop, SIGTERM, on_term, &fixture);
    (void)printf("%u\n", (unsigned)http_server_port(fixture.server));
    (void)fflush(stdout);
    loop_run(fixture.loop);
    loop_signal_free(term);
    loop_timer_free(fixture.drained);
    http_server_free(fixture.server);
    loop_free(fixture.loop);
    return EXIT_SUCCESS;
}
