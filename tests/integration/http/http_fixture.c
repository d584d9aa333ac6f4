/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_fixture.c - a server with tight limits for test_http.py, and for wrk.
 *
 * Prints its port, serves until SIGTERM, drains, and ends with 0 when nothing
 * is left over. Its argument names the limits, see LIMITS.
 */
#include "common/base/arena.h"
#include "common/base/parse.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/http/stream.h"
#include "common/io/loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 16, DOCUMENT_LEN = 8 << 20 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct http_request *held[HELD_MAX]; /* by /hold, until /release */
    size_t held_count;
    struct loop_timer *drained;
    int gone;
    struct stream *streams;
    int left, cut; /* streams that ended so */
};

struct stream {
    struct fixture *fixture;
    struct http_stream *stream;
    struct stream *next;
    int64_t wanted, said; /* pieces */
    size_t len;           /* of each */
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

static void state(struct http_request *request, void *user)
{
    const struct fixture *fixture = user;
    char text[128];
    const struct http_stats *stats = http_server_stats(fixture->server);
    const int len =
        snprintf(text, sizeof text,
                 "{\"held\":%zu,\"connections\":%zu,\"pending\":%zu,\"left\":%d,\"cut\":%d}",
                 http_server_held_bytes(fixture->server), stats->connections,
                 stats->requests_pending, fixture->left, fixture->cut);
    http_respond(request, &(struct http_answer){.status = 200, .body = {text, (size_t)len}});
}

static void drop_stream(struct stream *stream)
{
    struct stream **at = &stream->fixture->streams;
    while (*at != stream) {
        at = &(*at)->next;
    }
    *at = stream->next;
    free(stream);
}

/* As long as nothing is unsent; the last one ends it. */
static void say_more(void *user)
{
    struct stream *stream = user;
    static char piece[HTTP_PIECE_MAX];
    memset(piece, 's', sizeof piece);
    while (stream->said < stream->wanted && !http_stream_has_unsent(stream->stream)) {
        http_stream_send(stream->stream, (struct strview){piece, stream->len});
        stream->said++;
    }
    if (stream->said == stream->wanted && stream->wanted > 0) {
        http_stream_end(stream->stream);
        drop_stream(stream);
    }
}

static void on_stream_end(void *user, enum http_stream_end why)
{
    struct stream *stream = user;
    stream->fixture->left += why == HTTP_STREAM_LEFT;
    stream->fixture->cut += why == HTTP_STREAM_CUT;
    drop_stream(stream);
}

/* So many pieces of that length; without a number it goes on for ever. */
static void begin_stream(struct http_request *request, void *user)
{
    static const struct http_header HEADERS[] = {{"X-Accel-Buffering", "no"}, {NULL, NULL}};
    struct fixture *fixture = user;
    int64_t len = 1;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        abort();
    }
    (void)!parse_i64(http_request_query(request, "pieces"), &stream->wanted);
    (void)!parse_i64(http_request_query(request, "len"), &len);
    stream->fixture = fixture;
    stream->len = (size_t)len;
    stream->stream =
        http_respond_stream(request, &(struct http_stream_options){.content_type = "text/plain",
                                                                   .headers = HEADERS,
                                                                   .on_drained = say_more,
                                                                   .on_end = on_stream_end,
                                                                   .user = stream});
    if (stream->stream == NULL) {
        free(stream);
        return;
    }
    stream->next = fixture->streams;
    fixture->streams = stream;
    say_more(stream);
}

/* Each of those that go on gets one more piece. */
static void say_one(struct http_request *request, void *user)
{
    const struct fixture *fixture = user;
    for (struct stream *each = fixture->streams; each != NULL; each = each->next) {
        if (!http_stream_has_unsent(each->stream)) {
            http_stream_send(each->stream, STRVIEW("news"));
        }
    }
    http_respond(request, &(struct http_answer){.status = 200, .body = STRVIEW("\"said\"")});
}

static void on_wait_over(void *user)
{
    http_respond(user, &(struct http_answer){.status = 200, .body = STRVIEW("\"gone\"")});
}

static void wait_for_the_end(struct http_request *request, void *user)
{
    (void)user;
    http_request_on_gone(request, on_wait_over, request);
}

static void document(struct http_request *request, void *user)
{
    static char text[DOCUMENT_LEN];
    (void)user;
    memset(text, 'd', sizeof text);
    http_respond(request, &(struct http_answer){
                              .status = 200, .body = {text, sizeof text}, .body_stays = true});
}

