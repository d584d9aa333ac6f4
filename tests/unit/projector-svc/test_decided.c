/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch on what operators have decided: products as they are stored, what is parked behind them,
 * decisions; writes out.
 */
#include "projector-svc/views/decision_json.h"
#include "tests/unit/projector-svc/batch_fixture.h"

static void begin(void)
{
    open_batch();
    batch.slot = STRVIEW("product.events/3");
}

/* A product of version 3 that stands still, and is drained. */
static void drain(enum lineup_state state, int64_t decided)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    struct batch_aggregate *aggregate = batch.aggregates[0];
    store_product(3, "e3", "e1 e2");
    aggregate->was_frozen = true;
    aggregate->frozen =
        (struct mark_frozen){.reason = state, .waits_for = 4, .since_ms = 1003, .decided = decided};
    ck_assert(look());
}

static void decide(const char *json)
{
    ck_assert_int_eq(batch_decide(&batch, batch.aggregates[0], strview_of(json), &err), ERROR_NONE);
}

/* Of PEN, by their ids: e5 is of version 5. */
static void park_received(const char *ids)
{
    for (const char *id = ids; *id != '\0'; id += id[2] == '\0' ? 2 : 3) {
        const char event_id[] = {id[0], id[1], '\0'};
        park(id[1] - '0', event_id, "StockReceived");
    }
}

/* It stands still in that state, as was decided, with those parked behind it. */
static void play(enum lineup_state state, const char *decisions, const char *parked)
{
    drain(state, 0);
    decide(decisions);
    park_received(parked);
    fold_and_write();
}

static void assert_freed(void)
{
    ck_assert(has_arg(find(WRITE_HDEL, "projection:frozen"), "product:PEN"));
}

static void assert_counts(size_t applied, size_t dropped)
{
    ck_assert_uint_eq(batch.counts.applied, applied);
    ck_assert_uint_eq(batch.counts.dropped, dropped);
}

#define SKIP_4                                                                                     \
    "[{\"decision\":\"skip\",\"state\":\"gap\",\"version\":4,\"at\":7,\"by\":\"ops\","             \
    "\"reason\":\"lost\"}]"

START_TEST(a_version_that_is_skipped_lets_the_next_ones_through)
{
    play(LINEUP_GAP, SKIP_4, "e5 e6");

    ck_assert_uint_eq(batch.counts.applied, 3);
    ck_assert(has_arg(find(WRITE_HSET, "product:PEN"), "e1 e2 e3 - e5"));
    assert_freed();
    ck_assert(has_arg(find(WRITE_HDEL, "projection:draining"), "product:PEN"));
    ck_assert_ptr_nonnull(find(WRITE_DEL, PARKED_PENS));
}
END_TEST

START_TEST(one_that_cannot_be_read_goes_with_its_version)
{
    drain(LINEUP_UNREADABLE, 0);
    decide("[{\"decision\":\"skip\",\"state\":\"unreadable\",\"version\":4,\"at\":7,"
           "\"by\":\"ops\",\"reason\":\"broken\"}]");
    park(4, "e4", "NobodyKnowsThis");
    park_received("e5");

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 2);
    ck_assert_uint_eq(batch.counts.untold, 1);
    assert_freed();
}
END_TEST

START_TEST(what_is_still_missing_waits_and_is_not_looked_at_again)
{
    play(LINEUP_GAP,
         "[{\"decision\":\"retry\",\"state\":\"gap\",\"version\":4,\"at\":7,\"by\":\"ops\"}]",
         "e5");

    ck_assert_uint_eq(batch.counts.applied, 0);
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"gap\",\"waits_for\":4,\"since\":1767323045000,"
                      "\"decided\":66}"));
}
END_TEST

#define FORK_DROPPED                                                                               \
    "[{\"decision\":\"skip\",\"state\":\"forked\",\"version\":4,\"at\":7,\"by\":\"ops\","          \
    "\"reason\":\"a test\",\"slot\":\"product.events/3\",\"below\":31}]"

START_TEST(a_second_history_is_dropped_as_far_as_it_was_seen)
{
    play(LINEUP_FORKED, FORK_DROPPED, "x2 x3 e4");

    assert_counts(1, 2);
    assert_freed();
}
END_TEST

START_TEST(a_second_history_that_came_later_freezes_again)
{
    play(LINEUP_FORKED,
         "[{\"decision\":\"skip\",\"state\":\"forked\",\"version\":4,\"at\":7,\"by\":\"ops\","
         "\"reason\":\"a test\",\"slot\":\"product.events/3\",\"below\":21}]",
         "x2 x3 e4");

    assert_counts(0, 1);
    ck_assert_int_eq(batch.aggregates[0]->lineup.state, LINEUP_FORKED);
}
END_TEST

START_TEST(what_only_a_person_ends_stays_until_one_has_decided_anew)
{
    drain(LINEUP_FORKED, (int64_t)strlen(FORK_DROPPED));
    decide(FORK_DROPPED);
    ck_assert(batch_aggregate_stays(batch.aggregates[0]));

    fold_and_write();

    ck_assert_ptr_null(find(WRITE_HSET, "projection:frozen"));
    ck_assert_ptr_null(find(WRITE_HDEL, "projection:frozen"));
    ck_assert(has_arg(find(WRITE_HDEL, "projection:draining"), "product:PEN"));
}
END_TEST

