/* SPDX-License-Identifier: Apache-2.0 */
/* A row that Kafka will never take: found, passed over, sent once more when a person says so. */
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <string.h>

static void refuse(uint32_t ticket)
{
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .ticket = ticket,
                                            .offset = -1,
                                            .is_refused = true,
                                            .failure = "too large"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
}

static void answer(enum shard_way way, uint32_t ticket)
{
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .way = way,
                                            .ticket = ticket,
                                            .offset = next_offset++,
                                            .is_acknowledged = true};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
}

/* As after a new producer, with nothing in Kafka behind that row. */
static void renew(int64_t orders_sent)
{
    follows = shard_log_producer_lost(&the_log);
    judge(ORDERS, orders_sent > the_log.topics[ORDERS].known.sent.seq ? TAIL_NEWER : TAIL_SAME,
          orders_sent);
    judge(PRODUCTS, TAIL_SAME, 2);
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
}

static enum shard_offer pass(int64_t seq)
{
    const struct window_row passed = {.topic = SHARD_PASSES, .seq = seq, .id = id_of(seq)};
    return shard_log_offer(&the_log, &passed, NOW);
}

/* --- which one it is -------------------------------------------------------------- */

START_TEST(after_a_batch_was_refused_one_record_at_a_time_is_sent_until_the_last_of_it_is_through)
{
    prove_both();
    const uint32_t before = send(ORDERS, 3);
    const uint32_t large = send(ORDERS, 4);
    const uint32_t behind = send(ORDERS, 5);
    acknowledge(before);
    refuse(large);
    ck_assert_uint_eq(follows, SHARD_ENTERED | SHARD_TELL_FAILED | SHARD_REFUSED);
    refuse(behind); /* the same words, as it was in the same batch */
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    renew(3);

    const uint32_t alone = send(ORDERS, 4);
    ck_assert_int_eq(offer(ORDERS, 5), OFFER_HOLD);
    acknowledge(alone);
    const uint32_t last = send(ORDERS, 5);
    ck_assert(!shard_log_wants_rows(&the_log, NOW));
    acknowledge(last);

    (void)send(ORDERS, 6);
    (void)send(ORDERS, 7);
}
END_TEST

START_TEST(what_is_refused_alone_is_to_be_parked_also_after_the_producer_was_renewed)
{
    prove_both();
    refuse(send(ORDERS, 3));
    ck_assert_uint_ne(follows & SHARD_REFUSED, 0);
    renew(1);

    ck_assert_int_eq(offer(ORDERS, 3), OFFER_PARK);
    ck_assert_ptr_nonnull(strstr(the_log.refusal, "order.events refuses it: too large"));
    shard_log_pause(&the_log, SHARD_PARKS);
    shard_log_parked(&the_log, WAY_LOG, 3);
    ck_assert_uint_eq(shard_log_go_on(&the_log, SHARD_PARKS), SHARD_READ);
    ck_assert_int_eq(offer(ORDERS, 4), OFFER_SEND);
}
END_TEST

START_TEST(a_row_that_is_taken_after_all_is_no_longer_the_refused_one)
{
    prove_both();
    refuse(send(ORDERS, 3));
    follows = shard_log_producer_lost(&the_log);
    judge(ORDERS, TAIL_NEWER, 3); /* it is there all the same */
    judge(PRODUCTS, TAIL_SAME, 2);
    ck_assert_int_eq(offer(ORDERS, 3), OFFER_SKIP);
    acknowledge(send(ORDERS, 4));
    ck_assert_int_eq(the_log.position, 4);
}
END_TEST

START_TEST(a_refusal_to_a_shard_that_has_failed_already_changes_nothing)
{
    prove_both();
    const uint32_t first = send(ORDERS, 3);
    const uint32_t second = send(ORDERS, 4);
    (void)send(ORDERS, 5);
    deliver_at(first, -1, false);
    refuse(second);
    ck_assert_uint_eq(follows, 0);
    ck_assert_int_eq(the_log.refused, 0);
}
END_TEST

