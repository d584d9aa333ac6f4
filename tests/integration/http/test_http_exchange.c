/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its answer on a socket pair, without a connection around them: who is told
 * what, what is left of it, and that it is answered once.
 */
#include "common/contract/json.h"
#include "common/io/http/exchange_internal.h"
#include "common/io/http/server.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static struct http_server *server;
static struct http_line line;
static int peer;
static struct http_request *handled;
static int wakes;
static int told;

static void count(void *user)
{
    ++*(int *)user;
}

static void keep_it(struct http_request *request, void *user)
{
    (void)user;
    handled = request;
}

static const struct http_route ROUTES[] = {{HTTP_POST, "/{id}", keep_it, .tag = 0},
                                           {.pattern = NULL}};

static void set_up(void)
{
    struct error err;
    struct http_options options = HTTP_DEFAULTS;
    int ends[2];
    options.max_total_bytes = 65536;
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    server = http_server_new(loop, &options);
    http_server_route(server, ROUTES, NULL);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    wakes = told = 0;
    handled = NULL;
    peer = ends[1];
    line = (struct http_line){
        .fd = ends[0], .budget = &server->budget, .wake = loop_deferred_new(loop, count, &wakes)};
}

static void tear_down(void)
{
    http_line_done(&line);
    ck_assert_uint_eq(http_server_held_bytes(server), 0);
    ck_assert_uint_eq(server->stats.body_bytes, 0);
    ck_assert_uint_eq(server->stats.requests_pending, 0);
    loop_deferred_free(line.wake);
    (void)close(line.fd);
    (void)close(peer);
    http_server_free(server);
    loop_free(loop);
}

static struct http_request *begin(struct strview head)
{
    struct http_verdict refusal = {0};
    struct http_request *request = http_exchange_new(server, &line, head, &refusal);
    ck_assert_int_eq(refusal.status, 0);
    return request;
}

