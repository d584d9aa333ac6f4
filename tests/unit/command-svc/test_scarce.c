/* SPDX-License-Identifier: Apache-2.0 */
/* Which products are read under lock next time, and for how long. */
#include "command-svc/core/scarce.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 100000, ARENA_MAX = 4 << 20, READ = 10 };

static struct arena arena;
static struct world world;
static struct scarce scarce;
static struct scarce_suspects suspects;

static void open_world(void)
{
    arena_init(&arena, ARENA_MAX);
    world_init(&world, &arena);
    memset(&scarce, 0, sizeof scarce);
    memset(&suspects, 0, sizeof suspects);
}

static void close_world(void)
{
    world_done(&world);
    arena_done(&arena);
}

static void forget_world(void)
{
    world_done(&world);
    world_init(&world, &arena);
}

/* sku lives on. */
static void is_read(const char *sku, int64_t available)
{
    struct world_product *product = world_product(&world, strview_of(sku));
    ck_assert_ptr_nonnull(product);
    product->loaded_available = available;
}

static struct stock_change taking(const char *sku, int64_t pieces)
{
    return (struct stock_change){.sku = strview_of(sku),
                                 .read = READ,
                                 .delta = -pieces,
                                 .least = pieces,
                                 .most = STOCK_NO_MOST};
}

static bool is_named(const char *sku, int64_t now_ms)
{
    forget_world();
    is_read(sku, READ);
    return scarce_is_named(&scarce, &world, now_ms);
}

START_TEST(nothing_is_scarce_at_first)
{
    ck_assert(!is_named("sku-1", NOW));
}
END_TEST

START_TEST(of_the_suspects_the_one_that_does_not_hold_is)
{
    const struct stock_change changes[] = {taking("sku-1", 3), taking("sku-2", 3)};
    scarce_suspect(&suspects, changes, 2);
    is_read("sku-1", 3);
    is_read("sku-2", 2);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(!is_named("sku-1", NOW));
    ck_assert(is_named("sku-2", NOW));
}
END_TEST

START_TEST(more_than_an_upper_bound_does_not_hold_either)
{
    struct stock_change changes[] = {taking("sku-1", 3), taking("sku-2", 3)};
    changes[0].most = READ;
    changes[1].most = READ;
    scarce_suspect(&suspects, changes, 2);
    is_read("sku-1", READ + 1);
    is_read("sku-2", READ);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(is_named("sku-1", NOW));
    ck_assert(!is_named("sku-2", NOW));
}
END_TEST

START_TEST(it_is_for_a_second)
{
    const struct stock_change change = taking("sku-1", 3);
    scarce_suspect(&suspects, &change, 1);
    is_read("sku-1", 0);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(is_named("sku-1", NOW + 999));
    ck_assert(!is_named("sku-1", NOW + 1000));
}
END_TEST

START_TEST(a_second_failure_makes_it_longer)
{
    const struct stock_change change = taking("sku-1", 3);
    for (int64_t now_ms = NOW; now_ms <= NOW + 500; now_ms += 500) {
        scarce_suspect(&suspects, &change, 1);
        is_read("sku-1", 0);
        scarce_learn(&scarce, &suspects, &world, now_ms);
    }
    ck_assert(is_named("sku-1", NOW + 1499));
}
END_TEST

static void is_scarce(const char *sku)
{
    const struct stock_change change = taking(sku, 3);
    scarce_suspect(&suspects, &change, 1);
    is_read(sku, 0);
    scarce_learn(&scarce, &suspects, &world, NOW);
    forget_world();
}

/* A batch found so many pieces, took three at its deepest point and left some. */
static struct world_product *was_decided(const char *sku, int64_t read, int64_t left)
{
    struct world_product *product = world_product(&world, strview_of(sku));
    ck_assert_ptr_nonnull(product);
    product->loaded_available = read;
    product->most_taken = 3;
    product->product.available = left;
    return product;
}

START_TEST(it_stays_so_while_batches_leave_less_than_they_took)
{
    is_scarce("sku-1");
    is_scarce("sku-2");
    was_decided("sku-1", 5, 2);
    was_decided("sku-2", 6, 3);
    scarce_renew(&scarce, &world, NOW + 900);

    ck_assert(is_named("sku-1", NOW + 1899));
    ck_assert(!is_named("sku-1", NOW + 1900));
    ck_assert(!is_named("sku-2", NOW + 1000));
}
END_TEST