/* --- between two batches ------------------------------------------------------------ */

START_TEST(a_shard_that_pauses_is_quiet_once_nothing_is_in_flight)
{
    prove_both();
    const uint32_t sent = send(ORDERS, 3);
    shard_log_pause(&the_log, SHARD_PARKS);
    ck_assert(!shard_log_is_quiet(&the_log, SHARD_PARKS));
    ck_assert_int_eq(offer(ORDERS, 4), OFFER_HOLD);
    acknowledge(sent);
    ck_assert(shard_log_is_quiet(&the_log, SHARD_PARKS));
    ck_assert_int_eq(offer(ORDERS, 4), OFFER_HOLD);

    ck_assert_uint_eq(shard_log_go_on(&the_log, SHARD_PARKS), SHARD_READ);
    ck_assert_int_eq(offer(ORDERS, 4), OFFER_SEND);
}
END_TEST

START_TEST(who_has_not_paused_a_shard_does_not_let_it_go)
{
    prove_both();
    shard_log_pause(&the_log, SHARD_PARKS);
    ck_assert(!shard_log_is_quiet(&the_log, SHARD_FREES));
    ck_assert_uint_eq(shard_log_go_on(&the_log, SHARD_FREES), 0);
    ck_assert_uint_eq(shard_log_go_on(&the_log, SHARD_RESUMES), 0);
    ck_assert(!shard_log_may_send_again(&the_log, ORDERS, NOW));
    ck_assert_int_eq(offer(ORDERS, 4), OFFER_HOLD);
    ck_assert(shard_log_is_quiet(&the_log, SHARD_PARKS));
}
END_TEST

START_TEST(the_position_is_past_a_row_that_was_parked)
{
    prove_both();
    shard_log_pause(&the_log, SHARD_PARKS);
    shard_log_parked(&the_log, WAY_LOG, 9);

    ck_assert_int_eq(the_log.position, 9);
    ck_assert_int_eq(the_log.marked, 9);
    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 1);
    (void)!shard_log_go_on(&the_log, SHARD_PARKS);
    acknowledge(send(ORDERS, 10));
    ck_assert_int_eq(the_log.position, 10);
}
END_TEST

START_TEST(a_beginning_anew_ends_the_pause)
{
    prove_both();
    shard_log_pause(&the_log, SHARD_PARKS);
    follows = shard_log_producer_lost(&the_log);
    ck_assert(!shard_log_is_quiet(&the_log, SHARD_PARKS));
    ck_assert_uint_eq(shard_log_go_on(&the_log, SHARD_PARKS), 0);
    ck_assert_int_eq(the_log.pace, SHARD_FLOWS);
}
END_TEST

START_TEST(rows_of_an_aggregate_that_waits_are_passed_over)
{
    prove_both();
    const uint32_t sent = send(ORDERS, 3);
    ck_assert_int_eq(pass(4), OFFER_SKIP);
    ck_assert_int_eq(pass(5), OFFER_SKIP);
    ck_assert_int_eq(the_log.position, 2);
    acknowledge(sent);
    ck_assert_int_eq(the_log.position, 5);
    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 3);
}
END_TEST

