/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/quarantine.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

static struct quarantine the_quarantine;

static void open_quarantine(void)
{
    the_quarantine = (struct quarantine){.nodes = NULL};
}

static void close_quarantine(void)
{
    quarantine_clear(&the_quarantine);
}

static struct aggregate_key key(const char *type, const char *id)
{
    return (struct aggregate_key){.type = strview_of(type), .id = strview_of(id)};
}

START_TEST(an_aggregate_waits_from_its_first_event_on)
{
    const struct aggregate_key order = key("order", "a");
    const struct aggregate_key other = key("order", "b");
    ck_assert(!quarantine_holds(&the_quarantine, &order, 5));
    quarantine_put(&the_quarantine, &order, 5);

    ck_assert(!quarantine_holds(&the_quarantine, &order, 4));
    ck_assert(quarantine_holds(&the_quarantine, &order, 5));
    ck_assert(quarantine_holds(&the_quarantine, &order, 500));
    ck_assert(!quarantine_holds(&the_quarantine, &other, 500));
    ck_assert_int_eq(quarantine_first(&the_quarantine, &order), 5);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &other), 0);
}
END_TEST

START_TEST(names_that_read_alike_when_joined_are_two)
{
    const struct aggregate_key one = key("ab", "c");
    const struct aggregate_key two = key("a", "bc");
    quarantine_put(&the_quarantine, &one, 1);
    ck_assert(!quarantine_holds(&the_quarantine, &two, 1));
    quarantine_put(&the_quarantine, &two, 2);
    ck_assert_uint_eq(the_quarantine.count, 2);
}
END_TEST

START_TEST(an_earlier_event_waits_too_and_a_later_one_does_already)
{
    const struct aggregate_key order = key("order", "a");
    quarantine_extend(&the_quarantine, &order, 9);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &order), 9);
    quarantine_extend(&the_quarantine, &order, 12);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &order), 9);
    quarantine_extend(&the_quarantine, &order, 5);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &order), 5);
    ck_assert_uint_eq(the_quarantine.count, 1);
}
END_TEST

START_TEST(what_was_published_of_it_waits_no_more)
{
    const struct aggregate_key order = key("order", "a");
    quarantine_put(&the_quarantine, &order, 5);
    quarantine_put(&the_quarantine, &order, 9);
    ck_assert(!quarantine_holds(&the_quarantine, &order, 5));
    ck_assert_uint_eq(the_quarantine.count, 1);
    quarantine_remove(&the_quarantine, &order);
    quarantine_remove(&the_quarantine, &order);
    ck_assert(!quarantine_holds(&the_quarantine, &order, 9));
    ck_assert_uint_eq(the_quarantine.count, 0);
}
END_TEST

START_TEST(beyond_its_bound_it_says_so_and_forgets_nothing)
{
    char id[32];
    for (int i = 0; i < QUARANTINE_MAX; i++) {
        ck_assert(!quarantine_is_full(&the_quarantine));
        (void)snprintf(id, sizeof id, "a-%d", i);
        const struct aggregate_key order = key("order", id);
        quarantine_put(&the_quarantine, &order, i + 1);
    }
    const struct aggregate_key further = key("order", "further");
    const struct aggregate_key known = key("order", "a-7");
    ck_assert(quarantine_is_full(&the_quarantine));
    quarantine_put(&the_quarantine, &further, 1);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &further), 1);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &known), 8);
    ck_assert(quarantine_is_full(&the_quarantine));
}
END_TEST

START_TEST(what_a_claim_tells_takes_the_place_of_what_was_known)
{
    struct quarantine told = {.nodes = NULL};
    const struct aggregate_key before = key("order", "before");
    const struct aggregate_key now = key("order", "now");
    quarantine_put(&the_quarantine, &before, 1);
    quarantine_put(&told, &now, 2);

    quarantine_move(&the_quarantine, &told);

    ck_assert_int_eq(quarantine_first(&the_quarantine, &before), 0);
    ck_assert_int_eq(quarantine_first(&the_quarantine, &now), 2);
    ck_assert_uint_eq(told.count, 0);
}
END_TEST

START_TEST(a_key_has_texts_of_its_own_unless_they_are_too_long)
{
    char longest[AGGREGATE_TEXT_MAX + 1];
    struct aggregate_text text;
    memset(longest, 'x', AGGREGATE_TEXT_MAX);
    longest[AGGREGATE_TEXT_MAX] = '\0';
    const struct aggregate_key order = key("order", "a");
    const struct aggregate_key long_id = key("order", longest);
    const struct aggregate_key long_type = key(longest, "a");

    ck_assert(aggregate_text_set(&text, &order));
    const struct aggregate_key again = aggregate_text_key(&text);
    ck_assert(strview_is(again.type, "order") && strview_is(again.id, "a"));
    ck_assert(!aggregate_text_set(&text, &long_id));
    ck_assert(!aggregate_text_set(&text, &long_type));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quarantine");
    TCase *tests = tcase_create("quarantine");
    tcase_add_checked_fixture(tests, open_quarantine, close_quarantine);
    tcase_add_test(tests, an_aggregate_waits_from_its_first_event_on);
    tcase_add_test(tests, names_that_read_alike_when_joined_are_two);
    tcase_add_test(tests, an_earlier_event_waits_too_and_a_later_one_does_already);
    tcase_add_test(tests, what_was_published_of_it_waits_no_more);
    tcase_add_test(tests, beyond_its_bound_it_says_so_and_forgets_nothing);
    tcase_add_test(tests, what_a_claim_tells_takes_the_place_of_what_was_known);
    tcase_add_test(tests, a_key_has_texts_of_its_own_unless_they_are_too_long);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
