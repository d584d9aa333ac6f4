/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_echo.c - says which requests the HTTP server saw, for test_nginx.py.
 *
 * Listens at as many free ports as its argument says and prints them in one line. Each request is
 * then a line: the listener's number, and in hexadecimal what a handler gets to see of it.
 */
#include "common/base/parse.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { LISTENERS_MAX = 64 };

struct listener {
    size_t number;
    struct http_server *server;
};

static const char *const METHODS[] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_DELETE] = "DELETE",
};

static void print_hex(struct strview text)
{
    (void)putchar(' ');
    for (size_t i = 0; i < text.len; i++) {
        (void)printf("%02x", (unsigned)(unsigned char)text.data[i]);
    }
    (void)printf(text.data == NULL ? "-" : ".");
}

static void on_request(struct http_request *request, void *user)
{
    static const char *const FIELDS[] = {"Authorization", "Content-Type", "Idempotency-Key",
                                         "If-Match", "X-Seen"};
    const struct listener *listener = user;
    (void)printf("%zu %s", listener->number, METHODS[http_request_method(request)]);
    print_hex(http_request_path(request));
    print_hex(http_request_query(request, "q"));
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        print_hex(http_request_header(request, FIELDS[i]));
    }
    const struct strview body = http_request_body(request);
    print_hex((struct strview){.data = body.data == NULL ? "" : body.data, .len = body.len});
    (void)putchar('\n');
    (void)fflush(stdout);
    http_respond(request, &(struct http_answer){.status = 200, .body = STRVIEW("\"seen\"")});
}

#define ANY(method)                                                                                \
    {method, "/", on_request, .tag = 0}, {method, "/{a}", on_request, .tag = 0},                   \
        {method, "/{a}/{b}", on_request, .tag = 0},                                                \
    {                                                                                              \
        method, "/{a}/{b}/{c}", on_request, .tag = 0                                               \
    }

static const struct http_route ROUTES[] = {
    ANY(HTTP_GET), ANY(HTTP_POST), ANY(HTTP_PUT), ANY(HTTP_DELETE), {.pattern = NULL},
};

static enum error_kind open_listener(struct loop *loop, struct listener *listener,
                                     struct error *err)
{
    struct http_options options = HTTP_DEFAULTS;
    options.address = "127.0.0.1";
    options.port = 0;
    options.head_timeout_ms = 700;
    options.body_timeout_ms = 700;
    options.idle_timeout_ms = 700;
    listener->server = http_server_new(loop, &options);
    http_server_route(listener->server, ROUTES, listener);
    return http_server_listen(listener->server, err);
}

static void on_term(void *user)
{
    loop_stop(user);
}

int main(int argc, char **argv)
{
    static struct listener listeners[LISTENERS_MAX];
    struct loop *loop = NULL;
    struct error err = {.kind = ERROR_NONE};
    int64_t count = 0;
    if (argc != 2 || !parse_i64(strview_of(argv[1]), &count) || count < 1 ||
        count > LISTENERS_MAX || loop_new(&loop, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "usage: http_echo LISTENERS\n");
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        listeners[i].number = i;
        if (open_listener(loop, &listeners[i], &err) != ERROR_NONE) {
            (void)fprintf(stderr, "%s\n", err.text);
            return EXIT_FAILURE;
        }
        (void)printf("%u ", (unsigned)http_server_port(listeners[i].server));
    }
    (void)putchar('\n');
    (void)fflush(stdout);
    struct loop_signal *term = loop_signal_new(loop, SIGTERM, on_term, loop);
    loop_run(loop);
    loop_signal_free(term);
    for (size_t i = 0; i < (size_t)count; i++) {
        http_server_free(listeners[i].server);
    }
    loop_free(loop);
    return EXIT_SUCCESS;
}
