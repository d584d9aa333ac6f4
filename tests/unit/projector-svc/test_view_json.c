/* SPDX-License-Identifier: Apache-2.0 */
/* The documents in Redis: their exact bytes, and that folding on from them loses nothing. */
#include "common/contract/json.h"
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/mark_json.h"
#include "projector-svc/views/told_times.h"
#include "projector-svc/views/view_json.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

static struct arena arena;
static struct strbuf out;

static void begin(void)
{
    arena_init(&arena, 1 << 20);
    strbuf_init(&out, 1 << 20);
}

static void end(void)
{
    arena_done(&arena);
    strbuf_done(&out);
}

static struct order_view fold(const enum order_event_kind *kinds, size_t count)
{
    struct order_view view = {.version = 0};
    struct error err;
    for (size_t i = 0; i < count; i++) {
        const struct order_event event = an_event(kinds[i], (int64_t)i + 1);
        ck_assert_int_eq(order_view_apply(&view, &event, STRVIEW("e9"), &err), ERROR_NONE);
    }
    return view;
}

START_TEST(the_details_are_these_bytes)
{
    const enum order_event_kind life[] = {ORDER_PLACED, ORDER_CANCELLED};
    const struct order_view view = fold(life, 2);

    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));

    ck_assert_str_eq(
        strbuf_cstr(&out),
        "{\"order_id\":\"" AN_ORDER_ID "\",\"status\":\"cancelled\",\"payment_status\":\"voided\","
        "\"refund_state\":\"none\",\"dispute\":\"none\",\"customer\":{\"customer_id\":\"c1\","
        "\"name\":\"Ada\"},\"currency\":\"GBP\",\"total_minor\":1250,\"item_count\":3,"
        "\"region\":\"Kent\",\"lines\":[{\"sku\":\"PEN\",\"name\":\"Pen\",\"quantity\":2,"
        "\"unit_price_minor\":125},{\"sku\":\"INK\",\"name\":\"Ink, blue\",\"quantity\":1,"
        "\"unit_price_minor\":1000}],\"shipping_address\":{\"name\":\"Ada\",\"line1\":\"1 High "
        "St\",\"city\":\"Dover\",\"postal_code\":\"CT16\",\"region\":\"Kent\",\"country\":\"GB\"},"
        "\"payment\":{\"provider\":\"demo\",\"method\":\"card\"},\"cancellation\":{\"reason\":"
        "\"changed my mind\",\"cancelled_at\":\"1970-01-01T00:00:01.002Z\"},"
        "\"placed_at\":\"1970-01-01T00:00:01.001Z\","
        "\"status_since\":\"1970-01-01T00:00:01.002Z\","
        "\"updated_at\":\"1970-01-01T00:00:01.002Z\",\"freshness\":{\"source_version\":2,\"last_"
        "event_id\":\"e9\","
        "\"last_event_type\":\"OrderCancelled\","
        "\"projected_at\":\"1970-01-01T00:00:09.999Z\"}}");
}
END_TEST

static const struct {
    enum order_event_kind kinds[4];
    size_t count;
} LIVES[] = {
    {{ORDER_PLACED}, 1},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED}, 2},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED}, 3},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED, ORDER_DELIVERED}, 4},
    {{ORDER_PLACED, ORDER_CANCELLED}, 2},
    {{ORDER_PLACED, ORDER_SHIPPING_ADDRESS_CHANGED}, 2},
    {{ORDER_PLACED, ORDER_PAYMENT_DECLINED}, 2},
    {{ORDER_PLACED, ORDER_RISK_FLAGGED, ORDER_DISPUTE_OPENED}, 3},
    {{ORDER_PLACED, ORDER_RISK_FLAGGED, ORDER_RISK_CLEARED}, 3},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_PAYMENT_CAPTURED, ORDER_RETURNED}, 4},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_PAYMENT_CAPTURED, ORDER_PAYMENT_REFUNDED}, 4},
    {{ORDER_PLACED, ORDER_PAYMENT_AUTHORIZED, ORDER_SHIPPED, ORDER_TRACKING_RECORDED}, 4},
    {{ORDER_PLACED, ORDER_NOTE_ADDED, ORDER_NOTE_ADDED}, 3},
    {{ORDER_PLACED, ORDER_DISPUTE_OPENED, ORDER_DISPUTE_RESOLVED, ORDER_DISPUTE_OPENED}, 4},
};

