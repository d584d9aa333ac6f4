/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <signal.h>
#include <string.h>

START_TEST(what_a_person_has_written_counts_when_a_stopped_shard_looks_again)
{
    own(7, 7, 0);
    judge(ORDERS, TAIL_UNKNOWN, 9);
    const struct shard_topic_mark decided[TOPIC_COUNT] = {{mark(9), 7}, {mark(0), 7}};
    const struct shard_lease lease = {.epoch = 1, .position = 7, .topics = decided};

    follows = shard_log_recheck(&the_log, &lease);

    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 9);
    judge(ORDERS, TAIL_SAME,
          9); /* another database's, and accepted: our own row 8 comes after it */
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    acknowledge(send(ORDERS, 8));
    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 8);
}
END_TEST

START_TEST(a_position_that_a_person_has_written_counts)
{
    own(7, 7, 0);
    judge(ORDERS, TAIL_UNKNOWN, 9);
    const struct shard_topic_mark decided[TOPIC_COUNT] = {{mark(9), 9}, {mark(0), 9}};
    const struct shard_lease lease = {.epoch = 1, .position = 9, .topics = decided};

    follows = shard_log_recheck(&the_log, &lease);

    ck_assert_int_eq(the_log.position, 9);
    ck_assert_int_eq(the_log.marked, 9);
}
END_TEST

static void own_before(int64_t next, int64_t position, int64_t complete_to)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(7), complete_to}, {mark(0), 0}};
    const struct shard_lease lease = {
        .epoch = 1, .position = position, .until_ms = LEASE_END, .next = next, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
}

START_TEST(numbers_still_to_come_are_not_passed_over_as_published)
{
    own_before(8, 7, 7);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    own_before(8, 7, 8);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_str_eq(
        the_log.reason,
        "relay_sent has order.events/3 complete up to seq 8, yet the outbox gave seq "
        "8 next, which would be passed over: set complete_to to what that topic holds, or, where "
        "it holds that much, start this relay anew");
    own_before(8, 9, 9); /* of which it reads nothing: somebody else says so */
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
}
END_TEST

START_TEST(numbers_given_since_then_prove_nothing)
{
    own_before(3, 0, 7);
    const struct shard_topic_mark same[TOPIC_COUNT] = {{mark(7), 7}, {mark(0), 0}};
    const struct shard_lease lease = {
        .epoch = 1, .until_ms = LEASE_END, .next = 20, .topics = same};
    for (int look = 0; look < 2; look++) {
        follows = shard_log_recheck(&the_log, &lease);
        ck_assert_int_eq(the_log.state, SHARD_STOPPED);
        ck_assert_ptr_nonnull(strstr(the_log.reason, "gave seq 3 next"));
    }
    follows = shard_log_lose(&the_log);
    own_before(30, 0, 7);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    own_before(30, 0, 6); /* somebody has set it */
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
}
END_TEST

START_TEST(what_was_freed_from_the_quarantine_is_passed_over_when_the_shard_goes_back)
{
    /* 18 sent in order; 19 parked and passed, then freed (sent once more: no place in the order);
     * position and mark stood at 20. */
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(18), 20}, {mark(17), 20}};
    const struct shard_lease lease = {
        .epoch = 1, .until_ms = LEASE_END, .position = 20, .next = 31, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 18);
    judge(PRODUCTS, TAIL_OLDER, 5); /* the other topic has lost records */
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(the_log.position, 5);
    ck_assert_int_eq(offer(ORDERS, 18), OFFER_SKIP);
    ck_assert_int_eq(offer(ORDERS, 19), OFFER_SKIP);
}
END_TEST

