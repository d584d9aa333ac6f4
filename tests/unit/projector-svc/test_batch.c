/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole batch without Redis: events in, stored views as the store would fill
 * them in, writes out.
 */
#include "tests/unit/projector-svc/batch_fixture.h"

#include <stdio.h>

START_TEST(events_of_an_order_are_folded_together)
{
    add(ORDER_PLACED, 1, "e1");
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    ck_assert_uint_eq(batch.aggregate_count, 1);
    ck_assert(!look());

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 2);
    ck_assert(has_arg(find(WRITE_HSET, "order:" AN_ORDER_ID), "confirmed"));
    ck_assert_uint_eq(find(WRITE_RPUSH_AT, "order:" AN_ORDER_ID ":timeline")->count, 3);
    ck_assert(has_arg(find(WRITE_HINCRBY, "projection:status"), "applied"));
    ck_assert_ptr_null(find(WRITE_HSET, "projection:frozen"));
}
END_TEST

START_TEST(a_repeated_event_writes_no_view)
{
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    store_life(2);
    ck_assert(!look()); /* the newest version's id is at hand */

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, 1);
    ck_assert_ptr_null(find(WRITE_HSET, "order:" AN_ORDER_ID));
    ck_assert(has_arg(find(WRITE_HINCRBY, "projection:status"), "duplicates"));
}
END_TEST

START_TEST(an_old_repeated_event_is_compared_with_the_timeline)
{
    add(ORDER_PLACED, 1, "e1");
    store_life(3);
    ck_assert(look());
    ck_assert_uint_eq(batch.aggregates[0]->old_count, 1);
    ck_assert_int_eq(batch.aggregates[0]->old_versions[0].version, 1);
    batch.aggregates[0]->old_versions[0].event_id = STRVIEW("e1");

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, 1);
    ck_assert_uint_eq(batch.counts.forks, 0);
}
END_TEST

START_TEST(another_event_under_an_old_version_is_a_fork)
{
    add(ORDER_PLACED, 1, "another");
    store_life(3);
    ck_assert(look());
    batch.aggregates[0]->old_versions[0].event_id = STRVIEW("e1");

    fold_and_write();

    ck_assert_uint_eq(batch.counts.forks, 1);
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"forked\",\"waits_for\":4,\"since\":1001}"));
    ck_assert_ptr_nonnull(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID));
}
END_TEST

/* A product of version 5, of which the ids of 3, 4 and 5 are known. */
static const struct {
    int64_t version;
    const char *event_id;
    size_t duplicates;
    size_t untold;
    size_t forks;
} OLD_VERSIONS[] = {
    {5, "e5", 1, 0, 0}, {5, "x", 0, 0, 1}, {4, "e4", 1, 0, 0}, {4, "x", 0, 0, 1},
    {3, "e3", 1, 0, 0}, {3, "x", 0, 0, 1}, {2, "x", 0, 1, 0},  {1, "e1", 0, 1, 0},
};

START_TEST(an_old_version_of_a_product_is_compared_as_far_as_ids_are_kept)
{
    add_product_event(PRODUCT_STOCK_RECEIVED, OLD_VERSIONS[_i].version, OLD_VERSIONS[_i].event_id);
    store_product(5, "e5", "e3 e4");
    (void)look();

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, OLD_VERSIONS[_i].duplicates);
    ck_assert_uint_eq(batch.counts.untold, OLD_VERSIONS[_i].untold);
    ck_assert_uint_eq(batch.counts.forks, OLD_VERSIONS[_i].forks);
}
END_TEST

START_TEST(the_ids_of_the_last_versions_are_kept)
{
    add_product_event(PRODUCT_STOCK_RECEIVED, 6, "e6");
    add_product_event(PRODUCT_STOCK_RECEIVED, 7, "e7");
    store_product(5, "e5", "e3 e4");
    (void)look();

    fold_and_write();

    ck_assert(has_arg(find(WRITE_HSET, "product:PEN"), "e3 e4 e5 e6"));
}
END_TEST

