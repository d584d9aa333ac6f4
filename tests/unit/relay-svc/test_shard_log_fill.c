/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <string.h>

/* The orders are complete, the products' topic is new; the shard stands at seq 100. */
static void own_with_a_new_topic(int64_t floor)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(90), 100}, {mark(0), 0}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 100, .until_ms = LEASE_END, .floor = floor, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 90);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
}

static enum shard_offer offer_fill(int64_t seq)
{
    const struct window_row offered = row(PRODUCTS, seq);
    return shard_log_fill_offer(&the_log, &offered, NOW);
}

static uint32_t send_fill(int64_t seq)
{
    const struct window_row sent = row(PRODUCTS, seq);
    ck_assert_int_eq(offer_fill(seq), OFFER_SEND);
    return shard_log_fill_sent(&the_log, &sent, NOW);
}

static void acknowledge_fill(uint32_t ticket, bool is_acknowledged)
{
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .way = WAY_FILL,
                                            .ticket = ticket,
                                            .offset = next_offset++,
                                            .is_acknowledged = is_acknowledged,
                                            .failure = "refused"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
}

static struct shard_fill_range fill_range(void)
{
    struct shard_fill_range range = {.topic = -1};
    ck_assert(shard_log_fill_wants(&the_log, 1000, NOW, &range));
    return range;
}

START_TEST(a_new_topic_is_filled_while_the_others_go_on)
{
    own_with_a_new_topic(0);
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(the_log.position, 100);
    ck_assert_int_eq(fill_range().topic, PRODUCTS);
    ck_assert_int_eq(fill_range().after, 0);
    ck_assert_int_eq(fill_range().upto, 100);

    ck_assert_int_eq(offer(PRODUCTS, 101), OFFER_SKIP); /* the fill will bring it */
    acknowledge(send(ORDERS, 102));
    ck_assert_int_eq(the_log.position, 102);
    const uint32_t first = send_fill(5);
    ck_assert_int_eq(offer_fill(7), OFFER_HOLD); /* the first goes alone */
    acknowledge_fill(first, true);
    acknowledge_fill(send_fill(7), true);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 7);
    ck_assert_int_eq(the_log.position, 102);
}
END_TEST

START_TEST(a_filled_topic_goes_on_with_the_others)
{
    own_with_a_new_topic(0);
    acknowledge_fill(send_fill(5), true);
    ck_assert_int_eq(offer(PRODUCTS, 101), OFFER_SKIP);
    shard_log_fill_read(&the_log, PRODUCTS, 100); /* close, but one was passed over meanwhile */
    ck_assert_int_eq(offer(ORDERS, 102), OFFER_HOLD);
    ck_assert_int_eq(fill_range().after, 100);
    ck_assert_int_eq(fill_range().upto, 101);
    const uint32_t last = send_fill(101);
    shard_log_fill_read(&the_log, PRODUCTS, 101);

    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_JOINED);
    const uint32_t next = send(PRODUCTS, 103);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 100);
    acknowledge_fill(last, true);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_LIVE);
    acknowledge(next);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 103);
    ck_assert_int_eq(the_log.topics[PRODUCTS].known.sent.seq, 103);
    struct shard_fill_range none;
    ck_assert(!shard_log_fill_wants(&the_log, 1000, NOW, &none));
}
END_TEST

START_TEST(a_topic_without_rows_of_its_own_is_complete_at_once)
{
    struct shard_mark due;
    own_with_a_new_topic(0);
    shard_log_fill_read(&the_log, PRODUCTS, 100);

    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_LIVE);
    ck_assert(shard_log_is_dirty(&the_log));
    shard_log_mark(&the_log, &due);
    ck_assert_int_eq(due.topics[PRODUCTS].complete_to, 100);
    ck_assert(!due.topics[PRODUCTS].sent.exists);
    shard_log_marked(&the_log, &due);
    ck_assert(!shard_log_is_dirty(&the_log));
}
END_TEST

START_TEST(a_failed_fill_begins_again_after_what_arrived)
{
    own_with_a_new_topic(0);
    acknowledge_fill(send_fill(5), true);
    const uint32_t lost = send_fill(7);
    const uint32_t order = send(ORDERS, 101);
    acknowledge_fill(lost, false);
    ck_assert_int_eq(the_log.state, SHARD_FAILED);
    acknowledge(order);

    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    judge(ORDERS, TAIL_SAME, 101);
    judge(PRODUCTS, TAIL_SAME, 5);
    ck_assert_int_eq(the_log.position, 101);
    ck_assert_int_eq(fill_range().after, 5);
    ck_assert_int_eq(fill_range().upto, 101);
}
END_TEST

START_TEST(a_fill_that_died_goes_on_after_the_partitions_tail)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(90), 100}, {mark(0), 0}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 100, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 90);
    judge(PRODUCTS, TAIL_NEWER, 60);

    ck_assert_int_eq(fill_range().after, 60);
}
END_TEST

START_TEST(a_topic_whose_rows_are_dropped_is_refused_alone)
{
    own_with_a_new_topic(50);
    struct shard_fill_range none;

    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_REFUSED);
    ck_assert(!shard_log_fill_wants(&the_log, 1000, NOW, &none));
    ck_assert_int_eq(offer(PRODUCTS, 101), OFFER_SKIP);
    acknowledge(send(ORDERS, 102));
    ck_assert_int_eq(the_log.position, 102);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 0);
}
END_TEST