START_TEST(a_row_sent_once_more_has_no_place_in_the_order_of_the_log)
{
    prove_both();
    acknowledge(send(ORDERS, 9));
    shard_log_pause(&the_log, SHARD_FREES);
    ck_assert(shard_log_may_send_again(&the_log, ORDERS, NOW));
    ck_assert(!shard_log_may_send_again(&the_log, ORDERS, LEASE_END));
    const struct window_row old = row(ORDERS, 5);
    ck_assert_uint_eq(shard_log_next_ticket(&the_log, WAY_AGAIN),
                      shard_log_sent_again(&the_log, &old));
    ck_assert(!shard_log_is_quiet(&the_log, SHARD_FREES));
    ck_assert_uint_eq(shard_log_in_flight(&the_log), 1);
    ck_assert_uint_eq(shard_log_bytes(&the_log), old.bytes);

    answer(WAY_AGAIN, shard_log_next_ticket(&the_log, WAY_AGAIN) - 1);
    ck_assert_int_eq(answered_topic, ORDERS);
    ck_assert(shard_log_is_quiet(&the_log, SHARD_FREES));
    ck_assert_int_eq(the_log.position, 9);
    ck_assert_int_eq(the_log.topics[ORDERS].known.sent.seq, 9);
    ck_assert_int_eq(the_log.topics[ORDERS].known.acked.seq, 9);
}
END_TEST

START_TEST(nothing_is_passed_over_while_the_database_is_asked_up_to_where_an_aggregate_waits)
{
    struct shard_fill_range range;
    prove_both();
    shard_log_pause(&the_log, SHARD_FREES);
    shard_log_note_asked(&the_log, true);
    renew(1);
    ck_assert_int_eq(the_log.pace, SHARD_FLOWS);
    ck_assert_int_eq(pass(3), OFFER_HOLD);
    ck_assert_int_eq(offer(ORDERS, 3), OFFER_HOLD);
    ck_assert(!shard_log_fill_wants(&the_log, 1000, NOW, &range));
    ck_assert_int_eq(the_log.position, 2);

    shard_log_note_asked(&the_log, false);
    ck_assert_int_eq(pass(3), OFFER_SKIP);
    shard_log_note_asked(&the_log, true);
    own(2, 1, 2); /* under another lease nothing is on its way any more */
    judge(ORDERS, TAIL_SAME, 1);
    judge(PRODUCTS, TAIL_SAME, 2);
    ck_assert_int_eq(pass(3), OFFER_SKIP);
}
END_TEST

START_TEST(what_was_sent_once_more_is_no_longer_the_refused_one)
{
    prove_both();
    refuse(send(ORDERS, 3));
    renew(1);
    shard_log_pause(&the_log, SHARD_PARKS);
    shard_log_parked(&the_log, WAY_LOG, 9);
    (void)!shard_log_go_on(&the_log, SHARD_PARKS);
    the_log.refused = 3; /* once more, when it was tried again */
    shard_log_pause(&the_log, SHARD_FREES);
    const struct window_row parked = row(ORDERS, 3);
    answer(WAY_AGAIN, shard_log_sent_again(&the_log, &parked));
    ck_assert_int_eq(the_log.refused, 0);
}
END_TEST

START_TEST(to_a_topic_that_is_being_filled_nothing_is_sent_once_more)
{
    prove_both();
    the_log.topics[ORDERS].state = TOPIC_BEHIND;
    shard_log_pause(&the_log, SHARD_FREES);
    ck_assert(!shard_log_may_send_again(&the_log, ORDERS, NOW));
    ck_assert(shard_log_may_send_again(&the_log, PRODUCTS, NOW));
}
END_TEST

/* --- the fill ------------------------------------------------------------------------ */

/* A shard at 10 whose orders' topic has none of them. */
static void begin_fill(void)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{.complete_to = 0}, {mark(10), 10}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 10, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_SAME, 10);
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_BEHIND);
}

static enum shard_offer fill_offer(int topic, int64_t seq)
{
    const struct window_row offered = row(topic, seq);
    return shard_log_fill_offer(&the_log, &offered, NOW);
}

START_TEST(the_fill_passes_over_an_aggregate_that_waits)
{
    begin_fill();
    ck_assert_int_eq(fill_offer(SHARD_PASSES, 3), OFFER_SKIP);
    ck_assert_int_eq(the_log.topics[ORDERS].complete_to, 3);
    shard_log_pause(&the_log, SHARD_PARKS);
    ck_assert_int_eq(fill_offer(SHARD_PASSES, 4), OFFER_HOLD);
    shard_log_fill_read(&the_log, ORDERS, 10);
    ck_assert_int_eq(the_log.topics[ORDERS].complete_to, 3);
}
END_TEST

