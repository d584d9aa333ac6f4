/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of which origins may ask, and how they are told. */
#include "common/io/http/cors.h"
#include "common/io/http/guard.h"
#include "common/io/http/message.h"
#include "tests/support/check_main.h"

#include <stdio.h>

#define LINES                                                                                      \
    "\r\nAccess-Control-Expose-Headers: ETag, Idempotent-Replayed, Location, RateLimit, "          \
    "RateLimit-Policy, Retry-After, WWW-Authenticate, X-Stale\r\n"

static struct http_cors cors;
static struct http_head head;
static struct strbuf out;

static void setup(void)
{
    struct error err;
    strbuf_init(&out, 1024);
    ck_assert_int_eq(
        http_cors_read("https://a.example ,http://localhost:5173, capacitor://localhost", &cors,
                       &err),
        ERROR_NONE);
}

static void teardown(void)
{
    strbuf_done(&out);
}

static const char *lines_for(const char *request)
{
    const struct http_verdict verdict = http_guard_read(strview_of(request), 100, &head);
    ck_assert_int_eq(verdict.status, 0);
    strbuf_reset(&out);
    http_cors_put(&cors, &head, &out);
    return strbuf_cstr(&out);
}

#define GET(lines) "GET /v1/orders HTTP/1.1\r\nHost: h\r\n" lines "\r\n"

START_TEST(a_listed_origin_is_named_and_may_read_our_headers)
{
    ck_assert_str_eq(lines_for(GET("Origin: https://a.example\r\n")),
                     "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example" LINES);
    ck_assert_str_eq(lines_for(GET("oRIGIN: http://localhost:5173\r\n")),
                     "Vary: Origin\r\nAccess-Control-Allow-Origin: http://localhost:5173" LINES);
    ck_assert_str_eq(lines_for(GET("Origin: capacitor://localhost\r\n")),
                     "Vary: Origin\r\nAccess-Control-Allow-Origin: capacitor://localhost" LINES);
}
END_TEST

static const char *const STRANGE[] = {
    "",
    "Origin: null\r\n",
    "Origin: *\r\n",
    "Origin:\r\n",
    "Origin: https://a.example.evil\r\n",
    "Origin: https://a.exampl\r\n",
    "Origin: http://a.example\r\n",
    "Origin: https://a.example:8443\r\n",
    "Origin: HTTPS://A.EXAMPLE\r\n",
    "Origin: https://a.example\r\nOrigin: https://a.example\r\n",
    "Origin: https://a.example, http://localhost:5173\r\n",
};

START_TEST(another_is_told_nothing_but_that_it_matters)
{
    char request[512];
    (void)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", STRANGE[_i]);
    ck_assert_str_eq(lines_for(request), "Vary: Origin\r\n");
}
END_TEST

START_TEST(neither_is_the_answer_to_a_refused_head)
{
    http_cors_put(&cors, NULL, &out);
    ck_assert_str_eq(strbuf_cstr(&out), "Vary: Origin\r\n");
}
END_TEST

START_TEST(without_a_list_nothing_is_said)
{
    struct error err;
    ck_assert_int_eq(http_cors_read("", &cors, &err), ERROR_NONE);
    ck_assert_str_eq(lines_for(GET("Origin: https://a.example\r\n")), "");
    ck_assert(!http_cors_is_preflight(&cors, &head));
}
END_TEST

#define PREFLIGHT(method, origin, asks)                                                            \
    method " /v1/orders HTTP/1.1\r\nHost: h\r\n" origin asks "\r\n"
#define FROM_A "Origin: https://a.example\r\n"
#define ASKS   "Access-Control-Request-Method: POST\r\n"

static const struct {
    const char *request;
    bool is_preflight;
} ASKED[] = {
    {PREFLIGHT("OPTIONS", FROM_A, ASKS), true},
    {PREFLIGHT("OPTIONS", FROM_A, "Access-Control-Request-Headers: authorization\r\n" ASKS), true},
    {PREFLIGHT("OPTIONS", FROM_A, ""), false},
    {PREFLIGHT("OPTIONS", "", ASKS), false},
    {PREFLIGHT("OPTIONS", "Origin: https://b.example\r\n", ASKS), false},
    {PREFLIGHT("GET", FROM_A, ASKS), false},
};

START_TEST(a_preflight_is_told_from_other_requests)
{
    (void)lines_for(ASKED[_i].request);
    ck_assert_int_eq(http_cors_is_preflight(&cors, &head), ASKED[_i].is_preflight);
}
END_TEST

START_TEST(a_preflight_never_allows_credentials)
{
    for (const struct http_header *each = HTTP_CORS_PREFLIGHT; each->name != NULL; each++) {
        ck_assert_str_ne(each->name, "Access-Control-Allow-Credentials");
        ck_assert_str_ne(each->value, "*");
    }
}
END_TEST

static const char *const NO_LISTS[] = {
    "*",
    "null",
    ",https://a.example",
    "https://a.example,,https://b.example",
    "https://*.example",
    "https://a.example/",
    "https://a.example/path",
    "https://A.example",
    "HTTPS://a.example",
    "https://a.example:443",
    "http://a.example:80",
    "http://a.example:",
    "http://:8080",
    "https://user@a.example",
    "https://a.example https://b.example",
    "https:a.example",
    "https://",
    "://a.example",
    "1p://a.example",
    "a.example",
    "https://a.example:123456",
    "https://a.example\nX: y",
};

START_TEST(what_no_browser_sends_is_no_list)
{
    struct error err;
    struct http_cors read = {.count = 7};
    ck_assert_int_eq(http_cors_read(NO_LISTS[_i], &read, &err), ERROR_INVALID);
    ck_assert_uint_eq(read.count, 7);
}
END_TEST

START_TEST(a_list_has_so_many_and_no_more)
{
    struct error err;
    struct http_cors read;
    strbuf_append(&out, STRVIEW("https://a"));
    for (int i = 1; i < HTTP_ORIGINS_MAX; i++) {
        strbuf_append(&out, STRVIEW(",https://[::1]:8"));
    }
    ck_assert_int_eq(http_cors_read(strbuf_cstr(&out), &read, &err), ERROR_NONE);
    ck_assert_uint_eq(read.count, HTTP_ORIGINS_MAX);
    strbuf_append(&out, STRVIEW(",https://b"));
    ck_assert_int_eq(http_cors_read(strbuf_cstr(&out), &read, &err), ERROR_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_cors");
    TCase *answers = tcase_create("answers");
    TCase *lists = tcase_create("lists");
    tcase_add_checked_fixture(answers, setup, teardown);
    tcase_add_checked_fixture(lists, setup, teardown);
    tcase_add_test(answers, a_listed_origin_is_named_and_may_read_our_headers);
    tcase_add_loop_test(answers, another_is_told_nothing_but_that_it_matters, 0,
                        sizeof STRANGE / sizeof STRANGE[0]);
    tcase_add_test(answers, neither_is_the_answer_to_a_refused_head);
    tcase_add_test(answers, without_a_list_nothing_is_said);
    tcase_add_loop_test(answers, a_preflight_is_told_from_other_requests, 0,
                        sizeof ASKED / sizeof ASKED[0]);
    tcase_add_test(answers, a_preflight_never_allows_credentials);
    tcase_add_loop_test(lists, what_no_browser_sends_is_no_list, 0,
                        sizeof NO_LISTS / sizeof NO_LISTS[0]);
    tcase_add_test(lists, a_list_has_so_many_and_no_more);
    suite_add_tcase(suite, answers);
    suite_add_tcase(suite, lists);
    return check_main(suite);
}
