/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written when views change. The expectations are whole scripts, in the form
 * "COMMAND key arg arg", written by hand.
 */
#include "projector-svc/core/ops_minute.h"
#include "projector-svc/core/order_places.h"
#include "projector-svc/core/view_diff.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

#include <stdio.h>

static struct arena arena;
static struct write_set set;
static char script[16384];

static const char *const NAMES[WRITE_KIND_COUNT] = {
    [WRITE_HSET] = "HSET",       [WRITE_HDEL] = "HDEL",        [WRITE_HINCRBY] = "HINCRBY",
    [WRITE_SET] = "SET",         [WRITE_DEL] = "DEL",          [WRITE_RPUSH] = "RPUSH",
    [WRITE_SADD] = "SADD",       [WRITE_RPUSH_AT] = "RPUSHAT", [WRITE_SREM] = "SREM",
    [WRITE_ZADD] = "ZADD",       [WRITE_ZREM] = "ZREM",        [WRITE_ZCAP] = "ZCAP",
    [WRITE_PUBLISH] = "PUBLISH", [WRITE_COUNT] = "COUNT",      [WRITE_EXPIRE_AT] = "EXPIREAT",
};

static void begin(void)
{
    arena_init(&arena, 1 << 20);
    write_set_init(&set, &arena);
}

static const char *written(void)
{
    struct strbuf out;
    strbuf_init(&out, sizeof script - 1);
    ck_assert(write_set_ok(&set));
    for (size_t i = 0; i < set.count; i++) {
        const struct write *write = &set.writes[i];
        strbuf_printf(&out, "%s %.*s", NAMES[write->kind], STRVIEW_ARG(write->key));
        for (size_t j = 0; j < write->count; j++) {
            strbuf_printf(&out, " %.*s", STRVIEW_ARG(write->args[j]));
        }
        strbuf_append_char(&out, '\n');
    }
    memcpy(script, strbuf_cstr(&out), strbuf_view(&out).len + 1);
    strbuf_done(&out);
    arena_done(&arena);
    return script;
}

static const struct order_limits LIMITS = {.ms = {[ORDER_STATUS_PLACED] = 100,
                                                  [ORDER_STATUS_CONFIRMED] = 2000,
                                                  [ORDER_STATUS_SHIPPED] = 30000}};
static const struct view_moment MOMENT = {
    .projected_at_ms = 9999, .recent_cap = 100, .limits = &LIMITS};

static struct order_view apply(struct order_view view, enum order_event_kind kind, const char *id)
{
    const struct order_event event = an_event(kind, view.version + 1);
    struct error err;
    ck_assert_int_eq(order_view_apply(&view, &event, strview_of(id), &err), ERROR_NONE);
    return view;
}

static void diff(const struct order_view *before, const struct order_view *after)
{
    static const struct strview TIMELINE[] = {{"t1", 2}, {"t2", 2}};
    static const struct strview MESSAGES[] = {{"m1", 2}, {"m2", 2}};
    const struct order_documents documents = {
        .details = STRVIEW("DETAILS"),
        .timeline = TIMELINE,
        .messages = MESSAGES,
        .count = (size_t)(after->version - before->version),
    };
    view_diff_order(before, after, &documents, &MOMENT, &set);
}

START_TEST(a_placed_order_writes_all_of_its_views)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    begin();

    diff(&nothing, &placed);

    ck_assert_str_eq(
        written(),
        "HSET order:" AN_ORDER_ID " status placed payment_status pending refund_state none"
        " dispute none customer_id c1 currency GBP region Kent provider demo last_event_id e1"
        " last_event_type OrderPlaced total_minor 1250 item_count 3 placed_at 1001"
        " status_since 1001 source_version 1 projected_at 9999\n"
        "SET order:" AN_ORDER_ID ":details DETAILS\n"
        "RPUSHAT order:" AN_ORDER_ID ":timeline 0 t1\n"
        "ZADD customer:c1:orders 1001 " AN_ORDER_ID "\n"
        "ZADD orders:recent 1001 " AN_ORDER_ID "\n"
        "ZCAP orders:recent 100\n"
        "ZADD idx:status:placed 1001 " AN_ORDER_ID "\n"
        "ZADD idx:payment:pending 1001 " AN_ORDER_ID "\n"
        "ZADD ops:open 1101 " AN_ORDER_ID "\n"
        "PUBLISH orders m1\n"
        "PUBLISH orders:" AN_ORDER_ID " m1\n");
}
END_TEST

