/* SPDX-License-Identifier: Apache-2.0 */
/* Answers and problems as bytes. */
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/http/message.h"
#include "tests/support/check_main.h"

#include <signal.h>

#define FIRST_LINES(status)                                                                        \
    "HTTP/1.1 " status "\r\n"                                                                      \
    "Date: today\r\n"                                                                              \
    "Cache-Control: no-store\r\n"                                                                  \
    "X-Content-Type-Options: nosniff\r\n"

static const struct http_header TWO_HEADERS[] = {
    {"ETag", "\"v1\""}, {"Location", "/v1/orders/7"}, {NULL, NULL}};
static const struct http_header SPLITTING[] = {{"X", "a\r\nSet-Cookie: b\x7f\tc"}, {NULL, NULL}};

static const struct {
    struct http_answer answer;
    bool closes;
    int pause_s;
    const char *head;
} HEADS[] = {
    {{.status = 200, .body = {"{}", 2}},
     false,
     0,
     FIRST_LINES("200 OK") "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"},
    {{.status = 200, .body = {"a", 1}, .content_type = "text/plain"},
     true,
     0,
     FIRST_LINES("200 OK") "Content-Type: text/plain\r\nContent-Length: 1\r\n"
                           "Connection: close\r\n\r\n"},
    {{.status = 201, .headers = TWO_HEADERS},
     false,
     0,
     FIRST_LINES("201 Created") "Content-Length: 0\r\nETag: \"v1\"\r\n"
                                "Location: /v1/orders/7\r\n\r\n"},
    /* a value never starts a line of its own */
    {{.status = 200, .headers = SPLITTING},
     false,
     0,
     FIRST_LINES("200 OK") "Content-Length: 0\r\nX: a??Set-Cookie: b??c\r\n\r\n"},
    /* RFC 9110 §8.6: no Content-Length with 204 */
    {{.status = 204, .body = {"x", 1}}, false, 0, FIRST_LINES("204 No Content") "\r\n"},
    {{.status = 304}, true, 0, FIRST_LINES("304 Not Modified") "Connection: close\r\n\r\n"},
    /* without a length where the body comes later */
    {{.status = 200, .coding = HTTP_CODING_CHUNKED, .content_type = "text/event-stream"},
     true,
     0,
     FIRST_LINES("200 OK") "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
                           "Connection: close\r\n\r\n"},
    {{.status = 200, .coding = HTTP_CODING_CLOSE},
     true,
     0,
     FIRST_LINES("200 OK") "Content-Type: application/json\r\nConnection: close\r\n\r\n"},
    {{.status = 503, .headers = TWO_HEADERS},
     true,
     10,
     FIRST_LINES("503 Service Unavailable") "Content-Length: 0\r\nETag: \"v1\"\r\n"
                                            "Location: /v1/orders/7\r\nRetry-After: 10\r\n"
                                            "Connection: close\r\n\r\n"},
    {{.status = 599}, false, 0, FIRST_LINES("599 Unknown") "Content-Length: 0\r\n\r\n"},
};
enum { HEAD_COUNT = sizeof HEADS / sizeof HEADS[0] };

START_TEST(each_head_reads_as_the_table_says)
{
    struct strbuf out;
    strbuf_init(&out, 1024);
    http_message_head(&HEADS[_i].answer, "today", HEADS[_i].pause_s, HEADS[_i].closes, STRVIEW(""),
                      &out);
    ck_assert_str_eq(strbuf_cstr(&out), HEADS[_i].head);
    strbuf_done(&out);
}
END_TEST

