/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/takeover.h"
#include "tests/support/check_main.h"

#include <string.h>

static struct takeover_state state_of(int64_t live, int64_t rebuilt)
{
    struct takeover_state state = {.is_ready = true};
    takeover_add(&state, live, rebuilt);
    return state;
}

START_TEST(copies_are_even_when_no_partition_differs)
{
    struct takeover_state state = state_of(10, 10);
    takeover_add(&state, 0, -1);
    takeover_add(&state, -1, 0);
    ck_assert(takeover_is_even(&state));
    ck_assert_int_eq(state.live, 10);

    takeover_add(&state, 5, 6); /* ahead: nobody was told of it */
    ck_assert(!takeover_is_even(&state));
    ck_assert_int_eq(state.rebuilt, 15);
    ck_assert_int_eq(state.lagging, 1);
}
END_TEST

START_TEST(positions_set_by_hand_add_up_to_no_more_than_there_can_be)
{
    struct takeover_state state = state_of(INT64_MAX, INT64_MAX);
    takeover_add(&state, INT64_MAX, INT64_MAX);
    ck_assert(takeover_is_even(&state));
    takeover_add(&state, 7, 3);
    ck_assert(!takeover_is_even(&state));
    ck_assert_int_eq(state.live, INT64_MAX);
    ck_assert_int_eq(state.rebuilt, INT64_MAX);
}
END_TEST

START_TEST(the_live_views_are_held_only_when_little_is_left)
{
    struct takeover_state state = state_of(TAKEOVER_NEAR + 1, 0);
    ck_assert(!takeover_is_near(&state));
    state.rebuilt = 1;
    ck_assert(takeover_is_near(&state));
    state.draining = 1;
    ck_assert(!takeover_is_near(&state));
    state.draining = 0;
    state.is_ready = false;
    ck_assert(!takeover_is_near(&state));
    ck_assert(!takeover_is_even(&state));
}
END_TEST

START_TEST(a_refusal_is_told_with_its_words_and_the_command_that_helps)
{
    const struct strview memory[] = {STRVIEW("memory"), STRVIEW("200"), STRVIEW("100")};
    const struct strview behind[] = {STRVIEW("behind"), STRVIEW("order.events/3"), STRVIEW("7")};
    const struct strview lost[] = {STRVIEW("lost")};
    const struct strview previous[] = {STRVIEW("previous")};
    const struct strview fewer[] = {STRVIEW("fewer-events"), STRVIEW("8"), STRVIEW("9")};
    struct error err;

    ck_assert_int_eq(takeover_refusal(fewer, 3, &err), TAKEOVER_END);
    ck_assert_ptr_nonnull(strstr(err.text, "made of 8 events, the live ones of 9;"));
    ck_assert_int_eq(takeover_refusal(memory, 3, &err), TAKEOVER_END);
    ck_assert_ptr_nonnull(strstr(err.text, "about 200 bytes and it may use 100;"));
    ck_assert_int_eq(takeover_refusal(behind, 3, &err), TAKEOVER_TRY_AGAIN);
    ck_assert_ptr_nonnull(strstr(err.text, "order.events/3 stands at '7'"));
    ck_assert_int_eq(takeover_refusal(lost, 1, &err), TAKEOVER_LOST);
    ck_assert_int_eq(takeover_refusal(previous, 1, &err), TAKEOVER_END);
    ck_assert_ptr_nonnull(strstr(err.text, "`projector-svc rebuild --fresh`"));
}
END_TEST

START_TEST(a_refusal_nobody_knows_ends_it_however_long_it_is)
{
    char text[2 * ERROR_TEXT_MAX];
    struct error err;
    memset(text, 'x', sizeof text);
    const struct strview strange[] = {{.data = text, .len = sizeof text}};
    ck_assert_int_eq(takeover_refusal(strange, 1, &err), TAKEOVER_END);
    ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
    const struct strview none[] = {{.data = NULL}};
    ck_assert_int_eq(takeover_refusal(none, 1, &err), TAKEOVER_END);
    ck_assert_str_eq(err.text, "Redis refused:");
}
END_TEST

START_TEST(progress_is_a_line_or_a_bar)
{
    char line[TAKEOVER_LINE_MAX];
    const struct takeover_state half = state_of(1000, 500);
    takeover_line(&half, 100, 2000, false, line);
    ck_assert_str_eq(line, " 50 %  500 of 1000 events, 200/s, 3 s left");
    takeover_line(&half, 100, 2000, true, line);
    ck_assert_str_eq(line,
                     "[###############...............]  50 %  500 of 1000 events, 200/s, 3 s left");
    takeover_line(&half, 500, 0, false, line);
    ck_assert_str_eq(line, " 50 %  500 of 1000 events, 0/s");
    struct takeover_state draining = state_of(5, 5);
    draining.draining = 2;
    takeover_line(&draining, 0, 1000, false, line);
    ck_assert_str_eq(line, "100 %  5 of 5 events, 5/s, parked ones are applied");
    const struct takeover_state none = state_of(0, 0);
    takeover_line(&none, 0, 1, false, line);
    ck_assert_str_eq(line, "100 %  0 of 0 events, 0/s");
    const struct takeover_state whole = state_of(INT64_MAX, INT64_MAX);
    takeover_line(&whole, 0, 1000, true, line);
    ck_assert_ptr_nonnull(strstr(line, "100 %  9223372036854775807 of 9223372036854775807"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/takeover");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, copies_are_even_when_no_partition_differs);
    tcase_add_test(rules, positions_set_by_hand_add_up_to_no_more_than_there_can_be);
    tcase_add_test(rules, the_live_views_are_held_only_when_little_is_left);
    tcase_add_test(rules, a_refusal_is_told_with_its_words_and_the_command_that_helps);
    tcase_add_test(rules, a_refusal_nobody_knows_ends_it_however_long_it_is);
    tcase_add_test(rules, progress_is_a_line_or_a_bar);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
