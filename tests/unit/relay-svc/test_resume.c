/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/resume.h"
#include "tests/unit/relay-svc/shard_log_fixture.h"

#include <string.h>

static struct resume_wish wish;
static struct resume_plan plan;

static void open_wish(void)
{
    open_log();
    wish = (struct resume_wish){.topic = RESUME_ANY_TOPIC};
}

static enum resume_verdict judged(void)
{
    return resume_judge(&wish, &the_log, &plan);
}

/* Of orders, with that record at the end of their partition. */
static void stop_by(enum tail_verdict verdict, int64_t seq)
{
    own(7, 7, 7);
    judge(ORDERS, verdict, seq);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
}

START_TEST(behind_the_record_that_the_outbox_does_not_hold_it_goes_on)
{
    stop_by(TAIL_UNKNOWN, 9);
    wish.record = id_of(9);

    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.topic, ORDERS);
    ck_assert(plan.sent.exists);
    ck_assert_int_eq(plan.sent.seq, 9);
    ck_assert_int_eq(plan.complete_to, -1);
}
END_TEST

START_TEST(a_decision_about_another_record_does_not_count)
{
    stop_by(TAIL_UNKNOWN, 9);
    wish.record = id_of(8);
    ck_assert_int_eq(judged(), RESUME_RECORD);
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_OTHER);
}
END_TEST

/* Where it is the outbox that has dropped it, the topic lacks what comes behind. */
START_TEST(an_older_record_that_the_outbox_does_not_hold_has_both_ways_on)
{
    stop_by(TAIL_LOST, 3);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "relay-svc resume --shard 3 --refill"));
    the_log.floor = 5;
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.sent.seq, 3);
    ck_assert_int_eq(plan.complete_to, 4);

    wish = (struct resume_wish){.topic = RESUME_ANY_TOPIC, .record = id_of(3)};
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.sent.seq, 3);
    ck_assert_int_eq(plan.complete_to, -1);
}
END_TEST

START_TEST(a_decision_about_another_topic_does_not_count)
{
    stop_by(TAIL_UNKNOWN, 9);
    wish.record = id_of(9);
    wish.topic = PRODUCTS;
    ck_assert_int_eq(judged(), RESUME_OTHER);
    wish.topic = ORDERS;
    ck_assert_int_eq(judged(), RESUME_GOES);
}
END_TEST

START_TEST(a_topic_made_anew_is_filled_with_what_the_outbox_has)
{
    stop_by(TAIL_NONE_RECREATED, 0);
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert(!plan.sent.exists);
    ck_assert_int_eq(plan.complete_to, 0);

    the_log.floor = 5;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.complete_to, 4);
}
END_TEST

START_TEST(one_that_was_cut_is_filled_though_a_newer_record_lies_there)
{
    stop_by(TAIL_WENT_BACK, 8);
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.sent.seq, 8);
    ck_assert_int_eq(plan.complete_to, 0);

    const struct shard_topic_mark told[TOPIC_COUNT] = {
        {.sent = plan.sent, .complete_to = plan.complete_to}, {.sent = mark(7), .complete_to = 7}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 7, .until_ms = LEASE_END, .topics = told};
    follows = shard_log_recheck(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 8);
    judge(PRODUCTS, TAIL_SAME, 7);
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_BEHIND);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_LIVE);
}
END_TEST

START_TEST(cut_in_use_it_waits_for_what_the_tails_tell)
{
    acknowledge(send(ORDERS, 1));
    deliver_at(send(ORDERS, 2), 1, true);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_ptr_nonnull(strstr(the_log.reason, "relay-svc resume --shard 3 --refill"));
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_WAITS);
}
END_TEST

START_TEST(what_stands_for_something_else_is_not_resumed)
{
    follows = shard_log_stop(&the_log, "10000 aggregates");
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_OTHER);
}
END_TEST

START_TEST(a_topic_that_lacks_what_the_outbox_has_dropped_begins_with_what_is_left)
{
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_RUNS);
    the_log.floor = 5;
    the_log.topics[PRODUCTS].state = TOPIC_REFUSED;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.topic, PRODUCTS);
    ck_assert_int_eq(plan.complete_to, 4);
    wish.topic = ORDERS;
    ck_assert_int_eq(judged(), RESUME_RUNS);
    wish = (struct resume_wish){.topic = RESUME_ANY_TOPIC, .record = id_of(1)};
    ck_assert_int_eq(judged(), RESUME_RUNS);
}
END_TEST

