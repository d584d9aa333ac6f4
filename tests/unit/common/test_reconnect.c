/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's life, told as a text: attempts (a), drops (d), readiness (r), losses (l). */
#include "common/io/loop.h"
#include "common/io/reconnect.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { LIMIT_MS = 60000, LONG_MS = 3600000, STORY_MAX = 64 };

static struct loop *loop;
static struct loop_timer *limit;
static struct loop_timer *turn_end;
static struct reconnect life;
static char story[STORY_MAX];
static int addresses;       /* left to be tried at once */
static bool is_at_hand;     /* an attempt succeeds from inside on_attempt */
static bool is_refused;     /* it fails from inside */
static struct error reason; /* that on_lost got */

static void add(char what)
{
    const size_t len = strlen(story);
    ck_assert_uint_lt(len + 1, sizeof story);
    story[len] = what;
    story[len + 1] = '\0';
    loop_stop(loop);
}

static void on_attempt(void *user)
{
    ck_assert_ptr_eq(user, &life);
    ck_assert(reconnect_is_trying(&life));
    add('a');
    if (is_at_hand) {
        reconnect_ready(&life);
    } else if (is_refused) {
        reconnect_fail(&life, "refused");
    }
}

static void on_overdue(void *user)
{
    (void)user;
    add('o');
    reconnect_fail(&life, "no connection in time");
}

static bool on_drop(void *user)
{
    (void)user;
    ck_assert(!reconnect_is_ready(&life));
    ck_assert(!reconnect_is_trying(&life));
    add('d');
    return addresses-- > 0;
}

static void on_ready(void *listener)
{
    ck_assert_ptr_eq(listener, story);
    ck_assert(reconnect_is_ready(&life));
    add('r');
}

static void on_lost(void *listener, const struct error *why)
{
    ck_assert_ptr_eq(listener, story);
    ck_assert(!reconnect_is_ready(&life));
    add('l');
    reason = *why;
}

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms: %s", LIMIT_MS, story);
}

static void on_turn_end(void *user)
{
    (void)user;
    loop_stop(loop);
}

/* Time enough for what should not happen. */
static void expect_nothing_more(void)
{
    const size_t len = strlen(story);
    for (int i = 0; i < 10; i++) {
        loop_timer_start(turn_end, 1);
        loop_run(loop);
    }
    ck_assert_uint_eq(strlen(story), len);
}

static void run_until(const char *wanted)
{
    while (strcmp(story, wanted) != 0) {
        ck_assert_msg(strncmp(story, wanted, strlen(story)) == 0, "%s, not %s", story, wanted);
        loop_run(loop);
    }
}

static void begin(int64_t first_ms, int64_t steady_ms)
{
    const struct reconnect_options options = {
        .on_attempt = on_attempt,
        .on_overdue = on_overdue,
        .on_drop = on_drop,
        .user = &life,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .listener = story,
    };
    reconnect_init(&life, loop, &options);
    life.backoff = (struct backoff){.first_ms = first_ms, .cap_ms = LONG_MS};
    life.steady_ms = steady_ms;
}

static void setup(void)
{
    struct error err;
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    limit = loop_timer_new(loop, on_limit, NULL);
    turn_end = loop_timer_new(loop, on_turn_end, NULL);
    loop_timer_start(limit, LIMIT_MS);
    story[0] = '\0';
    addresses = 0;
    is_at_hand = is_refused = false;
}

static void teardown(void)
{
    reconnect_done(&life);
    loop_timer_free(limit);
    loop_timer_free(turn_end);
    loop_free(loop);
}

START_TEST(the_first_attempt_comes_from_the_loop)
{
    begin(LONG_MS, LONG_MS);
    ck_assert_str_eq(story, "");
    ck_assert(!reconnect_is_ready(&life));
    ck_assert_str_ne(reconnect_last_error(&life), "");

    run_until("a");
    reconnect_ready(&life);
    ck_assert_str_eq(story, "ar");
    ck_assert_str_eq(reconnect_last_error(&life), "");
}
END_TEST

START_TEST(nobody_is_told_from_inside_a_failure)
{
    is_at_hand = true;
    begin(LONG_MS, LONG_MS);
    run_until("ar");

    reconnect_fail(&life, "lost %s", "it");
    reconnect_fail(&life, "that came later");
    ck_assert_str_eq(story, "ar");
    ck_assert(!reconnect_is_ready(&life));
    ck_assert_str_eq(reconnect_last_error(&life), "lost it");

    run_until("ardl");
    ck_assert_str_eq(reason.text, "lost it");
    ck_assert_int_eq(reason.kind, ERROR_TRANSIENT);
}
END_TEST

