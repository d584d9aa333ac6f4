/* SPDX-License-Identifier: Apache-2.0 */
/* Locks that stay away, and who has them. */
#include "command-svc/core/held.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 10000 };

static struct held held;

static void open_held(void)
{
    held = (struct held){.count = 0};
}

static bool note(const char *sku, int64_t now_ms)
{
    return held_note(&held, HELD_STOCK, strview_of(sku), NOW, now_ms);
}

static void is_held_by(int64_t pid, const char *transaction)
{
    struct holder holder = {.pid = pid, .user = "mallory", .application = "psql"};
    (void)snprintf(holder.transaction, sizeof holder.transaction, "%s", transaction);
    held_by(&held, HELD_STOCK, STRVIEW("sku-1"), &holder);
}

static struct held_entry *entry(void)
{
    ck_assert_uint_eq(held.count, 1);
    return &held.entries[0];
}

START_TEST(what_is_missed_is_new_once)
{
    ck_assert(note("sku-1", NOW));
    ck_assert(!note("sku-1", NOW + 1));
    ck_assert(held_note(&held, HELD_SHARD, STRVIEW("sku-1"), NOW, NOW));
    ck_assert_uint_eq(held_count(&held, HELD_STOCK), 1);
    ck_assert_uint_eq(held_count(&held, HELD_SHARD), 1);
}
END_TEST

START_TEST(a_name_that_none_of_ours_can_have_takes_no_place)
{
    char name[HELD_NAME_MAX + 2];
    memset(name, 'x', sizeof name);
    name[HELD_NAME_MAX + 1] = '\0';

    ck_assert(!note(name, NOW));
    ck_assert(!note(name, NOW + 1));
    ck_assert_uint_eq(held_count(&held, HELD_STOCK), 0);
    name[HELD_NAME_MAX] = '\0';
    ck_assert(note(name, NOW));
    ck_assert(!note(name, NOW + 1));
}
END_TEST

START_TEST(what_was_had_is_forgotten)
{
    (void)note("sku-1", NOW);
    (void)note("sku-2", NOW);
    held_had(&held, HELD_STOCK, STRVIEW("sku-1"));

    ck_assert_ptr_null(held_find(&held, HELD_STOCK, STRVIEW("sku-1")));
    ck_assert_ptr_nonnull(held_find(&held, HELD_STOCK, STRVIEW("sku-2")));
}
END_TEST

START_TEST(what_nobody_misses_any_more_is_forgotten)
{
    (void)note("sku-1", NOW);
    (void)note("sku-1", NOW + 100);

    held_look(&held, NOW + HELD_FORGET_MS);
    ck_assert_uint_eq(held.count, 1);
    held_look(&held, NOW + 100 + HELD_FORGET_MS);
    ck_assert_uint_eq(held.count, 0);
}
END_TEST

START_TEST(a_holder_that_stays_is_told_from_one_that_moves)
{
    (void)note("sku-1", NOW);
    is_held_by(7, "741");
    ck_assert_int_eq(entry()->state, HOLDER_FIRST);
    is_held_by(7, "741");
    ck_assert_int_eq(entry()->state, HOLDER_SAME);
    is_held_by(7, "742");
    ck_assert_int_eq(entry()->state, HOLDER_OTHER);
}
END_TEST

START_TEST(another_session_is_told_anew)
{
    (void)note("sku-1", NOW);
    is_held_by(7, "741");
    ck_assert(held_take_news(&held, entry(), NOW));
    is_held_by(7, "742");
    ck_assert(!held_take_news(&held, entry(), NOW));
    is_held_by(8, "743");
    ck_assert(held_take_news(&held, entry(), NOW));
}
END_TEST

START_TEST(a_lock_that_is_had_and_missed_again_is_told_once_a_minute)
{
    for (int i = 0; i < 100; i++) {
        const int64_t now_ms = NOW + 1000 * i;
        (void)note("sku-1", now_ms);
        is_held_by(7, "741");
        ck_assert_int_eq(held_take_news(&held, entry(), now_ms), i == 0 || i == 60);
        held_had(&held, HELD_STOCK, STRVIEW("sku-1"));
    }
}
END_TEST