/* Where as many as are kept were taken, that makes room for the next one. */
START_TEST(a_list_that_was_made_shorter_by_hand_is_looked_at_anew)
{
    drain(LINEUP_FORKED, 20000);
    decide(FORK_DROPPED);
    park_received("x2 e4");

    fold_and_write();

    assert_counts(1, 1);
    assert_freed();
}
END_TEST

START_TEST(of_a_long_list_the_next_portions_know_it_too)
{
    drain(LINEUP_GAP, 0);
    decide(SKIP_4);
    park_received("e5");
    batch.aggregates[0]->parked_total = 100;

    fold_and_write();

    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"draining\",\"waits_for\":6,\"since\":1003,\"left\":99,"
                      "\"moved\":1,\"decided\":81}"));
}
END_TEST

START_TEST(what_is_damaged_decides_nothing)
{
    play(LINEUP_GAP, "{\"decision\":", "e5");

    ck_assert_uint_eq(batch.counts.applied, 0);
    ck_assert_int_eq(batch.aggregates[0]->lineup.state, LINEUP_GAP);
}
END_TEST

/* As where views are filled again: it stands still at one record, and another is in the batch. */
START_TEST(a_record_that_was_dropped_is_not_put_aside_again)
{
    struct incoming *incoming = arena_alloc(&arena, sizeof *incoming);
    *incoming = (struct incoming){.kind = INCOMING_UNREADABLE,
                                  .aggregate = AGGREGATE_PRODUCT,
                                  .aggregate_id = STRVIEW("PEN"),
                                  .version = 2,
                                  .event_id = STRVIEW("y2"),
                                  .why = "it cannot be read",
                                  .topic = STRVIEW("product.events"),
                                  .partition = 3,
                                  .offset = 30};
    ck_assert_int_eq(batch_add(&batch, incoming, &err), ERROR_NONE);

    play(LINEUP_FORKED, FORK_DROPPED, "x2");

    ck_assert_uint_eq(batch.counts.dropped, 2);
    ck_assert_uint_eq(batch.counts.parked, 0);
    assert_freed();
}
END_TEST

/* --- the document */

static struct strview append(struct strview before, const struct decision *decision)
{
    struct strbuf out;
    strbuf_init_in(&out, &arena, 4096);
    ck_assert(decision_json_append(before, decision, &out));
    return strbuf_keep(&out);
}

START_TEST(a_decision_is_read_as_it_was_written_behind_what_later_versions_wrote)
{
    const struct decision fork = {.kind = DECISION_SKIP,
                                  .state = LINEUP_FORKED,
                                  .version = 4,
                                  .at_ms = 7,
                                  .by = STRVIEW("ops"),
                                  .reason = STRVIEW("a test"),
                                  .slot = STRVIEW("product.events/3"),
                                  .below = 31};
    struct decisions decisions;

    ck_assert(strview_is(append(STRVIEW(""), &fork), FORK_DROPPED));
    const struct strview both =
        append(STRVIEW("[{\"decision\":\"mend\",\"new\":{\"a\":1}}]"), &fork);
    ck_assert_ptr_nonnull(memmem(both.data, both.len, "\"new\":{\"a\":1}}", 14));

    ck_assert_int_eq(decision_json_read(both, &arena, &decisions, &err), ERROR_NONE);
    ck_assert_uint_eq(decisions.count, 2);
    ck_assert_int_eq(decisions.list[0].kind, DECISION_KIND_COUNT);
    ck_assert(!decision_skips_version(&decisions.list[0]));
    ck_assert_int_eq(decisions.list[1].state, LINEUP_FORKED);
    ck_assert(strview_is(decisions.list[1].by, "ops"));
    ck_assert_int_eq(decisions.list[1].below, 31);
    ck_assert(decisions_drop(&decisions, STRVIEW("product.events/3"), 30));
}
END_TEST

START_TEST(what_is_no_list_of_decisions_is_refused)
{
    struct decisions decisions;
    ck_assert_int_eq(decision_json_read(STRVIEW("{}"), &arena, &decisions, &err), ERROR_INVALID);
    ck_assert_int_eq(decision_json_read(STRVIEW("["), &arena, &decisions, &err), ERROR_INVALID);
    ck_assert_int_eq(decision_json_read(STRVIEW(""), &arena, &decisions, &err), ERROR_NONE);
    ck_assert_uint_eq(decisions.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/decided");
    TCase *batches = tcase_create("batches");
    tcase_add_checked_fixture(batches, begin, close_batch);
    tcase_add_test(batches, a_version_that_is_skipped_lets_the_next_ones_through);
    tcase_add_test(batches, one_that_cannot_be_read_goes_with_its_version);
    tcase_add_test(batches, what_is_still_missing_waits_and_is_not_looked_at_again);
    tcase_add_test(batches, a_second_history_is_dropped_as_far_as_it_was_seen);
    tcase_add_test(batches, a_second_history_that_came_later_freezes_again);
    tcase_add_test(batches, what_only_a_person_ends_stays_until_one_has_decided_anew);
    tcase_add_test(batches, a_list_that_was_made_shorter_by_hand_is_looked_at_anew);
    tcase_add_test(batches, of_a_long_list_the_next_portions_know_it_too);
    tcase_add_test(batches, what_is_damaged_decides_nothing);
    tcase_add_test(batches, a_record_that_was_dropped_is_not_put_aside_again);
    tcase_add_test(batches, a_decision_is_read_as_it_was_written_behind_what_later_versions_wrote);
    tcase_add_test(batches, what_is_no_list_of_decisions_is_refused);
    suite_add_tcase(suite, batches);
    return check_main(suite);
}
