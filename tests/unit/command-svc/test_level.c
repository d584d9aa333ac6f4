/* SPDX-License-Identifier: Apache-2.0 */
/* When the level of a product's stock is announced, and how many changes become one announcement.
 */
#include "command-svc/core/level.h"
#include "command-svc/core/level_marks.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>

enum { NOW = 100000 };

static struct stock_event event;
static int64_t wait_ms;

START_TEST(the_first_level_is_announced_even_if_nothing_is_there)
{
    const struct level level = {.available = 0, .version = 0, .announced = -1};

    ck_assert(level_decide(&level, STRVIEW("sku-1"), NOW, &event, &wait_ms));

    ck_assert_int_eq(event.kind, STOCK_LEVEL_CHANGED);
    ck_assert_int_eq(event.envelope.version, 1);
    ck_assert_int_eq(event.envelope.occurred_at_ms, NOW);
    ck_assert(strview_is(event.envelope.aggregate_id, "sku-1"));
    ck_assert_int_eq(event.level_changed.available, 0);
}
END_TEST

/* left: 0 nothing is new, -1 announced, else how long it has to wait */
static const struct {
    int64_t available, announced, announced_at_ms, left;
} LEVELS[] = {
    {5, 5, NOW - 1, 0},
    {5, 5, NOW - 1000, 0},
    {4, 5, NOW - LEVEL_EVERY_MS, -1},
    {4, 5, NOW - LEVEL_EVERY_MS + 1, 1},
    {4, 5, NOW, LEVEL_EVERY_MS},
    {0, 5, NOW - 1000, -1},
    {4, 5, NOW + 3600000, -1}, /* the clock was set back */
};

START_TEST(a_level_is_announced_when_it_is_news_and_not_too_soon)
{
    const struct level level = {.available = LEVELS[_i].available,
                                .version = 7,
                                .announced = LEVELS[_i].announced,
                                .announced_at_ms = LEVELS[_i].announced_at_ms};

    const bool is_told = level_decide(&level, STRVIEW("sku-1"), NOW, &event, &wait_ms);

    ck_assert_int_eq(is_told, LEVELS[_i].left < 0);
    if (is_told) {
        ck_assert_int_eq(event.envelope.version, 8);
        ck_assert_int_ge(event.envelope.occurred_at_ms, LEVELS[_i].announced_at_ms);
        ck_assert_int_eq(event.level_changed.available, LEVELS[_i].available);
    } else {
        ck_assert_int_eq(wait_ms, LEVELS[_i].left);
    }
}
END_TEST

/* ---- marks --------------------------------------------------------------------------------- */

static struct level_marks marks;

static void assert_taken(int64_t now_ms, const char *sku)
{
    struct level_mark *mark = level_marks_take(&marks, now_ms);
    ck_assert_ptr_nonnull(mark);
    ck_assert(strview_is(level_mark_sku(mark), sku));
    free(mark);
}

START_TEST(many_changes_of_one_product_are_one_mark)
{
    for (int64_t i = 0; i < 10; i++) {
        level_marks_add(&marks, STRVIEW("a"), 3, NOW + i);
    }
    level_marks_add(&marks, STRVIEW("b"), 4, NOW + 5);

    ck_assert_uint_eq(marks.count, 2);
    ck_assert_int_eq(level_marks_due_ms(&marks), NOW);
    ck_assert_ptr_null(level_marks_take(&marks, NOW - 1));
    assert_taken(NOW, "a");
    ck_assert_ptr_null(level_marks_take(&marks, NOW + 4));
    assert_taken(NOW + 5, "b");
    ck_assert_int_eq(level_marks_due_ms(&marks), LEVEL_MARKS_NEVER);
}
END_TEST

START_TEST(what_changes_at_about_one_time_falls_due_together)
{
    ck_assert_int_eq(NOW % LEVEL_TOGETHER_MS, 0);
    for (int64_t i = 1; i <= LEVEL_TOGETHER_MS; i++) {
        ck_assert_int_eq(level_due_ms(NOW + i, LEVEL_EVERY_MS),
                         NOW + LEVEL_TOGETHER_MS + LEVEL_EVERY_MS);
    }
    ck_assert_int_eq(level_due_ms(NOW, LEVEL_EVERY_MS), NOW + LEVEL_EVERY_MS);
}
END_TEST

START_TEST(what_changes_while_it_is_announced_is_marked_anew)
{
    level_marks_add(&marks, STRVIEW("a"), 3, NOW);
    assert_taken(NOW, "a");
    level_marks_add(&marks, STRVIEW("a"), 3, NOW + LEVEL_EVERY_MS);
    ck_assert_uint_eq(marks.count, 1);
    assert_taken(NOW + LEVEL_EVERY_MS, "a");
}
END_TEST

