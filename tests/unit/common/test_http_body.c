/* SPDX-License-Identifier: Apache-2.0 */
/* Where a body ends that its head announced. What chunks are is tested with http/chunks.h. */
#include "common/io/http/body.h"
#include "common/io/http/guard.h"
#include "tests/support/check_main.h"

#include <signal.h>

static struct http_body expect(size_t length, bool is_chunked, bool expects_continue)
{
    struct http_body body = {.state = HTTP_BODY_COMING, .missing = 7, .len = 7};
    http_body_expect(&body, &(struct http_head){.content_length = length,
                                                .is_chunked = is_chunked,
                                                .expects_continue = expects_continue});
    return body;
}

START_TEST(a_head_says_what_is_awaited)
{
    ck_assert_int_eq(expect(0, false, false).state, HTTP_BODY_WHOLE);
    ck_assert_int_eq(expect(0, false, true).state, HTTP_BODY_WHOLE);
    ck_assert_int_eq(expect(5, false, false).state, HTTP_BODY_COMING);
    ck_assert_int_eq(expect(5, false, true).state, HTTP_BODY_ASKED_FOR);
    ck_assert_int_eq(expect(0, true, false).state, HTTP_BODY_COMING);
    ck_assert_int_eq(expect(0, true, true).state, HTTP_BODY_ASKED_FOR);
    ck_assert_uint_eq(expect(5, false, false).len, 0);
}
END_TEST

START_TEST(a_length_comes_in_parts_and_leaves_what_follows)
{
    struct http_body body = expect(5, false, false);
    struct strview bytes = STRVIEW("he");
    struct strview piece = {0};
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert(strview_is(piece, "he"));
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_MORE);
    bytes = STRVIEW("lloGET /");
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert(strview_is(piece, "llo"));
    ck_assert_int_eq(body.state, HTTP_BODY_COMING);
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_END);
    ck_assert_int_eq(body.state, HTTP_BODY_WHOLE);
    ck_assert(strview_is(bytes, "GET /"));
    ck_assert_uint_eq(body.len, 5);
}
END_TEST

START_TEST(chunks_are_counted_without_their_own_bytes)
{
    struct http_body body = expect(0, true, false);
    struct strview bytes = STRVIEW("3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET /");
    struct strview piece = {0};
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert(strview_is(piece, "abc"));
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert(strview_is(piece, "de"));
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_END);
    ck_assert_int_eq(body.state, HTTP_BODY_WHOLE);
    ck_assert(strview_is(bytes, "GET /"));
    ck_assert_uint_eq(body.len, 5);
}
END_TEST

START_TEST(bad_chunks_are_refused)
{
    struct http_body body = expect(0, true, false);
    struct strview bytes = STRVIEW("x\r\n");
    struct strview piece = {0};
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_REFUSED);
    ck_assert_int_ne(body.state, HTTP_BODY_WHOLE);
}
END_TEST

START_TEST(who_sends_has_not_waited_to_be_asked)
{
    struct http_body body = expect(5, false, true);
    struct strview bytes = STRVIEW("");
    struct strview piece = {0};
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_MORE);
    ck_assert_int_eq(body.state, HTTP_BODY_ASKED_FOR);
    bytes = STRVIEW("h");
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_PIECE);
    ck_assert_int_eq(body.state, HTTP_BODY_COMING);
}
END_TEST

START_TEST(behind_a_whole_body_nothing_is_read)
{
    struct http_body body = expect(0, false, false);
    struct strview bytes = STRVIEW("GET /");
    struct strview piece = {0};
    ck_assert_int_eq(http_body_read(&body, &bytes, &piece), HTTP_CHUNKS_MORE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_body");
    TCase *bodies = tcase_create("bodies");
    tcase_add_test(bodies, a_head_says_what_is_awaited);
    tcase_add_test(bodies, a_length_comes_in_parts_and_leaves_what_follows);
    tcase_add_test(bodies, chunks_are_counted_without_their_own_bytes);
    tcase_add_test(bodies, bad_chunks_are_refused);
    tcase_add_test(bodies, who_sends_has_not_waited_to_be_asked);
    tcase_add_test_raise_signal(bodies, behind_a_whole_body_nothing_is_read, SIGABRT);
    suite_add_tcase(suite, bodies);
    return check_main(suite);
}
