/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <string.h>

START_TEST(nothing_is_sent_before_every_tail_is_judged)
{
    own(0, 0, 0);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    ck_assert_int_eq(offer(ORDERS, 1), OFFER_HOLD);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    ck_assert_int_eq(offer(ORDERS, 1), OFFER_HOLD);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(offer(ORDERS, 1), OFFER_SEND);
}
END_TEST

START_TEST(the_first_record_of_a_partition_goes_alone)
{
    const uint32_t first = send(ORDERS, 1);

    ck_assert_int_eq(offer(ORDERS, 2), OFFER_HOLD);
    ck_assert_int_eq(offer(PRODUCTS, 2), OFFER_HOLD);
    ck_assert(!shard_log_wants_rows(&the_log, NOW));
    acknowledge(first);

    (void)send(ORDERS, 2);
    (void)send(ORDERS, 3);
    const uint32_t first_product = send(PRODUCTS, 4);
    ck_assert_int_eq(offer(ORDERS, 5), OFFER_HOLD);
    acknowledge(first_product);
    (void)send(ORDERS, 5);
}
END_TEST

START_TEST(after_an_hour_of_silence_the_first_record_goes_alone_again)
{
    prove_both();
    const int64_t later = NOW + SHARD_SILENCE_MS;
    shard_log_renew(&the_log, later + 5000);
    const struct window_row next = row(ORDERS, 3);

    ck_assert_int_eq(shard_log_offer(&the_log, &next, later), OFFER_SEND);
    (void)shard_log_sent(&the_log, &next, later);

    ck_assert_int_eq(the_log.awaited, ORDERS);
    ck_assert(!shard_log_wants_rows(&the_log, later));
}
END_TEST

START_TEST(the_position_moves_over_an_unbroken_run_only)
{
    prove_both();
    const uint32_t a = send(ORDERS, 5);
    const uint32_t b = send(PRODUCTS, 6);
    const uint32_t c = send(ORDERS, 9);

    acknowledge(b);
    ck_assert_int_eq(the_log.position, 2);
    acknowledge(a);
    ck_assert_int_eq(the_log.position, 6);
    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 5);
    ck_assert_int_eq(the_log.topics[PRODUCTS].known.sent.seq, 6);
    acknowledge(c);
    ck_assert_int_eq(the_log.position, 9);
}
END_TEST

START_TEST(rows_up_to_the_tail_count_as_sent)
{
    own(4, 4, 0);
    judge(ORDERS, TAIL_NEWER, 8);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);

    ck_assert_int_eq(offer(ORDERS, 5), OFFER_SKIP);
    acknowledge(send(PRODUCTS, 6));
    ck_assert_int_eq(offer(ORDERS, 8), OFFER_SKIP);
    ck_assert_int_eq(the_log.position, 8);
    ck_assert_int_eq(offer(ORDERS, 9), OFFER_SEND);
}
END_TEST

START_TEST(an_older_tail_is_published_again_from_there)
{
    own(50, 50, 40);
    judge(ORDERS, TAIL_OLDER, 30);
    judge(PRODUCTS, TAIL_SAME, 40);

    ck_assert_int_eq(the_log.position, 30);
    ck_assert_int_eq(the_log.read, 30);
    acknowledge(send(ORDERS, 31));
    ck_assert_int_eq(offer(PRODUCTS, 40), OFFER_SKIP);
    (void)send(ORDERS, 50);
}
END_TEST

START_TEST(a_forbidding_tail_stops_the_shard)
{
    own(7, 7, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    judge(ORDERS, TAIL_UNKNOWN, 9);

    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "order.events/3"));
    ck_assert_int_eq(offer(ORDERS, 8), OFFER_HOLD);
    ck_assert_int_eq(the_log.position, 7);

    const struct shard_topic_mark same[TOPIC_COUNT] = {{mark(7), 7}, {mark(0), 7}};
    follows = shard_log_recheck(&the_log,
                                &(struct shard_lease){.epoch = 1, .position = 7, .topics = same});
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
}
END_TEST

START_TEST(a_failed_delivery_waits_for_the_rest_and_then_looks_at_the_tails)
{
    prove_both();
    const uint32_t a = send(ORDERS, 3);
    const uint32_t b = send(ORDERS, 4);
    const uint32_t c = send(PRODUCTS, 5);

    acknowledge(a);
    deliver_at(b, -1, false);
    ck_assert_int_eq(the_log.state, SHARD_FAILED);
    ck_assert_int_eq(offer(ORDERS, 6), OFFER_HOLD);
    acknowledge(c);

    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    ck_assert_int_eq(the_log.position, 3);
    judge(ORDERS, TAIL_SAME, 3);
    judge(PRODUCTS, TAIL_NEWER, 5);
    (void)send(ORDERS, 4); /* again, and alone */
    ck_assert_int_eq(offer(PRODUCTS, 5), OFFER_HOLD);
}
END_TEST