START_TEST(a_failed_attempt_is_no_loss_and_the_next_one_comes_after_a_pause)
{
    is_refused = true;
    begin(1, LONG_MS);
    run_until("adad");
    ck_assert_str_eq(reconnect_last_error(&life), "refused");
}
END_TEST

START_TEST(what_is_lost_as_soon_as_it_stands_waits)
{
    is_at_hand = true;
    begin(LONG_MS, LONG_MS);
    run_until("ar");
    reconnect_fail(&life, "lost");
    run_until("ardl");
    expect_nothing_more();
}
END_TEST

START_TEST(what_was_steady_is_replaced_at_once)
{
    is_at_hand = true;
    begin(LONG_MS, 0);
    run_until("ar");
    reconnect_fail(&life, "lost");
    run_until("ardlar");
}
END_TEST

/* However it ended: otherwise each end in the life of a process would make the next pause longer.
 */
START_TEST(after_a_steady_life_pauses_are_short_again)
{
    is_refused = true;
    begin(1, 0);
    run_until("adad");
    is_refused = false;
    is_at_hand = true;
    run_until("adadar");
    ck_assert_uint_ge(life.backoff.attempts, 2);

    reconnect_pause(&life, "given up");
    ck_assert_uint_eq(life.backoff.attempts, 1);
    run_until("adadarar");
    reconnect_fail(&life, "lost");
    run_until("adadarardlar");
    ck_assert_uint_eq(life.backoff.attempts, 0);
}
END_TEST

START_TEST(another_address_is_tried_at_once)
{
    is_refused = true;
    addresses = 2;
    begin(LONG_MS, LONG_MS);
    run_until("adadad");
    expect_nothing_more(); /* but after a pause */
}
END_TEST

START_TEST(an_attempt_has_a_limit)
{
    begin(LONG_MS, LONG_MS);
    run_until("a");
    reconnect_limit(&life, LONG_MS);
    reconnect_limit(&life, 1);
    run_until("aod");
    ck_assert_str_eq(reconnect_last_error(&life), "no connection in time");
}
END_TEST

START_TEST(the_limit_is_the_attempts_only)
{
    begin(LONG_MS, LONG_MS);
    run_until("a");
    reconnect_limit(&life, 1);
    reconnect_ready(&life);
    expect_nothing_more();
    ck_assert(reconnect_is_ready(&life));
}
END_TEST

START_TEST(a_note_says_why_an_attempt_takes_so_long)
{
    begin(LONG_MS, LONG_MS);
    run_until("a");
    reconnect_note(&life, "%s is asked", "the name server");
    ck_assert_str_eq(reconnect_last_error(&life), "the name server is asked");
    ck_assert(reconnect_is_trying(&life));
}
END_TEST

START_TEST(its_user_may_let_go_of_it_without_a_loss)
{
    is_at_hand = true;
    begin(1, LONG_MS);
    run_until("ar");
    reconnect_pause(&life, "given up");
    ck_assert(!reconnect_is_ready(&life));
    ck_assert_str_eq(reconnect_last_error(&life), "given up");
    run_until("arar");
}
END_TEST

START_TEST(a_pause_overtakes_a_failure)
{
    is_at_hand = true;
    begin(1, LONG_MS);
    run_until("ar");
    reconnect_fail(&life, "lost");
    reconnect_pause(&life, "given up");
    run_until("arar");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/reconnect");
    TCase *life_case = tcase_create("life");
    tcase_add_checked_fixture(life_case, setup, teardown);
    tcase_set_timeout(life_case, 90);
    tcase_add_test(life_case, the_first_attempt_comes_from_the_loop);
    tcase_add_test(life_case, nobody_is_told_from_inside_a_failure);
    tcase_add_test(life_case, a_failed_attempt_is_no_loss_and_the_next_one_comes_after_a_pause);
    tcase_add_test(life_case, what_is_lost_as_soon_as_it_stands_waits);
    tcase_add_test(life_case, what_was_steady_is_replaced_at_once);
    tcase_add_test(life_case, after_a_steady_life_pauses_are_short_again);
    tcase_add_test(life_case, another_address_is_tried_at_once);
    tcase_add_test(life_case, an_attempt_has_a_limit);
    tcase_add_test(life_case, the_limit_is_the_attempts_only);
    tcase_add_test(life_case, a_note_says_why_an_attempt_takes_so_long);
    tcase_add_test(life_case, its_user_may_let_go_of_it_without_a_loss);
    tcase_add_test(life_case, a_pause_overtakes_a_failure);
    suite_add_tcase(suite, life_case);
    return check_main(suite);
}
