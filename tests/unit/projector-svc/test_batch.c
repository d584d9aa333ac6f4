/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch of an order from its events to its writes, with a gap or without.
 */
#include "tests/unit/projector-svc/batch_fixture.h"

#include <string.h>

START_TEST(each_status_is_counted_where_the_order_was_then)
{
    add(ORDER_PLACED, 1, "e1");
    add(ORDER_SHIPPING_ADDRESS_CHANGED, 2, "e2");
    add(ORDER_PAYMENT_AUTHORIZED, 3, "e3");
    (void)look();

    fold_and_write();

    const struct write *counts = find(WRITE_COUNT, "ops:minute:197001010000");
    ck_assert_ptr_nonnull(counts);
    ck_assert_uint_eq(counts->count, 4);
    ck_assert(has_arg(counts, "Kent:demo:placed"));
    ck_assert(has_arg(counts, "FR:demo:confirmed"));
}
END_TEST

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

START_TEST(each_applied_event_is_streamed_once_and_first_of_all)
{
    add(ORDER_PLACED, 1, "e1");
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    add(ORDER_DELIVERED, 4, "e4"); /* waits for the third */
    ck_assert(!look());

    fold_and_write();

    static const char *const WANTED[] = {
        "1000",      "9",        "order_id",     "customer_id", "version", "type",
        "status",    "event_id", "topic",        "partition",   "offset",  AN_ORDER_ID,
        "c1",        "1",        "OrderPlaced",  "placed",      "e1",      "order.events",
        "0",         "0",        AN_ORDER_ID,    "c1",          "2",       "PaymentAuthorized",
        "confirmed", "e2",       "order.events", "0",           "0"};
    const struct write *write = find(WRITE_XADD, "stream:orders");
    ck_assert_ptr_eq(write, &set.writes[0]);
    ck_assert_uint_eq(write->count, sizeof WANTED / sizeof WANTED[0]);
    for (size_t i = 0; i < write->count; i++) {
        ck_assert_msg(strview_is(write->args[i], WANTED[i]), "%zu: %.*s", i,
                      STRVIEW_ARG(write->args[i]));
    }
}
END_TEST

static bool holds(const struct write *write, const char *text)
{
    const struct strview last = write->args[write->count - 1];
    return memmem(last.data, last.len, text, strlen(text)) != NULL;
}

static const struct {
    const char *placed_at;
    const char *at;
} FORMS[] = {
    [JSON_TIMES_TEXT] = {"\"placed_at\":\"1970-01-01T00:00:01.001Z\",",
                         "\"at\":\"1970-01-01T00:00:01.001Z\","},
    [JSON_TIMES_NUMBERS] = {"\"placed_at\":1001,", "\"at\":1001,"},
};

START_TEST(documents_have_times_in_the_form_of_their_views)
{
    add(ORDER_PLACED, 1, "e1");
    batch.times = (enum json_times)_i;
    ck_assert(!look());

    fold_and_write();

    ck_assert(holds(find(WRITE_SET, "order:" AN_ORDER_ID ":details"), FORMS[_i].placed_at));
    ck_assert(holds(find(WRITE_RPUSH_AT, "order:" AN_ORDER_ID ":timeline"), FORMS[_i].at));
    ck_assert(has_arg(find(WRITE_HSET, "order:" AN_ORDER_ID), "1001"));
}
END_TEST

START_TEST(a_quiet_batch_writes_the_same_and_tells_nobody)
{
    add(ORDER_PLACED, 1, "e1");
    batch.is_quiet = true;
    ck_assert(!look());

    fold_and_write();

    ck_assert_ptr_nonnull(find(WRITE_HSET, "order:" AN_ORDER_ID));
    ck_assert_ptr_null(find(WRITE_XADD, "stream:orders"));
    ck_assert_ptr_null(find(WRITE_PUBLISH, "orders"));
    ck_assert_ptr_null(find(WRITE_PUBLISH, "orders:" AN_ORDER_ID));
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
    tcase_add_test(rules, each_status_is_counted_where_the_order_was_then);
    tcase_add_test(rules, each_applied_event_is_streamed_once_and_first_of_all);
    tcase_add_loop_test(rules, documents_have_times_in_the_form_of_their_views, 0,
                        sizeof FORMS / sizeof FORMS[0]);
    tcase_add_test(rules, a_quiet_batch_writes_the_same_and_tells_nobody);
    tcase_add_test(rules, events_of_an_order_are_folded_together);
    tcase_add_test(rules, a_gap_freezes_and_parks);
    tcase_add_test(rules, a_later_event_of_a_frozen_order_is_only_parked);
    tcase_add_test(rules, the_missing_event_frees_the_parked_ones);
    tcase_add_test(rules, what_still_waits_is_parked_anew);
    tcase_add_test(rules, an_event_without_an_order_freezes_nobody_elses_view);
    tcase_add_test(rules, a_small_arena_is_said_and_never_overrun);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