START_TEST(what_happens_many_times_stands_in_the_details)
{
    const enum order_event_kind life[] = {ORDER_PLACED,           ORDER_PAYMENT_AUTHORIZED,
                                          ORDER_PAYMENT_CAPTURED, ORDER_PAYMENT_REFUNDED,
                                          ORDER_NOTE_ADDED,       ORDER_DISPUTE_OPENED};
    const struct order_view view = fold(life, 6);

    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));

    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&out),
                                 "\"captured_minor\":1000,\"refunded_minor\":400,\"captures\":[{"
                                 "\"amount_minor\":1000,\"captured_at\":\"1970-01-01T00:00:01."
                                 "003Z\"}],\"capture_count\":1},"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&out),
                                 "\"refunds\":[{\"amount_minor\":400,\"reason\":\"returned\","
                                 "\"refunded_at\":\"1970-01-01T00:00:01.004Z\"}],"
                                 "\"refund_count\":1,\"dispute_case\":{\"reason\":\"not received\","
                                 "\"opened_at\":\"1970-01-01T00:00:01.006Z\"},\"notes\":[{\"text\":"
                                 "\"called back\",\"by\":\"ann\","
                                 "\"noted_at\":\"1970-01-01T00:00:01.005Z\"}],\"note_count\":1,"));
}
END_TEST

START_TEST(more_entries_than_are_kept_are_not_read)
{
    struct order_view view = {.version = 0};
    struct error err;
    strbuf_append_cstr(&out,
                       "{\"order_id\":\"o\",\"status\":\"placed\",\"payment_status\":"
                       "\"pending\",\"refund_state\":\"none\",\"dispute\":\"none\",\"notes\":[");
    for (int i = 0; i < 2 * ORDER_ENTRIES_KEPT; i++) {
        strbuf_printf(&out, "%s{\"text\":\"%d\",\"by\":\"a\",\"noted_at\":%d}", i == 0 ? "" : ",",
                      i, i);
    }
    strbuf_append_cstr(&out, "],\"note_count\":99,\"freshness\":{\"source_version\":1}}");

    ck_assert_int_eq(view_json_read_details(strbuf_view(&out), &arena, &view, &err), ERROR_NONE);

    ck_assert_uint_eq(view.notes.kept, ORDER_ENTRIES_KEPT);
    ck_assert_int_eq(view.notes.count, 99);
}
END_TEST

START_TEST(details_read_back_give_the_same_bytes_again)
{
    const struct order_view view = fold(LIVES[_i].kinds, LIVES[_i].count);
    struct order_view again = {.version = 0};
    struct strbuf second;
    struct error err;
    strbuf_init(&second, 1 << 20);
    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));

    ck_assert_int_eq(view_json_read_details(strbuf_view(&out), &arena, &again, &err), ERROR_NONE);
    ck_assert(view_json_details(&again, 9999, JSON_TIMES_TEXT, &second));

    ck_assert_str_eq(strbuf_cstr(&second), strbuf_cstr(&out));
    ck_assert_int_eq(again.version, (int64_t)LIVES[_i].count);
    strbuf_done(&second);
}
END_TEST

/* As 0.1.0 wrote them, which may run beside this version. */
START_TEST(details_with_times_as_numbers_are_the_same_order)
{
    const struct order_view view = fold(LIVES[_i].kinds, LIVES[_i].count);
    struct order_view again = {.version = 0};
    struct strbuf numbers;
    struct strbuf second;
    struct error err;
    strbuf_init(&numbers, 1 << 20);
    strbuf_init(&second, 1 << 20);
    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));
    ck_assert(view_json_details(&view, 9999, JSON_TIMES_NUMBERS, &numbers));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&numbers), "\"placed_at\":1001,"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&numbers), "\"projected_at\":9999}"));

    ck_assert_int_eq(view_json_read_details(strbuf_view(&numbers), &arena, &again, &err),
                     ERROR_NONE);
    ck_assert(view_json_details(&again, 9999, JSON_TIMES_TEXT, &second));

    ck_assert_str_eq(strbuf_cstr(&second), strbuf_cstr(&out));
    strbuf_reset(&second);
    ck_assert(strview_equal(told_times(strbuf_view(&numbers), &second), strbuf_view(&out)));
    strbuf_done(&numbers);
    strbuf_done(&second);
}
END_TEST

static const char *const DAMAGED[] = {
    "",
    "{",
    "[]",
    "{}",
    "{\"order_id\":\"o\",\"status\":\"lost\"}",
    ("{\"order_id\":\"o\",\"status\":\"placed\",\"payment_status\":\"pending\","
     "\"refund_state\":\"none\",\"dispute\":\"none\"}"), /* no version */
    ("{\"order_id\":\"o\",\"status\":\"placed\",\"payment_status\":\"pending\","
     "\"refund_state\":\"none\",\"dispute\":\"none\",\"freshness\":"
     "{\"source_version\":9223372036854775807}}"), /* none that a next one could follow */
};