START_TEST(a_range_that_ends_with_an_aggregate_that_waits_says_nothing_of_the_next_topic)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{.complete_to = 0}, {.complete_to = 0}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 10, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);

    ck_assert_int_eq(fill_offer(SHARD_PASSES, 10), OFFER_SKIP); /* all that orders lacked */
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_LIVE);
    shard_log_fill_read(&the_log, ORDERS, 10);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_BEHIND);
    ck_assert_int_eq(fill_offer(PRODUCTS, 2), OFFER_SEND);
}
END_TEST

START_TEST(a_row_that_the_fill_cannot_send_is_parked_and_the_fill_goes_on)
{
    begin_fill();
    shard_log_pause(&the_log, SHARD_PARKS);
    shard_log_parked(&the_log, WAY_FILL, 4);
    (void)!shard_log_go_on(&the_log, SHARD_PARKS);
    ck_assert_int_eq(the_log.topics[ORDERS].complete_to, 4);
    ck_assert_int_eq(the_log.position, 10);
    ck_assert_int_eq(fill_offer(ORDERS, 5), OFFER_SEND);
}
END_TEST

START_TEST(what_the_fill_was_refused_alone_it_parks)
{
    begin_fill();
    const struct window_row large = row(ORDERS, 4);
    ck_assert_int_eq(fill_offer(ORDERS, 4), OFFER_SEND);
    const uint32_t ticket = shard_log_fill_sent(&the_log, &large, NOW);
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .way = WAY_FILL,
                                            .ticket = ticket,
                                            .offset = -1,
                                            .is_refused = true,
                                            .failure = "too large"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_SAME, 10);
    ck_assert_int_eq(fill_offer(ORDERS, 4), OFFER_PARK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shard_log_pause");
    TCase *tests = tcase_create("quarantine");
    tcase_add_checked_fixture(tests, open_log, close_log);
    tcase_add_test(
        tests,
        after_a_batch_was_refused_one_record_at_a_time_is_sent_until_the_last_of_it_is_through);
    tcase_add_test(tests,
                   what_is_refused_alone_is_to_be_parked_also_after_the_producer_was_renewed);
    tcase_add_test(tests, a_row_that_is_taken_after_all_is_no_longer_the_refused_one);
    tcase_add_test(tests, a_refusal_to_a_shard_that_has_failed_already_changes_nothing);
    tcase_add_test(tests, a_shard_that_pauses_is_quiet_once_nothing_is_in_flight);
    tcase_add_test(tests, who_has_not_paused_a_shard_does_not_let_it_go);
    tcase_add_test(tests, the_position_is_past_a_row_that_was_parked);
    tcase_add_test(tests, a_beginning_anew_ends_the_pause);
    tcase_add_test(tests, rows_of_an_aggregate_that_waits_are_passed_over);
    tcase_add_test(tests, a_row_sent_once_more_has_no_place_in_the_order_of_the_log);
    tcase_add_test(
        tests, nothing_is_passed_over_while_the_database_is_asked_up_to_where_an_aggregate_waits);
    tcase_add_test(tests, what_was_sent_once_more_is_no_longer_the_refused_one);
    tcase_add_test(tests, to_a_topic_that_is_being_filled_nothing_is_sent_once_more);
    tcase_add_test(tests, the_fill_passes_over_an_aggregate_that_waits);
    tcase_add_test(tests,
                   a_range_that_ends_with_an_aggregate_that_waits_says_nothing_of_the_next_topic);
    tcase_add_test(tests, a_row_that_the_fill_cannot_send_is_parked_and_the_fill_goes_on);
    tcase_add_test(tests, what_the_fill_was_refused_alone_it_parks);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
