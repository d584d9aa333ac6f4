/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "tests/support/check_main.h"

#include <wchar.h>

enum { MAX = 1000 };

static struct strbuf buf;

static void open_buf(void)
{
    strbuf_init(&buf, MAX);
}

static void close_buf(void)
{
    strbuf_done(&buf);
}

static void fill(size_t len)
{
    for (size_t i = 0; i < len; i++) {
        strbuf_append_char(&buf, 'x');
    }
}

START_TEST(an_empty_buffer_is_an_empty_text)
{
    ck_assert_str_eq(strbuf_cstr(&buf), "");
    ck_assert_uint_eq(strbuf_view(&buf).len, 0);
    ck_assert(strbuf_ok(&buf));
}
END_TEST

START_TEST(pieces_are_joined_in_order)
{
    strbuf_append(&buf, STRVIEW("a"));
    strbuf_append_char(&buf, 'b');
    strbuf_append_cstr(&buf, "c");
    strbuf_append_i64(&buf, 42);
    strbuf_printf(&buf, "%s-%d", "d", 7);
    strbuf_append(&buf, (struct strview){.data = NULL, .len = 0});
    strbuf_printf(&buf, "%s", "");

    ck_assert_str_eq(strbuf_cstr(&buf), "abc42d-7");
}
END_TEST

START_TEST(integers_are_written_to_their_edges)
{
    strbuf_append_i64(&buf, INT64_MIN);
    strbuf_append_char(&buf, ' ');
    strbuf_append_i64(&buf, INT64_MAX);
    strbuf_append_char(&buf, ' ');
    strbuf_append_i64(&buf, 0);

    ck_assert_str_eq(strbuf_cstr(&buf), "-9223372036854775808 9223372036854775807 0");
}
END_TEST

START_TEST(exactly_the_maximum_fits)
{
    fill(MAX);
    ck_assert(strbuf_ok(&buf));
    ck_assert_uint_eq(strlen(strbuf_cstr(&buf)), MAX);

    strbuf_append_char(&buf, 'y');
    ck_assert(!strbuf_ok(&buf));
    ck_assert_uint_eq(strlen(strbuf_cstr(&buf)), MAX);
}
END_TEST

START_TEST(a_printf_that_just_fits_is_not_cut)
{
    fill(MAX - 5);
    strbuf_printf(&buf, "%d", 12345);
    ck_assert(strbuf_ok(&buf));
    ck_assert_uint_eq(buf.len, MAX);
}
END_TEST

START_TEST(after_a_failure_nothing_is_appended)
{
    fill(MAX - 2);
    strbuf_append_cstr(&buf, "too long");
    ck_assert(!strbuf_ok(&buf));

    strbuf_append_char(&buf, 'y'); /* would fit, but leaves a hole */
    strbuf_append_i64(&buf, 1);
    strbuf_printf(&buf, "z");

    ck_assert(!strbuf_ok(&buf));
    ck_assert_uint_eq(buf.len, MAX - 2);
}
END_TEST

START_TEST(a_reset_forgets_the_failure_and_keeps_the_memory)
{
    fill(MAX + 1);
    const char *before = buf.data;
    strbuf_reset(&buf);

    strbuf_append_cstr(&buf, "fresh");

    ck_assert(strbuf_ok(&buf));
    ck_assert_ptr_eq(buf.data, before);
    ck_assert_str_eq(strbuf_cstr(&buf), "fresh");
}
END_TEST

START_TEST(truncating_drops_the_tail)
{
    strbuf_append_cstr(&buf, "a,b,");
    strbuf_truncate(&buf, buf.len - 1);
    ck_assert_str_eq(strbuf_cstr(&buf), "a,b");
    strbuf_truncate(&buf, 0);
    ck_assert_str_eq(strbuf_cstr(&buf), "");
}
END_TEST

START_TEST(bytes_may_be_nul)
{
    strbuf_append(&buf, STRVIEW("a\0b"));
    ck_assert(strview_equal(strbuf_view(&buf), STRVIEW("a\0b")));
}
END_TEST

START_TEST(a_buffer_can_be_used_after_done)
{
    strbuf_append_cstr(&buf, "first");
    strbuf_done(&buf);
    strbuf_append_cstr(&buf, "second");
    ck_assert_str_eq(strbuf_cstr(&buf), "second");
}
END_TEST

START_TEST(what_the_machine_does_not_have_is_a_failure)
{
    struct strbuf large;
    strbuf_init(&large, SIZE_MAX / 4);
    strbuf_append(&large, (struct strview){.data = "x", .len = SIZE_MAX / 8});
    ck_assert(!strbuf_ok(&large));
    ck_assert_uint_eq(strbuf_view(&large).len, 0);
    strbuf_done(&large);
}
END_TEST

START_TEST(what_cannot_be_printed_is_a_failure)
{
    strbuf_printf(&buf, "%lc", (wint_t)0x20ac); /* not in the C locale */
    ck_assert(!strbuf_ok(&buf));
    ck_assert_str_eq(strbuf_cstr(&buf), "");
}
END_TEST

