/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"
#include "tests/support/check_main.h"

#include <stdalign.h>
#include <stdint.h>

static struct arena arena;

static void open_arena(void)
{
    arena_init(&arena, 64 * 1024);
}

static void close_arena(void)
{
    arena_done(&arena);
}

START_TEST(memory_is_zeroed_and_aligned)
{
    static const size_t SIZES[] = {1, 3, 16, 17, 100, 4096, 5000};
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        const unsigned char *bytes = arena_alloc(&arena, SIZES[i]);

        ck_assert_ptr_nonnull(bytes);
        ck_assert_uint_eq((uintptr_t)bytes % alignof(max_align_t), 0);
        for (size_t at = 0; at < SIZES[i]; at++) {
            ck_assert_uint_eq(bytes[at], 0);
        }
    }
}
END_TEST

START_TEST(allocations_do_not_overlap)
{
    unsigned char *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = arena_alloc(&arena, 1 + i);
        ck_assert_ptr_nonnull(pieces[i]);
        memset(pieces[i], (int)i, 1 + i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < 1 + i; at++) {
            ck_assert_uint_eq(pieces[i][at], i);
        }
    }
}
END_TEST

START_TEST(the_maximum_is_kept)
{
    size_t given = 0;
    while (arena_alloc(&arena, 1000) != NULL) {
        given += 1000;
    }

    ck_assert_uint_le(given, 64 * 1024);
    ck_assert_uint_ge(given, 48 * 1024); /* and most of it can be used */
    ck_assert_ptr_null(arena_alloc(&arena, 64 * 1024));
}
END_TEST

START_TEST(one_piece_may_be_as_large_as_the_maximum)
{
    ck_assert_ptr_null(arena_alloc(&arena, 64 * 1024 + 1));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 64 * 1024));
    ck_assert_ptr_null(arena_alloc(&arena, 1));
}
END_TEST

START_TEST(sizes_that_overflow_are_refused)
{
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - 8));
    ck_assert_ptr_null(arena_array(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(arena_copy(&arena, (struct strview){.data = "x", .len = SIZE_MAX}));
}
END_TEST

START_TEST(nothing_is_a_size_too)
{
    ck_assert_ptr_nonnull(arena_alloc(&arena, 0));
    ck_assert_ptr_nonnull(arena_array(&arena, 0, 8));
}
END_TEST

START_TEST(after_a_reset_everything_fits_again)
{
    for (int round = 0; round < 100; round++) {
        ck_assert_ptr_nonnull(arena_alloc(&arena, 3000));
        ck_assert_ptr_nonnull(arena_alloc(&arena, 50 * 1024));
        arena_reset(&arena);
        ck_assert_uint_le(arena.used, 4096); /* the first block stays */
    }
}
END_TEST

START_TEST(reused_memory_is_zeroed_again)
{
    memset(arena_alloc(&arena, 4000), 0xaa, 4000);
    arena_reset(&arena);

    const unsigned char *bytes = arena_alloc(&arena, 4000);
    for (size_t at = 0; at < 4000; at++) {
        ck_assert_uint_eq(bytes[at], 0);
    }
}
END_TEST

START_TEST(a_copy_has_a_nul_behind_it)
{
    const char *copy = arena_copy(&arena, (struct strview){.data = "orders", .len = 5});
    ck_assert_str_eq(copy, "order");
    ck_assert_str_eq(arena_copy(&arena, (struct strview){.data = NULL, .len = 0}), "");
}
END_TEST

START_TEST(an_arena_done_twice_or_reset_empty_is_fine)
{
    arena_reset(&arena);
    arena_done(&arena);
    arena_done(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 10));
}
END_TEST

START_TEST(a_maximum_of_zero_gives_nothing)
{
    struct arena none;
    arena_init(&none, 0);
    ck_assert_ptr_null(arena_alloc(&none, 1));
    arena_done(&none);
}
END_TEST

