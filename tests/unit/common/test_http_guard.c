/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One strict reading of a request head: what is accepted, what is refused and
 * with which status. The table is written from RFC 9112 and from the tricks of
 * request smuggling, not from the code.
 */
#include "common/io/http/guard.h"
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
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Content-Length: 3\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "Transfer-Encoding: chunked\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Transfer-Encoding: chunked\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Transfer-Encoding:\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n"
          "Transfer-Encoding: chunked\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Transfer-Encoding: ,\r\n\r\n"),
     400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n"), 400, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"), 501, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"), 501, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"), 501, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n"), 501, 0},
    {HEAD("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"), 501, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, 0},
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
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n"), 417, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: x\r\n\r\n"), 417, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, x\r\n\r\n"), 417, 0},

    /* for whom it is */
    {HEAD("GET / HTTP/1.1\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a:8080\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a:\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: [2001:db8::7]:8082\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: A_b-c~%41\r\n\r\n"), 0, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: \xff\r\n\r\n"), 400, 0},
    {HEAD("GET / HTTP/1.1\r\nHost: \"a\"\r\n\r\n"), 400, 0},

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
    {HEAD("GET http://a/ HTTP/1.1\r\n\r\n"), 400, 0},
    {HEAD("GET http:// HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http:/// HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http://:80/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET //a HTTP/1.1\r\nHost: a\r\n\r\n"), 0, 0},
    {HEAD("GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
    {HEAD("GET a/b HTTP/1.1\r\nHost: a\r\n\r\n"), 400, 0},
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
    ck_assert_ptr_null(http_head_lone_field(&head, "X-TRACE").data); /* it stands twice */
    ck_assert_ptr_null(http_head_lone_field(&head, "X-Tra").data);
    ck_assert(strview_is(http_head_lone_field(&head, "EXPECT"), "100-Continue"));
    ck_assert(head.wants_close);
    ck_assert(head.expects_continue);
}
END_TEST

static const struct {
    const char *target;
    const char *path;
    const char *query; /* NULL: none */
} TARGETS[] = {
    {"/", "/", NULL},
    {"/a?", "/a", ""},
    {"/a?b?c", "/a", "b?c"},
    {"//a/b", "//a/b", NULL},
    {"http://a", "/", NULL},
    {"http://a/", "/", NULL},
    {"HTTPS://[::1]:8080/v1/orders?limit=3", "/v1/orders", "limit=3"},
    {"http://a.example?q", "/", "q"},
    {"http://a//b", "//b", NULL},
};
enum { TARGET_COUNT = sizeof TARGETS / sizeof TARGETS[0] };

START_TEST(a_target_in_absolute_form_is_its_path)
{
    char text[256];
    struct http_head head;
    (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: b\r\n\r\n", TARGETS[_i].target);

    ck_assert_int_eq(http_guard_read(strview_of(text), MAX_BODY, &head).status, 0);

    ck_assert(strview_is(head.path, TARGETS[_i].path));
    ck_assert(strview_equal(head.query, strview_of(TARGETS[_i].query)));
    ck_assert_int_eq(head.query.data == NULL, TARGETS[_i].query == NULL);
}
END_TEST

static struct http_head read_post(const char *fields)
{
    char text[512];
    struct http_head head;
    (void)snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    ck_assert_int_eq(http_guard_read(strview_of(text), MAX_BODY, &head).status, 0);
    return head;
}

START_TEST(a_body_has_a_length_or_chunks_or_is_missed)
{
    ck_assert(read_post("").lacks_length);
    ck_assert(!read_post("Content-Length: 0\r\n").lacks_length);
    ck_assert(!read_post("Content-Length: 3\r\n").is_chunked);
    ck_assert(read_post("Transfer-Encoding: Chunked\r\n").is_chunked);
    ck_assert(!read_post("Transfer-Encoding:\tchunked \r\n").lacks_length);
}
END_TEST

START_TEST(lines_of_one_name_count_together)
{
    ck_assert(read_post("Connection: keep-alive\r\nConnection: close\r\n").wants_close);
    ck_assert(read_post("Connection: close\r\nConnection: keep-alive\r\n").wants_close);
    ck_assert(!read_post("Connection: keep-alive\r\nConnection: closed\r\n").wants_close);
    ck_assert(read_post("Expect: 100-continue\r\nExpect: 100-continue\r\n").expects_continue);
    ck_assert(!read_post("Content-Encoding: identity\r\n").is_encoded);
    ck_assert(!read_post("Content-Encoding:\r\n").is_encoded);
    ck_assert(read_post("Content-Encoding: gzip\r\n").is_encoded);
    ck_assert(read_post("Content-Encoding: identity, br\r\n").is_encoded);
    ck_assert(read_post("Content-Encoding: identity\r\nContent-Encoding: br\r\n").is_encoded);
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
    tcase_add_loop_test(heads, a_target_in_absolute_form_is_its_path, 0, TARGET_COUNT);
    tcase_add_test(heads, a_body_has_a_length_or_chunks_or_is_missed);
    tcase_add_test(heads, lines_of_one_name_count_together);
    tcase_add_test(heads, more_header_lines_than_the_table_holds_are_refused);
    tcase_add_test(heads, a_head_sent_byte_by_byte_ends_where_it_ends);
    tcase_add_test(heads, the_whole_head_at_once_ends_there_too);
    suite_add_tcase(suite, heads);
    return check_main(suite);
}