START_TEST(a_damaged_document_is_refused)
{
    struct order_view view = {.version = 7};
    struct error err;

    ck_assert_int_eq(view_json_read_details(strview_of(DAMAGED[_i]), &arena, &view, &err),
                     ERROR_INVALID);
    ck_assert_int_eq(view.version, 7);
}
END_TEST

static struct incoming an_incoming(enum order_event_kind kind, int64_t version)
{
    return (struct incoming){
        .aggregate = AGGREGATE_ORDER,
        .aggregate_id = STRVIEW(AN_ORDER_ID),
        .version = version,
        .event_id = STRVIEW("e1"),
        .event_type = strview_of(order_event_type(kind)),
        .at_ms = T0 + version,
        .kind = INCOMING_EVENT,
        .event.order = an_event(kind, version),
        .topic = STRVIEW("order.events"),
        .partition = 3,
        .offset = 17,
        .timestamp_ms = 1234,
    };
}

START_TEST(a_timeline_element_names_its_event)
{
    const struct incoming incoming = an_incoming(ORDER_SHIPPED, 3);

    ck_assert(view_json_timeline(&incoming, JSON_TIMES_TEXT, &out));

    ck_assert_str_eq(
        strbuf_cstr(&out),
        "{\"version\":3,\"type\":\"OrderShipped\",\"at\":\"1970-01-01T00:00:01.003Z\",\"actor\":{"
        "\"role\":\"agent\","
        "\"subject\":\"ann\"},\"summary\":\"Order shipped with dhl, tracking number T1\","
        "\"data\":{\"carrier\":\"dhl\",\"tracking_number\":\"T1\"},\"event_id\":\"e1\"}");
    ck_assert(strview_is(view_json_timeline_event_id(strbuf_view(&out), &arena), "e1"));
    ck_assert(strview_is(view_json_timeline_event_id(STRVIEW("{"), &arena), ""));
}
END_TEST

START_TEST(an_element_where_0_1_0_began_the_views_has_its_time_as_a_number)
{
    const struct incoming incoming = an_incoming(ORDER_SHIPPED, 3);

    ck_assert(view_json_timeline(&incoming, JSON_TIMES_NUMBERS, &out));

    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&out), "\"type\":\"OrderShipped\",\"at\":1003,"));
}
END_TEST

/* Who filters it reads it strictly: no member stands twice. */
START_TEST(the_element_of_every_kind_can_be_read_again)
{
    const struct incoming incoming = an_incoming((enum order_event_kind)_i, 3);
    const struct json_value *element = NULL;
    struct error err;

    ck_assert(view_json_timeline(&incoming, JSON_TIMES_TEXT, &out));

    ck_assert_msg(json_parse(strbuf_view(&out), &arena, &element, &err) == ERROR_NONE, "%s: %s",
                  strbuf_cstr(&out), err.text);
    ck_assert(json_member(element, "data") != NULL);
}
END_TEST

START_TEST(a_message_says_what_changed_and_where_it_stands)
{
    const struct incoming incoming = an_incoming(ORDER_SHIPPED, 3);

    ck_assert(view_json_message(&incoming, STRVIEW("c1"), ORDER_STATUS_SHIPPED, &out));

    ck_assert_str_eq(strbuf_cstr(&out),
                     "{\"order_id\":\"" AN_ORDER_ID "\",\"customer_id\":\"c1\",\"version\":3,"
                     "\"type\":\"OrderShipped\",\"status\":\"shipped\",\"event_id\":\"e1\","
                     "\"topic\":\"order.events\",\"partition\":3,\"offset\":17}");
}
END_TEST

START_TEST(why_it_is_frozen_is_kept)
{
    const struct mark_frozen frozen = {.reason = LINEUP_GAP, .waits_for = 3, .since_ms = 1005};

    ck_assert(mark_json_frozen(&frozen, &out));
    const struct mark_frozen again = mark_json_read_frozen(strbuf_view(&out), &arena);

    ck_assert_str_eq(strbuf_cstr(&out), "{\"reason\":\"gap\",\"waits_for\":3,\"since\":1005}");
    ck_assert_int_eq(again.reason, LINEUP_GAP);
    ck_assert_int_eq(again.waits_for, 3);
    ck_assert_int_eq(again.since_ms, 1005);
    ck_assert_int_eq(mark_json_read_frozen(STRVIEW("rubbish"), &arena).reason, LINEUP_FORKED);
    const struct strview text = STRVIEW("{\"since\":\"1970-01-01T00:00:01.005Z\"}");
    ck_assert_int_eq(mark_json_read_frozen(text, &arena).since_ms, 1005);
}
END_TEST

