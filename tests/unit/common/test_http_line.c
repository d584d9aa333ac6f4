/* SPDX-License-Identifier: Apache-2.0 */
/* What is said and not taken yet, and whose it is. */
#include "common/io/http/line.h"
#include "tests/support/check_main.h"

#include <sys/socket.h>
#include <unistd.h>

enum { BUDGET = 4096 };

static int ends[2];
static struct http_budget budget;
static struct http_line line;

static void setup(void)
{
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    http_budget_init(&budget, BUDGET);
    line = (struct http_line){.fd = ends[0], .budget = &budget};
}

static void teardown(void)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void fill_socket(void)
{
    static const char bytes[1024];
    while (send(ends[0], bytes, sizeof bytes, MSG_NOSIGNAL) > 0) {
    }
}

static void say(struct strview text, enum http_holder holder)
{
    http_line_send(&line, &(struct http_outgoing){.head = text, .holder = holder});
}

START_TEST(what_is_unsent_is_held_and_given_back)
{
    fill_socket();

    say(STRVIEW("one"), HTTP_HOLDER_STRANGER);

    ck_assert(http_line_has_unsent(&line));
    ck_assert_uint_eq(http_line_held(&line), 3);
    ck_assert_uint_eq(budget.room, BUDGET - 3);
    http_line_done(&line);
    ck_assert_uint_eq(budget.room, BUDGET);
    ck_assert_uint_eq(budget.strangers_room, BUDGET / 4);
}
END_TEST

/* 100 Continue to one who was admitted, then the refusal of its body, which is nobody's. */
START_TEST(strangers_lose_nothing_by_what_is_said_behind_another_holders_words)
{
    fill_socket();

    say(STRVIEW("one"), HTTP_HOLDER_KNOWN);
    say(STRVIEW("another"), HTTP_HOLDER_STRANGER);

    ck_assert_uint_eq(budget.room, BUDGET - 10);
    http_line_done(&line);
    ck_assert_uint_eq(budget.room, BUDGET);
    ck_assert_uint_eq(budget.strangers_room, BUDGET / 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_line");
    TCase *unsent = tcase_create("unsent");
    tcase_add_checked_fixture(unsent, setup, teardown);
    tcase_add_test(unsent, what_is_unsent_is_held_and_given_back);
    tcase_add_test(unsent, strangers_lose_nothing_by_what_is_said_behind_another_holders_words);
    suite_add_tcase(suite, unsent);
    return check_main(suite);
}