START_TEST(a_date_is_that_of_rfc_9110)
{
    char date[HTTP_DATE_SIZE];
    http_message_date(784111777, date);
    ck_assert_str_eq(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    http_message_date(INT64_MAX, date);
    ck_assert_str_eq(date, "");
}
END_TEST

START_TEST(a_status_outside_of_http_aborts)
{
    struct strbuf out;
    strbuf_init(&out, 1024);
    http_message_head(&(struct http_answer){.status = 100}, "today", 0, false, STRVIEW(""), &out);
}
END_TEST

static void put_stock(struct json_writer *writer, const void *user)
{
    json_put_member_string(writer, "sku", strview_of(user));
    json_put_member_integer(writer, "available", 3);
}

static const struct {
    struct http_problem problem;
    const char *body;
} PROBLEMS[] = {
    {{.status = 404, .slug = "not-found"},
     "{\"type\":\"urn:problem:not-found\",\"title\":\"Not found\",\"status\":404}\n"},
    {{.status = 409,
      .slug = "insufficient-stock",
      .detail = "only \"3\" left",
      .put_members = put_stock,
      .members_user = "A1"},
     "{\"type\":\"urn:problem:insufficient-stock\",\"title\":\"Insufficient stock\",\"status\":409,"
     "\"detail\":\"only \\\"3\\\" left\",\"sku\":\"A1\",\"available\":3}\n"},
    {{.status = 503,
      .slug = "overloaded",
      .put_members = http_problem_put_reason,
      .members_user = "memory"},
     "{\"type\":\"urn:problem:overloaded\",\"title\":\"Overloaded\",\"status\":503,"
     "\"reason\":\"memory\"}\n"},
};
enum { PROBLEM_COUNT = sizeof PROBLEMS / sizeof PROBLEMS[0] };

START_TEST(each_problem_reads_as_the_table_says)
{
    struct strbuf out;
    strbuf_init(&out, 1024);
    ck_assert(http_problem_write(&PROBLEMS[_i].problem, &out));
    ck_assert_str_eq(strbuf_cstr(&out), PROBLEMS[_i].body);
    strbuf_done(&out);
}
END_TEST

static const char BARE[] =
    "{\"type\":\"urn:problem:conflict\",\"title\":\"Conflict\",\"status\":409}\n";

START_TEST(what_cannot_be_said_is_left_out)
{
    struct strbuf out;
    struct http_problem problem = {.status = 409, .slug = "conflict", .detail = "\xff"};
    strbuf_init(&out, 1024);
    ck_assert(!http_problem_write(&problem, &out));
    ck_assert_str_eq(strbuf_cstr(&out), BARE);
    problem.detail = "good";
    problem.put_members = put_stock;
    problem.members_user = "\xc3";
    ck_assert(!http_problem_write(&problem, &out)); /* behind what is there already */
    ck_assert_uint_eq(out.len, 2 * (sizeof BARE - 1));
    ck_assert_str_eq(strbuf_cstr(&out) + sizeof BARE - 1, BARE);
    strbuf_done(&out);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
    struct strbuf out;
    const struct http_problem problem = {.status = 409,
                                         .slug = "conflict",
                                         .detail = "a sentence that is too long for what is left"};
    strbuf_init(&out, sizeof BARE + 8);
    ck_assert(!http_problem_write(&problem, &out));
    ck_assert(strbuf_ok(&out));
    ck_assert_str_eq(strbuf_cstr(&out), BARE);
    strbuf_done(&out);
}
END_TEST

static const struct http_header LATER[] = {{"Retry-After", "60"}, {NULL, NULL}};
static const struct http_header ALLOW[] = {{"Allow", "GET"}, {NULL, NULL}};

static const struct {
    struct http_problem problem;
    bool needs_pause;
} ANSWERS[] = {
    {{.status = 404, .slug = "not-found"}, false},
    {{.status = 405, .slug = "method-not-allowed", .headers = ALLOW}, false},
    {{.status = 503, .slug = "overloaded"}, true},
    {{.status = 429, .slug = "too-many", .headers = ALLOW}, true},
    {{.status = 503, .slug = "overloaded", .headers = LATER}, false},
    {{.status = 405, .slug = "method-not-allowed", .headers = LATER}, false},
};
enum { ANSWER_COUNT = sizeof ANSWERS / sizeof ANSWERS[0] };

START_TEST(each_problem_keeps_its_headers_and_needs_a_pause_as_the_table_says)
{
    struct strbuf body;
    strbuf_init(&body, HTTP_PROBLEM_MAX);
    const struct http_answer answer = http_problem_answer(&ANSWERS[_i].problem, &body);
    ck_assert_ptr_eq(answer.headers, ANSWERS[_i].problem.headers);
    ck_assert(http_message_needs_pause(&answer) == ANSWERS[_i].needs_pause);
    ck_assert_int_eq(answer.status, ANSWERS[_i].problem.status);
    ck_assert_str_eq(answer.content_type, "application/problem+json");
    ck_assert(strview_equal(answer.body, strbuf_view(&body)));
    strbuf_done(&body);
}
END_TEST

START_TEST(every_status_in_use_has_its_phrase)
{
    ck_assert_str_eq(http_reason(200), "OK");
    ck_assert_str_eq(http_reason(431), "Request Header Fields Too Large");
    ck_assert_str_eq(http_reason(418), "Unknown");
    ck_assert(!http_message_may_have_body(100));
    ck_assert(!http_message_may_have_body(204));
    ck_assert(!http_message_may_have_body(304));
    ck_assert(http_message_may_have_body(404));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_message");
    TCase *heads = tcase_create("heads");
    tcase_add_loop_test(heads, each_head_reads_as_the_table_says, 0, HEAD_COUNT);
    tcase_add_test(heads, a_date_is_that_of_rfc_9110);
    tcase_add_test_raise_signal(heads, a_status_outside_of_http_aborts, SIGABRT);
    tcase_add_test(heads, every_status_in_use_has_its_phrase);
    suite_add_tcase(suite, heads);
    TCase *problems = tcase_create("problems");
    tcase_add_loop_test(problems, each_problem_reads_as_the_table_says, 0, PROBLEM_COUNT);
    tcase_add_test(problems, what_cannot_be_said_is_left_out);
    tcase_add_test(problems, what_does_not_fit_is_left_out);
    tcase_add_loop_test(problems,
                        each_problem_keeps_its_headers_and_needs_a_pause_as_the_table_says, 0,
                        ANSWER_COUNT);
    suite_add_tcase(suite, problems);
    return check_main(suite);
}