START_TEST(a_level_whose_row_is_locked_comes_again_if_it_is_news)
{
    struct level level = {.available = 4, .version = 2, .announced = 5, .is_locked = true};
    ck_assert(!level_decide(&level, STRVIEW("sku-1"), NOW, &event, &wait_ms));
    ck_assert_int_eq(wait_ms, LEVEL_EVERY_MS);
    level.announced = 4;
    ck_assert(!level_decide(&level, STRVIEW("sku-1"), NOW, &event, &wait_ms));
    ck_assert_int_eq(wait_ms, 0);
}
END_TEST

START_TEST(what_could_not_be_announced_is_counted_until_it_is_taken_up_again)
{
    level_marks_add_late(&marks, STRVIEW("a"), 3, NOW);
    level_marks_add(&marks, STRVIEW("b"), 3, NOW);
    level_marks_add(&marks, STRVIEW("a"), 3, NOW); /* it waits already */
    ck_assert_uint_eq(marks.count, 2);
    ck_assert_uint_eq(marks.late, 1);
    assert_taken(NOW, "a");
    ck_assert_uint_eq(marks.late, 0);
    assert_taken(NOW, "b");
    ck_assert_uint_eq(marks.late, 0);
}
END_TEST

START_TEST(marks_have_a_bound)
{
    char sku[16];
    for (int i = 0; i < LEVEL_MARKS_MAX + 10; i++) {
        (void)snprintf(sku, sizeof sku, "sku-%d", i);
        level_marks_add(&marks, strview_of(sku), 0, NOW);
    }
    ck_assert_uint_eq(marks.count, LEVEL_MARKS_MAX);
    level_marks_done(&marks);
    ck_assert_uint_eq(marks.count, 0);
}
END_TEST

/*
 * A thousand orders in ten seconds, looked at as a lane does: what is due is read; one that is too
 * early, for another service announced it, is marked again. Each millisecond once.
 */
START_TEST(however_many_orders_at_most_twenty_are_announced_in_a_second_and_the_last_in_time)
{
    enum { LENGTH_MS = 10000, ORDER_EVERY_MS = 10, LATE_MS = 100 };
    struct level level = {.available = 1000, .version = 1, .announced = 1000};
    static int64_t told[LENGTH_MS];
    size_t count = 0;
    int64_t changed_ms = 0;
    for (int64_t now = 1000; now < LENGTH_MS; now++) {
        if (now < LENGTH_MS - 1000 && now % ORDER_EVERY_MS == 0) {
            level.available--;
            changed_ms = level.announced == level.available + 1 ? now : changed_ms;
            level_marks_add(&marks, STRVIEW("a"), 0, level_due_ms(now, LEVEL_EVERY_MS));
        }
        if (_i == 1 && now % 70 == 0 && level.announced != level.available) { /* somebody else */
            if (level_decide(&level, STRVIEW("a"), now, &event, &wait_ms)) {
                level.version++;
                level.announced = level.available;
                level.announced_at_ms = told[count++] = now;
            }
        }
        struct level_mark *mark = level_marks_take(&marks, now);
        if (mark != NULL && level_decide(&level, STRVIEW("a"), now, &event, &wait_ms)) {
            ck_assert_int_le(now - changed_ms, LATE_MS);
            level.version = event.envelope.version;
            level.announced = event.level_changed.available;
            level.announced_at_ms = told[count++] = now;
        } else if (mark != NULL && wait_ms > 0) {
            level_marks_add(&marks, STRVIEW("a"), 0, level_due_ms(now, wait_ms));
        }
        free(mark);
    }
    for (size_t i = 0; i + 20 < count; i++) {
        ck_assert_int_ge(told[i + 20] - told[i], 1000);
    }
    ck_assert_uint_gt(count, 100);
    ck_assert_int_eq(level.announced, level.available);
    ck_assert_uint_eq(marks.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/level");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, the_first_level_is_announced_even_if_nothing_is_there);
    tcase_add_loop_test(rules, a_level_is_announced_when_it_is_news_and_not_too_soon, 0,
                        sizeof LEVELS / sizeof LEVELS[0]);
    tcase_add_test(rules, many_changes_of_one_product_are_one_mark);
    tcase_add_test(rules, what_changes_at_about_one_time_falls_due_together);
    tcase_add_test(rules, what_changes_while_it_is_announced_is_marked_anew);
    tcase_add_test(rules, marks_have_a_bound);
    tcase_add_test(rules, what_could_not_be_announced_is_counted_until_it_is_taken_up_again);
    tcase_add_test(rules, a_level_whose_row_is_locked_comes_again_if_it_is_news);
    tcase_add_loop_test(
        rules, however_many_orders_at_most_twenty_are_announced_in_a_second_and_the_last_in_time, 0,
        2);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