START_TEST(arenas_that_share_a_pool_end_together)
{
    size_t pool = 10000;
    struct arena first;
    struct arena second;
    arena_init(&first, 100000);
    arena_init(&second, 100000);
    first.pool = &pool;
    second.pool = &pool;

    ck_assert_ptr_nonnull(arena_alloc(&first, 9000));
    ck_assert_ptr_null(arena_alloc(&second, 2000));
    ck_assert(arena_is_crowded(&second));
    arena_done(&first);
    ck_assert_uint_eq(pool, 10000);
    ck_assert_ptr_nonnull(arena_alloc(&second, 2000));
    ck_assert_ptr_nonnull(arena_alloc(&second, 5000));
    arena_reset(&second);
    ck_assert_uint_eq(pool, 10000 - second.used);

    arena_done(&second);
    ck_assert_uint_eq(pool, 10000);
}
END_TEST

START_TEST(what_an_arena_takes_is_tallied_for_somebody)
{
    size_t tally = 100;
    struct arena own;
    arena_init(&own, 20000);
    own.tally = &tally;
    ck_assert_ptr_nonnull(arena_alloc(&own, 5000));
    ck_assert_ptr_nonnull(arena_alloc(&own, 5000));
    ck_assert_uint_eq(tally, 100 + own.used);
    arena_done(&own);
    ck_assert_uint_eq(tally, 100);
}
END_TEST

START_TEST(an_arena_without_a_pool_is_never_crowded)
{
    struct arena alone;
    arena_init(&alone, 16);

    ck_assert_ptr_null(arena_alloc(&alone, 17));

    ck_assert(!arena_is_crowded(&alone));
    arena_done(&alone);
}
END_TEST

START_TEST(a_view_is_a_copy_that_knows_its_length)
{
    char text[] = "abc";
    const struct strview copy = arena_view(&arena, strview_of(text));
    text[0] = 'x';
    ck_assert(strview_is(copy, "abc"));
    ck_assert_int_eq(copy.data[3], '\0');
    ck_assert_ptr_nonnull(arena_view(&arena, STRVIEW("")).data);
}
END_TEST

START_TEST(a_view_past_the_maximum_is_nothing)
{
    struct arena small;
    arena_init(&small, 16);
    const struct strview copy = arena_view(&small, STRVIEW("0123456789abcdef"));
    ck_assert_ptr_null(copy.data);
    ck_assert_uint_eq(copy.len, 0);
    arena_done(&small);
}
END_TEST

START_TEST(an_array_grows_and_keeps_what_is_in_it)
{
    int *numbers = NULL;
    size_t cap = 0;
    for (size_t i = 0; i < 100; i++) {
        numbers = arena_grow(&arena, numbers, i, &cap, sizeof *numbers);
        ck_assert_ptr_nonnull(numbers);
        ck_assert_uint_lt(i, cap);
        numbers[i] = (int)i;
    }
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(numbers[i], i);
    }
}
END_TEST

