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

START_TEST(what_moves_is_told_once_it_stands_still)
{
    for (int64_t now = NOW; now < NOW + 200; now++) {
        level_marks_change(&marks, STRVIEW("a"), 3, now);
        ck_assert_ptr_null(level_marks_take(&marks, now));
    }
    ck_assert_uint_eq(marks.count, 1);
    ck_assert_ptr_null(level_marks_take(&marks, NOW + 199 + LEVEL_STILL_MS - 1));
    assert_taken(NOW + 200 + LEVEL_STILL_MS + LEVEL_TOGETHER_MS, "a");
}
END_TEST

/* A look comes a moment after the mark fell due, and finds it moving still. */
START_TEST(what_stands_still_is_told_within_75_ms_however_late_a_look_was)
{
    for (int64_t late = 0; late < LEVEL_TOGETHER_MS; late++) {
        for (int64_t at = NOW; at < NOW + LEVEL_TOGETHER_MS; at++) {
            struct level_mark *mark = NULL;
            level_marks_change(&marks, STRVIEW("a"), 3, at);
            const int64_t first = level_marks_due_ms(&marks) + late;
            for (int64_t now = first; mark == NULL; now = level_next_look_ms(now)) {
                ck_assert_int_le(now - at, LEVEL_STILL_MS + LEVEL_TOGETHER_MS);
                mark = level_marks_take(&marks, now);
            }
            free(mark);
        }
    }
}
END_TEST

START_TEST(one_that_moves_does_not_keep_those_behind_it)
{
    level_marks_change(&marks, STRVIEW("a"), 3, NOW);
    level_marks_change(&marks, STRVIEW("b"), 3, NOW);
    level_marks_change(&marks, STRVIEW("a"), 3, NOW + LEVEL_STILL_MS - 1);
    assert_taken(NOW + LEVEL_STILL_MS, "b");
    ck_assert_ptr_null(level_marks_take(&marks, NOW + LEVEL_STILL_MS));
    assert_taken(NOW + 2 * LEVEL_STILL_MS, "a");
}
END_TEST

START_TEST(what_never_stands_still_is_told_all_the_same)
{
    struct level_mark *mark = NULL;
    int64_t now = NOW;
    for (; mark == NULL; now++) {
        level_marks_change(&marks, STRVIEW("a"), 3, now);
        mark = level_marks_take(&marks, now);
    }
    free(mark);
    ck_assert_int_le(now - NOW, LEVEL_LONGEST_MS);
    ck_assert_int_ge(now - NOW, LEVEL_LONGEST_MS - LEVEL_TOGETHER_MS);
}
END_TEST

START_TEST(what_comes_again_does_not_wait_for_it_to_stand_still)
{
    level_marks_add(&marks, STRVIEW("a"), 3, NOW + LEVEL_TOGETHER_MS);
    level_marks_change(&marks, STRVIEW("a"), 3, NOW + LEVEL_TOGETHER_MS);
    assert_taken(NOW + LEVEL_TOGETHER_MS, "a");
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
    level_marks_change(&marks, STRVIEW("more"), 0, NOW);
    level_marks_add_late(&marks, STRVIEW("more"), 0, NOW);
    ck_assert_uint_eq(marks.count, LEVEL_MARKS_MAX);
    ck_assert_uint_eq(marks.late, 0);
    level_marks_done(&marks);
    ck_assert_uint_eq(marks.count, 0);
}
END_TEST

/*
 * Ten seconds of orders, looked at as a lane does: what is due is read; one that is too early, for
 * another service announced it, is marked again. Each millisecond once.
 */
static const struct {
    int64_t order_every_ms;
    int64_t other_every_ms; /* when another service looks */
} STREAMS[] = {{1, 20000}, {10, 20000}, {45, 20000}, {60, 20000}, {75, 20000}, {300, 20000},
               {1, 70},    {10, 70},    {45, 70},    {60, 70},    {75, 70},    {300, 70}};

enum { LENGTH_MS = 10000, LATE_MS = 100 };

struct telling {
    struct level level;
    int64_t untold_ms;  /* since when the level is another one than was told; 0: it is not */
    int64_t changed_ms; /* the last time */
    int64_t at_ms[LENGTH_MS];
    size_t count;
};

static void order_piece(struct telling *telling, int64_t now_ms)
{
    telling->level.available--;
    telling->changed_ms = now_ms;
    telling->untold_ms = telling->untold_ms == 0 ? now_ms : telling->untold_ms;
    level_marks_change(&marks, STRVIEW("a"), 0, now_ms);
}

static void tell(struct telling *telling, int64_t now_ms)
{
    wait_ms = 0;
    if (level_decide(&telling->level, STRVIEW("a"), now_ms, &event, &wait_ms)) {
        telling->level.version = event.envelope.version;
        telling->level.announced = event.level_changed.available;
        telling->level.announced_at_ms = telling->at_ms[telling->count++] = now_ms;
        telling->untold_ms = 0;
    }
}

static void look(struct telling *telling, int64_t now_ms)
{
    struct level_mark *mark = level_marks_take(&marks, now_ms);
    if (mark != NULL) {
        tell(telling, now_ms);
        if (wait_ms > 0) {
            level_marks_add(&marks, STRVIEW("a"), 0, level_due_ms(now_ms, wait_ms));
        }
    }
    free(mark);
}

START_TEST(however_many_orders_at_most_twenty_are_announced_in_a_second_and_the_last_in_time)
{
    static struct telling telling;
    telling = (struct telling){.level = {.available = 20000, .version = 1, .announced = 20000}};
    for (int64_t now = 1000; now < LENGTH_MS; now++) {
        if (now < LENGTH_MS - 1000 && now % STREAMS[_i].order_every_ms == 0) {
            order_piece(&telling, now);
        }
        if (now % STREAMS[_i].other_every_ms == 0) {
            tell(&telling, now);
        }
        look(&telling, now);
        if (telling.untold_ms > 0) {
            ck_assert_int_lt(now - telling.untold_ms, LEVEL_LONGEST_MS + LATE_MS);
            ck_assert_int_lt(now - telling.changed_ms, LATE_MS);
        }
    }
    for (size_t i = 0; i + 20 < telling.count; i++) {
        ck_assert_int_ge(telling.at_ms[i + 20] - telling.at_ms[i], 1000);
    }
    ck_assert_uint_ge(telling.count, 16);
    ck_assert_int_eq(telling.level.announced, telling.level.available);
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
    tcase_add_test(rules, what_moves_is_told_once_it_stands_still);
    tcase_add_test(rules, what_stands_still_is_told_within_75_ms_however_late_a_look_was);
    tcase_add_test(rules, one_that_moves_does_not_keep_those_behind_it);
    tcase_add_test(rules, what_never_stands_still_is_told_all_the_same);
    tcase_add_test(rules, what_comes_again_does_not_wait_for_it_to_stand_still);
    tcase_add_test(rules, marks_have_a_bound);
    tcase_add_test(rules, what_could_not_be_announced_is_counted_until_it_is_taken_up_again);
    tcase_add_test(rules, a_level_whose_row_is_locked_comes_again_if_it_is_news);
    tcase_add_loop_test(
        rules, however_many_orders_at_most_twenty_are_announced_in_a_second_and_the_last_in_time, 0,
        sizeof STREAMS / sizeof STREAMS[0]);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
