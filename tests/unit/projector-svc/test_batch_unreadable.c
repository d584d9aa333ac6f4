/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of a batch that a program could not read: another one tries them again.
 */
#include "tests/unit/projector-svc/batch_fixture.h"

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

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/batch_unreadable");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, who_could_not_read_it_is_kept);
    tcase_add_test(rules, what_another_program_parked_is_not_said_to_be_looked_at_before_it_was);
    tcase_add_test(rules, what_is_tried_again_in_vain_is_not_tried_a_third_time);
    tcase_add_test(rules, a_pass_that_another_program_began_does_not_count_as_ours);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
