/* SPDX-License-Identifier: Apache-2.0 */
/* How long a queue may grow before the door closes. */
#include "command-svc/core/door.h"
#include "tests/support/check_main.h"

enum { FLOOR = 10, START_MS = 5000 };

static bool admits(const struct door *door, enum command_kind kind, size_t queue_len,
                   int64_t now_ms)
{
    return queue_len < door_limit(door, kind, now_ms);
}

START_TEST(an_idle_door_lets_the_floor_wait)
{
    const struct door door = {.floor = FLOOR};

    ck_assert(admits(&door, COMMAND_PLACE_ORDER, FLOOR - 1, START_MS));
    ck_assert(!admits(&door, COMMAND_PLACE_ORDER, FLOOR, START_MS));
}
END_TEST

START_TEST(what_was_committed_lately_may_wait_again)
{
    struct door door = {.floor = FLOOR};
    door_note(&door, 60, START_MS);
    door_note(&door, 40, START_MS + 50);

    ck_assert(admits(&door, COMMAND_PLACE_ORDER, 99, START_MS + 60));
    ck_assert(!admits(&door, COMMAND_PLACE_ORDER, 100, START_MS + 60));
}
END_TEST

START_TEST(a_window_that_just_began_counts_by_the_one_before)
{
    struct door door = {.floor = FLOOR};
    door_note(&door, 100, START_MS);
    door_note(&door, 1, START_MS + DOOR_WINDOW_MS);

    ck_assert(admits(&door, COMMAND_PLACE_ORDER, 99, START_MS + DOOR_WINDOW_MS + 1));
}
END_TEST

START_TEST(a_door_through_which_nothing_went_falls_back_to_the_floor)
{
    struct door door = {.floor = FLOOR};
    door_note(&door, 100, START_MS);

    ck_assert(!admits(&door, COMMAND_PLACE_ORDER, FLOOR, START_MS + 2 * DOOR_WINDOW_MS));
    door_note(&door, 1, START_MS + 10 * DOOR_WINDOW_MS);
    ck_assert(!admits(&door, COMMAND_PLACE_ORDER, FLOOR, START_MS + 10 * DOOR_WINDOW_MS));
}
END_TEST

static const struct {
    enum command_kind kind;
    size_t limit;
} LIMITS[] = {
    {COMMAND_REGISTER_CUSTOMER, FLOOR},     {COMMAND_ADD_PRODUCT, FLOOR},
    {COMMAND_RECEIVE_STOCK, FLOOR},         {COMMAND_PLACE_ORDER, FLOOR},
    {COMMAND_AUTHORIZE_PAYMENT, 4 * FLOOR}, {COMMAND_SHIP_ORDER, 4 * FLOOR},
    {COMMAND_DELIVER_ORDER, 4 * FLOOR},     {COMMAND_CANCEL_ORDER, 4 * FLOOR},
    {COMMAND_ADD_NOTE, 4 * FLOOR},          {COMMAND_CHANGE_SHIPPING_ADDRESS, 4 * FLOOR},
    {COMMAND_RECORD_TRACKING, 4 * FLOOR},   {COMMAND_CAPTURE_PAYMENT, 4 * FLOOR},
    {COMMAND_RETURN_ORDER, 4 * FLOOR},      {COMMAND_REFUND_PAYMENT, 4 * FLOOR},
    {COMMAND_FLAG_RISK, 4 * FLOOR},         {COMMAND_CLEAR_RISK, 4 * FLOOR},
    {COMMAND_OPEN_DISPUTE, 4 * FLOOR},      {COMMAND_RESOLVE_DISPUTE, 4 * FLOOR},
    {COMMAND_DECLINE_PAYMENT, 4 * FLOOR},
};

START_TEST(what_exists_already_passes_four_times_as_long)
{
    const struct door door = {.floor = FLOOR};

    ck_assert(admits(&door, LIMITS[_i].kind, LIMITS[_i].limit - 1, START_MS));
    ck_assert(!admits(&door, LIMITS[_i].kind, LIMITS[_i].limit, START_MS));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/door");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, an_idle_door_lets_the_floor_wait);
    tcase_add_test(rules, what_was_committed_lately_may_wait_again);
    tcase_add_test(rules, a_window_that_just_began_counts_by_the_one_before);
    tcase_add_test(rules, a_door_through_which_nothing_went_falls_back_to_the_floor);
    tcase_add_loop_test(rules, what_exists_already_passes_four_times_as_long, 0,
                        sizeof LIMITS / sizeof LIMITS[0]);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
