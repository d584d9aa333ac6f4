/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/decisions.h"
#include "tests/support/check_main.h"

static struct decision decision_of(enum decision_kind kind, enum lineup_state state)
{
    return (struct decision){.kind = kind,
                             .state = state,
                             .version = 5,
                             .slot = STRVIEW("a.order.events/3"),
                             .below = 10};
}

static const struct {
    enum decision_kind kind;
    enum lineup_state state;
    bool skips_version;
    bool drops_records;
} EFFECTS[] = {
    {DECISION_SKIP, LINEUP_GAP, true, false},
    {DECISION_SKIP, LINEUP_UNREADABLE, true, false},
    {DECISION_SKIP, LINEUP_UNIDENTIFIED, false, true},
    {DECISION_SKIP, LINEUP_FORKED, false, true},
    {DECISION_RETRY, LINEUP_GAP, false, false},
    {DECISION_RETRY, LINEUP_UNREADABLE, false, false},
};

START_TEST(what_is_skipped_depends_on_what_stood_still)
{
    const struct decision decision = decision_of(EFFECTS[_i].kind, EFFECTS[_i].state);
    ck_assert_int_eq(decision_skips_version(&decision), EFFECTS[_i].skips_version);
    ck_assert_int_eq(decision_drops_records(&decision), EFFECTS[_i].drops_records);
}
END_TEST

static const struct {
    const char *slot;
    int64_t offset;
    bool is_dropped;
} RECORDS[] = {
    {"a.order.events/3", 9, true},  {"a.order.events/3", 0, true},  {"a.order.events/3", 10, false},
    {"a.order.events/1", 0, false}, {"b.order.events/3", 0, false}, {"a.order.events/31", 0, false},
};

START_TEST(records_are_told_apart_by_their_place)
{
    const struct decision list[] = {decision_of(DECISION_RETRY, LINEUP_GAP),
                                    decision_of(DECISION_SKIP, LINEUP_FORKED)};
    const struct decisions decisions = {.list = list, .count = 2};
    ck_assert_int_eq(decisions_drop(&decisions, strview_of(RECORDS[_i].slot), RECORDS[_i].offset),
                     RECORDS[_i].is_dropped);
}
END_TEST

START_TEST(without_a_decision_nothing_is_dropped)
{
    const struct decision gap = decision_of(DECISION_SKIP, LINEUP_GAP);
    const struct decisions none = {.count = 0};
    const struct decisions one = {.list = &gap, .count = 1};
    ck_assert(!decisions_drop(&none, STRVIEW("a.order.events/3"), 0));
    ck_assert(!decisions_drop(&one, STRVIEW("a.order.events/3"), 0));
}
END_TEST

static const struct {
    enum decision_kind kind;
    enum lineup_state state;
    int64_t waits_for;
    size_t taken;
    const char *refusal; /* a part of it; NULL: none */
} VERDICTS[] = {
    {DECISION_RETRY, LINEUP_GAP, 5, 0, NULL},
    {DECISION_RETRY, LINEUP_UNREADABLE, 5, 0, NULL},
    {DECISION_RETRY, LINEUP_UNIDENTIFIED, 5, 0, "only skip ends it"},
    {DECISION_RETRY, LINEUP_FORKED, 5, 0, "only skip ends it"},
    {DECISION_SKIP, LINEUP_GAP, 5, DECISIONS_MAX - 1, NULL},
    {DECISION_SKIP, LINEUP_UNREADABLE, 5, 0, NULL},
    {DECISION_SKIP, LINEUP_UNIDENTIFIED, 5, 0, NULL},
    {DECISION_SKIP, LINEUP_FORKED, 5, 0, NULL},
    {DECISION_SKIP, LINEUP_FORKED, 6, 0, "another version"},
    {DECISION_SKIP, LINEUP_FLOWING, 5, 0, "nothing stands still"},
    {DECISION_SKIP, LINEUP_DRAINING, 5, 0, "it is free already"},
    {DECISION_SKIP, LINEUP_GAP, 5, DECISIONS_MAX, "as many decisions"},
};

START_TEST(a_decision_is_judged_by_what_stands_still_now)
{
    const struct decision decision = decision_of(VERDICTS[_i].kind, LINEUP_GAP);
    const char *refusal =
        decision_refusal(&decision, VERDICTS[_i].state, VERDICTS[_i].waits_for, VERDICTS[_i].taken);
    if (VERDICTS[_i].refusal == NULL) {
        ck_assert_ptr_null(refusal);
    } else {
        ck_assert_ptr_nonnull(refusal);
        ck_assert_ptr_nonnull(strstr(refusal, VERDICTS[_i].refusal));
    }
}
END_TEST

/* Whatever version its records claim. */
START_TEST(what_belongs_to_no_aggregate_is_only_skipped)
{
    struct decision decision = decision_of(DECISION_RETRY, LINEUP_GAP);
    decision.is_of_none = true;
    const char *refusal = decision_refusal(&decision, LINEUP_GAP, 5, 0);
    ck_assert_ptr_nonnull(refusal);
    ck_assert_ptr_nonnull(strstr(refusal, "only skip ends it"));
    decision.kind = DECISION_SKIP;
    ck_assert_ptr_null(decision_refusal(&decision, LINEUP_GAP, 5, 0));
}
END_TEST

START_TEST(kinds_have_words)
{
    ck_assert_int_eq(decision_kind_of_name(STRVIEW("skip")), DECISION_SKIP);
    ck_assert_int_eq(decision_kind_of_name(STRVIEW("retry")), DECISION_RETRY);
    ck_assert_int_eq(decision_kind_of_name(STRVIEW("")), DECISION_KIND_COUNT);
    ck_assert_str_eq(decision_kind_name(DECISION_SKIP), "skip");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/decisions");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, what_is_skipped_depends_on_what_stood_still, 0,
                        sizeof EFFECTS / sizeof EFFECTS[0]);
    tcase_add_loop_test(rules, records_are_told_apart_by_their_place, 0,
                        sizeof RECORDS / sizeof RECORDS[0]);
    tcase_add_test(rules, without_a_decision_nothing_is_dropped);
    tcase_add_loop_test(rules, a_decision_is_judged_by_what_stands_still_now, 0,
                        sizeof VERDICTS / sizeof VERDICTS[0]);
    tcase_add_test(rules, what_belongs_to_no_aggregate_is_only_skipped);
    tcase_add_test(rules, kinds_have_words);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
