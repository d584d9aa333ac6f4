/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/foreign_lock.h"
#include "tests/support/check_main.h"

static const struct foreign_holder NOBODY = {.pid = 0};
static const struct foreign_holder FIRST = {
    .transaction = {"741", 3}, .pid = 7, .user = {"mallory", 7}, .application = {"psql", 4}};
static const struct foreign_holder SECOND = {.transaction = {"742", 3}, .pid = 8};

START_TEST(who_has_it_at_two_looks_keeps_it_and_is_news_once)
{
    struct foreign_lock lock = {.is_held = false};

    ck_assert(!foreign_lock_look(&lock, &FIRST));
    ck_assert(!lock.is_held);
    ck_assert(foreign_lock_look(&lock, &FIRST));
    ck_assert(!foreign_lock_look(&lock, &FIRST));
    ck_assert(lock.is_held);
    ck_assert_str_eq(lock.holder, "pid 7 (user mallory, application psql)");
}
END_TEST

START_TEST(what_changes_hands_is_not_kept)
{
    struct foreign_lock lock = {.is_held = false};

    (void)foreign_lock_look(&lock, &FIRST);
    ck_assert(!foreign_lock_look(&lock, &SECOND));
    ck_assert(!foreign_lock_look(&lock, &FIRST));
    ck_assert(!lock.is_held);
}
END_TEST

START_TEST(what_was_let_go_is_news_again)
{
    struct foreign_lock lock = {.is_held = false};
    (void)foreign_lock_look(&lock, &FIRST);
    (void)foreign_lock_look(&lock, &FIRST);

    ck_assert(!foreign_lock_look(&lock, &NOBODY));
    ck_assert(!lock.is_held);
    ck_assert(!foreign_lock_look(&lock, &NOBODY));
    ck_assert(!lock.is_held);
    ck_assert(!foreign_lock_look(&lock, &FIRST));
    ck_assert(foreign_lock_look(&lock, &FIRST));
}
END_TEST

START_TEST(what_is_locked_says_what_it_harms)
{
    static const struct {
        const char *table;
        const char *harm;
    } HARMS[] = {
        {"relay_shard", "its lease is not renewed, its position not written"},
        {"relay_sent", "its position is not written"},
        {"relay_fence", "no shard changes hands"},
    };
    for (size_t i = 0; i < sizeof HARMS / sizeof HARMS[0]; i++) {
        struct foreign_lock lock = {.is_held = false};
        struct foreign_holder holder = FIRST;
        holder.table = strview_of(HARMS[i].table);

        (void)foreign_lock_look(&lock, &holder);
        (void)foreign_lock_look(&lock, &holder);

        ck_assert_str_eq(lock.table, HARMS[i].table);
        ck_assert_str_eq(foreign_lock_harm(&lock), HARMS[i].harm);
    }
}
END_TEST

START_TEST(another_table_that_it_has_locked_is_news)
{
    struct foreign_lock lock = {.is_held = false};
    struct foreign_holder holder = FIRST;
    holder.table = strview_of("relay_fence");
    (void)foreign_lock_look(&lock, &holder);
    ck_assert(foreign_lock_look(&lock, &holder));
    holder.table = strview_of("relay_shard");

    ck_assert(foreign_lock_look(&lock, &holder));
    ck_assert_str_eq(lock.table, "relay_shard");
    ck_assert(!foreign_lock_look(&lock, &holder));
    ck_assert(lock.is_held);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relay-svc/core/foreign_lock");
    TCase *looks = tcase_create("looks");
    tcase_add_test(looks, who_has_it_at_two_looks_keeps_it_and_is_news_once);
    tcase_add_test(looks, what_changes_hands_is_not_kept);
    tcase_add_test(looks, what_was_let_go_is_news_again);
    tcase_add_test(looks, what_is_locked_says_what_it_harms);
    tcase_add_test(looks, another_table_that_it_has_locked_is_news);
    suite_add_tcase(suite, looks);
    return check_main(suite);
}