START_TEST(how_far_a_pass_came_is_kept)
{
    const struct mark_frozen frozen = {
        .reason = LINEUP_DRAINING, .pass_left = 7, .pass = (enum lineup_pass)_i};

    ck_assert(mark_json_frozen(&frozen, &out));
    const struct mark_frozen again = mark_json_read_frozen(strbuf_view(&out), &arena);

    ck_assert_int_eq(again.pass_left, 7);
    ck_assert_int_eq(again.pass, _i);
    const struct mark_frozen other = mark_json_read_frozen(STRVIEW("{\"moved\":9}"), &arena);
    ck_assert_int_eq(other.pass, LINEUP_PASS_MOVED);
}
END_TEST

/* A parked event, in and out of its form. */
static struct incoming *park_and_read(const struct incoming *incoming)
{
    struct incoming *again = NULL;
    struct error err;
    ck_assert(incoming_park(incoming, &out));
    const char *kept = arena_copy(&arena, strbuf_view(&out));
    const struct strview form = {.data = kept, .len = strbuf_view(&out).len};
    ck_assert_int_eq(
        incoming_of_parked(form, AGGREGATE_ORDER, STRVIEW(AN_ORDER_ID), &arena, &again, &err),
        ERROR_NONE);
    return again;
}

START_TEST(a_parked_event_means_the_same_later)
{
    struct incoming incoming = an_incoming(ORDER_SHIPPED, 3);
    struct strbuf payload;
    strbuf_init(&payload, 4096);
    ck_assert(event_encode(&incoming.event, &payload));
    incoming.value = strbuf_view(&payload);

    const struct incoming *again = park_and_read(&incoming);

    ck_assert(incoming_is_readable(again));
    ck_assert_int_eq(again->version, 3);
    ck_assert_int_eq(again->at_ms, T0 + 3);
    ck_assert(strview_is(again->event_id, "e1"));
    ck_assert_int_eq(again->offset, 17);
    ck_assert(strview_is(again->event.order.shipped.carrier, "dhl"));
    ck_assert(strview_equal(again->value, incoming.value));
    strbuf_done(&payload);
}
END_TEST

START_TEST(bytes_nobody_can_read_are_parked_as_they_are)
{
    static const char BYTES[] = "\xff\x00\n{\"";
    struct incoming incoming = an_incoming(ORDER_SHIPPED, 3);
    incoming.kind = INCOMING_UNREADABLE;
    incoming.why = "not JSON";
    incoming.value = (struct strview){.data = BYTES, .len = sizeof BYTES - 1};

    const struct incoming *again = park_and_read(&incoming);

    ck_assert(!incoming_is_readable(again));
    ck_assert_int_eq(again->version, 3);
    ck_assert(strview_equal(again->value, incoming.value));
}
END_TEST

START_TEST(a_damaged_parked_form_is_an_event_nobody_knows)
{
    struct incoming *incoming = NULL;
    struct error err;

    ck_assert_int_eq(incoming_of_parked(STRVIEW("rubbish"), AGGREGATE_ORDER, STRVIEW("o"), &arena,
                                        &incoming, &err),
                     ERROR_NONE);
    ck_assert(!incoming_is_readable(incoming));
    ck_assert_int_eq(incoming->version, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/view_json");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, begin, end);
    tcase_add_test(rules, the_details_are_these_bytes);
    tcase_add_test(rules, what_happens_many_times_stands_in_the_details);
    tcase_add_test(rules, more_entries_than_are_kept_are_not_read);
    tcase_add_loop_test(rules, details_with_times_as_numbers_are_the_same_order, 0,
                        sizeof LIVES / sizeof LIVES[0]);
    tcase_add_loop_test(rules, details_read_back_give_the_same_bytes_again, 0,
                        sizeof LIVES / sizeof LIVES[0]);
    tcase_add_loop_test(rules, a_damaged_document_is_refused, 0,
                        sizeof DAMAGED / sizeof DAMAGED[0]);
    tcase_add_test(rules, a_timeline_element_names_its_event);
    tcase_add_test(rules, an_element_where_0_1_0_began_the_views_has_its_time_as_a_number);
    tcase_add_loop_test(rules, the_element_of_every_kind_can_be_read_again, 0,
                        ORDER_EVENT_KIND_COUNT);
    tcase_add_test(rules, a_message_says_what_changed_and_where_it_stands);
    tcase_add_test(rules, why_it_is_frozen_is_kept);
    tcase_add_loop_test(rules, how_far_a_pass_came_is_kept, 0, LINEUP_PASS_UNREAD + 1);
    tcase_add_test(rules, a_parked_event_means_the_same_later);
    tcase_add_test(rules, bytes_nobody_can_read_are_parked_as_they_are);
    tcase_add_test(rules, a_damaged_parked_form_is_an_event_nobody_knows);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
