/* SPDX-License-Identifier: Apache-2.0 */
/* Writes, collected: each key once, and whether all found room. */
#include "projector-svc/core/ops_minute.h"
#include "tests/unit/projector-svc/view_diff_fixture.h"

#include <stdio.h>

static const struct ops_transition SHIPPED = {.at_ms = 61000,
                                              .region = {"Kent & co", 9},
                                              .provider = {"demo", 4},
                                              .status = ORDER_STATUS_SHIPPED};

START_TEST(many_keys_are_kept_apart_and_repeated_ones_together)
{
    enum { KEYS = 500 };
    static char keys[KEYS][8];
    begin();
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < KEYS; i++) {
            (void)snprintf(keys[i], sizeof keys[i], "k%zu", i);
            write_set_add(&set, WRITE_SADD, strview_of(keys[i]), STRVIEW("m"));
        }
    }
    ck_assert(write_set_ok(&set));
    ck_assert_uint_eq(set.count, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        ck_assert_uint_eq(set.writes[i].count, 2);
    }
    arena_done(&arena);
}
END_TEST

START_TEST(what_is_added_goes_to_the_newest_write_of_its_key)
{
    begin();
    write_set_append(&set, WRITE_RPUSH, STRVIEW("list"), STRVIEW("a"));
    write_set_add(&set, WRITE_RPUSH, STRVIEW("list"), STRVIEW("b"));
    write_set_add(&set, WRITE_LCAP, STRVIEW("list"), STRVIEW("9"));
    write_set_append(&set, WRITE_RPUSH, STRVIEW("list"), STRVIEW("c"));
    write_set_add(&set, WRITE_SADD, STRVIEW("set"), STRVIEW("x"));
    write_set_add(&set, WRITE_RPUSH, STRVIEW("list"), STRVIEW("d"));
    write_set_add(&set, WRITE_RPUSH, STRVIEW("list"), STRVIEW("e"));

    ck_assert(write_set_ok(&set));
    ck_assert_uint_eq(set.count, 4);
    ck_assert_uint_eq(set.writes[0].count, 2);
    ck_assert_uint_eq(set.writes[1].count, 1);
    ck_assert_uint_eq(set.writes[2].count, 3);
    ck_assert(strview_is(set.writes[2].args[2], "e"));
    arena_done(&arena);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
    arena_init(&arena, 128);
    write_set_init(&set, &arena);
    write_set_add(&set, WRITE_SADD, STRVIEW("k"), STRVIEW("m"));
    ck_assert(!write_set_ok(&set));
    arena_done(&arena);
}
END_TEST

START_TEST(wherever_the_arena_ends_it_is_said)
{
    enum { STEP = 16, ENOUGH = 1 << 16 };
    const struct order_view none = {.version = 0};
    const struct order_view placed = apply(none, ORDER_PLACED, "e1");
    const struct customer_view nobody = {.version = 0};
    const struct customer_view ada = {.customer_id = STRVIEW("c1"),
                                      .version = 1,
                                      .name = STRVIEW("Ada"),
                                      .email = STRVIEW("a@b"),
                                      .phone = STRVIEW("1")};
    const struct product_view no_product = {.version = 0};
    const struct product_view gift = {
        .sku = STRVIEW("GIFT"), .version = 1, .name = STRVIEW("A gift")};
    bool is_whole = false;
    for (size_t max = 0; !is_whole; max += STEP) {
        ck_assert_uint_lt(max, ENOUGH);
        arena_init(&arena, max);
        write_set_init(&set, &arena);
        diff(&none, &placed);
        view_diff_customer(&nobody, &ada, &MOMENT, &set);
        ops_minute_count(&SHIPPED, 61000, &set);
        view_diff_product(&no_product, &gift, &MOMENT, &set);
        ops_minute_count(&SHIPPED, 61000, &set);
        is_whole = write_set_ok(&set);
        arena_done(&arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/write_set");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, what_is_added_goes_to_the_newest_write_of_its_key);
    tcase_add_test(rules, many_keys_are_kept_apart_and_repeated_ones_together);
    tcase_add_test(rules, a_full_arena_is_said);
    tcase_add_test(rules, wherever_the_arena_ends_it_is_said);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