START_TEST(a_later_event_writes_only_what_it_changed)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    const struct order_view shipped = apply(confirmed, ORDER_SHIPPED, "e3");
    begin();

    diff(&confirmed, &shipped);

    ck_assert_str_eq(
        written(),
        "HSET order:" AN_ORDER_ID " status shipped carrier dhl tracking_number T1"
        " last_event_id e3 last_event_type OrderShipped status_since 1003 source_version 3"
        " projected_at 9999\n"
        "SET order:" AN_ORDER_ID ":details DETAILS\n"
        "RPUSHAT order:" AN_ORDER_ID ":timeline 2 t1\n"
        "SADD lookup:tracking:T1 " AN_ORDER_ID "\n"
        "ZREM idx:status:confirmed " AN_ORDER_ID "\n"
        "ZADD idx:status:shipped 1003 " AN_ORDER_ID "\n"
        "ZADD idx:payment:authorized 1003 " AN_ORDER_ID "\n"
        "ZADD idx:carrier:dhl 1003 " AN_ORDER_ID "\n"
        "ZADD ops:open 31003 " AN_ORDER_ID "\n"
        "PUBLISH orders m1\n"
        "PUBLISH orders:" AN_ORDER_ID " m1\n");
}
END_TEST

START_TEST(two_events_of_an_order_are_written_once)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    begin();

    diff(&nothing, &confirmed);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "status confirmed payment_status authorized"));
    ck_assert_ptr_nonnull(strstr(all, "RPUSHAT order:" AN_ORDER_ID ":timeline 0 t1 t2\n"));
    ck_assert_ptr_nonnull(
        strstr(all, "PUBLISH orders m1\nPUBLISH orders:" AN_ORDER_ID " m1\nPUBLISH orders m2\n"));
    ck_assert_ptr_null(strstr(all, "pending"));
}
END_TEST

/* Each change of an order's places by itself. */
static void walk(const struct order_view *views, size_t count)
{
    begin();
    for (size_t i = 1; i < count; i++) {
        order_places_diff(&views[i - 1], &views[i], &LIMITS, &set);
    }
}

START_TEST(an_order_leaves_the_place_of_an_old_value)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view confirmed = apply(placed, ORDER_PAYMENT_AUTHORIZED, "e2");
    struct order_view views[3] = {confirmed, apply(confirmed, ORDER_SHIPPED, "e3")};
    views[2] = views[1];
    views[2].version++;
    views[2].shipment.tracking_number = STRVIEW("T 2");

    walk(views, 3);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "SADD lookup:tracking:T1 " AN_ORDER_ID "\n"));
    ck_assert_ptr_nonnull(strstr(all, "SREM lookup:tracking:T1 " AN_ORDER_ID "\n"
                                      "SADD lookup:tracking:T%202 " AN_ORDER_ID "\n"));
    ck_assert_ptr_null(strstr(all, "lookup:payment")); /* where it was before, and is */
}
END_TEST

START_TEST(an_order_moves_between_indexes_and_up_in_those_where_it_stays)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view placed = apply(nothing, ORDER_PLACED, "e1");
    const struct order_view flagged = apply(placed, ORDER_RISK_FLAGGED, "e2");
    const struct order_view views[] = {flagged, apply(flagged, ORDER_RISK_CLEARED, "e3")};

    walk((const struct order_view[]){placed, flagged}, 2);
    ck_assert_str_eq(written(), "ZADD idx:status:placed 1002 " AN_ORDER_ID "\n"
                                "ZADD idx:payment:pending 1002 " AN_ORDER_ID "\n"
                                "ZADD idx:risk:fraud 1002 " AN_ORDER_ID "\n");

    walk(views, 2);
    ck_assert_str_eq(written(), "ZADD idx:status:placed 1003 " AN_ORDER_ID "\n"
                                "ZADD idx:payment:pending 1003 " AN_ORDER_ID "\n"
                                "ZREM idx:risk:fraud " AN_ORDER_ID "\n");
}
END_TEST

