/* SPDX-License-Identifier: Apache-2.0 */
/* A look through the table of stock goes on, whatever stands there. */
#include "command-svc/core/level_walk.h"
#include "tests/support/check_main.h"

static struct level_walk walk;

static void open_walk(void)
{
    level_walk_init(&walk);
}

static void close_walk(void)
{
    level_walk_done(&walk);
}

START_TEST(it_goes_on_behind_the_last_row)
{
    ck_assert_str_eq(level_walk_next(&walk), "");
    ck_assert(walk.is_over);
    ck_assert(level_walk_pass(&walk, STRVIEW("A-1")));
    ck_assert(level_walk_pass(&walk, STRVIEW("A-2")));
    ck_assert(!walk.is_over);
    ck_assert_str_eq(level_walk_next(&walk), "A-2");
    ck_assert(walk.is_over);
}
END_TEST

START_TEST(a_sku_that_is_none_of_ours_is_passed_and_not_announced)
{
    (void)level_walk_next(&walk);
    ck_assert(level_walk_pass(&walk, STRVIEW("A-1")));
    ck_assert(!level_walk_pass(&walk, STRVIEW("made by hand")));
    ck_assert_str_eq(level_walk_next(&walk), "made by hand");
    ck_assert(!level_walk_pass(&walk, STRVIEW("---")));
    ck_assert_str_eq(level_walk_next(&walk), "---");
}
END_TEST

START_TEST(it_ends_at_one_that_cannot_be_kept)
{
    static char longest[LEVEL_WALK_SKU_MAX + 1];
    memset(longest, 'a', sizeof longest);
    (void)level_walk_next(&walk);
    ck_assert(!level_walk_pass(&walk, (struct strview){longest, sizeof longest}));
    ck_assert(walk.is_over);
}
END_TEST

START_TEST(it_begins_anew)
{
    (void)level_walk_next(&walk);
    ck_assert(level_walk_pass(&walk, STRVIEW("A-1")));
    level_walk_begin(&walk);
    ck_assert_str_eq(level_walk_next(&walk), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/level_walk");
    TCase *tcase = tcase_create("walk");
    tcase_add_checked_fixture(tcase, open_walk, close_walk);
    tcase_add_test(tcase, it_goes_on_behind_the_last_row);
    tcase_add_test(tcase, a_sku_that_is_none_of_ours_is_passed_and_not_announced);
    tcase_add_test(tcase, it_ends_at_one_that_cannot_be_kept);
    tcase_add_test(tcase, it_begins_anew);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
