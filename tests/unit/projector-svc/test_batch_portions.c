/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parked events of a batch that are taken portion by portion, until none can be applied.
 */
#include "tests/unit/projector-svc/batch_fixture.h"

#include <stdio.h>

/* Of `total` parked ones the first `count` were loaded. */
static void store_portion(int64_t first, size_t count, int64_t total)
{
    for (size_t i = 0; i < count; i++) {
        char event_id[24];
        const int version = (int)first + (int)i;
        (void)snprintf(event_id, sizeof event_id, "e%d", version);
        park(version, event_id, "StockReceived");
    }
    batch.aggregates[0]->parked_total = total;
}

START_TEST(a_long_list_of_parked_ones_is_taken_in_portions)
{
    const char *const key = PARKED_PENS;
    add_product_event(PRODUCT_STOCK_RECEIVED, 2, "e2");
    store_product(1, "e1", "");
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen =
        (struct mark_frozen){.reason = LINEUP_GAP, .waits_for = 2, .since_ms = 1003};
    ck_assert(look());
    ck_assert_int_eq(batch.aggregates[0]->portion, BATCH_EVENTS_MAX);
    store_portion(3, 3, 10);

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 4);
    ck_assert(has_arg(find(WRITE_LTRIM_AT, key), "10"));
    ck_assert(has_arg(find(WRITE_LTRIM_AT, key), "3"));
    ck_assert_ptr_null(find(WRITE_DEL, key));
    ck_assert_ptr_null(find(WRITE_RPUSH, key));
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"draining\",\"waits_for\":6,\"since\":1003,\"left\":7,"
                      "\"moved\":1}"));
    ck_assert(has_arg(find(WRITE_HSET, "projection:draining"), "product:PEN"));
}
END_TEST

static void store_draining(int64_t version, int64_t left, enum lineup_pass pass)
{
    store_product(version, "e", "");
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen = (struct mark_frozen){.reason = LINEUP_DRAINING,
                                                       .waits_for = version + 1,
                                                       .since_ms = 1003,
                                                       .pass_left = left,
                                                       .pass = pass};
}

START_TEST(without_any_event_the_next_portion_follows_and_the_last_one_ends_it)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    store_draining(3, 2, LINEUP_PASS_MOVED);
    ck_assert(look());
    ck_assert_int_eq(batch.aggregates[0]->portion, 2);
    store_portion(4, 2, 2);

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 2);
    ck_assert(has_arg(find(WRITE_HDEL, "projection:frozen"), "product:PEN"));
    ck_assert(has_arg(find(WRITE_HDEL, "projection:draining"), "product:PEN"));
    ck_assert_ptr_null(find(WRITE_HSET, "projection:identity"));
}
END_TEST

/* What cannot be applied yet goes to the list's tail, until a whole pass moved nothing. */
static const struct {
    int64_t first; /* of two loaded ones, on a view of version 3 */
    int64_t total;
    int64_t left;
    enum lineup_pass pass;
    const char *frozen;
} PASSES[] = {
    {6, 9, 9, LINEUP_PASS_NOTHING,
     "\"draining\",\"waits_for\":4,\"since\":1003,\"left\":7,\"moved\":0}"},
    {6, 2, 2, LINEUP_PASS_MOVED,
     "\"draining\",\"waits_for\":4,\"since\":1003,\"left\":2,\"moved\":0}"},
    {6, 4, 4, LINEUP_PASS_UNREAD,
     "\"draining\",\"waits_for\":4,\"since\":1003,\"left\":2,\"moved\":2}"},
    {6, 2, 2, LINEUP_PASS_UNREAD, "\"unreadable\",\"waits_for\":4,\"since\":1003}"},
    {6, 2, 2, LINEUP_PASS_NOTHING, "\"gap\",\"waits_for\":4,\"since\":1003}"},
};

START_TEST(a_pass_that_moves_nothing_is_the_last)
{
    const char *const key = PARKED_PENS;
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    store_draining(3, PASSES[_i].left, PASSES[_i].pass);
    ck_assert(look());
    store_portion(PASSES[_i].first, 2, PASSES[_i].total);

    fold_and_write();

    const struct write *frozen = find(WRITE_HSET, "projection:frozen");
    ck_assert_ptr_nonnull(frozen);
    ck_assert_ptr_nonnull(strstr(frozen->args[1].data, PASSES[_i].frozen));
    ck_assert_ptr_nonnull(find(WRITE_LTRIM_AT, key));
    ck_assert_uint_eq(find(WRITE_RPUSH, key)->count, 2);
}
END_TEST

/* Others of the batch took all the room that there was. */
START_TEST(who_was_given_none_of_its_parked_ones_goes_on_draining)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    store_draining(3, 9, LINEUP_PASS_MOVED);
    ck_assert(look());
    store_portion(0, 0, 9);

    fold_and_write();

    ck_assert_ptr_null(find(WRITE_LTRIM_AT, PARKED_PENS));
    ck_assert_ptr_null(find(WRITE_HDEL, "projection:draining"));
    ck_assert_ptr_null(find(WRITE_HDEL, "projection:frozen"));
    ck_assert(batch.aggregates[0]->lineup.state == LINEUP_DRAINING);
}
END_TEST

/* Tried again by a program that can read it: nobody else has put it on the list. */
START_TEST(who_begins_to_drain_by_itself_is_listed_for_who_takes_over)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    store_product(3, "e3", "");
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen = (struct mark_frozen){.reason = LINEUP_UNREADABLE, .waits_for = 4};
    ck_assert(look());
    store_portion(4, 2, 9);

    fold_and_write();

    ck_assert(batch.aggregates[0]->lineup.state == LINEUP_DRAINING);
    ck_assert(has_arg(find(WRITE_HSET, "projection:draining"), "product:PEN"));
}
END_TEST

START_TEST(what_a_person_has_ended_flows_again)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("PEN"), &err),
                     ERROR_NONE);
    store_product(3, "e3", "");
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen = (struct mark_frozen){.reason = LINEUP_GAP, .waits_for = 1};
    ck_assert(look());
    store_portion(0, 0, 0);

    fold_and_write();

    ck_assert(has_arg(find(WRITE_HDEL, "projection:frozen"), "product:PEN"));
    ck_assert(has_arg(find(WRITE_HDEL, "projection:draining"), "product:PEN"));
    ck_assert(has_arg(find(WRITE_HDEL, "product:PEN"), "waiting_for"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/batch_portions");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, a_long_list_of_parked_ones_is_taken_in_portions);
    tcase_add_test(rules, without_any_event_the_next_portion_follows_and_the_last_one_ends_it);
    tcase_add_loop_test(rules, a_pass_that_moves_nothing_is_the_last, 0,
                        sizeof PASSES / sizeof PASSES[0]);
    tcase_add_test(rules, who_was_given_none_of_its_parked_ones_goes_on_draining);
    tcase_add_test(rules, who_begins_to_drain_by_itself_is_listed_for_who_takes_over);
    tcase_add_test(rules, what_a_person_has_ended_flows_again);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