START_TEST(each_topic_stands_by_its_own_mark)
{
    const struct shard_topic_mark both[TOPIC_COUNT] = {{mark(7), 7}, {mark(9), 9}};
    const struct shard_lease seen = {.epoch = 1, .until_ms = LEASE_END, .next = 3, .topics = both};
    follows = shard_log_own(&the_log, &seen);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    const struct shard_topic_mark one[TOPIC_COUNT] = {{mark(7), 2}, {mark(9), 9}};
    const struct shard_lease later = {.epoch = 1, .until_ms = LEASE_END, .next = 20, .topics = one};

    follows = shard_log_recheck(&the_log, &later);

    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "complete up to seq 9"));
    ck_assert_ptr_nonnull(strstr(the_log.reason, "gave seq 3 next"));
}
END_TEST

START_TEST(set_right_they_are_sent)
{
    own_before(3, 0, 7);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(7), 0}, {mark(0), 0}};
    const struct shard_lease lease = {
        .epoch = 1, .until_ms = LEASE_END, .next = 3, .topics = topics};
    follows = shard_log_recheck(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 7);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    acknowledge(send(ORDERS, 1));
    ck_assert_int_eq(the_log.position, 1);
}
END_TEST

START_TEST(a_stopped_shard_does_not_look_again_while_something_is_in_flight)
{
    const struct shard_topic_mark same[TOPIC_COUNT] = {{mark(0), 0}, {mark(0), 0}};
    const struct shard_lease lease = {.epoch = 1, .topics = same};
    const uint32_t sent = send(ORDERS, 1);
    follows = shard_log_stop(&the_log, "%s", "for a reason");

    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    acknowledge(sent);
    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), SHARD_ENTERED | SHARD_CHECK_TAILS);
}
END_TEST

START_TEST(the_reason_of_a_stop_or_a_failure_is_utf8_wherever_it_is_cut)
{
    char words[ERROR_TEXT_MAX];
    memset(words, 'x', sizeof words - 3);
    memcpy(words + sizeof words - 3, "\xc3\xa9", sizeof "\xc3\xa9");
    follows = shard_log_refused(&the_log, words);
    ck_assert(utf8_is_valid(strview_of(the_log.reason)));

    follows = shard_log_stop(&the_log, "%s%s", "y", words);

    ck_assert(utf8_is_valid(strview_of(the_log.reason)));
    ck_assert_uint_eq(strlen(the_log.reason), ERROR_TEXT_MAX - 1);
}
END_TEST

START_TEST(each_state_of_a_topic_has_a_name)
{
    ck_assert_str_eq(shard_topic_state_name(TOPIC_LIVE), "live");
    ck_assert_str_eq(shard_topic_state_name(TOPIC_BEHIND), "behind");
    ck_assert_str_eq(shard_topic_state_name(TOPIC_JOINED), "behind");
    ck_assert_str_eq(shard_topic_state_name(TOPIC_REFUSED), "refused");
}
END_TEST

START_TEST(a_leaving_shard_cannot_be_stopped)
{
    prove_both();
    const uint32_t odd = send(ORDERS, 3);
    const uint32_t behind = send(ORDERS, 4);
    follows = shard_log_leave(&the_log);

    deliver_at(odd, 0, true);
    acknowledge(behind);

    ck_assert_int_eq(the_log.state, SHARD_LEAVING);
    ck_assert_int_eq(the_log.position, 2); /* not over what lies nobody knows where */
    ck_assert_uint_eq(shard_log_in_flight(&the_log), 0);
}
END_TEST

/* --- what follows -------------------------------------------------------------- */

START_TEST(a_shard_that_is_ours_asks_what_its_partitions_hold)
{
    follows = shard_log_lose(&the_log);
    own(0, 0, 0);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_CHECK_TAILS);
}
END_TEST

START_TEST(a_lease_anew_of_a_shard_that_runs_asks_again)
{
    (void)send(ORDERS, 1);
    own(0, 0, 0);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_CHECK_TAILS);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    ck_assert_uint_eq(shard_log_in_flight(&the_log), 0);
}
END_TEST

START_TEST(a_row_is_sent_once)
{
    prove_both();
    const struct window_row sent = row(ORDERS, 3);
    (void)send(ORDERS, 3);
    (void)shard_log_sent(&the_log, &sent, NOW);
}
END_TEST