START_TEST(an_array_that_cannot_grow_stays_as_it_was)
{
    struct arena small;
    arena_init(&small, 64);
    size_t cap = 0;
    int *numbers = arena_grow(&small, NULL, 0, &cap, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    const size_t first = cap;
    while (arena_alloc(&small, 16) != NULL) {
    }
    ck_assert_ptr_eq(arena_grow(&small, numbers, first - 1, &cap, sizeof *numbers), numbers);
    ck_assert_ptr_null(arena_grow(&small, numbers, first, &cap, sizeof *numbers));
    ck_assert_uint_eq(cap, first);
    cap = SIZE_MAX;
    ck_assert_ptr_null(arena_grow(&small, numbers, SIZE_MAX, &cap, sizeof *numbers));
    arena_done(&small);
}
END_TEST

START_TEST(what_the_machine_does_not_have_is_refused)
{
    struct arena large;
    arena_init(&large, SIZE_MAX / 2);
    ck_assert_ptr_null(arena_alloc(&large, SIZE_MAX / 4));
    ck_assert_ptr_nonnull(arena_alloc(&large, 16));
    arena_done(&large);
}
END_TEST

START_TEST(a_text_longer_than_any_memory_is_refused)
{
    size_t room;
    ck_assert_ptr_null(arena_open_text(&arena, (struct strview){.data = NULL}, SIZE_MAX, &room));
    ck_assert_ptr_null(
        arena_open_text(&arena, (struct strview){.data = NULL}, SIZE_MAX / 2 + 2, &room));
}
END_TEST

START_TEST(a_large_block_goes_to_the_next_arena_that_wants_one)
{
    struct arena_spares spares = {.max = 128 << 10};
    struct arena first, second;
    arena_init(&first, 1 << 20);
    arena_init(&second, 1 << 20);
    first.spares = &spares;
    second.spares = &spares;
    unsigned char *bytes = arena_alloc(&first, 100 << 10);
    memset(bytes, 'x', 100 << 10);
    arena_done(&first);
    ck_assert_uint_ge(spares.bytes, 100 << 10);

    const unsigned char *again = arena_alloc(&second, 90 << 10);

    ck_assert_ptr_eq(again, bytes);
    ck_assert_uint_eq(again[0], 0);
    ck_assert_uint_eq(again[(90 << 10) - 1], 0);
    ck_assert_uint_eq(spares.bytes, 0);
    arena_done(&second);
    arena_spares_done(&spares);
    ck_assert_ptr_null(spares.blocks);
}
END_TEST

START_TEST(a_large_message_takes_little_more_than_it_uses)
{
    enum { PIECE = 16 << 10, PIECES = 80, BLOCK = 128 << 10 };
    struct arena large;
    arena_init(&large, 8 << 20);
    for (int i = 0; i < PIECES; i++) {
        ck_assert_ptr_nonnull(arena_alloc(&large, PIECE));
    }
    ck_assert_uint_le(large.used, PIECES * PIECE + BLOCK);
    arena_done(&large);
}
END_TEST

START_TEST(no_more_is_kept_than_was_said_and_nobody_gets_more_than_he_may)
{
    struct arena_spares spares = {.max = 128 << 10};
    struct arena large, small;
    arena_init(&large, 1 << 20);
    large.spares = &spares;
    ck_assert_ptr_nonnull(arena_alloc(&large, 100 << 10));
    ck_assert_ptr_nonnull(arena_alloc(&large, 100 << 10));
    arena_done(&large);
    ck_assert_uint_le(spares.bytes, spares.max);
    ck_assert_uint_ge(spares.bytes, 100 << 10);
    const size_t kept = spares.bytes;

    arena_init(&small, 50 << 10); /* below what the spare one has */
    small.spares = &spares;
    ck_assert_ptr_nonnull(arena_alloc(&small, 40 << 10));

    ck_assert_uint_eq(spares.bytes, kept);
    ck_assert_uint_le(small.used, small.max);
    arena_done(&small);
    arena_spares_done(&spares);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/arena");
    TCase *bounds = tcase_create("bounds");
    tcase_add_checked_fixture(bounds, open_arena, close_arena);
    tcase_add_test(bounds, memory_is_zeroed_and_aligned);
    tcase_add_test(bounds, allocations_do_not_overlap);
    tcase_add_test(bounds, the_maximum_is_kept);
    tcase_add_test(bounds, one_piece_may_be_as_large_as_the_maximum);
    tcase_add_test(bounds, sizes_that_overflow_are_refused);
    tcase_add_test(bounds, a_text_longer_than_any_memory_is_refused);
    tcase_add_test(bounds, nothing_is_a_size_too);
    tcase_add_test(bounds, after_a_reset_everything_fits_again);
    tcase_add_test(bounds, reused_memory_is_zeroed_again);
    tcase_add_test(bounds, a_copy_has_a_nul_behind_it);
    tcase_add_test(bounds, an_arena_done_twice_or_reset_empty_is_fine);
    tcase_add_test(bounds, a_maximum_of_zero_gives_nothing);
    tcase_add_test(bounds, arenas_that_share_a_pool_end_together);
    tcase_add_test(bounds, what_an_arena_takes_is_tallied_for_somebody);
    tcase_add_test(bounds, an_arena_without_a_pool_is_never_crowded);
    tcase_add_test(bounds, a_view_is_a_copy_that_knows_its_length);
    tcase_add_test(bounds, a_view_past_the_maximum_is_nothing);
    tcase_add_test(bounds, an_array_grows_and_keeps_what_is_in_it);
    tcase_add_test(bounds, an_array_that_cannot_grow_stays_as_it_was);
    tcase_add_test(bounds, what_the_machine_does_not_have_is_refused);
    tcase_add_test(bounds, a_large_block_goes_to_the_next_arena_that_wants_one);
    tcase_add_test(bounds, a_large_message_takes_little_more_than_it_uses);
    tcase_add_test(bounds, no_more_is_kept_than_was_said_and_nobody_gets_more_than_he_may);
    suite_add_tcase(suite, bounds);
    return check_main(suite);
}