START_TEST(no_more_than_64_ids_are_kept)
{
    char before[64 * 3] = "";
    for (int i = 0; i < BATCH_IDS_KEPT - 1; i++) {
        memcpy(before + strlen(before), i == 0 ? "aa" : i == 1 ? " bb" : " cc", i == 0 ? 2 : 3);
    }
    add_product_event(PRODUCT_STOCK_RECEIVED, 101, "e101");
    store_product(100, "dd", before);
    (void)look();

    fold_and_write();

    const struct write *write = find(WRITE_HSET, "product:PEN");
    const size_t len = strlen(before);
    const struct strview ids = write->args[1];
    ck_assert_uint_eq(ids.len, len);
    ck_assert(memcmp(ids.data, "bb cc", 5) == 0);
    ck_assert(memcmp(ids.data + ids.len - 5, "cc dd", 5) == 0);
}
END_TEST

START_TEST(a_gap_freezes_and_parks)
{
    add(ORDER_PLACED, 1, "e1");
    add(ORDER_SHIPPED, 3, "e3");
    ck_assert(!look());

    fold_and_write();

    ck_assert_uint_eq(batch.counts.gaps, 1);
    ck_assert_uint_eq(batch.counts.parked, 1);
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"), "order:" AN_ORDER_ID));
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"gap\",\"waits_for\":2,\"since\":1003}"));
    ck_assert(has_arg(find(WRITE_HSET, "order:" AN_ORDER_ID), "waiting_for"));
    ck_assert_uint_eq(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID)->count, 1);
}
END_TEST

/* As parked by a batch before: v3 waits for v2. */
static void store_gap(void)
{
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen =
        (struct mark_frozen){.reason = LINEUP_GAP, .waits_for = 2, .since_ms = T0 + 3};
    store_life(1);
}

START_TEST(a_later_event_of_a_frozen_order_is_only_parked)
{
    add(ORDER_DELIVERED, 4, "e4");
    store_gap();
    ck_assert(!look());

    fold_and_write();

    ck_assert_uint_eq(batch.counts.parked, 1);
    ck_assert_uint_eq(batch.counts.gaps, 0);
    ck_assert_ptr_null(find(WRITE_HSET, "projection:frozen")); /* as it was */
    ck_assert_ptr_null(find(WRITE_DEL, "projection:parked:order:" AN_ORDER_ID));
    ck_assert_uint_eq(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID)->count, 1);
}
END_TEST

static void store_parked(enum order_event_kind kind, int64_t version)
{
    struct strbuf form;
    const struct event event = {.aggregate = AGGREGATE_ORDER, .order = an_event(kind, version)};
    strbuf_init(&form, 4096);
    strbuf_printf(&form, "{\"ce_id\":\"e%d\",\"ce_type\":\"%s\",\"ce_aggregateversion\":%d}\n",
                  (int)version, order_event_type(kind), (int)version);
    ck_assert(event_encode(&event, &form));
    const char *kept = arena_copy(&arena, strbuf_view(&form));
    const struct strview view = {.data = kept, .len = strbuf_view(&form).len};
    ck_assert_int_eq(batch_add_parked(&batch, batch.aggregates[0], view, &err), ERROR_NONE);
    strbuf_done(&form);
}

START_TEST(the_missing_event_frees_the_parked_ones)
{
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    store_gap();
    ck_assert(look());
    ck_assert_int_gt(batch.aggregates[0]->portion, 0);
    store_parked(ORDER_SHIPPED, 3);

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 2);
    ck_assert(has_arg(find(WRITE_HSET, "order:" AN_ORDER_ID), "shipped"));
    ck_assert(has_arg(find(WRITE_HDEL, "order:" AN_ORDER_ID), "waiting_for"));
    ck_assert(has_arg(find(WRITE_HDEL, "projection:frozen"), "order:" AN_ORDER_ID));
    ck_assert_ptr_nonnull(find(WRITE_DEL, "projection:parked:order:" AN_ORDER_ID));
    ck_assert_ptr_null(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID));
}
END_TEST

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

/* --- who could not read it */

