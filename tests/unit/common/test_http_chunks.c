/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies in chunks: where they end, and what is no such body. Written from RFC 9112 §7.1 and
 * from the tricks played with it, not from the code.
 */
#include "common/io/http/chunks.h"
#include "tests/support/check_main.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        .data = (text), .len = sizeof(text) - 1                                                    \
    }

static const struct {
    struct strview bytes;
    const char *body; /* NULL: refused */
    size_t behind;    /* bytes that belong to the next request */
} BODIES[] = {
    /* RFC 9112 §7.1: chunked-body = *chunk last-chunk trailer-section CRLF */
    {BYTES("0\r\n\r\n"), "", 0},
    {BYTES("5\r\nhello\r\n0\r\n\r\n"), "hello", 0},
    {BYTES("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), "hello, world", 0},
    {BYTES("5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), "hello", 16},
    {BYTES("A\r\n0123456789\r\n00\r\n\r\n"), "0123456789", 0},
    {BYTES("a\r\n0123456789\r\n0\r\n\r\n"), "0123456789", 0},
    {BYTES("00000001\r\nx\r\n00000000\r\n\r\n"), "x", 0},
    {BYTES("2\r\n\r\n\r\n0\r\n\r\n"), "\r\n", 0},

    /* §7.1.1: extensions are recognised and ignored */
    {BYTES("1;name\r\nx\r\n0\r\n\r\n"), "x", 0},
    {BYTES("1;a=b;c=\"d;e \"\r\nx\r\n0;last\r\n\r\n"), "x", 0},
    {BYTES("1 \t; a = b\r\nx\r\n0\r\n\r\n"), "x", 0},

    /* §7.1.2: a trailer section may be dropped */
    {BYTES("1\r\nx\r\n0\r\nX-Sum: 7\r\nY:\r\n\r\n"), "x", 0},
    {BYTES("0\r\nContent-Length: 5\r\n\r\nhello"), "", 5},

    /* sizes */
    {BYTES("\r\n"), NULL, 0},
    {BYTES(";a\r\n"), NULL, 0},
    {BYTES(" 1\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1 \r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1 2\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("+1\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("-1\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("0x1\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1_0\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("g\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("000000001\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("100000000\r\nx"), NULL, 0},
    {BYTES("ffffffffffffffff1\r\nx"), NULL, 0},

    /* lines end in CRLF */
    {BYTES("1\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1\rx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1\r\nx\n0\r\n\r\n"), NULL, 0},
    {BYTES("1\r\nx\r0\r\n\r\n"), NULL, 0},
    {BYTES("1\r\nx\r\n0\n\r\n"), NULL, 0},
    {BYTES("1\r\nx\r\n0\r\n\n"), NULL, 0},
    {BYTES("1\r\nx\r\n0\r\n\rx"), NULL, 0},
    {BYTES("1;a\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1;a\rb\r\nx\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("1;\"a\r\n\"\r\nx"), NULL, 0},
    {BYTES("1;a\0\r\nx\r\n0\r\n\r\n"), NULL, 0},

    /* a chunk is as long as it says */
    {BYTES("1\r\nxy\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("3\r\nxy\r\n0\r\n\r\n"), NULL, 0},
    {BYTES("0\r\nx\r\n"), NULL, 0},

    /* trailers are fields */
    {BYTES("0\r\nno colon\r\n\r\n"), NULL, 0},
    {BYTES("0\r\n: x\r\n\r\n"), NULL, 0},
    {BYTES("0\r\nX : y\r\n\r\n"), NULL, 0},
    {BYTES("0\r\nX: y\r\n folded\r\n\r\n"), NULL, 0},
    {BYTES("0\r\nX: y\n\r\n"), NULL, 0},
    {BYTES("0\r\nX: \0\r\n\r\n"), NULL, 0},
};
enum { BODY_COUNT = sizeof BODIES / sizeof BODIES[0] };

struct reading {
    struct http_chunks chunks;
    enum http_chunks_result result;
    char body[4096];
    size_t body_len;
    size_t behind;
};

static void feed(struct reading *reading, struct strview bytes)
{
    struct strview piece = {0};
    do {
        reading->result = http_chunks_read(&reading->chunks, &bytes, &piece);
        if (reading->result == HTTP_CHUNKS_PIECE) {
            ck_assert_uint_gt(piece.len, 0);
            ck_assert_uint_le(reading->body_len + piece.len, sizeof reading->body);
            memcpy(reading->body + reading->body_len, piece.data, piece.len);
            reading->body_len += piece.len;
        }
    } while (reading->result == HTTP_CHUNKS_PIECE);
    reading->behind = bytes.len;
}

static void compare(const struct reading *reading, int row)
{
    const struct strview bytes = BODIES[row].bytes;
    if (BODIES[row].body == NULL) {
        ck_assert_msg(reading->result == HTTP_CHUNKS_REFUSED, "%d for\n%.*s", reading->result,
                      STRVIEW_ARG(bytes));
        return;
    }
    ck_assert_msg(reading->result == HTTP_CHUNKS_END, "%d for\n%.*s", reading->result,
                  STRVIEW_ARG(bytes));
    ck_assert(strview_is((struct strview){reading->body, reading->body_len}, BODIES[row].body));
}

START_TEST(each_body_is_read_as_the_table_says)
{
    struct reading reading = {.body_len = 0};

    feed(&reading, BODIES[_i].bytes);

    compare(&reading, _i);
    if (BODIES[_i].body != NULL) {
        ck_assert_uint_eq(reading.behind, BODIES[_i].behind);
    }
}
END_TEST

START_TEST(cut_anywhere_it_is_the_same_body)
{
    const struct strview bytes = BODIES[_i].bytes;
    for (size_t cut = 0; cut <= bytes.len; cut++) {
        struct reading reading = {.body_len = 0};

        feed(&reading, (struct strview){bytes.data, cut});
        if (reading.result == HTTP_CHUNKS_MORE) {
            feed(&reading, (struct strview){bytes.data + cut, bytes.len - cut});
        }

        compare(&reading, _i);
    }
}
END_TEST

START_TEST(an_unfinished_body_waits_for_more)
{
    static const struct strview BODY = BYTES("5;a\r\nhello\r\n0\r\nX: y\r\n\r\n");
    for (size_t len = 0; len < BODY.len; len++) {
        struct reading reading = {.body_len = 0};
        feed(&reading, (struct strview){BODY.data, len});
        ck_assert_int_eq(reading.result, HTTP_CHUNKS_MORE);
    }
}
END_TEST

START_TEST(what_is_refused_stays_refused)
{
    struct reading reading = {.body_len = 0};

    feed(&reading, STRVIEW("x"));
    feed(&reading, STRVIEW("0\r\n\r\n"));

    ck_assert_int_eq(reading.result, HTTP_CHUNKS_REFUSED);
}
END_TEST

/* prefix, then count times part, then the rest. */
static enum http_chunks_result repeat(const char *prefix, const char *part, size_t count,
                                      const char *rest)
{
    struct reading reading = {.body_len = 0};
    feed(&reading, strview_of(prefix));
    for (size_t i = 0; i < count && reading.result == HTTP_CHUNKS_MORE; i++) {
        feed(&reading, strview_of(part));
    }
    if (reading.result == HTTP_CHUNKS_MORE) {
        feed(&reading, strview_of(rest));
    }
    return reading.result;
}

START_TEST(extensions_and_trailers_end_at_one_kibibyte)
{
    ck_assert_int_eq(repeat("1;", "a", 1000, "\r\nx\r\n0\r\n\r\n"), HTTP_CHUNKS_END);
    ck_assert_int_eq(repeat("1;", "a", 1024, "\r\nx\r\n0\r\n\r\n"), HTTP_CHUNKS_REFUSED);
    ck_assert_int_eq(repeat("", "1;abc\r\nx\r\n", 300, "0\r\n\r\n"), HTTP_CHUNKS_REFUSED);
    ck_assert_int_eq(repeat("0\r\nX: ", "a", 1000, "\r\n\r\n"), HTTP_CHUNKS_END);
    ck_assert_int_eq(repeat("0\r\nX: ", "a", 1024, "\r\n\r\n"), HTTP_CHUNKS_REFUSED);
    ck_assert_int_eq(repeat("0\r\n", "X: y\r\n", 200, "\r\n"), HTTP_CHUNKS_REFUSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_chunks");
    TCase *bodies = tcase_create("bodies");
    tcase_add_loop_test(bodies, each_body_is_read_as_the_table_says, 0, BODY_COUNT);
    tcase_add_loop_test(bodies, cut_anywhere_it_is_the_same_body, 0, BODY_COUNT);
    tcase_add_test(bodies, an_unfinished_body_waits_for_more);
    tcase_add_test(bodies, what_is_refused_stays_refused);
    tcase_add_test(bodies, extensions_and_trailers_end_at_one_kibibyte);
    suite_add_tcase(suite, bodies);
    return check_main(suite);
}
