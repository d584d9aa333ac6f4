/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/membership.h"
#include "tests/support/check_main.h"

#include <signal.h>

enum { SHARDS = 12, LEASE_MS = 6000, BEGIN = 50000 };

static struct membership member;
static int count; /* of the last move */

static void open_new(void)
{
    membership_init(&member, SHARDS, LEASE_MS, BEGIN);
}

static void settle(void)
{
    membership_ask(&member, BEGIN);
    (void)membership_answered(&member);
    membership_claimed(&member);
}

static enum membership_move balance(int kept, int64_t now_ms)
{
    return membership_balance(&member, kept, now_ms, &count);
}

static void meet(int alive, int others_reaching, int rivals)
{
    const struct membership_others others = {
        .alive = alive, .others_reaching = others_reaching, .rivals = rivals};
    membership_count(&member, &others);
}

/* --- talking --------------------------------------------------------------------- */

START_TEST(one_trip_at_a_time)
{
    ck_assert(membership_may_talk(&member));
    membership_ask(&member, BEGIN);
    ck_assert(!membership_may_talk(&member));
    (void)membership_answered(&member);
    ck_assert(membership_may_talk(&member));
    membership_look(&member);
    ck_assert(!membership_may_talk(&member));
}
END_TEST

START_TEST(a_second_trip_beside_ends_the_program)
{
    membership_ask(&member, BEGIN);
    membership_ask(&member, BEGIN);
}
END_TEST

START_TEST(a_lease_has_four_beats_and_none_waits_for_more_than_a_second)
{
    membership_ask(&member, BEGIN);
    ck_assert_int_eq(membership_answered(&member), 1000);
    membership_init(&member, SHARDS, 2000, BEGIN);
    membership_ask(&member, BEGIN);
    ck_assert_int_eq(membership_answered(&member), 500);
}
END_TEST

START_TEST(a_lease_counts_from_before_it_was_asked_for_and_ends_a_quarter_early)
{
    membership_ask(&member, BEGIN + 300);
    (void)membership_answered(&member);
    ck_assert_int_eq(membership_lease_end(&member), BEGIN + 300 + 4500);
    membership_look(&member); /* asks for no lease */
    ck_assert_int_eq(membership_lease_end(&member), BEGIN + 300 + 4500);
}
END_TEST

START_TEST(what_was_claimed_before_is_ours_only_until_the_first_claim)
{
    ck_assert_int_eq(member.state, MEMBER_NEW);
    settle();
    ck_assert_int_eq(member.state, MEMBER_SETTLED);
    settle();
    ck_assert_int_eq(member.state, MEMBER_SETTLED);
}
END_TEST

/* --- the fair share ---------------------------------------------------------------- */