START_TEST(a_quiet_shard_looks_again_by_what_a_person_has_written)
{
    struct shard_mark written;
    prove_both();
    shard_log_mark(&the_log, &written);
    shard_log_marked(&the_log, &written);
    const struct shard_topic_mark told[TOPIC_COUNT] = {{.complete_to = 0}, {mark(2), 2}};
    const struct shard_lease lease = {
        .epoch = 1, .position = 2, .until_ms = LEASE_END, .topics = told};
    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), 0); /* not while it flows */
    shard_log_pause(&the_log, SHARD_RESUMES);
    ck_assert_uint_eq(shard_log_recheck(&the_log, &lease), SHARD_ENTERED | SHARD_CHECK_TAILS);
    ck_assert_int_eq(the_log.topics[ORDERS].complete_to, 0);

    const struct shard_lease other = {.epoch = 2, .topics = told};
    judge(ORDERS, TAIL_NONE_FINE, 0);
    judge(PRODUCTS, TAIL_SAME, 2);
    shard_log_pause(&the_log, SHARD_RESUMES);
    ck_assert_uint_eq(shard_log_recheck(&the_log, &other), 0);
}
END_TEST

/* Orders are as far as the shard, products are filled from there on. */
static void stop_before_lost(int64_t lost_below, int64_t filled)
{
    const struct shard_topic_mark topics[TOPIC_COUNT] = {{mark(7), 7}, {mark(0), filled}};
    const struct shard_lease lease = {.epoch = 1,
                                      .position = 7,
                                      .until_ms = LEASE_END,
                                      .floor = lost_below,
                                      .lost_below = lost_below,
                                      .topics = topics};
    follows = shard_log_own(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 7);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
}

static void recheck_as_written(int64_t lost_below)
{
    struct shard_mark written;
    ck_assert(shard_log_is_dirty(&the_log));
    shard_log_mark(&the_log, &written);
    shard_log_marked(&the_log, &written);
    const struct shard_lease lease = {.epoch = 1,
                                      .position = written.position,
                                      .until_ms = LEASE_END,
                                      .floor = lost_below,
                                      .lost_below = lost_below,
                                      .topics = written.topics};
    follows = shard_log_recheck(&the_log, &lease);
    judge(ORDERS, TAIL_SAME, 7);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
}

START_TEST(behind_rows_that_are_lost_it_goes_on_where_a_person_names_the_last_of_them)
{
    stop_before_lost(21, 7);
    wish.past = 19;
    ck_assert_int_eq(judged(), RESUME_SEQ);
    wish.past = 21;
    ck_assert_int_eq(judged(), RESUME_SEQ);
    wish.past = 20;
    ck_assert_int_eq(judged(), RESUME_GOES);
    ck_assert_int_eq(plan.past, 20);

    shard_log_leave_out(&the_log);
    ck_assert_int_eq(judged(), RESUME_OTHER); /* not twice */
    recheck_as_written(21);
    ck_assert_int_eq(the_log.state, SHARD_RUNNING);
    ck_assert_int_eq(the_log.position, 20);
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_LIVE);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_LIVE);
    ck_assert_int_eq(judged(), RESUME_RUNS);
}
END_TEST

START_TEST(a_topic_that_lacks_rows_before_the_lost_ones_still_lacks_them)
{
    stop_before_lost(21, 3);
    wish.past = 20;
    ck_assert_int_eq(judged(), RESUME_GOES);
    shard_log_leave_out(&the_log);
    recheck_as_written(21);
    ck_assert_int_eq(the_log.position, 20);
    ck_assert_int_eq(the_log.topics[ORDERS].state, TOPIC_LIVE);
    ck_assert_int_eq(the_log.topics[PRODUCTS].state, TOPIC_REFUSED);
}
END_TEST