START_TEST(nobody_renews_a_lease_that_is_not_his)
{
    (void)!shard_log_lose(&the_log);
    shard_log_renew(&the_log, LEASE_END);
}
END_TEST

START_TEST(nobody_writes_down_a_position_of_a_shard_that_is_not_his)
{
    struct shard_mark written;
    (void)!shard_log_lose(&the_log);
    shard_log_mark(&the_log, &written);
}
END_TEST

START_TEST(its_rows_are_wanted_once_the_last_tail_is_judged)
{
    own(0, 0, 0);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    ck_assert_uint_eq(follows, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_READ);
    judge(PRODUCTS, TAIL_NONE_FINE, 0); /* a late one means nothing */
    ck_assert_uint_eq(follows, 0);
}
END_TEST

START_TEST(a_forbidding_tail_is_told_and_ends_the_questions)
{
    own(7, 7, 0);
    judge(ORDERS, TAIL_UNKNOWN, 9);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    judge(PRODUCTS, TAIL_UNKNOWN, 9);
    ck_assert_uint_eq(follows, 0);
}
END_TEST

START_TEST(a_failure_is_told_when_it_happens_and_when_it_is_settled)
{
    prove_both();
    const uint32_t a = send(ORDERS, 3);
    const uint32_t b = send(ORDERS, 4);
    const uint32_t c = send(ORDERS, 5);

    acknowledge(a);
    ck_assert_uint_eq(follows, 0);
    ck_assert_int_eq(answered_topic, ORDERS);
    deliver_at(b, -1, false);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_FAILED);
    deliver_at(c, -1, false);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_FAILED | SHARD_CHECK_TAILS);
    ck_assert_str_eq(the_log.reason, "delivery failed: refused");
    deliver_at(c, -1, false);
    ck_assert_uint_eq(follows, 0);
    ck_assert_int_eq(answered_topic, -1);
}
END_TEST

START_TEST(what_the_producer_does_not_take_is_a_failure_settled_at_once)
{
    follows = shard_log_refused(&the_log, "no");
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_FAILED | SHARD_CHECK_TAILS);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
}
END_TEST

START_TEST(an_offset_that_goes_back_is_told)
{
    prove_both();
    deliver_at(send(ORDERS, 3), 0, true);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
}
END_TEST

START_TEST(a_stopped_shard_stops_for_another_reason_without_entering_anew)
{
    follows = shard_log_stop(&the_log, "%s", "one");
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    follows = shard_log_stop(&the_log, "%s", "another");
    ck_assert_uint_eq(follows, SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    ck_assert_str_eq(the_log.reason, "another");
}
END_TEST

START_TEST(a_recheck_asks_anew_or_tells_again)
{
    const struct shard_topic_mark same[TOPIC_COUNT] = {{mark(0), 0}, {mark(0), 0}};
    struct shard_lease lease = {.epoch = 1, .topics = same};

    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), 0); /* it runs */
    follows = shard_log_stop(&the_log, "%s", "for a reason");
    lease.epoch = 2;
    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    lease.epoch = 1;
    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), SHARD_ENTERED | SHARD_CHECK_TAILS);
}
END_TEST

START_TEST(a_leaving_shard_is_to_be_released_and_a_lost_one_forgotten)
{
    ck_assert_uint_eq(shard_log_leave(&the_log), SHARD_ENTERED | SHARD_RELEASE);
    ck_assert_uint_eq(shard_log_leave(&the_log), SHARD_RELEASE);
    ck_assert_uint_eq(shard_log_stop(&the_log, "%s", "too late"), 0);
    ck_assert_uint_eq(shard_log_lose(&the_log), SHARD_ENTERED | SHARD_FORGET_TAILS);
    ck_assert_uint_eq(shard_log_lose(&the_log), 0);
    ck_assert_uint_eq(shard_log_leave(&the_log), 0);
    ck_assert_uint_eq(shard_log_stop(&the_log, "%s", "not ours"), 0);
}
END_TEST