/* ---- in an arena ---- */

static struct arena arena;

static void open_in_arena(void)
{
    arena_init(&arena, 64 * 1024);
    strbuf_init_in(&buf, &arena, MAX);
}

static void close_in_arena(void)
{
    strbuf_done(&buf);
    arena_done(&arena);
}

START_TEST(a_text_is_kept_where_it_was_written)
{
    strbuf_append_cstr(&buf, "first");
    const char *written = strbuf_view(&buf).data;

    const struct strview first = strbuf_keep(&buf);
    strbuf_append_cstr(&buf, "second");
    const struct strview second = strbuf_keep(&buf);
    char *behind = arena_alloc(&arena, 16);

    ck_assert_ptr_eq(first.data, written);
    ck_assert_str_eq(first.data, "first");
    ck_assert_str_eq(second.data, "second");
    ck_assert_uint_eq(second.len, 6);
    ck_assert(behind >= second.data + sizeof "second");
}
END_TEST

START_TEST(a_text_moves_to_where_it_fits_and_stays_whole)
{
    struct strview texts[100];
    for (size_t i = 0; i < 100; i++) {
        for (size_t at = 0; at < 5 * i; at++) {
            strbuf_append_char(&buf, (char)('a' + (i + at) % 26));
        }
        texts[i] = strbuf_keep(&buf);
    }
    for (size_t i = 0; i < 100; i++) {
        ck_assert_uint_eq(texts[i].len, 5 * i);
        ck_assert_int_eq(texts[i].data[5 * i], '\0');
        for (size_t at = 0; at < 5 * i; at++) {
            ck_assert_int_eq(texts[i].data[at], (char)('a' + (i + at) % 26));
        }
    }
}
END_TEST

START_TEST(an_empty_text_is_one)
{
    const struct strview text = strbuf_keep(&buf);
    ck_assert_ptr_nonnull(text.data);
    ck_assert_uint_eq(text.len, 0);
}
END_TEST

START_TEST(what_did_not_fit_is_not_kept_and_takes_no_room)
{
    fill(MAX + 1);
    ck_assert_ptr_null(strbuf_keep(&buf).data);
    const size_t before = arena.used;

    fill(MAX);
    ck_assert_uint_eq(strbuf_keep(&buf).len, MAX);
    ck_assert_uint_eq(arena.used, before);
}
END_TEST

START_TEST(a_text_that_is_given_up_takes_no_room)
{
    strbuf_append_cstr(&buf, "not wanted");
    const char *written = buf.data;
    strbuf_done(&buf);
    ck_assert_uint_eq(buf.len, 0);

    strbuf_append_cstr(&buf, "wanted");
    const struct strview kept = strbuf_keep(&buf);
    ck_assert_uint_eq(kept.len, 6);
    ck_assert_ptr_eq(kept.data, written);
}
END_TEST

START_TEST(an_arena_that_ends_is_a_failure)
{
    size_t kept = 0;
    for (; kept < 100; kept++) {
        fill(MAX);
        if (strbuf_keep(&buf).data == NULL) {
            break;
        }
    }
    ck_assert_uint_ge(kept, 50);
    ck_assert_uint_lt(kept, 65);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 16)); /* a text that failed is no open one */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/strbuf");
    TCase *text = tcase_create("text");
    tcase_add_checked_fixture(text, open_buf, close_buf);
    tcase_add_test(text, an_empty_buffer_is_an_empty_text);
    tcase_add_test(text, pieces_are_joined_in_order);
    tcase_add_test(text, integers_are_written_to_their_edges);
    tcase_add_test(text, exactly_the_maximum_fits);
    tcase_add_test(text, a_printf_that_just_fits_is_not_cut);
    tcase_add_test(text, after_a_failure_nothing_is_appended);
    tcase_add_test(text, a_reset_forgets_the_failure_and_keeps_the_memory);
    tcase_add_test(text, truncating_drops_the_tail);
    tcase_add_test(text, bytes_may_be_nul);
    tcase_add_test(text, a_buffer_can_be_used_after_done);
    tcase_add_test(text, what_the_machine_does_not_have_is_a_failure);
    tcase_add_test(text, what_cannot_be_printed_is_a_failure);

    TCase *kept = tcase_create("in an arena");
    suite_add_tcase(suite, kept);
    tcase_add_checked_fixture(kept, open_in_arena, close_in_arena);
    tcase_add_test(kept, a_text_is_kept_where_it_was_written);
    tcase_add_test(kept, a_text_moves_to_where_it_fits_and_stays_whole);
    tcase_add_test(kept, an_empty_text_is_one);
    tcase_add_test(kept, what_did_not_fit_is_not_kept_and_takes_no_room);
    tcase_add_test(kept, a_text_that_is_given_up_takes_no_room);
    tcase_add_test(kept, an_arena_that_ends_is_a_failure);
    suite_add_tcase(suite, text);
    return check_main(suite);
}
