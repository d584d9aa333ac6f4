/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { ORDERS = 0, PRODUCTS, TOPIC_COUNT, NOW = 1000000, LEASE_END = NOW + 5000 };

static const char *const TOPIC_NAMES[TOPIC_COUNT] = {"order.events", "product.events"};

static struct shard_log the_log;
static int64_t next_offset;
static unsigned follows; /* from the last change */
static int answered_topic;

static struct uuid id_of(int64_t seq)
{
    struct uuid id = {{0}};
    (void)snprintf(id.text, sizeof id.text, "00000000-0000-7000-8000-%012lld", (long long)seq);
    return id;
}

static struct tail_mark mark(int64_t seq)
{
    return (struct tail_mark){.exists = seq > 0, .seq = seq, .id = id_of(seq), .offset = -1};
}

/* Both topics are complete up to there. */
static void own(int64_t position, int64_t orders_sent, int64_t products_sent)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {
        {.sent = mark(orders_sent), .complete_to = position},
        {.sent = mark(products_sent), .complete_to = position},
    };
    const struct shard_lease lease = {
        .epoch = 1, .position = position, .until_ms = LEASE_END, .topics = topics};
    follows = shard_log_own(&the_log, &lease);
}

static void judge(int topic, enum tail_verdict verdict, int64_t seq)
{
    struct tail_found found = {.record = mark(seq)};
    found.record.offset = next_offset++;
    follows = shard_log_judge(&the_log, topic, verdict, &found);
}

/* A shard at rest: nothing sent yet, tails judged. */
static void open_log(void)
{
    struct error err;
    ck_assert_int_eq(shard_log_init(&the_log, 3, TOPIC_NAMES, TOPIC_COUNT, 8, &err), ERROR_NONE);
    next_offset = 100;
    own(0, 0, 0);
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
}

static void close_log(void)
{
    shard_log_done(&the_log);
}

static struct window_row row(int topic, int64_t seq)
{
    return (struct window_row){.topic = (int16_t)topic, .seq = seq, .bytes = 10, .id = id_of(seq)};
}

static enum shard_offer offer(int topic, int64_t seq)
{
    const struct window_row offered = row(topic, seq);
    return shard_log_offer(&the_log, &offered, NOW);
}

static uint32_t send(int topic, int64_t seq)
{
    const struct window_row sent = row(topic, seq);
    ck_assert_int_eq(shard_log_offer(&the_log, &sent, NOW), OFFER_SEND);
    return shard_log_sent(&the_log, &sent, NOW);
}

static void deliver_at(uint32_t ticket, int64_t offset, bool is_acknowledged)
{
    const struct shard_delivery delivery = {.run = the_log.run,
                                            .ticket = ticket,
                                            .offset = offset,
                                            .is_acknowledged = is_acknowledged,
                                            .failure = "refused"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
}

static void acknowledge(uint32_t ticket)
{
    deliver_at(ticket, next_offset++, true);
}

/* The first record of each topic is through. */
static void prove_both(void)
{
    acknowledge(send(ORDERS, 1));
    acknowledge(send(PRODUCTS, 2));
}

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
                                            .is_fill = true,
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
    shard_log_fill_read(&the_log, 100); /* close, but one was passed over meanwhile */
    ck_assert_int_eq(offer(ORDERS, 102), OFFER_HOLD);
    ck_assert_int_eq(fill_range().after, 100);
    ck_assert_int_eq(fill_range().upto, 101);
    const uint32_t last = send_fill(101);
    shard_log_fill_read(&the_log, 101);

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
    shard_log_fill_read(&the_log, 100);

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

START_TEST(a_row_that_is_refused_for_what_it_is_stops_its_shard)
{
    prove_both();
    const uint32_t before = send(ORDERS, 3);
    const uint32_t large = send(ORDERS, 4);
    const uint32_t behind = send(ORDERS, 5);
    acknowledge(before);

    struct shard_delivery delivery = {.run = the_log.run,
                                      .ticket = large,
                                      .offset = -1,
                                      .is_refused = true,
                                      .failure = "too large"};
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
    delivery.ticket = behind;
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);

    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert(the_log.has_refused);
    ck_assert_int_eq(the_log.refused.seq, 4);
    ck_assert_int_eq(the_log.position, 3);
    follows = shard_log_producer_lost(&the_log);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
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

START_TEST(a_refused_row_is_to_be_explained_once)
{
    prove_both();
    const uint32_t large = send(ORDERS, 4);
    const uint32_t behind = send(ORDERS, 5);
    struct shard_delivery delivery = {
        .run = the_log.run, .ticket = large, .offset = -1, .is_refused = true, .failure = "large"};

    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
    ck_assert_uint_eq(follows,
                      SHARD_ENTERED | SHARD_REFUSED | SHARD_TELL_STOPPED | SHARD_FORGET_TAILS);
    delivery.ticket = behind;
    follows = shard_log_delivered(&the_log, &delivery, NOW, &answered_topic);
    ck_assert_uint_eq(follows, 0);
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
    tcase_add_test(tests, a_new_topic_is_filled_while_the_others_go_on);
    tcase_add_test(tests, a_filled_topic_goes_on_with_the_others);
    tcase_add_test(tests, a_topic_without_rows_of_its_own_is_complete_at_once);
    tcase_add_test(tests, a_failed_fill_begins_again_after_what_arrived);
    tcase_add_test(tests, a_fill_that_died_goes_on_after_the_partitions_tail);
    tcase_add_test(tests, a_topic_whose_rows_are_dropped_is_refused_alone);
    tcase_add_test(tests, what_a_person_has_written_counts_when_a_stopped_shard_looks_again);
    tcase_add_test(tests, a_leaving_shard_cannot_be_stopped);
    tcase_add_test(tests, a_row_that_is_refused_for_what_it_is_stops_its_shard);
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
    tcase_add_test(tests, a_refused_row_is_to_be_explained_once);
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
