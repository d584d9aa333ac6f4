/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes are those of the MessagePack specification; test_redis_saving has Redis read them. */
#include "common/base/arena.h"
#include "projector-svc/views/packed.h"
#include "tests/support/check_main.h"

#include <string.h>

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_done(&arena);
}

static const struct {
    size_t value;
    struct strview number, text,
        list; /* what stands before it; no number beyond 32 bits is asked */
} HEADS[] = {
    {0, BYTES("\x00"), BYTES("\xa0"), BYTES("\x90")},
    {15, BYTES("\x0f"), BYTES("\xaf"), BYTES("\x9f")},
    {16, BYTES("\x10"), BYTES("\xb0"), BYTES("\xdc\x00\x10")},
    {31, BYTES("\x1f"), BYTES("\xbf"), BYTES("\xdc\x00\x1f")},
    {32, BYTES("\x20"), BYTES("\xd9\x20"), BYTES("\xdc\x00\x20")},
    {127, BYTES("\x7f"), BYTES("\xd9\x7f"), BYTES("\xdc\x00\x7f")},
    {128, BYTES("\xce\x00\x00\x00\x80"), BYTES("\xd9\x80"), BYTES("\xdc\x00\x80")},
    {255, BYTES("\xce\x00\x00\x00\xff"), BYTES("\xd9\xff"), BYTES("\xdc\x00\xff")},
    {256, BYTES("\xce\x00\x00\x01\x00"), BYTES("\xda\x01\x00"), BYTES("\xdc\x01\x00")},
    {65535, BYTES("\xce\x00\x00\xff\xff"), BYTES("\xda\xff\xff"), BYTES("\xdc\xff\xff")},
    {65536, BYTES("\xce\x00\x01\x00\x00"), BYTES("\xdb\x00\x01\x00\x00"),
     BYTES("\xdd\x00\x01\x00\x00")},
};

START_TEST(each_piece_has_the_shortest_head)
{
    static char bytes[65536];
    const size_t value = HEADS[_i].value;
    struct packed number, text, list;
    ck_assert(packed_open(&number, &arena, PACKED_HEAD_MAX));
    ck_assert(packed_open(&text, &arena, PACKED_HEAD_MAX + value));
    ck_assert(packed_open(&list, &arena, PACKED_HEAD_MAX));
    memset(bytes, 'x', value);

    packed_number(&number, (uint32_t)value);
    packed_text(&text, (struct strview){bytes, value});
    packed_list(&list, value);

    ck_assert(strview_equal(packed_view(&number), HEADS[_i].number));
    ck_assert(strview_equal(packed_view(&list), HEADS[_i].list));
    const struct strview whole = packed_view(&text);
    const size_t head = HEADS[_i].text.len;
    ck_assert_uint_eq(whole.len, head + value);
    ck_assert(strview_equal((struct strview){whole.data, head}, HEADS[_i].text));
    ck_assert_int_eq(memcmp(whole.data + head, bytes, value), 0);
}
END_TEST

START_TEST(what_the_arena_does_not_hold_is_not_opened)
{
    struct packed packed;
    ck_assert(!packed_open(&packed, &arena, 2 << 20));
    ck_assert(packed_open(&packed, &arena, 16));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/packed");
    TCase *values = tcase_create("values");
    tcase_add_checked_fixture(values, setup, teardown);
    tcase_add_loop_test(values, each_piece_has_the_shortest_head, 0,
                        sizeof HEADS / sizeof HEADS[0]);
    tcase_add_test(values, what_the_arena_does_not_hold_is_not_opened);
    suite_add_tcase(suite, values);
    return check_main(suite);
}