/* With its handler, which waits for the peer to leave. */
static struct http_request *begin_waiting(void)
{
    struct http_request *request =
        begin(STRVIEW("POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"));
    struct strview bytes = STRVIEW("hi");
    struct strview piece;
    ck_assert(http_exchange_judge(request));
    ck_assert_int_eq(http_body_read(&line.body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert(http_exchange_take(request, piece));
    ck_assert_int_eq(http_body_read(&line.body, &bytes, &piece), HTTP_CHUNKS_END);
    http_exchange_handle(request);
    ck_assert_ptr_eq(handled, request);
    ck_assert(strview_is(http_request_body(request), "hi"));
    ck_assert(strview_is(http_request_param(request, 0), "7"));
    http_request_on_gone(request, count, &told);
    ck_assert_int_eq(told, 0);
    return request;
}

static void answer(struct http_request *request)
{
    http_respond(request, &(struct http_answer){.status = 200, .body = http_request_body(request)});
}

static void stop_loop(void *user)
{
    loop_stop(user);
}

static void run_wakes(void)
{
    struct loop_timer *stop = loop_timer_new(loop, stop_loop, loop);
    loop_timer_start(stop, 0);
    loop_run(loop);
    loop_timer_free(stop);
}

/* What has been sent, with a NUL behind it. */
static const char *sent(void)
{
    static char bytes[4096];
    const ssize_t len = recv(peer, bytes, sizeof bytes - 1, MSG_DONTWAIT);
    bytes[len > 0 ? len : 0] = '\0';
    return bytes;
}

START_TEST(an_answer_is_sent_at_once_and_asks_for_a_turn)
{
    struct http_request *request = begin_waiting();
    ck_assert_uint_eq(server->stats.requests_pending, 1);
    answer(request);
    ck_assert_int_eq(wakes, 0); /* nobody is called from inside an answer */
    ck_assert_int_eq(strncmp(sent(), "HTTP/1.1 200 OK\r\n", 17), 0);
    ck_assert_uint_eq(http_server_held_bytes(server), 0); /* nor is anything held after it */
    run_wakes();
    ck_assert_int_eq(wakes, 1);
    http_exchange_part(request);
}
END_TEST

START_TEST(who_has_answered_is_not_told_that_the_peer_left)
{
    struct http_request *request = begin_waiting();
    answer(request);
    http_exchange_end_input(request);
    ck_assert_int_eq(told, 0);
    http_exchange_part(request);
    ck_assert_int_eq(told, 0);
}
END_TEST

START_TEST(who_waits_is_told_once)
{
    struct http_request *request = begin_waiting();
    http_exchange_end_input(request);
    http_exchange_end_input(request);
    ck_assert_int_eq(told, 1);
    line.state = HTTP_LINE_ENDED;
    http_request_on_gone(request, count, &told); /* is so already */
    ck_assert_int_eq(told, 2);
    answer(request);
    http_exchange_part(request);
}
END_TEST

START_TEST(without_a_peer_an_answer_only_frees)
{
    struct http_request *request = begin_waiting();
    http_exchange_part(request);
    ck_assert_int_eq(told, 1);
    answer(request);
    ck_assert_str_eq(sent(), "");
    run_wakes();
    ck_assert_int_eq(wakes, 0);
}
END_TEST

START_TEST(what_is_still_read_is_freed_with_its_peer)
{
    struct http_request *request =
        begin(STRVIEW("POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n"));
    ck_assert(http_exchange_judge(request));
    ck_assert(http_exchange_take(request, STRVIEW("some")));
    ck_assert_uint_eq(server->stats.body_bytes, 4);
    http_exchange_part(request);
    ck_assert_int_eq(told, 0);
}
END_TEST

START_TEST(a_body_without_room_is_answered)
{
    struct http_request *request =
        begin(STRVIEW("POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n"));
    ck_assert(http_exchange_judge(request));
    const size_t room = server->budget.room;
    ck_assert(http_budget_take(&server->budget, HTTP_HOLDER_KNOWN, room));
    ck_assert(!http_exchange_take(request, STRVIEW("some")));
    ck_assert_ptr_nonnull(strstr(sent(), "\"reason\":\"memory\""));
    ck_assert(!line.closes);
    http_exchange_part(request);
    http_budget_give(&server->budget, HTTP_HOLDER_KNOWN, room);
}
END_TEST

static void put_mood(struct json_writer *writer, const void *user)
{
    json_put_member_string(writer, "mood", strview_of(user));
}

START_TEST(what_every_problem_says_stands_in_each)
{
    const struct http_verdict verdict = {
        .status = 400, .slug = "malformed-request", .detail = "no host"};
    http_server_put_in_problems(server, put_mood, "calm");
    struct http_request *request =
        begin(STRVIEW("POST /7/8 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"));
    ck_assert(!http_exchange_judge(request));
    ck_assert_ptr_nonnull(strstr(sent(), "\"status\":404,\"detail\":\"there is nothing at this "
                                         "path\",\"mood\":\"calm\"}"));
    http_exchange_part(request);
    request = begin_waiting();
    http_problem(request, &(struct http_problem){.status = 409,
                                                 .slug = "decision-outdated",
                                                 .put_members = http_problem_put_reason,
                                                 .members_user = "late"});
    ck_assert_ptr_nonnull(strstr(sent(), "\"status\":409,\"reason\":\"late\",\"mood\":\"calm\"}"));
    http_exchange_part(request);
    http_exchange_refuse(server, &line, &verdict);
    ck_assert_ptr_nonnull(strstr(sent(), "\"detail\":\"no host\",\"mood\":\"calm\"}"));
}
END_TEST

START_TEST(who_waits_to_be_asked_for_the_body_cannot_go_on)
{
    struct http_request *request = begin(
        STRVIEW("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
    ck_assert(!line.closes);
    ck_assert(!http_exchange_judge(request));
    ck_assert(line.closes);
    const char *bytes = sent();
    ck_assert_ptr_nonnull(strstr(bytes, "HTTP/1.1 404 "));
    ck_assert_ptr_nonnull(strstr(bytes, "\r\nConnection: close\r\n"));
    http_exchange_part(request);
}
END_TEST

START_TEST(a_line_without_a_reader_breaks)
{
    struct http_request *request = begin_waiting();
    (void)shutdown(peer, SHUT_RD);
    answer(request);
    ck_assert_int_eq(line.state, HTTP_LINE_BROKEN);
    ck_assert(!http_line_has_unsent(&line));
    http_exchange_part(request);
}
END_TEST

START_TEST(answering_twice_aborts)
{
    struct http_request *request = begin_waiting();
    answer(request);
    answer(request);
}
END_TEST

#define EMPTY_POST STRVIEW("POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")

enum { BUSY = 1, OTHER, MOST = 50000 };

/* A request of BUSY that holds most of what all may hold. */
static struct http_request *begin_large(void)
{
    struct http_request *request = begin(EMPTY_POST);
    ck_assert(http_exchange_judge(request));
    ck_assert(http_request_charge(request, BUSY));
    ck_assert_uint_eq(shares_of(&server->parties, BUSY), http_server_held_bytes(server));
    ck_assert_ptr_nonnull(arena_alloc(http_request_arena(request), MOST));
    ck_assert_uint_eq(shares_of(&server->parties, BUSY), http_server_held_bytes(server));
    return request;
}

static void assert_refused(struct http_request *request, const char *status, const char *slug)
{
    const char *answered = sent();
    ck_assert_ptr_nonnull(strstr(answered, status));
    ck_assert_ptr_nonnull(strstr(answered, slug));
    ck_assert_ptr_nonnull(strstr(answered, "\r\nRetry-After: 1\r\n"));
    ck_assert_ptr_nonnull(strstr(answered, "\"reason\":\"memory\""));
    ck_assert_int_eq(request->state, EXCHANGE_ANSWERED);
    http_exchange_part(request);
}

START_TEST(who_has_most_of_the_memory_is_refused_before_its_handler)
{
    struct http_request *large = begin_large();
    struct http_request *other = begin(EMPTY_POST);
    ck_assert(http_exchange_judge(other));
    ck_assert(http_request_charge(other, OTHER)); /* who holds little may have the rest */

    http_exchange_handle(large);
    ck_assert_ptr_null(handled);
    assert_refused(large, " 429 ", "urn:problem:rate-limited");
    ck_assert_uint_eq(server->parties.count, 1);
    http_exchange_part(other);
    ck_assert_uint_eq(server->parties.count, 0);
}
END_TEST

START_TEST(one_alone_that_leaves_no_memory_is_told_that_there_is_none)
{
    struct http_request *large = begin_large();
    struct http_request *next = begin(EMPTY_POST);
    ck_assert(http_exchange_judge(next));
    ck_assert(!http_request_charge(next, BUSY));
    assert_refused(next, " 503 ", "urn:problem:overloaded");
    http_exchange_part(large);
}
END_TEST

START_TEST(a_body_counts_as_its_partys)
{
    struct http_request *request =
        begin(STRVIEW("POST /7 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"));
    ck_assert(http_exchange_judge(request));
    ck_assert(http_request_charge(request, BUSY));
    const size_t before = shares_of(&server->parties, BUSY);
    ck_assert(http_exchange_take(request, STRVIEW("h")));
    ck_assert_uint_gt(shares_of(&server->parties, BUSY), before);
    ck_assert_uint_eq(shares_of(&server->parties, BUSY), http_server_held_bytes(server));
    ck_assert_ptr_nonnull(arena_alloc(http_request_arena(request), MOST));
    ck_assert(!http_exchange_take(request, STRVIEW("i")));
    assert_refused(request, " 503 ", "urn:problem:overloaded");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http/exchange");
    TCase *exchanges = tcase_create("exchanges");
    tcase_add_checked_fixture(exchanges, set_up, tear_down);
    tcase_add_test(exchanges, an_answer_is_sent_at_once_and_asks_for_a_turn);
    tcase_add_test(exchanges, who_has_answered_is_not_told_that_the_peer_left);
    tcase_add_test(exchanges, who_waits_is_told_once);
    tcase_add_test(exchanges, without_a_peer_an_answer_only_frees);
    tcase_add_test(exchanges, what_is_still_read_is_freed_with_its_peer);
    tcase_add_test(exchanges, a_body_without_room_is_answered);
    tcase_add_test(exchanges, what_every_problem_says_stands_in_each);
    tcase_add_test(exchanges, who_waits_to_be_asked_for_the_body_cannot_go_on);
    tcase_add_test(exchanges, a_line_without_a_reader_breaks);
    tcase_add_test(exchanges, who_has_most_of_the_memory_is_refused_before_its_handler);
    tcase_add_test(exchanges, one_alone_that_leaves_no_memory_is_told_that_there_is_none);
    tcase_add_test(exchanges, a_body_counts_as_its_partys);
    tcase_add_test_raise_signal(exchanges, answering_twice_aborts, SIGABRT);
    suite_add_tcase(suite, exchanges);
    return check_main(suite);
}
