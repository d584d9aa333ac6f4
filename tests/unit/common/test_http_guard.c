/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One strict reading of a request head: what is accepted, what is refused and
 * with which status. The table is written from RFC 9112 and from the tricks of
 * request smuggling, not from the code.
 */
#include "common/io/http_guard.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { MAX_BODY = 1000 };

#define HEAD(text)                                                                                 \
    {                                                                                              \
        .data = (text), .len = sizeof(text) - 1                                                    \
    }

static const struct {
    struct strview head;
    int status; /* 0: accepted */
    size_t length;
} HEADS[] = {
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0, 0},
    {HEAD("GET /a/b?c=d&e=%20 HTTP/1.1\r\nHost: a\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.0\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0, 0},
    {HEAD("POST / HTTP/1.1\r\nhost: a\r\ncontent-length:1000\r\n\r\n"), 0, 1000},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \t7 \r\n\r\n"), 0, 7},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0007\r\n\r\n"), 0, 7},
    {HEAD("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\r\n\r\n"), 0, 0},

    /* where the body ends */
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"), 413, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999999\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n"
          "Content-Length: 3\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "transfer-encoding:\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "Transfer-Encoding : chunked\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "Transfer-Encoding\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "X: y\r\n Transfer-Encoding: chunked\r\n\r\n"),
     400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n"), 417, 0},

    /* for whom it is */
    {HEAD("GET / HTTP/1.1\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400, 0},

    /* lines */
    {HEAD("GET / HTTP/1.1\nHost: a\n\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\n: z\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nX\x80: z\r\n\r\n"), 400, 0},
    {HEAD("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},

    /* the request line */
    {HEAD("GET /\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / http/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("G(T / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD(" / HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
};
enum { HEAD_COUNT = sizeof HEADS / sizeof HEADS[0] };

START_TEST(each_head_is_judged_as_the_table_says)
{
    struct http_head head;

    const struct http_verdict verdict = http_guard_read(HEADS[_i].head, MAX_BODY, &head);

    ck_assert_msg(verdict.status == HEADS[_i].status, "%d instead of %d (%s) for\n%.*s",
                  verdict.status, HEADS[_i].status, verdict.detail, STRVIEW_ARG(HEADS[_i].head));
    if (verdict.status == 0) {
        ck_assert_uint_eq(head.content_length, HEADS[_i].length);
    } else {
        ck_assert_ptr_nonnull(verdict.slug);
        ck_assert_ptr_nonnull(verdict.detail);
    }
}
END_TEST

START_TEST(an_accepted_head_is_taken_apart)
{
    static const struct strview BYTES = HEAD("POST /v1/orders?limit=3 HTTP/1.1\r\n"
                                             "Host: a\r\nX-Trace:  two words \r\nx-trace: later\r\n"
                                             "Connection: keep-alive, CLOSE\r\n"
                                             "Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
    struct http_head head;

    const struct http_verdict verdict = http_guard_read(BYTES, MAX_BODY, &head);

    ck_assert_int_eq(verdict.status, 0);
    ck_assert(strview_is(head.method, "POST"));
    ck_assert(strview_is(head.path, "/v1/orders"));
    ck_assert(strview_is(head.query, "limit=3"));
    ck_assert_int_eq(head.minor_version, 1);
    ck_assert(strview_is(http_head_field(&head, "X-TRACE"), "two words"));
    ck_assert_ptr_null(http_head_field(&head, "X-Tra").data);
    ck_assert(head.wants_close);
    ck_assert(head.expects_continue);
}
END_TEST

START_TEST(more_header_lines_than_the_table_holds_are_refused)
{
    char text[4096] = "GET / HTTP/1.1\r\nHost: a\r\n";
    struct http_head head;
    size_t len = strlen(text);
    for (int i = 1; i < HTTP_FIELDS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "X: y\r\n");
    }
    memcpy(text + len, "\r\n", 3);
    ck_assert_int_eq(http_guard_read(strview_of(text), MAX_BODY, &head).status, 0);

    memcpy(text + len, "X: y\r\n\r\n", 9);
    ck_assert_int_eq(http_guard_read(strview_of(text), MAX_BODY, &head).status, 431);
}
END_TEST

/* The end is found in the same place however the bytes are cut. */
START_TEST(a_head_sent_byte_by_byte_ends_where_it_ends)
{
    static const struct strview BYTES = HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest");
    size_t scanned = 0;
    for (size_t len = 1; len <= BYTES.len; len++) {
        const size_t end = http_guard_head_length((struct strview){BYTES.data, len}, &scanned);
        ck_assert_uint_eq(end, len < BYTES.len - 4 ? 0 : BYTES.len - 4);
        if (end > 0) {
            return;
        }
    }
    ck_abort_msg("no end found");
}
END_TEST

START_TEST(the_whole_head_at_once_ends_there_too)
{
    static const struct strview BYTES = HEAD("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT");
    size_t scanned = 0;
    ck_assert_uint_eq(http_guard_head_length(BYTES, &scanned), BYTES.len - 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_guard");
    TCase *heads = tcase_create("heads");
    tcase_add_loop_test(heads, each_head_is_judged_as_the_table_says, 0, HEAD_COUNT);
    tcase_add_test(heads, an_accepted_head_is_taken_apart);
    tcase_add_test(heads, more_header_lines_than_the_table_holds_are_refused);
    tcase_add_test(heads, a_head_sent_byte_by_byte_ends_where_it_ends);
    tcase_add_test(heads, the_whole_head_at_once_ends_there_too);
    suite_add_tcase(suite, heads);
    return check_main(suite);
}