START_TEST(what_nobody_owes_stands_in_no_index_of_refunds)
{
    const struct order_view nothing = {.version = 0};
    struct order_view views[3] = {apply(nothing, ORDER_PLACED, "e1")};
    views[1] = views[2] = views[0];
    views[1].refund_state = REFUND_DUE;

    walk(views, 3);

    ck_assert_ptr_nonnull(strstr(written(), "ZADD idx:refund:due 1001 " AN_ORDER_ID "\n"
                                            "ZREM idx:refund:due " AN_ORDER_ID "\n"));
}
END_TEST

START_TEST(an_order_is_open_until_it_has_come_to_an_end)
{
    const struct order_view nothing = {.version = 0};
    struct order_view views[5] = {nothing, apply(nothing, ORDER_PLACED, "e1")};
    views[2] = apply(views[1], ORDER_NOTE_ADDED, "e2");
    views[3] = apply(views[2], ORDER_CANCELLED, "e3");
    views[4] = apply(views[3], ORDER_NOTE_ADDED, "e4");

    walk(views, 5);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "ZADD ops:open 1101 " AN_ORDER_ID "\n")); /* once */
    ck_assert_ptr_nonnull(strstr(all, "ZREM ops:open " AN_ORDER_ID "\n"));
}
END_TEST

START_TEST(an_order_that_was_never_placed_is_found_nowhere)
{
    struct order_view nothing = {.version = 0};
    struct order_view skipped = {.version = 1, .order_id = STRVIEW(AN_ORDER_ID)};
    skipped.shipment.tracking_number = STRVIEW("T1");
    begin();

    order_places_diff(&nothing, &skipped, &LIMITS, &set);

    ck_assert_str_eq(written(), "");
}
END_TEST

START_TEST(orders_of_one_batch_share_the_lists_commands)
{
    const struct order_view nothing = {.version = 0};
    const struct order_view first = apply(nothing, ORDER_PLACED, "e1");
    struct order_view second = first;
    second.order_id = STRVIEW("other");
    begin();

    diff(&nothing, &first);
    diff(&nothing, &second);

    const char *all = written();
    ck_assert_ptr_nonnull(strstr(all, "ZADD customer:c1:orders 1001 " AN_ORDER_ID " 1001 other\n"));
    ck_assert_ptr_nonnull(strstr(all, "ZADD orders:recent 1001 " AN_ORDER_ID " 1001 other\n"));
    ck_assert_ptr_nonnull(strstr(all, "ZCAP orders:recent 100\n"));
}
END_TEST

START_TEST(a_customer_is_found_by_normalised_contacts)
{
    const struct customer_view nothing = {.version = 0};
    const struct customer_view ada = {
        .customer_id = STRVIEW("c1"),
        .version = 1,
        .last_event_id = STRVIEW("e1"),
        .name = STRVIEW("Ada"),
        .email = STRVIEW(" Ada@B"),
        .phone = STRVIEW("+44 1"),
        .is_active = true,
    };
    begin();

    view_diff_customer(&nothing, &ada, &MOMENT, &set);

    ck_assert_str_eq(written(),
                     "HSET customer:c1 name Ada email  Ada@B phone +44 1 active 1 source_version 1"
                     " last_event_id e1 projected_at 9999\n"
                     "SADD lookup:email:ada@b c1\n"
                     "SADD lookup:phone:441 c1\n");
}
END_TEST

START_TEST(a_changed_contact_moves_the_lookup_and_an_equal_one_does_not)
{
    const struct customer_view before = {
        .customer_id = STRVIEW("c1"),
        .version = 1,
        .last_event_id = STRVIEW("e1"),
        .name = STRVIEW("Ada"),
        .email = STRVIEW("a@b"),
        .phone = STRVIEW("+44 1"),
        .is_active = true,
    };
    struct customer_view after = before;
    after.version = 2;
    after.last_event_id = STRVIEW("e2");
    after.email = STRVIEW("");
    after.phone = STRVIEW("0044 1");
    after.is_active = false;
    begin();

    view_diff_customer(&before, &after, &MOMENT, &set);

    ck_assert_str_eq(written(), "HDEL customer:c1 email\n"
                                "HSET customer:c1 phone 0044 1 active 0 source_version 2"
                                " last_event_id e2 projected_at 9999\n"
                                "SREM lookup:email:a@b c1\n");
}
END_TEST

