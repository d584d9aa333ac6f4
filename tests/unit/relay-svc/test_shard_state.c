/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_state.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>

enum { PAIRS = SHARD_STATE_COUNT * SHARD_STATE_COUNT };

static const char LETTERS[] = "UCRFLS";

/* Written down once more: where one can go from there. */
static const char *const WAYS[SHARD_STATE_COUNT] = {
    [SHARD_UNOWNED] = "UC",  [SHARD_CHECKING] = "UCRLS", [SHARD_RUNNING] = "UCFLS",
    [SHARD_FAILED] = "UCLS", [SHARD_LEAVING] = "UL",     [SHARD_STOPPED] = "UCLS",
};

static enum shard_state from_of(int pair)
{
    return (enum shard_state)(pair / SHARD_STATE_COUNT);
}

static enum shard_state to_of(int pair)
{
    return (enum shard_state)(pair % SHARD_STATE_COUNT);
}

static bool exists(int pair)
{
    return strchr(WAYS[from_of(pair)], LETTERS[to_of(pair)]) != NULL;
}

static int count_missing(void)
{
    int count = 0;
    for (int pair = 0; pair < PAIRS; pair++) {
        count += exists(pair) ? 0 : 1;
    }
    return count;
}

START_TEST(a_way_that_does_not_exist_ends_the_program)
{
    int pair = -1;
    for (int n = 0; n <= _i; n++) {
        do {
            pair++;
        } while (exists(pair));
    }
    ck_assert_uint_eq(shard_state_effects(from_of(pair), to_of(pair)), 0);
}
END_TEST

START_TEST(a_state_is_entered_by_a_way_from_another_one_only)
{
    if (exists(_i)) {
        const unsigned effects = shard_state_effects(from_of(_i), to_of(_i));
        ck_assert_int_eq((effects & SHARD_ENTERED) != 0, from_of(_i) != to_of(_i));
    }
}
END_TEST

/* What holds of whichever way leads there. */
START_TEST(what_follows_is_told_by_where_the_way_leads)
{
    static const struct {
        unsigned effect;
        enum shard_state to;
    } RULES[] = {{SHARD_CHECK_TAILS, SHARD_CHECKING},
                 {SHARD_READ, SHARD_RUNNING},
                 {SHARD_RELEASE, SHARD_LEAVING},
                 {SHARD_TELL_STOPPED, SHARD_STOPPED}};
    for (size_t i = 0; exists(_i) && i < sizeof RULES / sizeof RULES[0]; i++) {
        const unsigned effects = shard_state_effects(from_of(_i), to_of(_i));
        ck_assert_int_eq((effects & RULES[i].effect) != 0, to_of(_i) == RULES[i].to);
    }
}
END_TEST

START_TEST(a_failure_is_told_by_the_ways_in_and_out)
{
    ck_assert_uint_eq(shard_state_effects(SHARD_RUNNING, SHARD_FAILED),
                      SHARD_ENTERED | SHARD_TELL_FAILED);
    ck_assert_uint_eq(shard_state_effects(SHARD_FAILED, SHARD_CHECKING),
                      SHARD_ENTERED | SHARD_TELL_FAILED | SHARD_CHECK_TAILS);
}
END_TEST

START_TEST(the_tails_are_forgotten_where_nobody_waits_for_them)
{
    ck_assert_uint_eq(shard_state_effects(SHARD_CHECKING, SHARD_STOPPED),
                      SHARD_ENTERED | SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    ck_assert_uint_eq(shard_state_effects(SHARD_LEAVING, SHARD_UNOWNED),
                      SHARD_ENTERED | SHARD_FORGET_TAILS);
    ck_assert_uint_eq(shard_state_effects(SHARD_UNOWNED, SHARD_UNOWNED), 0);
}
END_TEST

START_TEST(every_state_has_a_name)
{
    ck_assert_str_eq(shard_state_name(SHARD_UNOWNED), "unowned");
    ck_assert_str_eq(shard_state_name(SHARD_STOPPED), "stopped");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shard_state");
    tcase_add_loop_test_raise_signal(tests, a_way_that_does_not_exist_ends_the_program, SIGABRT, 0,
                                     count_missing());
    tcase_add_loop_test(tests, a_state_is_entered_by_a_way_from_another_one_only, 0, PAIRS);
    tcase_add_loop_test(tests, what_follows_is_told_by_where_the_way_leads, 0, PAIRS);
    tcase_add_test(tests, a_failure_is_told_by_the_ways_in_and_out);
    tcase_add_test(tests, the_tails_are_forgotten_where_nobody_waits_for_them);
    tcase_add_test(tests, every_state_has_a_name);
    Suite *suite = suite_create("relay-svc/core/shard_state");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