START_TEST(past_a_row_that_cannot_be_read_it_goes_on_and_past_nothing_else)
{
    acknowledge(send(ORDERS, 1));
    shard_log_pause(&the_log, SHARD_PARKS);
    follows = shard_log_stop_at(&the_log, WAY_LOG, 5, "rows cannot be read", "XX001");
    ck_assert_int_eq(the_log.state, SHARD_STOPPED);
    ck_assert_ptr_nonnull(
        strstr(the_log.reason, "relay-svc resume --shard 3 --past-seq 5 --reason"));
    wish.is_refill = true;
    ck_assert_int_eq(judged(), RESUME_OTHER);
    wish = (struct resume_wish){.topic = RESUME_ANY_TOPIC, .record = id_of(5)};
    ck_assert_int_eq(judged(), RESUME_OTHER);
    wish = (struct resume_wish){.topic = RESUME_ANY_TOPIC, .past = 5};
    ck_assert_int_eq(judged(), RESUME_GOES);
    shard_log_leave_out(&the_log);
    ck_assert_int_eq(the_log.position, 5);
    ck_assert_int_eq(shard_log_complete_to(&the_log, ORDERS), 5);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 5);
}
END_TEST

START_TEST(a_topic_being_filled_passes_such_a_row_alone)
{
    own(100, 100, 100);
    the_log.topics[PRODUCTS].complete_to = 10;
    judge(ORDERS, TAIL_SAME, 100);
    judge(PRODUCTS, TAIL_NONE_FINE, 0);
    ck_assert_int_eq(the_log.fill.topic, PRODUCTS);
    shard_log_pause(&the_log, SHARD_PARKS);
    follows = shard_log_stop_at(&the_log, WAY_FILL, 40, "rows cannot be read", "XX001");
    wish.past = 40;
    ck_assert_int_eq(judged(), RESUME_GOES);
    shard_log_leave_out(&the_log);
    ck_assert_int_eq(the_log.position, 100);
    ck_assert_int_eq(shard_log_complete_to(&the_log, ORDERS), 100);
    ck_assert_int_eq(shard_log_complete_to(&the_log, PRODUCTS), 40);
}
END_TEST

START_TEST(a_stop_by_a_partitions_end_is_not_ended_by_a_seq)
{
    stop_by(TAIL_UNKNOWN, 9);
    wish.past = 9;
    ck_assert_int_eq(judged(), RESUME_OTHER);
}
END_TEST

START_TEST(a_shard_that_is_just_looking_is_waited_for)
{
    follows = shard_log_producer_lost(&the_log);
    ck_assert_int_eq(judged(), RESUME_WAITS);
    for (int i = 0; i < RESUME_VERDICT_COUNT; i++) {
        ck_assert_uint_gt(strlen(resume_words((enum resume_verdict)i)), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_add_checked_fixture(tests, open_wish, close_log);
    tcase_add_test(tests, behind_the_record_that_the_outbox_does_not_hold_it_goes_on);
    tcase_add_test(tests, a_decision_about_another_record_does_not_count);
    tcase_add_test(tests, an_older_record_that_the_outbox_does_not_hold_has_both_ways_on);
    tcase_add_test(tests, a_decision_about_another_topic_does_not_count);
    tcase_add_test(tests, a_topic_made_anew_is_filled_with_what_the_outbox_has);
    tcase_add_test(tests, one_that_was_cut_is_filled_though_a_newer_record_lies_there);
    tcase_add_test(tests, cut_in_use_it_waits_for_what_the_tails_tell);
    tcase_add_test(tests, what_stands_for_something_else_is_not_resumed);
    tcase_add_test(tests, a_topic_that_lacks_what_the_outbox_has_dropped_begins_with_what_is_left);
    tcase_add_test(tests, a_quiet_shard_looks_again_by_what_a_person_has_written);
    tcase_add_test(tests,
                   behind_rows_that_are_lost_it_goes_on_where_a_person_names_the_last_of_them);
    tcase_add_test(tests, a_topic_that_lacks_rows_before_the_lost_ones_still_lacks_them);
    tcase_add_test(tests, past_a_row_that_cannot_be_read_it_goes_on_and_past_nothing_else);
    tcase_add_test(tests, a_topic_being_filled_passes_such_a_row_alone);
    tcase_add_test(tests, a_stop_by_a_partitions_end_is_not_ended_by_a_seq);
    tcase_add_test(tests, a_shard_that_is_just_looking_is_waited_for);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