#define OLD_UNREADABLE                                                                             \
    "{\"reason\":\"unreadable\",\"waits_for\":2,\"since\":1002,\"reader\":\"old\"}"
#define NEW_UNREADABLE                                                                             \
    "{\"reason\":\"unreadable\",\"waits_for\":2,\"since\":1002,\"reader\":\"new\"}"

/* v2 was parked by a program that could not read it. */
static void store_unread(const char *reader)
{
    batch.reader = STRVIEW("new");
    batch.aggregates[0]->was_frozen = true;
    batch.aggregates[0]->frozen = (struct mark_frozen){.reason = LINEUP_UNREADABLE,
                                                       .waits_for = 2,
                                                       .since_ms = T0 + 2,
                                                       .reader = strview_of(reader)};
    store_life(1);
}

/* A payload that nobody reads, whatever its type. */
static void add_unreadable(int64_t version, const char *event_id)
{
    add(ORDER_PAYMENT_AUTHORIZED, version, event_id);
    struct lineup_item *item = &batch.aggregates[0]->items[batch.aggregates[0]->item_count - 1];
    ((struct incoming *)item->event)->kind = INCOMING_UNREADABLE;
    item->is_readable = false;
}

/* The parked v2: its value is no payload. */
static void store_unreadable(void)
{
    const struct strview form = STRVIEW("{\"ce_id\":\"e2\",\"ce_type\":\"PaymentAuthorized\","
                                        "\"ce_aggregateversion\":2,\"timestamp\":1002}\n?");
    ck_assert_int_eq(batch_add_parked(&batch, batch.aggregates[0], form, &err), ERROR_NONE);
}

START_TEST(who_could_not_read_it_is_kept)
{
    add_unreadable(2, "e2");
    store_life(1);
    batch.reader = STRVIEW("new");
    ck_assert(!look());
    fold_and_write();
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"), NEW_UNREADABLE));
}
END_TEST

START_TEST(what_another_program_parked_is_not_said_to_be_looked_at_before_it_was)
{
    add(ORDER_DELIVERED, 4, "e4");
    store_unread("old");
    ck_assert(!look());
    fold_and_write();
    ck_assert_ptr_null(find(WRITE_HSET, "projection:frozen")); /* as it was */
}
END_TEST

START_TEST(what_is_tried_again_in_vain_is_not_tried_a_third_time)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_ORDER, STRVIEW(AN_ORDER_ID), &err),
                     ERROR_NONE);
    store_unread("old");
    ck_assert(mark_wants_reader(&batch.aggregates[0]->frozen, batch.reader));
    ck_assert(look());
    store_unreadable();
    fold_and_write();
    const struct write *frozen = find(WRITE_HSET, "projection:frozen");
    ck_assert(has_arg(frozen, NEW_UNREADABLE));
    const struct mark_frozen now = mark_json_read_frozen(frozen->args[1], &arena);
    ck_assert(!mark_wants_reader(&now, batch.reader));
    ck_assert(mark_wants_reader(&now, STRVIEW("newer")));
}
END_TEST

START_TEST(a_pass_that_another_program_began_does_not_count_as_ours)
{
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_ORDER, STRVIEW(AN_ORDER_ID), &err),
                     ERROR_NONE);
    store_unread("old");
    batch.aggregates[0]->frozen.reason = LINEUP_DRAINING;
    batch.aggregates[0]->frozen.pass_left = 1;
    ck_assert(look());
    store_unreadable();
    fold_and_write();
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"), OLD_UNREADABLE));
}
END_TEST

START_TEST(what_still_waits_is_parked_anew)
{
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    store_gap();
    ck_assert(look());
    store_parked(ORDER_DELIVERED, 4);

    fold_and_write();

    ck_assert_uint_eq(batch.counts.applied, 1);
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"gap\",\"waits_for\":3,\"since\":1004}"));
    ck_assert_ptr_null(find(WRITE_DEL, "projection:parked:order:" AN_ORDER_ID));
    ck_assert_ptr_null(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID));
}
END_TEST

