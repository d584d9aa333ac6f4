/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/tail.h"
#include "tests/support/check_main.h"

#include <string.h>

#define ID_A "00000000-0000-7000-8000-00000000000a"
#define ID_B "00000000-0000-7000-8000-00000000000b"

#define NOTHING                                                                                    \
    {                                                                                              \
        .exists = false                                                                            \
    }
#define MARK(s, i, o)                                                                              \
    {                                                                                              \
        .exists = true, .seq = (s), .id = {i}, .offset = (o)                                       \
    }

/* What is known, what is found, and what it means: written by hand. */
static const struct {
    struct tail_known known;
    struct tail_found found;
    enum tail_verdict verdict;
} CASES[] = {
    /* an empty topic, nothing ever sent */
    {{NOTHING, NOTHING}, {NOTHING, 0}, TAIL_NONE_FINE},
    /* retention has emptied it */
    {{MARK(7, ID_A, -1), NOTHING}, {NOTHING, 12}, TAIL_NONE_FINE},
    {{NOTHING, NOTHING}, {NOTHING, 12}, TAIL_NONE_FINE},
    /* it was made anew */
    {{MARK(7, ID_A, -1), NOTHING}, {NOTHING, 0}, TAIL_NONE_RECREATED},
    {{NOTHING, MARK(7, ID_A, 3)}, {NOTHING, 0}, TAIL_NONE_RECREATED},
    /* as it was left */
    {{MARK(7, ID_A, -1), NOTHING}, {MARK(7, ID_A, 3), 0}, TAIL_SAME},
    {{MARK(7, ID_A, 3), MARK(7, ID_A, 3)}, {MARK(7, ID_A, 3), 0}, TAIL_SAME},
    /* a crash between send and mark */
    {{MARK(7, ID_A, -1), NOTHING}, {MARK(9, ID_B, 5), 0}, TAIL_NEWER},
    {{NOTHING, NOTHING}, {MARK(9, ID_B, 5), 0}, TAIL_NEWER},
    {{MARK(7, ID_A, 3), MARK(8, ID_B, 4)}, {MARK(9, ID_B, 5), 0}, TAIL_NEWER},
    /* Kafka has lost records */
    {{MARK(7, ID_A, -1), NOTHING}, {MARK(6, ID_B, 2), 0}, TAIL_OLDER},
    {{MARK(7, ID_A, 3), MARK(7, ID_A, 3)}, {MARK(6, ID_B, 2), 0}, TAIL_OLDER},
    /* the number is ours, the event is not */
    {{MARK(7, ID_A, -1), NOTHING}, {MARK(7, ID_B, 3), 0}, TAIL_UNKNOWN},
    /* made anew while in use: a newer row at an older place */
    {{MARK(7, ID_A, 3), MARK(8, ID_B, 4)}, {MARK(9, ID_B, 0), 0}, TAIL_WENT_BACK},
    {{MARK(7, ID_A, 3), MARK(8, ID_B, 4)}, {MARK(9, ID_B, 4), 0}, TAIL_WENT_BACK}, /* or the same */
    {{MARK(7, ID_A, 3), MARK(7, ID_A, 3)}, {MARK(7, ID_A, 1), 0}, TAIL_WENT_BACK},
};
enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

START_TEST(each_pair_of_ends_means_what_is_listed)
{
    ck_assert_str_eq(TAIL_VERDICT_NAMES[tail_compare(&CASES[_i].known, &CASES[_i].found)],
                     TAIL_VERDICT_NAMES[CASES[_i].verdict]);
}
END_TEST

static const struct {
    struct tail_mark in_outbox;
    bool is_known;
} CONFIRMATIONS[] = {
    {MARK(9, ID_B, -1), true},
    {MARK(9, ID_A, -1), false},
    {MARK(8, ID_B, -1), false},
    {NOTHING, false},
};
enum { CONFIRMATION_COUNT = sizeof CONFIRMATIONS / sizeof CONFIRMATIONS[0] };

START_TEST(only_the_very_row_confirms)
{
    static const enum tail_verdict ASKED[] = {TAIL_NEWER, TAIL_OLDER};
    static const enum tail_verdict ELSE[] = {TAIL_UNKNOWN, TAIL_LOST};
    const struct tail_found found = {MARK(9, ID_B, 5), 0};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(tail_confirm(ASKED[i], &found, &CONFIRMATIONS[_i].in_outbox),
                         CONFIRMATIONS[_i].is_known ? ASKED[i] : ELSE[i]);
    }
}
END_TEST

START_TEST(these_verdicts_stop_a_shard)
{
    static const bool STOPS[TAIL_VERDICT_COUNT] = {[TAIL_NONE_RECREATED] = true,
                                                   [TAIL_WENT_BACK] = true,
                                                   [TAIL_UNKNOWN] = true,
                                                   [TAIL_LOST] = true};
    ck_assert_int_eq(tail_is_stop((enum tail_verdict)_i), STOPS[_i]);
}
END_TEST

START_TEST(a_stop_says_where_and_what_to_do)
{
    const struct tail_known known = {MARK(7, ID_A, 3), MARK(7, ID_A, 3)};
    const struct tail_found found = {MARK(INT64_MAX, ID_B, INT64_MAX), 0};
    char text[1024];
    if (tail_is_stop((enum tail_verdict)_i)) {
        tail_explain((enum tail_verdict)_i, "customer.events", 1023, &known, &found, text,
                     sizeof text);
        ck_assert_ptr_nonnull(strstr(text, "customer.events/1023"));
        ck_assert_ptr_nonnull(strstr(text, "restore"));
        ck_assert_ptr_nonnull(strstr(text, "TOPIC_PREFIX"));
        ck_assert_ptr_nonnull(strstr(text, "relay-svc resume --shard 1023 --"));
        ck_assert_uint_lt(strlen(text) + 100, ERROR_TEXT_MAX); /* with what /readyz says before */
    }
}
END_TEST

START_TEST(what_kafka_lost_is_said_with_where_it_ends)
{
    const struct tail_known known = {MARK(7, ID_A, 3), MARK(7, ID_A, 3)};
    const struct tail_found found = {MARK(5, ID_B, 2), 0};
    char text[256];
    tail_explain(TAIL_OLDER, "order.events", 3, &known, &found, text, sizeof text);
    ck_assert_str_eq(text, "order.events/3 ends with seq 5, but seq 7 was acknowledged: Kafka has "
                           "lost records; publishing them again");
    tail_explain(TAIL_SAME, "order.events", 3, &known, &found, text, sizeof text);
    ck_assert_str_eq(text, "order.events/3 is as expected");
}
END_TEST

START_TEST(each_verdict_has_a_name)
{
    ck_assert_str_eq(TAIL_VERDICT_NAMES[TAIL_SAME], "same");
    ck_assert_str_eq(TAIL_VERDICT_NAMES[TAIL_UNKNOWN], "unknown");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tail");
    tcase_add_loop_test(tests, each_pair_of_ends_means_what_is_listed, 0, CASE_COUNT);
    tcase_add_loop_test(tests, only_the_very_row_confirms, 0, CONFIRMATION_COUNT);
    tcase_add_loop_test(tests, these_verdicts_stop_a_shard, 0, TAIL_VERDICT_COUNT);
    tcase_add_loop_test(tests, a_stop_says_where_and_what_to_do, 0, TAIL_VERDICT_COUNT);
    tcase_add_test(tests, what_kafka_lost_is_said_with_where_it_ends);
    tcase_add_test(tests, each_verdict_has_a_name);
    Suite *suite = suite_create("relay-svc/core/tail");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