START_TEST(nothing_is_filled_on_an_old_lease)
{
    struct shard_fill_range none;
    own_with_a_new_topic(0);
    ck_assert(shard_log_fill_wants(&the_log, 1000, LEASE_END - 1, &none));
    ck_assert(!shard_log_fill_wants(&the_log, 1000, LEASE_END, &none));
}
END_TEST

START_TEST(the_first_record_of_a_topic_being_filled_goes_alone)
{
    struct shard_fill_range none;
    own_with_a_new_topic(0);
    const uint32_t first = send_fill(10);
    ck_assert(!shard_log_fill_wants(&the_log, 1000, NOW, &none));
    ck_assert_uint_eq(shard_log_next_ticket(&the_log, true), first + 1);
    acknowledge_fill(first, true);
    ck_assert(shard_log_fill_wants(&the_log, 1000, NOW, &none));
}
END_TEST

START_TEST(a_full_window_of_the_fill_waits)
{
    struct shard_fill_range none;
    own_with_a_new_topic(0);
    acknowledge_fill(send_fill(1), true);
    for (int64_t seq = 2; seq < 2 + 8; seq++) {
        (void)send_fill(seq);
    }
    ck_assert(!shard_log_fill_wants(&the_log, 1000, NOW, &none));
    shard_log_fill_read(&the_log, PRODUCTS, 50);
    ck_assert(!the_log.fill.is_joining); /* there is no room to come close in */
}
END_TEST

START_TEST(rows_that_are_not_the_fills_are_held)
{
    own_with_a_new_topic(0);
    acknowledge_fill(send_fill(10), true);
    const struct window_row other = row(ORDERS, 20);

    ck_assert_int_eq(offer_fill(10), OFFER_HOLD);
    ck_assert_int_eq(offer_fill(101), OFFER_HOLD);
    ck_assert_int_eq(shard_log_fill_offer(&the_log, &other, NOW), OFFER_HOLD);
    ck_assert_int_eq(offer_fill(11), OFFER_SEND);
}
END_TEST

START_TEST(what_was_read_for_a_fill_that_is_over_says_nothing)
{
    own_with_a_new_topic(0);
    follows = shard_log_leave(&the_log);
    shard_log_fill_read(&the_log, PRODUCTS, 100);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 0);

    own(0, 0, 0);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    shard_log_fill_read(&the_log, PRODUCTS, 100); /* none is behind */
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 0);
}
END_TEST

static void own_with_lost_rows(int64_t position, int64_t lost_below)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(0), position}, {mark(0), position}};
    const struct shard_lease lease = {.epoch = 1,
                                      .position = position,
                                      .until_ms = LEASE_END,
                                      .floor = lost_below,
                                      .lost_below = lost_below,
                                      .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
}

START_TEST(nothing_passes_over_rows_that_somebody_has_dropped)
{
    own_with_lost_rows(100, 102);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "published up to seq 100 only"));
    ck_assert_ptr_nonnull(
        strstr(the_log.reason, "relay-svc resume --shard 3 --past-seq 101 --reason"));

    own_with_lost_rows(101, 102);
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
}
END_TEST

START_TEST(rows_may_be_dropped_while_it_runs)
{
    own(100, 0, 0);
    ck_assert_int_eq(shard_log_note_lost(&the_log, 200), 0); /* its tails are not judged yet */
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);

    ck_assert_int_eq(shard_log_note_lost(&the_log, 0), 0);
    ck_assert_int_eq(shard_log_note_lost(&the_log, 101), 0); /* it has read them */
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    (void)!shard_log_note_lost(&the_log, 102);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
}
END_TEST

START_TEST(a_topic_being_filled_from_dropped_rows_is_refused)
{
    own_with_a_new_topic(0);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_BEHIND);
    (void)!shard_log_note_lost(&the_log, 50);
    ck_assert_int_eq(the_log.state, SHARD_CHECKING);
    judge(ORDERS, TAIL_SAME, 90);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);

    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_REFUSED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shard_log_fill");
    tcase_add_checked_fixture(tests, open_log, close_log);
    tcase_add_test(tests, a_new_topic_is_filled_while_the_others_go_on);
    tcase_add_test(tests, a_filled_topic_goes_on_with_the_others);
    tcase_add_test(tests, a_topic_without_rows_of_its_own_is_complete_at_once);
    tcase_add_test(tests, a_failed_fill_begins_again_after_what_arrived);
    tcase_add_test(tests, a_fill_that_died_goes_on_after_the_partitions_tail);
    tcase_add_test(tests, a_topic_whose_rows_are_dropped_is_refused_alone);
    tcase_add_test(tests, nothing_is_filled_on_an_old_lease);
    tcase_add_test(tests, the_first_record_of_a_topic_being_filled_goes_alone);
    tcase_add_test(tests, a_full_window_of_the_fill_waits);
    tcase_add_test(tests, rows_that_are_not_the_fills_are_held);
    tcase_add_test(tests, what_was_read_for_a_fill_that_is_over_says_nothing);
    tcase_add_test(tests, nothing_passes_over_rows_that_somebody_has_dropped);
    tcase_add_test(tests, rows_may_be_dropped_while_it_runs);
    tcase_add_test(tests, a_topic_being_filled_from_dropped_rows_is_refused);
    Suite *suite = suite_create("relay-svc/core/shard_log_fill");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
