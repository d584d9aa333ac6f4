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

int main(void)
{
    Suite *suite = suite_create("relay-svc/core/foreign_lock");
    TCase *looks = tcase_create("looks");
    tcase_add_test(looks, who_has_it_at_two_looks_keeps_it_and_is_news_once);
    tcase_add_test(looks, what_changes_hands_is_not_kept);
    tcase_add_test(looks, what_was_let_go_is_news_again);
    suite_add_tcase(suite, looks);
    return check_main(suite);
}
