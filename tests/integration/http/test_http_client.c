/* SPDX-License-Identifier: Apache-2.0 */
/* The client against our own server, both on one loop. */
#include "common/io/http/client.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

static struct loop *loop;
static struct http_server *server;
static struct http_client *client;
static struct error err;

static struct {
    int status;
    char failure[128];
    char body[4096];
    char etag[16];
    int count;
    int again; /* how many more requests the callback sends */
} last;

static void echo(struct http_request *request, void *user)
{
    (void)user;
    const struct http_header headers[] = {{"ETag", "\"v1\""}, {NULL, NULL}};
    http_respond(request, &(struct http_answer){.status = 201,
                                                .headers = headers,
                                                .body = http_request_body(request)});
}

static void show(struct http_request *request, void *user)
{
    (void)user;
    http_respond(request, &(struct http_answer){.status = 200,
                                                .body = http_request_header(request, "X-Key")});
}

/* Never answered: freed with the server. */
static void ignore(struct http_request *request, void *user)
{
    (void)request;
    (void)user;
}

static const struct http_route ROUTES[] = {
    {HTTP_POST, "/echo", echo, .tag = 0},
    {HTTP_GET, "/key", show, .tag = 0},
    {HTTP_GET, "/never", ignore, .tag = 0},
    {.pattern = NULL},
};

static void make_client(uint16_t port)
{
    ck_assert_int_eq(http_client_new(loop, "localhost", port, 300, &client, &err), ERROR_NONE);
}

static void setup(void)
{
    struct http_options options = HTTP_DEFAULTS;
    memset(&last, 0, sizeof last);
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    server = http_server_new(loop, &options);
    http_server_route(server, ROUTES, NULL);
    ck_assert_int_eq(http_server_listen(server, &err), ERROR_NONE);
    make_client(http_server_port(server));
}

static void teardown(void)
{
    http_client_free(client);
    http_server_free(server);
    loop_free(loop);
}

static void post(const char *body);

static void copy(char *out, size_t size, struct strview text)
{
    (void)snprintf(out, size, "%.*s", STRVIEW_ARG(text));
}

static void on_answer(const struct http_client_answer *answer, void *user)
{
    (void)user;
    last.count++;
    last.status = answer->status;
    copy(last.failure, sizeof last.failure, strview_of(answer->failure));
    copy(last.body, sizeof last.body, answer->body);
    copy(last.etag, sizeof last.etag, http_client_header(answer, "etag"));
    if (last.again-- > 0) {
        post("again");
    } else {
        loop_stop(loop);
    }
}

static void send_request(const struct http_client_request *request)
{
    ck_assert_int_eq(http_client_send(client, request, on_answer, NULL, &err), ERROR_NONE);
}

static void post(const char *body)
{
    send_request(&(struct http_client_request){
        .method = HTTP_POST, .path = "/echo", .body = strview_of(body)});
}

START_TEST(an_answer_has_status_headers_and_body)
{
    post("{\"a\":1}");
    loop_run(loop);

    ck_assert_int_eq(last.status, 201);
    ck_assert_str_eq(last.body, "{\"a\":1}");
    ck_assert_str_eq(last.etag, "\"v1\"");
}
END_TEST

START_TEST(headers_are_sent)
{
    const struct http_header headers[] = {{"X-Key", "value"}, {NULL, NULL}};
    send_request(&(struct http_client_request){.path = "/key", .headers = headers});
    loop_run(loop);

    ck_assert_int_eq(last.status, 200);
    ck_assert_str_eq(last.body, "value");
}
END_TEST

START_TEST(the_callback_may_send_the_next_request_on_the_same_connection)
{
    last.again = 500;
    post("first");
    loop_run(loop);

    ck_assert_int_eq(last.count, 501);
    ck_assert_str_eq(last.body, "again");
    ck_assert_uint_eq(http_server_stats(server)->accepted, 1);
}
END_TEST

START_TEST(one_request_at_a_time)
{
    post("first");
    ck_assert_int_eq(http_client_send(client, &(struct http_client_request){.path = "/key"},
                                      on_answer, NULL, &err),
                     ERROR_CONFLICT);
    loop_run(loop);
    ck_assert_int_eq(last.count, 1);
}
END_TEST

START_TEST(no_answer_in_time_is_said_and_the_next_request_connects_anew)
{
    send_request(&(struct http_client_request){.path = "/never"});
    loop_run(loop);
    ck_assert_int_eq(last.status, 0);
    ck_assert_str_eq(last.failure, "no answer in time");

    post("after");
    loop_run(loop);
    ck_assert_int_eq(last.status, 201);
    ck_assert_uint_eq(http_server_stats(server)->accepted, 2);
}
END_TEST

START_TEST(nobody_listening_is_said)
{
    const uint16_t port = http_server_port(server);
    http_server_drain(server);
    http_client_free(client);
    make_client(port);

    post("x");
    loop_run(loop);

    ck_assert_int_eq(last.status, 0);
    ck_assert_uint_gt(strlen(last.failure), 0);
}
END_TEST

START_TEST(a_client_may_be_freed_with_a_request_in_flight)
{
    post("x");
    http_client_free(client);
    client = NULL;
    ck_assert_int_eq(last.count, 0);
}
END_TEST

static const struct {
    const char *url;
    const char *host; /* NULL: refused */
    uint16_t port;
} URLS[] = {
    {"http://127.0.0.1:8080", "127.0.0.1", 8080},
    {"http://localhost:1/", "localhost", 1},
    {"http://a.example", "a.example", 80},
    {"http://[::1]:8080", "::1", 8080},
    {"https://a:1", NULL, 0},
    {"http://", NULL, 0},
    {"http://:80", NULL, 0},
    {"http://a:0", NULL, 0},
    {"http://a:65536", NULL, 0},
    {"http://a:80/path", NULL, 0},
    {"http://a/path", NULL, 0},
    {"http://[::1", NULL, 0},
    {"127.0.0.1:80", NULL, 0},
    {"http://a:", NULL, 0},
};

START_TEST(urls_are_host_and_port_or_refused)
{
    char host[32] = "";
    uint16_t port = 0;

    const enum error_kind kind =
        http_client_parse_url(URLS[_i].url, host, sizeof host, &port, &err);

    ck_assert_msg((kind == ERROR_NONE) == (URLS[_i].host != NULL), "%s", URLS[_i].url);
    if (URLS[_i].host != NULL) {
        ck_assert_str_eq(host, URLS[_i].host);
        ck_assert_uint_eq(port, URLS[_i].port);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_client");
    TCase *requests = tcase_create("requests");
    tcase_add_checked_fixture(requests, setup, teardown);
    tcase_add_test(requests, an_answer_has_status_headers_and_body);
    tcase_add_test(requests, headers_are_sent);
    tcase_add_test(requests, the_callback_may_send_the_next_request_on_the_same_connection);
    tcase_add_test(requests, one_request_at_a_time);
    tcase_add_test(requests, no_answer_in_time_is_said_and_the_next_request_connects_anew);
    tcase_add_test(requests, nobody_listening_is_said);
    tcase_add_test(requests, a_client_may_be_freed_with_a_request_in_flight);
    suite_add_tcase(suite, requests);
    TCase *urls = tcase_create("urls");
    tcase_add_loop_test(urls, urls_are_host_and_port_or_refused, 0, sizeof URLS / sizeof URLS[0]);
    suite_add_tcase(suite, urls);
    return check_main(suite);
}