START_TEST(answers_of_an_earlier_run_mean_nothing)
{
    prove_both();
    const uint32_t ticket = send(ORDERS, 3);
    const uint16_t run = the_log.run;
    follows = shard_log_producer_lost(&the_log);

    const struct shard_delivery late = {
        .run = run, .ticket = ticket, .offset = next_offset, .is_acknowledged = true};
    follows = shard_log_delivered(&the_log, &late, NOW, &answered_topic);

    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    ck_assert_int_eq(the_log.position, 2);
}
END_TEST

START_TEST(a_new_producer_has_to_prove_itself_again)
{
    prove_both();
    follows = shard_log_producer_lost(&the_log);
    judge(ORDERS, TAIL_SAME, 1);
    judge(PRODUCTS, TAIL_SAME, 2);

    (void)send(ORDERS, 3);

    ck_assert_int_eq(offer(ORDERS, 4), OFFER_HOLD);
}
END_TEST

START_TEST(an_offset_that_goes_back_stops_the_shard)
{
    prove_both();
    const uint32_t ticket = send(ORDERS, 3);

    deliver_at(ticket, 0, true);

    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_int_eq(the_log.position, 2);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "order.events/3: seq 3 got offset 0"));
}
END_TEST

START_TEST(an_acknowledgement_without_offset_is_one)
{
    prove_both();
    deliver_at(send(ORDERS, 3), -1, true);
    ck_assert_int_eq(the_log.position, 3);
}
END_TEST

START_TEST(nothing_is_sent_on_an_old_lease)
{
    const struct window_row next = row(ORDERS, 1);

    ck_assert_int_eq(shard_log_offer(&the_log, &next, LEASE_END), OFFER_HOLD);
    shard_log_renew(&the_log, LEASE_END + 5000);

    ck_assert_int_eq(shard_log_offer(&the_log, &next, LEASE_END), OFFER_SEND);
}
END_TEST

START_TEST(a_full_window_holds_further_rows)
{
    prove_both();
    uint32_t first = send(ORDERS, 3);
    for (int64_t seq = 4; seq <= 10; seq++) {
        (void)send(ORDERS, seq);
    }
    ck_assert_int_eq(offer(ORDERS, 11), OFFER_HOLD);
    acknowledge(first);
    ck_assert_int_eq(offer(ORDERS, 11), OFFER_SEND);
}
END_TEST

START_TEST(a_leaving_shard_sends_no_more_but_takes_answers)
{
    prove_both();
    const uint32_t ticket = send(ORDERS, 3);
    follows = shard_log_leave(&the_log);

    ck_assert_int_eq(offer(ORDERS, 4), OFFER_HOLD);
    acknowledge(ticket);

    ck_assert_int_eq(the_log.position, 3);
    ck_assert_int_eq(the_log.state, SHARD_LEAVING);
    ck_assert_uint_eq(the_log.window.in_flight, 0);
}
END_TEST

START_TEST(a_lost_lease_forgets_what_was_in_flight)
{
    prove_both();
    const uint32_t ticket = send(ORDERS, 3);
    follows = shard_log_lose(&the_log);
    acknowledge(ticket);

    ck_assert(!shard_log_is_owned(&the_log));
    ck_assert(!shard_log_is_dirty(&the_log));
    ck_assert_int_eq(the_log.position, 2);
}
END_TEST

START_TEST(a_mark_is_due_until_it_is_confirmed)
{
    struct shard_mark first_mark;
    ck_assert(!shard_log_is_dirty(&the_log));
    prove_both();
    ck_assert(shard_log_is_dirty(&the_log));
    shard_log_mark(&the_log, &first_mark);
    acknowledge(send(ORDERS, 3));

    shard_log_marked(&the_log, &first_mark);
    ck_assert(shard_log_is_dirty(&the_log));
    struct shard_mark second_mark;
    shard_log_mark(&the_log, &second_mark);
    ck_assert_int_eq(second_mark.position, 3);
    ck_assert_int_eq(second_mark.topics[ORDERS].sent.seq, 3);
    ck_assert_int_eq(second_mark.topics[PRODUCTS].sent.seq, 2);
    shard_log_marked(&the_log, &second_mark);
    ck_assert(!shard_log_is_dirty(&the_log));
}
END_TEST

START_TEST(a_mark_under_an_older_lease_confirms_nothing)
{
    struct shard_mark old_mark;
    prove_both();
    shard_log_mark(&the_log, &old_mark);
    old_mark.epoch--;
    shard_log_marked(&the_log, &old_mark);
    ck_assert(shard_log_is_dirty(&the_log));
}
END_TEST