START_TEST(locks_of_one_session_are_told_each)
{
    char name[16];
    for (int i = 0; i < 2 * HELD_MAX; i++) {
        (void)snprintf(name, sizeof name, "sku-%d", i);
        (void)note(name, NOW);
        ck_assert(held_take_news(&held, held_find(&held, HELD_STOCK, strview_of(name)), NOW));
        held_had(&held, HELD_STOCK, strview_of(name));
    }
}
END_TEST

START_TEST(who_holds_what_nobody_misses_is_not_kept)
{
    is_held_by(7, "741");
    held_had(&held, HELD_STOCK, STRVIEW("sku-1"));
    ck_assert_uint_eq(held.count, 0);
}
END_TEST

START_TEST(kinds_have_names)
{
    ck_assert_str_eq(held_kind_name(HELD_SHARD), "shard");
    ck_assert_str_eq(held_kind_name(HELD_STOCK), "stock");
}
END_TEST

START_TEST(more_than_the_most_are_not_named)
{
    char name[16];
    for (int i = 0; i <= HELD_MAX; i++) {
        (void)snprintf(name, sizeof name, "sku-%d", i);
        ck_assert_int_eq(note(name, NOW), i < HELD_MAX);
    }
    ck_assert_uint_eq(held.count, HELD_MAX);
}
END_TEST

START_TEST(the_log_hears_of_a_row_with_its_holder_and_of_a_table_at_the_second_look)
{
    const struct holder holder = {.pid = 7, .transaction = "5/9"};
    (void)held_note(&held, HELD_ORDER, STRVIEW("o-1"), NOW, NOW);
    ck_assert(!held_take_news(&held, entry(), NOW));
    held_by(&held, HELD_ORDER, STRVIEW("o-1"), &holder);
    ck_assert(held_take_news(&held, entry(), NOW));
    ck_assert(!held_take_news(&held, entry(), NOW));

    open_held();
    (void)held_note(&held, HELD_TABLE, STRVIEW("outbox"), NOW, NOW);
    held_by(&held, HELD_TABLE, STRVIEW("outbox"), &holder);
    ck_assert(!held_take_news(&held, entry(), NOW));
    held_by(&held, HELD_TABLE, STRVIEW("outbox"), &holder);
    ck_assert(held_take_news(&held, entry(), NOW));
}
END_TEST

START_TEST(one_whose_holder_is_known_is_spoken_of_first)
{
    ck_assert_ptr_null(held_first(&held));
    (void)held_note(&held, HELD_ORDER, STRVIEW("o-1"), NOW, NOW);
    ck_assert_ptr_eq(held_first(&held), &held.entries[0]);
    (void)note("sku-1", NOW);
    is_held_by(7, "741");

    ck_assert_str_eq(held_first(&held)->name, "sku-1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/held");
    TCase *locks = tcase_create("locks");
    tcase_add_checked_fixture(locks, open_held, NULL);
    tcase_add_test(locks, what_is_missed_is_new_once);
    tcase_add_test(locks, a_name_that_none_of_ours_can_have_takes_no_place);
    tcase_add_test(locks, what_was_had_is_forgotten);
    tcase_add_test(locks, what_nobody_misses_any_more_is_forgotten);
    tcase_add_test(locks, a_holder_that_stays_is_told_from_one_that_moves);
    tcase_add_test(locks, another_session_is_told_anew);
    tcase_add_test(locks, a_lock_that_is_had_and_missed_again_is_told_once_a_minute);
    tcase_add_test(locks, locks_of_one_session_are_told_each);
    tcase_add_test(locks, more_than_the_most_are_not_named);
    tcase_add_test(locks, the_log_hears_of_a_row_with_its_holder_and_of_a_table_at_the_second_look);
    tcase_add_test(locks, one_whose_holder_is_known_is_spoken_of_first);
    tcase_add_test(locks, who_holds_what_nobody_misses_is_not_kept);
    tcase_add_test(locks, kinds_have_names);
    suite_add_tcase(suite, locks);
    return check_main(suite);
}