START_TEST(an_event_without_an_order_freezes_nobody_elses_view)
{
    struct incoming *incoming = arena_alloc(&arena, sizeof *incoming);
    *incoming = (struct incoming){.aggregate = AGGREGATE_ORDER,
                                  .aggregate_id = STRVIEW(INCOMING_NO_ID),
                                  .why = "no key",
                                  .topic = STRVIEW("order.events")};
    ck_assert_int_eq(batch_add(&batch, incoming, &err), ERROR_NONE);
    ck_assert(!look());

    fold_and_write();

    ck_assert_uint_eq(batch.counts.unreadable, 1);
    ck_assert_ptr_nonnull(find(WRITE_RPUSH, "projection:parked:order:-"));
    ck_assert(has_arg(find(WRITE_LCAP, "projection:parked:order:-"), "1000"));
    ck_assert_ptr_null(find(WRITE_HSET, "order:-"));
}
END_TEST

START_TEST(a_small_arena_is_said_and_never_overrun)
{
    for (size_t max = 256; max < 16384; max += 256) {
        arena_done(&arena);
        arena_init(&arena, max);
        bool wants_more = false;
        struct incoming incoming = {
            .aggregate = AGGREGATE_ORDER,
            .aggregate_id = STRVIEW(AN_ORDER_ID),
            .version = 1,
            .event_id = STRVIEW("e1"),
            .event_type = STRVIEW("OrderPlaced"),
            .kind = INCOMING_EVENT,
            .event.order = an_event(ORDER_PLACED, 1),
            .topic = STRVIEW("order.events"),
        };
        const bool fits = batch_init(&batch, &arena, &err) == ERROR_NONE &&
                          batch_add(&batch, &incoming, &err) == ERROR_NONE &&
                          batch_look(&batch, &wants_more, &err) == ERROR_NONE &&
                          batch_fold(&batch, &err) == ERROR_NONE &&
                          batch_write(&batch, &MOMENT, &set, &err) == ERROR_NONE;
        ck_assert(fits || err.kind == ERROR_EXHAUSTED);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/batch");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, events_of_an_order_are_folded_together);
    tcase_add_test(rules, a_repeated_event_writes_no_view);
    tcase_add_test(rules, an_old_repeated_event_is_compared_with_the_timeline);
    tcase_add_test(rules, another_event_under_an_old_version_is_a_fork);
    tcase_add_loop_test(rules, an_old_version_of_a_product_is_compared_as_far_as_ids_are_kept, 0,
                        sizeof OLD_VERSIONS / sizeof OLD_VERSIONS[0]);
    tcase_add_test(rules, the_ids_of_the_last_versions_are_kept);
    tcase_add_test(rules, no_more_than_64_ids_are_kept);
    tcase_add_test(rules, a_gap_freezes_and_parks);
    tcase_add_test(rules, who_could_not_read_it_is_kept);
    tcase_add_test(rules, what_another_program_parked_is_not_said_to_be_looked_at_before_it_was);
    tcase_add_test(rules, what_is_tried_again_in_vain_is_not_tried_a_third_time);
    tcase_add_test(rules, a_pass_that_another_program_began_does_not_count_as_ours);
    tcase_add_test(rules, a_later_event_of_a_frozen_order_is_only_parked);
    tcase_add_test(rules, the_missing_event_frees_the_parked_ones);
    tcase_add_test(rules, a_long_list_of_parked_ones_is_taken_in_portions);
    tcase_add_test(rules, without_any_event_the_next_portion_follows_and_the_last_one_ends_it);
    tcase_add_loop_test(rules, a_pass_that_moves_nothing_is_the_last, 0,
                        sizeof PASSES / sizeof PASSES[0]);
    tcase_add_test(rules, who_was_given_none_of_its_parked_ones_goes_on_draining);
    tcase_add_test(rules, who_begins_to_drain_by_itself_is_listed_for_who_takes_over);
    tcase_add_test(rules, what_a_person_has_ended_flows_again);
    tcase_add_test(rules, what_still_waits_is_parked_anew);
    tcase_add_test(rules, an_event_without_an_order_freezes_nobody_elses_view);
    tcase_add_test(rules, a_small_arena_is_said_and_never_overrun);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