START_TEST(a_free_product_still_has_a_price)
{
    const struct product_view nothing = {.version = 0};
    const struct product_view gift = {.sku = STRVIEW("GIFT"),
                                      .version = 1,
                                      .last_event_id = STRVIEW("e1"),
                                      .name = STRVIEW("Gift"),
                                      .currency = STRVIEW("GBP")};
    begin();

    view_diff_product(&nothing, &gift, &MOMENT, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT name Gift currency GBP unit_price_minor 0"
                                " source_version 1 last_event_id e1 projected_at 9999\n"
                                "SADD search:product:gift GIFT\n");
}
END_TEST

START_TEST(a_product_is_found_by_the_words_of_its_name)
{
    const struct product_view nothing = {.version = 0};
    const struct product_view ink = {
        .sku = STRVIEW("INK"),
        .version = 1,
        .name = STRVIEW(" Ink, blue-BLACK (50ml) K\xc3\xb6ln\xe2\x80\x83x")};
    begin();

    view_diff_product(&nothing, &ink, &MOMENT, &set);

    ck_assert_ptr_nonnull(strstr(written(), "SADD search:product:ink INK\n"
                                            "SADD search:product:blue INK\n"
                                            "SADD search:product:black INK\n"
                                            "SADD search:product:50ml INK\n"
                                            "SADD search:product:k%C3%B6ln INK\n"
                                            "SADD search:product:x INK\n"));
}
END_TEST

START_TEST(a_product_shows_what_changed_of_it)
{
    const struct product_view before = {.sku = STRVIEW("GIFT"),
                                        .version = 1,
                                        .last_event_id = STRVIEW("e1"),
                                        .name = STRVIEW("Gift"),
                                        .currency = STRVIEW("GBP")};
    struct product_view after = before;
    after.version = 3;
    after.last_event_id = STRVIEW("e3");
    after.unit_price_minor = 125;
    after.is_discontinued = true;
    begin();

    view_diff_product(&before, &after, &MOMENT, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT unit_price_minor 125 discontinued 1"
                                " source_version 3 last_event_id e3 projected_at 9999\n");
}
END_TEST

START_TEST(a_level_is_shown_in_the_products_hash_and_leaves_its_fields_alone)
{
    const struct stock_view nothing = {.version = 0};
    const struct stock_view none_left = {
        .sku = STRVIEW("GIFT"), .version = 1, .last_event_id = STRVIEW("e1"), .available = 0};
    struct stock_view again = none_left;
    again.version = 2;
    again.last_event_id = STRVIEW("e2");
    begin();

    view_diff_stock(&nothing, &none_left, &set);
    view_diff_stock(&none_left, &again, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT available 0 stock_version 1 stock_event_id e1"
                                " stock_version 2 stock_event_id e2\n");
}
END_TEST

static const struct ops_transition SHIPPED = {.at_ms = 61000,
                                              .region = {"Kent & co", 9},
                                              .provider = {"demo", 4},
                                              .status = ORDER_STATUS_SHIPPED};

START_TEST(transitions_are_counted_in_their_minute)
{
    struct ops_transition other = SHIPPED;
    other.status = ORDER_STATUS_PLACED;
    begin();

    ops_minute_count(&SHIPPED, 61000, &set);
    ops_minute_count(&other, 61000, &set);
    ops_minute_count(&SHIPPED, 61000, &set);

    ck_assert_str_eq(written(), "COUNT ops:minute:197001010001 Kent%20%26%20co:demo:shipped 2"
                                " Kent%20%26%20co:demo:placed 1\n"
                                "EXPIREAT ops:minute:197001010001 172920\n");
}
END_TEST

START_TEST(what_would_have_expired_is_not_counted)
{
    begin();
    ops_minute_count(&SHIPPED, 172920000, &set);
    ck_assert_str_eq(written(), "");
    begin();
    ops_minute_count(&SHIPPED, 172919999, &set);
    ck_assert_str_ne(written(), "");
}
END_TEST

