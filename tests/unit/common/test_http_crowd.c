/* SPDX-License-Identifier: Apache-2.0 */
/* Who has stood there longest, and who holds most. */
#include "common/io/http/crowd.h"
#include "tests/support/check_main.h"

static struct http_crowd crowd;
static struct http_member members[3];

static void join_all(void)
{
    crowd = (struct http_crowd){0};
    for (int i = 0; i < 3; i++) {
        members[i] = (struct http_member){.held = 0};
        http_crowd_join(&crowd, &members[i], HTTP_FRESH, i);
    }
}

/* "012": those on the list, in order, forwards; fails where backwards is another way. */
static const char *list(enum http_standing standing)
{
    static char names[4];
    size_t len = 0;
    const struct http_member *previous = NULL;
    for (const struct http_member *each = http_crowd_first(&crowd, standing); each != NULL;
         each = each->next) {
        ck_assert(previous == NULL || each->previous == previous);
        ck_assert_int_eq(each->standing, standing);
        names[len++] = (char)('0' + (each - members));
        previous = each;
    }
    ck_assert(previous == NULL || http_crowd_first(&crowd, standing)->previous == previous);
    ck_assert_uint_eq(http_crowd_count(&crowd, standing), len);
    names[len] = '\0';
    return names;
}

START_TEST(they_stand_in_the_order_in_which_they_came)
{
    join_all();
    ck_assert_str_eq(list(HTTP_FRESH), "012");
    ck_assert_ptr_eq(http_crowd_first(&crowd, HTTP_FRESH), &members[0]);
    ck_assert_ptr_null(http_crowd_first(&crowd, HTTP_BUSY));
}
END_TEST

START_TEST(whoever_leaves_is_missed_by_nobody)
{
    static const char *const LEFT[] = {"12", "02", "01"};
    join_all();
    http_crowd_leave(&crowd, &members[_i]);
    ck_assert_str_eq(list(HTTP_FRESH), LEFT[_i]);
    http_crowd_join(&crowd, &members[_i], HTTP_FRESH, 0);
    ck_assert_int_eq(list(HTTP_FRESH)[2], '0' + _i);
}
END_TEST

START_TEST(whoever_moves_stands_at_the_end)
{
    join_all();
    http_crowd_move(&crowd, &members[1], HTTP_BUSY, 0);
    http_crowd_move(&crowd, &members[0], HTTP_BUSY, 0);
    ck_assert_str_eq(list(HTTP_FRESH), "2");
    ck_assert_str_eq(list(HTTP_BUSY), "10");
    http_crowd_move(&crowd, &members[2], HTTP_GONE, 0);
    ck_assert_str_eq(list(HTTP_FRESH), "");
    ck_assert_str_eq(list(HTTP_GONE), "2");
}
END_TEST

static struct http_member *dispensable(int64_t now_ms)
{
    return http_crowd_dispensable(&crowd, now_ms);
}

START_TEST(who_never_asked_goes_first_then_strangers_then_who_is_idle_for_long)
{
    join_all();
    http_crowd_move(&crowd, &members[0], HTTP_IDLE, 0);
    http_crowd_move(&crowd, &members[1], HTTP_STRANGER, 0);
    ck_assert_ptr_eq(dispensable(HTTP_LONG_MS), &members[2]);

    http_crowd_move(&crowd, &members[2], HTTP_BUSY, 0);
    ck_assert_ptr_eq(dispensable(HTTP_LONG_MS), &members[1]);
    http_crowd_move(&crowd, &members[1], HTTP_BUSY, 0);
    ck_assert_ptr_eq(dispensable(HTTP_LONG_MS), &members[0]);
    ck_assert_ptr_null(dispensable(HTTP_LONG_MS - 1));
    http_crowd_move(&crowd, &members[0], HTTP_BUSY, 0);
    ck_assert_ptr_null(dispensable(HTTP_LONG_MS));
}
END_TEST

START_TEST(of_strangers_the_one_idle_longest_goes_after_a_moment)
{
    join_all();
    http_crowd_move(&crowd, &members[0], HTTP_STRANGER, 100);
    http_crowd_move(&crowd, &members[2], HTTP_STRANGER, 200);
    http_crowd_move(&crowd, &members[1], HTTP_GONE, 200);

    ck_assert_ptr_null(dispensable(100 + HTTP_GRACE_MS - 1));
    ck_assert_ptr_eq(dispensable(100 + HTTP_GRACE_MS), &members[0]);
}
END_TEST

START_TEST(the_largest_is_another_that_holds_something_and_is_not_gone)
{
    join_all();
    ck_assert_ptr_null(http_crowd_largest(&crowd, &members[0]));
    members[0].held = 30;
    members[1].held = 20;
    members[2].held = 20;
    http_crowd_move(&crowd, &members[1], HTTP_BUSY, 0);
    ck_assert_ptr_eq(http_crowd_largest(&crowd, &members[2]), &members[0]);
    ck_assert_ptr_eq(http_crowd_largest(&crowd, &members[0]), &members[2]);
    http_crowd_move(&crowd, &members[0], HTTP_GONE, 0);
    ck_assert_ptr_eq(http_crowd_largest(&crowd, &members[2]), &members[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_crowd");
    TCase *lists = tcase_create("lists");
    tcase_add_test(lists, they_stand_in_the_order_in_which_they_came);
    tcase_add_loop_test(lists, whoever_leaves_is_missed_by_nobody, 0, 3);
    tcase_add_test(lists, whoever_moves_stands_at_the_end);
    tcase_add_test(lists, who_never_asked_goes_first_then_strangers_then_who_is_idle_for_long);
    tcase_add_test(lists, of_strangers_the_one_idle_longest_goes_after_a_moment);
    tcase_add_test(lists, the_largest_is_another_that_holds_something_and_is_not_gone);
    suite_add_tcase(suite, lists);
    return check_main(suite);
}