START_TEST(a_lost_producer_makes_every_owned_shard_ask_anew)
{
    ck_assert_uint_eq(shard_log_producer_lost(&the_log), SHARD_ENTERED | SHARD_CHECK_TAILS);
    ck_assert_uint_eq(shard_log_producer_lost(&the_log), SHARD_CHECK_TAILS);
    follows = shard_log_stop(&the_log, "%s", "for a reason");
    ck_assert_uint_eq(shard_log_producer_lost(&the_log), SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    follows = shard_log_leave(&the_log);
    ck_assert_uint_eq(shard_log_producer_lost(&the_log), SHARD_RELEASE);
    follows = shard_log_lose(&the_log);
    ck_assert_uint_eq(shard_log_producer_lost(&the_log), 0);
}
END_TEST

START_TEST(a_failure_during_which_the_producer_is_lost_is_told)
{
    prove_both();
    const uint32_t a = send(ORDERS, 3);
    (void)send(ORDERS, 4);
    deliver_at(a, -1, false);
    ck_assert_int_eq(the_log.state, SHARD_FAILED);
    ck_assert_uint_eq(shard_log_producer_lost(&the_log),
                      SHARD_ENTERED | SHARD_TELL_FAILED | SHARD_CHECK_TAILS);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shard_log");
    tcase_add_checked_fixture(tests, open_log, close_log);
    tcase_add_test(tests, what_a_person_has_written_counts_when_a_stopped_shard_looks_again);
    tcase_add_test(tests, a_position_that_a_person_has_written_counts);
    tcase_add_test(tests, numbers_still_to_come_are_not_passed_over_as_published);
    tcase_add_test(tests, numbers_given_since_then_prove_nothing);
    tcase_add_test(tests,
                   what_was_freed_from_the_quarantine_is_passed_over_when_the_shard_goes_back);
    tcase_add_test(tests, each_topic_stands_by_its_own_mark);
    tcase_add_test(tests, set_right_they_are_sent);
    tcase_add_test(tests, a_stopped_shard_does_not_look_again_while_something_is_in_flight);
    tcase_add_test(tests, the_reason_of_a_stop_or_a_failure_is_utf8_wherever_it_is_cut);
    tcase_add_test(tests, each_state_of_a_topic_has_a_name);
    tcase_add_test(tests, a_leaving_shard_cannot_be_stopped);
    tcase_add_test(tests, a_shard_that_is_ours_asks_what_its_partitions_hold);
    tcase_add_test(tests, a_lease_anew_of_a_shard_that_runs_asks_again);
    tcase_add_test_raise_signal(tests, a_row_is_sent_once, SIGABRT);
    tcase_add_test_raise_signal(tests, nobody_renews_a_lease_that_is_not_his, SIGABRT);
    tcase_add_test_raise_signal(tests, nobody_writes_down_a_position_of_a_shard_that_is_not_his,
                                SIGABRT);
    tcase_add_test(tests, its_rows_are_wanted_once_the_last_tail_is_judged);
    tcase_add_test(tests, a_forbidding_tail_is_told_and_ends_the_questions);
    tcase_add_test(tests, a_failure_is_told_when_it_happens_and_when_it_is_settled);
    tcase_add_test(tests, what_the_producer_does_not_take_is_a_failure_settled_at_once);
    tcase_add_test(tests, an_offset_that_goes_back_is_told);
    tcase_add_test(tests, a_stopped_shard_stops_for_another_reason_without_entering_anew);
    tcase_add_test(tests, a_recheck_asks_anew_or_tells_again);
    tcase_add_test(tests, a_leaving_shard_is_to_be_released_and_a_lost_one_forgotten);
    tcase_add_test(tests, a_lost_producer_makes_every_owned_shard_ask_anew);
    tcase_add_test(tests, a_failure_during_which_the_producer_is_lost_is_told);
    Suite *suite = suite_create("relay-svc/core/shard_log");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