START_TEST(waiting_is_shown_and_taken_back)
{
    begin();
    view_diff_waiting(STRVIEW("order:1"), "waiting_for", 0, 3, &set);
    view_diff_waiting(STRVIEW("order:2"), "waiting_for", 3, 0, &set);
    view_diff_waiting(STRVIEW("product:4"), "stock_waiting_for", 0, 2, &set);
    view_diff_waiting(STRVIEW("order:3"), "waiting_for", 3, 3, &set);
    ck_assert_str_eq(written(), "HSET order:1 waiting_for 3\nHDEL order:2 waiting_for\n"
                                "HSET product:4 stock_waiting_for 2\n");
}
END_TEST

START_TEST(many_keys_are_kept_apart_and_repeated_ones_together)
{
    enum { KEYS = 500 };
    static char keys[KEYS][8];
    begin();
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < KEYS; i++) {
            (void)snprintf(keys[i], sizeof keys[i], "k%zu", i);
            write_set_add(&set, WRITE_SADD, strview_of(keys[i]), STRVIEW("m"));
        }
    }
    ck_assert(write_set_ok(&set));
    ck_assert_uint_eq(set.count, KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        ck_assert_uint_eq(set.writes[i].count, 2);
    }
    arena_done(&arena);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
    arena_init(&arena, 128);
    write_set_init(&set, &arena);
    write_set_add(&set, WRITE_SADD, STRVIEW("k"), STRVIEW("m"));
    ck_assert(!write_set_ok(&set));
    arena_done(&arena);
}
END_TEST

START_TEST(wherever_the_arena_ends_it_is_said)
{
    enum { STEP = 16, ENOUGH = 1 << 16 };
    const struct order_view none = {.version = 0};
    const struct order_view placed = apply(none, ORDER_PLACED, "e1");
    const struct customer_view nobody = {.version = 0};
    const struct customer_view ada = {.customer_id = STRVIEW("c1"),
                                      .version = 1,
                                      .name = STRVIEW("Ada"),
                                      .email = STRVIEW("a@b"),
                                      .phone = STRVIEW("1")};
    const struct product_view no_product = {.version = 0};
    const struct product_view gift = {
        .sku = STRVIEW("GIFT"), .version = 1, .name = STRVIEW("A gift")};
    bool is_whole = false;
    for (size_t max = 0; !is_whole; max += STEP) {
        ck_assert_uint_lt(max, ENOUGH);
        arena_init(&arena, max);
        write_set_init(&set, &arena);
        diff(&none, &placed);
        view_diff_customer(&nobody, &ada, &MOMENT, &set);
        ops_minute_count(&SHIPPED, 61000, &set);
        view_diff_product(&no_product, &gift, &MOMENT, &set);
        ops_minute_count(&SHIPPED, 61000, &set);
        is_whole = write_set_ok(&set);
        arena_done(&arena);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/view_diff");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_placed_order_writes_all_of_its_views);
    tcase_add_test(rules, a_later_event_writes_only_what_it_changed);
    tcase_add_test(rules, two_events_of_an_order_are_written_once);
    tcase_add_test(rules, an_order_leaves_the_place_of_an_old_value);
    tcase_add_test(rules, an_order_moves_between_indexes_and_up_in_those_where_it_stays);
    tcase_add_test(rules, what_nobody_owes_stands_in_no_index_of_refunds);
    tcase_add_test(rules, an_order_is_open_until_it_has_come_to_an_end);
    tcase_add_test(rules, an_order_that_was_never_placed_is_found_nowhere);
    tcase_add_test(rules, orders_of_one_batch_share_the_lists_commands);
    tcase_add_test(rules, a_customer_is_found_by_normalised_contacts);
    tcase_add_test(rules, a_changed_contact_moves_the_lookup_and_an_equal_one_does_not);
    tcase_add_test(rules, a_free_product_still_has_a_price);
    tcase_add_test(rules, a_product_is_found_by_the_words_of_its_name);
    tcase_add_test(rules, a_product_shows_what_changed_of_it);
    tcase_add_test(rules, a_level_is_shown_in_the_products_hash_and_leaves_its_fields_alone);
    tcase_add_test(rules, transitions_are_counted_in_their_minute);
    tcase_add_test(rules, what_would_have_expired_is_not_counted);
    tcase_add_test(rules, waiting_is_shown_and_taken_back);
    tcase_add_test(rules, many_keys_are_kept_apart_and_repeated_ones_together);
    tcase_add_test(rules, a_full_arena_is_said);
    tcase_add_test(rules, wherever_the_arena_ends_it_is_said);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