START_TEST(it_stays_so_while_orders_are_refused_for_what_a_batch_took)
{
    is_scarce("sku-1");
    was_decided("sku-1", READ, READ)->is_refused_by_taking = true;
    scarce_renew(&scarce, &world, NOW + 900);

    ck_assert(is_named("sku-1", NOW + 1899));
}
END_TEST

START_TEST(what_is_short_is_not_scarce_before_a_condition_failed)
{
    was_decided("sku-1", 5, 2);
    scarce_renew(&scarce, &world, NOW);
    ck_assert(!is_named("sku-1", NOW));

    is_scarce("sku-2");
    was_decided("sku-1", 5, 2);
    was_decided("sku-2", 5, 2);
    scarce_renew(&scarce, &world, NOW + 1000); /* too late */
    ck_assert(!is_named("sku-1", NOW + 1000));
    ck_assert(!is_named("sku-2", NOW + 1000));
}
END_TEST

START_TEST(suspects_are_asked_once)
{
    const struct stock_change change = taking("sku-1", 3);
    scarce_suspect(&suspects, &change, 1);
    is_read("sku-1", READ);
    scarce_learn(&scarce, &suspects, &world, NOW);
    forget_world();
    is_read("sku-1", 0);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(!is_named("sku-1", NOW));
}
END_TEST

START_TEST(one_that_the_batch_does_not_name_is_no_suspect)
{
    const struct stock_change change = taking("sku-1", 3);
    scarce_suspect(&suspects, &change, 1);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(!is_named("sku-1", NOW));
}
END_TEST

START_TEST(of_many_the_narrowest_are_suspected)
{
    enum { MANY = 4 * SCARCE_MAX };
    static char skus[MANY][16];
    struct stock_change changes[MANY];
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(skus[i], sizeof skus[i], "sku-%zu", i);
        changes[i] = taking(skus[i], i < MANY - 1 ? 1 : READ);
        is_read(skus[i], 0);
    }
    scarce_suspect(&suspects, changes, MANY);
    ck_assert_uint_eq(suspects.count, SCARCE_MAX);
    scarce_learn(&scarce, &suspects, &world, NOW);

    ck_assert(is_named(skus[MANY - 1], NOW));
}
END_TEST

START_TEST(past_the_limit_the_oldest_are_forgotten)
{
    static char skus[SCARCE_MAX + 1][16];
    for (size_t i = 0; i <= SCARCE_MAX; i++) {
        (void)snprintf(skus[i], sizeof skus[i], "sku-%zu", i);
        const struct stock_change change = taking(skus[i], 3);
        scarce_suspect(&suspects, &change, 1);
        is_read(skus[i], 0);
        scarce_learn(&scarce, &suspects, &world, NOW);
    }
    ck_assert(!is_named(skus[0], NOW));
    ck_assert(is_named(skus[1], NOW));
    ck_assert(is_named(skus[SCARCE_MAX], NOW));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/scarce");
    TCase *tcase = tcase_create("scarce");
    tcase_add_checked_fixture(tcase, open_world, close_world);
    tcase_add_test(tcase, nothing_is_scarce_at_first);
    tcase_add_test(tcase, of_the_suspects_the_one_that_does_not_hold_is);
    tcase_add_test(tcase, more_than_an_upper_bound_does_not_hold_either);
    tcase_add_test(tcase, it_is_for_a_second);
    tcase_add_test(tcase, a_second_failure_makes_it_longer);
    tcase_add_test(tcase, it_stays_so_while_batches_leave_less_than_they_took);
    tcase_add_test(tcase, it_stays_so_while_orders_are_refused_for_what_a_batch_took);
    tcase_add_test(tcase, what_is_short_is_not_scarce_before_a_condition_failed);
    tcase_add_test(tcase, suspects_are_asked_once);
    tcase_add_test(tcase, one_that_the_batch_does_not_name_is_no_suspect);
    tcase_add_test(tcase, of_many_the_narrowest_are_suspected);
    tcase_add_test(tcase, past_the_limit_the_oldest_are_forgotten);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
