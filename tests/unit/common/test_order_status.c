/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_status.h"
#include "tests/support/check_main.h"

/* Written by hand: they stand in rows, topics and keys that exist. */
static const char *const STATUS[] = {"none",      "placed",   "confirmed", "shipped",
                                     "delivered", "returned", "cancelled"};
static const char *const PAYMENT[] = {"pending", "authorized",         "declined", "captured",
                                      "voided",  "partially_refunded", "refunded"};
static const char *const REFUND[] = {"none", "due", "partial", "full"};
static const char *const DISPUTE[] = {"none", "open", "resolved"};

START_TEST(the_words_are_the_published_ones_and_lead_back)
{
    for (int i = 0; i < ORDER_STATUS_COUNT; i++) {
        enum order_status status = ORDER_STATUS_COUNT;
        ck_assert_str_eq(order_status_name((enum order_status)i), STATUS[i]);
        ck_assert(order_status_parse(strview_of(STATUS[i]), &status));
        ck_assert_int_eq(status, i);
    }
    for (int i = 0; i < PAYMENT_STATUS_COUNT; i++) {
        enum payment_status status = PAYMENT_STATUS_COUNT;
        ck_assert_str_eq(payment_status_name((enum payment_status)i), PAYMENT[i]);
        ck_assert(payment_status_parse(strview_of(PAYMENT[i]), &status));
        ck_assert_int_eq(status, i);
    }
    for (int i = 0; i < REFUND_STATE_COUNT; i++) {
        enum refund_state state = REFUND_STATE_COUNT;
        ck_assert_str_eq(refund_state_name((enum refund_state)i), REFUND[i]);
        ck_assert(refund_state_parse(strview_of(REFUND[i]), &state));
        ck_assert_int_eq(state, i);
    }
    for (int i = 0; i < DISPUTE_STATE_COUNT; i++) {
        enum dispute_state state = DISPUTE_STATE_COUNT;
        ck_assert_str_eq(dispute_state_name((enum dispute_state)i), DISPUTE[i]);
        ck_assert(dispute_state_parse(strview_of(DISPUTE[i]), &state));
        ck_assert_int_eq(state, i);
    }
}
END_TEST

START_TEST(other_words_are_refused_and_change_nothing)
{
    static const char *const OTHERS[] = {"", "Placed", "place", "placed ", "lost"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        const struct strview word = strview_of(OTHERS[i]);
        enum order_status status = ORDER_STATUS_COUNT;
        enum payment_status payment = PAYMENT_STATUS_COUNT;
        enum refund_state refund = REFUND_STATE_COUNT;
        enum dispute_state dispute = DISPUTE_STATE_COUNT;
        ck_assert(!order_status_parse(word, &status));
        ck_assert(!payment_status_parse(word, &payment));
        ck_assert(!refund_state_parse(word, &refund));
        ck_assert(!dispute_state_parse(word, &dispute));
        ck_assert_int_eq(status, ORDER_STATUS_COUNT);
        ck_assert_int_eq(payment, PAYMENT_STATUS_COUNT);
        ck_assert_int_eq(refund, REFUND_STATE_COUNT);
        ck_assert_int_eq(dispute, DISPUTE_STATE_COUNT);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/order_status");
    TCase *words = tcase_create("words");
    tcase_add_test(words, the_words_are_the_published_ones_and_lead_back);
    tcase_add_test(words, other_words_are_refused_and_change_nothing);
    suite_add_tcase(suite, words);
    return check_main(suite);
}