START_TEST(alone_it_claims_all_it_lacks)
{
    ck_assert_int_eq(balance(0, BEGIN), MOVE_CLAIM);
    ck_assert_int_eq(count, 12);
    ck_assert_int_eq(balance(11, BEGIN), MOVE_CLAIM);
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(balance(12, BEGIN), MOVE_NONE);
    ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(another_one_that_comes_is_given_its_share)
{
    meet(2, 1, 0);
    ck_assert_int_eq(balance(12, BEGIN), MOVE_GIVE_BACK);
    ck_assert_int_eq(count, 6);
    ck_assert_int_eq(balance(6, BEGIN), MOVE_NONE);
    ck_assert_int_eq(balance(4, BEGIN), MOVE_CLAIM);
    ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(a_database_that_counts_nobody_counts_us)
{
    meet(0, 0, 0);
    ck_assert_int_eq(balance(12, BEGIN), MOVE_NONE);
}
END_TEST

START_TEST(who_meets_another_prefix_yields_all_and_takes_nothing)
{
    meet(2, 1, 1);
    ck_assert_int_eq(balance(5, BEGIN), MOVE_YIELD);
    ck_assert_int_eq(count, 5);
    ck_assert_int_eq(balance(0, BEGIN), MOVE_NONE);
    meet(1, 0, 0);
    ck_assert_int_eq(balance(0, BEGIN), MOVE_CLAIM);
}
END_TEST

START_TEST(who_lost_kafka_for_a_lease_gives_all_to_those_who_have_it)
{
    const int64_t late = BEGIN + LEASE_MS + 2000;
    meet(2, 1, 0);
    ck_assert(membership_reaches(&member, late - 1));
    ck_assert_int_eq(balance(6, late - 1), MOVE_NONE);
    ck_assert(!membership_reaches(&member, late));
    ck_assert_int_eq(balance(6, late), MOVE_GIVE_ALL);
    ck_assert_int_eq(count, 6);
    ck_assert_int_eq(balance(0, late), MOVE_NONE);
    membership_reached(&member, late);
    ck_assert_int_eq(balance(0, late), MOVE_CLAIM);
}
END_TEST

START_TEST(who_lost_kafka_as_everybody_did_keeps_its_share)
{
    meet(2, 0, 0);
    ck_assert_int_eq(balance(6, BEGIN + 10 * LEASE_MS), MOVE_NONE);
}
END_TEST

START_TEST(kafka_does_not_answer_while_all_that_is_kept_waits_for_its_tails)
{
    ck_assert(membership_kafka_answers(true, 0, 0));
    ck_assert(membership_kafka_answers(true, 6, 5));
    ck_assert(!membership_kafka_answers(true, 6, 6));
    ck_assert(!membership_kafka_answers(false, 6, 0));
}
END_TEST

/* A relay that leased its shards at BEGIN, was cut off from Kafka at cut_ms and beats at these
 * places from then on: when the other one, whose beat may come last, has its shards. */
static int64_t moved_ms(int64_t cut_ms, bool client_notices, int64_t first_beat_ms)
{
    int64_t beat_ms = first_beat_ms;
    open_new();
    meet(2, 1, 0);
    for (;; beat_ms += 1000) {
        const bool is_cut = beat_ms >= cut_ms;
        if (membership_kafka_answers(!is_cut || !client_notices, 6, is_cut ? 6 : 0)) {
            membership_reached(&member, beat_ms);
        }
        if (balance(6, beat_ms) == MOVE_GIVE_ALL) {
            return beat_ms + 1000;
        }
    }
}

START_TEST(whenever_it_is_cut_off_another_one_has_its_shards_within_two_leases)
{
    for (int64_t cut_ms = BEGIN; cut_ms < BEGIN + 3000; cut_ms += 50) {
        for (int64_t beat_ms = BEGIN + 1; beat_ms <= BEGIN + 1000; beat_ms += 37) {
            ck_assert_int_lt(moved_ms(cut_ms, true, beat_ms), cut_ms + 2 * LEASE_MS - 1000);
            ck_assert_int_lt(moved_ms(cut_ms, false, beat_ms), cut_ms + 2 * LEASE_MS - 1000);
        }
    }
}
END_TEST

/* --- a lease ------------------------------------------------------------------------- */

static enum membership_lease judge(int64_t position, bool is_locked)
{
    const struct membership_told told = {.position = position, .is_locked = is_locked};
    return membership_judge(&told, 100);
}

START_TEST(a_lease_is_what_the_database_says_of_it)
{
    ck_assert_int_eq(judge(100, false), LEASE_RENEWED);
    ck_assert_int_eq(judge(120, false), LEASE_RENEWED);
    ck_assert_int_eq(judge(100, true), LEASE_KEPT);
    ck_assert_int_eq(judge(-1, false), LEASE_GONE);
    ck_assert_int_eq(judge(99, false), LEASE_SET_BACK);
    ck_assert_int_eq(judge(99, true), LEASE_SET_BACK);
}
END_TEST

/* --- the end --------------------------------------------------------------------------- */

START_TEST(a_lost_connection_is_doubted_until_nothing_of_before_is_held)
{
    settle();
    membership_doubt(&member);
    ck_assert(!membership_may_talk(&member));
    ck_assert(!membership_counts(&member));
    ck_assert(!membership_settle(&member, 3));
    ck_assert(membership_settle(&member, 0));
    ck_assert_int_eq(member.state, MEMBER_NEW);
    ck_assert(!membership_settle(&member, 0));
}
END_TEST

START_TEST(a_doubt_on_a_doubt_is_one)
{
    membership_doubt(&member);
    membership_doubt(&member);
    ck_assert_int_eq(member.state, MEMBER_DOUBTING);
}
END_TEST

START_TEST(a_claim_answered_in_doubt_would_end_the_program)
{
    membership_ask(&member, BEGIN);
    membership_doubt(&member);
    (void)membership_answered(&member);
    membership_claimed(&member);
}
END_TEST

START_TEST(what_is_ready_is_given_back_once)
{
    settle();
    ck_assert_int_eq(membership_return(&member, 0, 3, false), RETURN_NOTHING);
    ck_assert_int_eq(membership_return(&member, 2, 3, false), RETURN_SHARDS);
    ck_assert_int_eq(membership_return(&member, 2, 3, false), RETURN_NOTHING);
    membership_returned(&member);
    ck_assert_int_eq(member.state, MEMBER_SETTLED);
    ck_assert_int_eq(membership_return(&member, 1, 1, false), RETURN_SHARDS);
}
END_TEST

START_TEST(nothing_is_given_back_in_doubt)
{
    settle();
    membership_doubt(&member);
    ck_assert_int_eq(membership_return(&member, 2, 3, false), RETURN_NOTHING);
}
END_TEST

START_TEST(it_leaves_when_it_drains_and_holds_nothing_and_awaits_no_answer)
{
    settle();
    ck_assert_int_eq(membership_return(&member, 0, 0, false), RETURN_NOTHING);
    ck_assert_int_eq(membership_return(&member, 0, 1, true), RETURN_NOTHING);
    membership_ask(&member, BEGIN);
    ck_assert_int_eq(membership_return(&member, 0, 0, true), RETURN_NOTHING);
    (void)membership_answered(&member);
    ck_assert_int_eq(membership_return(&member, 0, 0, true), RETURN_MEMBERSHIP);
    ck_assert_int_eq(membership_return(&member, 0, 0, true), RETURN_NOTHING);
    membership_returned(&member);
    ck_assert_int_eq(member.state, MEMBER_GONE);
}
END_TEST

START_TEST(who_leaves_does_not_beat_any_more_and_stays_away)
{
    ck_assert_int_eq(membership_return(&member, 0, 0, true), RETURN_MEMBERSHIP);
    ck_assert(!membership_may_talk(&member));
    membership_doubt(&member); /* the connection is lost with the last statement */
    membership_returned(&member);
    membership_doubt(&member);
    ck_assert_int_eq(member.state, MEMBER_GONE);
    ck_assert(!membership_may_talk(&member));
    ck_assert_int_eq(membership_return(&member, 0, 0, true), RETURN_NOTHING);
}
END_TEST

START_TEST(a_release_may_be_answered_in_doubt)
{
    settle();
    ck_assert_int_eq(membership_return(&member, 1, 2, false), RETURN_SHARDS);
    membership_doubt(&member);
    membership_returned(&member);
    ck_assert_int_eq(member.state, MEMBER_DOUBTING);
}
END_TEST

static void add_talk(TCase *tests)
{
    tcase_add_test(tests, one_trip_at_a_time);
    tcase_add_test_raise_signal(tests, a_second_trip_beside_ends_the_program, SIGABRT);
    tcase_add_test(tests, a_lease_has_four_beats_and_none_waits_for_more_than_a_second);
    tcase_add_test(tests, a_lease_counts_from_before_it_was_asked_for_and_ends_a_quarter_early);
    tcase_add_test(tests, what_was_claimed_before_is_ours_only_until_the_first_claim);
    tcase_add_test(tests, alone_it_claims_all_it_lacks);
    tcase_add_test(tests, another_one_that_comes_is_given_its_share);
    tcase_add_test(tests, a_database_that_counts_nobody_counts_us);
    tcase_add_test(tests, who_meets_another_prefix_yields_all_and_takes_nothing);
    tcase_add_test(tests, who_lost_kafka_for_a_lease_gives_all_to_those_who_have_it);
    tcase_add_test(tests, who_lost_kafka_as_everybody_did_keeps_its_share);
    tcase_add_test(tests, kafka_does_not_answer_while_all_that_is_kept_waits_for_its_tails);
    tcase_add_test(tests, whenever_it_is_cut_off_another_one_has_its_shards_within_two_leases);
    tcase_add_test(tests, a_lease_is_what_the_database_says_of_it);
}

static void add_end(TCase *tests)
{
    tcase_add_test(tests, a_lost_connection_is_doubted_until_nothing_of_before_is_held);
    tcase_add_test(tests, a_doubt_on_a_doubt_is_one);
    tcase_add_test_raise_signal(tests, a_claim_answered_in_doubt_would_end_the_program, SIGABRT);
    tcase_add_test(tests, what_is_ready_is_given_back_once);
    tcase_add_test(tests, nothing_is_given_back_in_doubt);
    tcase_add_test(tests, it_leaves_when_it_drains_and_holds_nothing_and_awaits_no_answer);
    tcase_add_test(tests, who_leaves_does_not_beat_any_more_and_stays_away);
    tcase_add_test(tests, a_release_may_be_answered_in_doubt);
}

int main(void)
{
    TCase *tests = tcase_create("membership");
    tcase_add_checked_fixture(tests, open_new, NULL);
    add_talk(tests);
    add_end(tests);
    Suite *suite = suite_create("relay-svc/core/membership");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
