/* SPDX-License-Identifier: Apache-2.0 */
/* Who has how much of what all want. */
#include "common/base/shares.h"
#include "tests/support/check_main.h"

enum { ALICE = 1, BOB = 1 + SHARES_BUCKETS, CAROL = 2, WHOLE = 1200 }; /* two in one bucket */

static struct shares shares;

static void open_shares(void)
{
    shares = (struct shares){.count = 0};
}

static void close_shares(void)
{
    shares_done(&shares);
    ck_assert_uint_eq(shares.count, 0);
}

START_TEST(a_party_is_known_as_long_as_it_has_members)
{
    struct share *first = shares_enter(&shares, ALICE);
    ck_assert_ptr_eq(shares_enter(&shares, ALICE), first);
    struct share *other = shares_enter(&shares, BOB);
    ck_assert_ptr_ne(other, first);
    first->amount = 30;
    ck_assert_uint_eq(shares_of(&shares, ALICE), 30);
    ck_assert_uint_eq(shares_of(&shares, BOB), 0);
    ck_assert_uint_eq(shares_of(&shares, CAROL), 0);

    shares_leave(&shares, first);
    ck_assert_uint_eq(shares.count, 2);
    first->amount = 0;
    shares_leave(&shares, first);
    ck_assert_uint_eq(shares.count, 1);
    ck_assert_ptr_eq(shares_enter(&shares, BOB), other);
}
END_TEST

START_TEST(an_equal_share_counts_who_asks)
{
    ck_assert_uint_eq(shares_equal(&shares, ALICE, WHOLE, 0), WHOLE);
    (void)shares_enter(&shares, ALICE);
    ck_assert_uint_eq(shares_equal(&shares, ALICE, WHOLE, 0), WHOLE);
    ck_assert_uint_eq(shares_equal(&shares, BOB, WHOLE, 0), WHOLE / 2);
    (void)shares_enter(&shares, BOB);
    ck_assert_uint_eq(shares_equal(&shares, ALICE, WHOLE, 0), WHOLE / 2);
    ck_assert_uint_eq(shares_equal(&shares, CAROL, WHOLE, 0), WHOLE / 3);
    ck_assert_uint_eq(shares_equal(&shares, CAROL, WHOLE, 1), WHOLE / 4);
}
END_TEST

START_TEST(the_largest_is_that_of_one_party)
{
    ck_assert_uint_eq(shares_largest(&shares), 0);
    shares_enter(&shares, BOB)->amount = 7;
    shares_enter(&shares, ALICE)->amount = 3;
    shares_enter(&shares, CAROL)->amount = 5;
    ck_assert_uint_eq(shares_largest(&shares), 7);
}
END_TEST

START_TEST(names_have_numbers_of_their_own)
{
    ck_assert_uint_eq(shares_key(STRVIEW("customer:c-1")), shares_key(STRVIEW("customer:c-1")));
    ck_assert_uint_ne(shares_key(STRVIEW("customer:c-1")), shares_key(STRVIEW("customer:c-2")));
    ck_assert_uint_ne(shares_key(STRVIEW("")), shares_key(STRVIEW("a")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/shares");
    TCase *tcase = tcase_create("shares");
    tcase_add_checked_fixture(tcase, open_shares, close_shares);
    tcase_add_test(tcase, a_party_is_known_as_long_as_it_has_members);
    tcase_add_test(tcase, an_equal_share_counts_who_asks);
    tcase_add_test(tcase, the_largest_is_that_of_one_party);
    tcase_add_test(tcase, names_have_numbers_of_their_own);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
