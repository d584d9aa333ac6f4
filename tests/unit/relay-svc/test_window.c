/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/window.h"
#include "tests/support/check_main.h"

static struct window window;

static void open_window(void)
{
    window_init(&window, 5);
}

static void close_window(void)
{
    window_done(&window);
}

static uint32_t push(int64_t seq)
{
    return window_push(&window, &(struct window_row){.seq = seq, .bytes = 100}, true);
}

static void settle(uint32_t ticket, bool is_acknowledged)
{
    struct window_row row;
    ck_assert(window_settle(&window, ticket, is_acknowledged, &row));
}

/* How far the unbroken run goes; 0 when it does not move. */
static int64_t pop_all(void)
{
    struct window_row row = {.seq = 0};
    while (window_pop(&window, &row)) {
    }
    return row.seq;
}

START_TEST(the_run_ends_at_the_first_open_row)
{
    const uint32_t a = push(10);
    const uint32_t b = push(11);
    const uint32_t c = push(15);

    settle(c, true);
    ck_assert_int_eq(pop_all(), 0);
    settle(a, true);
    ck_assert_int_eq(pop_all(), 10);
    settle(b, true);
    ck_assert_int_eq(pop_all(), 15);
    ck_assert(window_is_empty(&window));
}
END_TEST

START_TEST(a_failed_row_is_never_passed)
{
    const uint32_t a = push(1);
    const uint32_t b = push(2);

    settle(a, false);
    settle(b, true);

    ck_assert_int_eq(pop_all(), 0);
    ck_assert_uint_eq(window.in_flight, 0);
}
END_TEST

START_TEST(a_row_that_needs_no_sending_counts_as_done)
{
    const uint32_t a = push(1);
    (void)window_push(&window, &(struct window_row){.seq = 2}, false);

    ck_assert_int_eq(pop_all(), 0);
    settle(a, true);

    ck_assert_int_eq(pop_all(), 2);
}
END_TEST

START_TEST(an_answer_counts_once)
{
    struct window_row row;
    const uint32_t a = push(1);
    settle(a, true);

    ck_assert(!window_settle(&window, a, true, &row));
    ck_assert(!window_settle(&window, a + 1, true, &row));
    ck_assert(!window_settle(&window, a - 1, true, &row));
}
END_TEST

START_TEST(answers_to_rows_given_up_mean_nothing)
{
    struct window_row row;
    const uint32_t a = push(1);
    window_clear(&window);
    const uint32_t b = push(1);

    ck_assert(!window_settle(&window, a, true, &row));
    ck_assert(window_settle(&window, b, true, &row));
}
END_TEST

START_TEST(it_holds_its_capacity_over_and_over)
{
    for (int64_t round = 0; round < 1000; round++) {
        uint32_t tickets[8];
        for (int i = 0; i < 8; i++) {
            ck_assert(!window_is_full(&window));
            tickets[i] = push(round * 8 + i + 1);
        }
        ck_assert(window_is_full(&window));
        ck_assert_uint_eq(window.bytes, 800);
        for (int i = 7; i >= 0; i--) {
            settle(tickets[i], true);
        }
        ck_assert_int_eq(pop_all(), round * 8 + 8);
        ck_assert_uint_eq(window.bytes, 0);
    }
}
END_TEST

START_TEST(tickets_may_wrap)
{
    window.first = window.next = UINT32_MAX - 1;
    const uint32_t a = push(1);
    const uint32_t b = push(2);
    const uint32_t c = push(3);

    settle(b, true);
    settle(c, true);
    settle(a, true);

    ck_assert_int_eq(pop_all(), 3);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("window");
    tcase_add_checked_fixture(tests, open_window, close_window);
    tcase_add_test(tests, the_run_ends_at_the_first_open_row);
    tcase_add_test(tests, a_failed_row_is_never_passed);
    tcase_add_test(tests, a_row_that_needs_no_sending_counts_as_done);
    tcase_add_test(tests, an_answer_counts_once);
    tcase_add_test(tests, answers_to_rows_given_up_mean_nothing);
    tcase_add_test(tests, it_holds_its_capacity_over_and_over);
    tcase_add_test(tests, tickets_may_wrap);
    Suite *suite = suite_create("relay-svc/core/window");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