/* Below /kept/ a token is needed. */
static bool has_token(struct http_request *request, void *user)
{
    (void)user;
    if (!strview_is(http_request_header(request, "X-Token"), "yes")) {
        http_refuse(request, 401, "unauthenticated", "no token");
        return false;
    }
    http_request_admit(request);
    return true;
}

static bool check_unrouted(struct http_request *request, void *user)
{
    const struct strview path = http_request_path(request);
    return path.len < 6 || memcmp(path.data, "/kept/", 6) != 0 || has_token(request, user);
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

static void put_sku(struct json_writer *writer, const void *user)
{
    json_put_member_string(writer, "sku", strview_of(user));
}

static void refuse(struct http_request *request, void *user)
{
    (void)user;
    http_problem(request, &(struct http_problem){.status = 409,
                                                 .slug = "insufficient-stock",
                                                 .detail = "only \"3\" left",
                                                 .put_members = put_sku,
                                                 .members_user = "A1"});
}

static const struct http_route ROUTES[] = {
    {HTTP_POST, "/echo", echo, .tag = 0},
    {HTTP_POST, "/v1/orders", created, .tag = 0},
    {HTTP_GET, "/v1/orders/{id}", show_param, .tag = 0},
    {HTTP_POST, "/v1/orders/{id}/ship", created, .tag = 0},
    {HTTP_GET, "/late", late, .tag = 0},
    {HTTP_POST, "/hold", hold, .tag = 0},
    {HTTP_GET, "/release", release, .is_vital = true},
    {HTTP_GET, "/state", state, .is_vital = true},
    {HTTP_GET, "/stream", begin_stream, .tag = 0},
    {HTTP_GET, "/say", say_one, .is_vital = true},
    {HTTP_GET, "/wait", wait_for_the_end, .tag = 0},
    {HTTP_GET, "/document", document, .tag = 0},
    {HTTP_POST, "/kept/guarded", echo, .on_head = has_token},
    {HTTP_GET, "/big", big, .tag = 0},
    {HTTP_POST, "/refuse", refuse, .tag = 0},
    {.pattern = NULL},
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
    while (fixture->streams != NULL) {
        http_stream_end(fixture->streams->stream);
        drop_stream(fixture->streams);
    }
    loop_timer_start(fixture->drained, 0);
}

static void be_tight(struct http_options *options)
{
    options->max_connections = 20;
    options->spare_connections = 0;
    options->max_head_bytes = 2048;
    options->max_body_bytes = 4096;
    options->max_total_bytes = 32 << 20;
    options->first_timeout_ms = 3000;
    options->head_timeout_ms = 600;
    options->body_timeout_ms = 900;
    options->idle_timeout_ms = 3000;
}

static void be_poor(struct http_options *options)
{
    be_tight(options);
    options->max_total_bytes = 65536;
    options->first_timeout_ms = options->head_timeout_ms = 20000;
    options->body_timeout_ms = options->idle_timeout_ms = 20000;
}

/* Places are few, time is not. */
static void be_crowded(struct http_options *options)
{
    options->max_connections = 20;
    options->spare_connections = 4;
}

static void be_hasty(struct http_options *options)
{
    options->first_timeout_ms = 500;
}

static void be_brief(struct http_options *options)
{
    options->idle_timeout_ms = 700;
}

static void be_wide(struct http_options *options)
{
    (void)options;
}

static const struct {
    const char *name;
    void (*set)(struct http_options *options);
} LIMITS[] = {
    {"tight", be_tight}, {"poor", be_poor},   {"crowded", be_crowded},
    {"hasty", be_hasty}, {"brief", be_brief}, {"wide", be_wide},
};

static struct http_options limits(const char *name)
{
    struct http_options options = HTTP_DEFAULTS;
    options.port = 0;
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
        if (strcmp(LIMITS[i].name, name) == 0) {
            LIMITS[i].set(&options);
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct fixture fixture = {0};
    const struct http_options options = limits(argc > 1 ? argv[1] : "tight");
    if (loop_new(&fixture.loop, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    fixture.server = http_server_new(fixture.loop, &options);
    http_server_route(fixture.server, ROUTES, &fixture);
    http_server_on_unrouted(fixture.server, check_unrouted, NULL);
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