START_TEST(a_row_that_was_taken_is_not_taken_again)
{
    prove_both();
    ck_assert_int_eq(offer(ORDERS, 2), OFFER_HOLD);
    ck_assert_int_eq(offer(ORDERS, 3), OFFER_SEND);
}
END_TEST

START_TEST(what_is_in_flight_is_counted_in_rows_bytes_and_tickets)
{
    prove_both();
    const uint32_t room = shard_log_room(&the_log);
    const uint32_t ticket = shard_log_next_ticket(&the_log, false);

    ck_assert_uint_eq(send(ORDERS, 3), ticket);
    (void)send(PRODUCTS, 4);

    ck_assert_uint_eq(shard_log_in_flight(&the_log), 2);
    ck_assert_uint_eq(shard_log_bytes(&the_log), 20);
    ck_assert_uint_eq(shard_log_room(&the_log), room - 2);
    ck_assert_uint_eq(shard_log_next_ticket(&the_log, false), ticket + 2);
    ck_assert_uint_eq(shard_log_next_ticket(&the_log, true), 0);
}
END_TEST

START_TEST(an_older_tail_behind_what_is_complete_sets_nothing_back)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(7), 5}, {mark(0), 7}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 7, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    judge(ORDERS, TAIL_OLDER, 6);

    ck_assert_int_eq(the_log.position, 7);
    ck_assert_int_eq(shard_log_complete_to(&the_log, ORDERS), 5);
}
END_TEST

START_TEST(an_older_tail_of_a_topic_that_was_behind_leaves_the_position)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(5), 5}, {mark(0), 7}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 7, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    judge(ORDERS, TAIL_OLDER, 3);

    ck_assert_int_eq(the_log.position, 7);
    ck_assert_int_eq(shard_log_complete_to(&the_log, ORDERS), 3);
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_BEHIND);
}
END_TEST

START_TEST(a_tail_is_judged_once)
{
    own(7, 7, 0);
    judge(ORDERS, TAIL_SAME, 7);
    judge(ORDERS, TAIL_UNKNOWN, 9);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    ck_assert_uint_eq(follows, 0);
}
END_TEST

START_TEST(a_shard_that_was_lost_has_nothing_marked)
{
    struct shard_mark written;
    acknowledge(send(ORDERS, 1));
    shard_log_mark(&the_log, &written);
    follows = shard_log_lose(&the_log);
    shard_log_marked(&the_log, &written);
    ck_assert_int_eq(the_log.marked, 0);
    ck_assert(!shard_log_is_dirty(&the_log));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shard_log_rows");
    tcase_add_checked_fixture(tests, open_log, close_log);
    tcase_add_test(tests, nothing_is_sent_before_every_tail_is_judged);
    tcase_add_test(tests, the_first_record_of_a_partition_goes_alone);
    tcase_add_test(tests, after_an_hour_of_silence_the_first_record_goes_alone_again);
    tcase_add_test(tests, the_position_moves_over_an_unbroken_run_only);
    tcase_add_test(tests, rows_up_to_the_tail_count_as_sent);
    tcase_add_test(tests, an_older_tail_is_published_again_from_there);
    tcase_add_test(tests, a_forbidding_tail_stops_the_shard);
    tcase_add_test(tests, a_failed_delivery_waits_for_the_rest_and_then_looks_at_the_tails);
    tcase_add_test(tests, answers_of_an_earlier_run_mean_nothing);
    tcase_add_test(tests, a_new_producer_has_to_prove_itself_again);
    tcase_add_test(tests, an_offset_that_goes_back_stops_the_shard);
    tcase_add_test(tests, an_acknowledgement_without_offset_is_one);
    tcase_add_test(tests, nothing_is_sent_on_an_old_lease);
    tcase_add_test(tests, a_full_window_holds_further_rows);
    tcase_add_test(tests, a_leaving_shard_sends_no_more_but_takes_answers);
    tcase_add_test(tests, a_lost_lease_forgets_what_was_in_flight);
    tcase_add_test(tests, a_mark_is_due_until_it_is_confirmed);
    tcase_add_test(tests, a_mark_under_an_older_lease_confirms_nothing);
    tcase_add_test(tests, a_row_that_was_taken_is_not_taken_again);
    tcase_add_test(tests, what_is_in_flight_is_counted_in_rows_bytes_and_tickets);
    tcase_add_test(tests, an_older_tail_behind_what_is_complete_sets_nothing_back);
    tcase_add_test(tests, an_older_tail_of_a_topic_that_was_behind_leaves_the_position);
    tcase_add_test(tests, a_tail_is_judged_once);
    tcase_add_test(tests, a_shard_that_was_lost_has_nothing_marked);
    Suite *suite = suite_create("relay-svc/core/shard_log_rows");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
