/* SPDX-License-Identifier: Apache-2.0 */
/* Each version of an order, folded from its timeline, is what the view was when it was the newest.
 */
#include "projector-svc/views/incoming.h"
#include "projector-svc/views/order_past.h"
#include "projector-svc/views/view_json.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

#include <stdio.h>
#include <string.h>

static const enum order_event_kind LIFE[] = {
    ORDER_PLACED,           ORDER_NOTE_ADDED,       ORDER_SHIPPING_ADDRESS_CHANGED,
    ORDER_RISK_FLAGGED,     ORDER_DISPUTE_OPENED,   ORDER_PAYMENT_AUTHORIZED,
    ORDER_PAYMENT_CAPTURED, ORDER_SHIPPED,          ORDER_TRACKING_RECORDED,
    ORDER_RISK_CLEARED,     ORDER_DISPUTE_RESOLVED, ORDER_DELIVERED,
    ORDER_RETURNED,         ORDER_PAYMENT_REFUNDED};
enum { LIFE_LEN = sizeof LIFE / sizeof LIFE[0], MOVED = 3, NEVER_SHOWN = LIFE_LEN + 1 };

static struct arena arena;
static struct strview details[LIFE_LEN + 1]; /* by version */
static struct strview timeline[LIFE_LEN];
static struct order_history history;
static struct error err;

static struct strview keep(struct strbuf *out)
{
    const struct strview kept = arena_view(&arena, strbuf_view(out));
    strbuf_reset(out);
    return kept;
}

/* The order's documents, as they are kept in that form. */
static void keep_in(enum json_times times)
{
    struct strbuf out;
    struct order_view view = {.version = 0};
    strbuf_init(&out, 1 << 20);
    for (size_t i = 0; i < LIFE_LEN; i++) {
        const int64_t version = (int64_t)i + 1;
        const struct incoming incoming = {.kind = INCOMING_EVENT,
                                          .version = version,
                                          .event_id = STRVIEW("e"),
                                          .event_type = strview_of(order_event_type(LIFE[i])),
                                          .at_ms = T0 + version,
                                          .event.order = an_event(LIFE[i], version)};
        ck_assert_int_eq(order_view_apply(&view, &incoming.event.order, incoming.event_id, &err),
                         ERROR_NONE);
        ck_assert(view_json_details(&view, 9999, times, &out));
        details[version] = keep(&out);
        ck_assert(view_json_timeline(&incoming, times, &out));
        timeline[i] = keep(&out);
    }
    strbuf_done(&out);
    history = (struct order_history){details[LIFE_LEN], timeline, LIFE_LEN, LIFE_LEN};
}

static void begin(void)
{
    arena_init(&arena, 4 << 20);
    keep_in(JSON_TIMES_TEXT);
}

static void end(void)
{
    arena_done(&arena);
}

static enum error_kind fold(int64_t version, int64_t as_of_ms, struct order_view *ret)
{
    const struct order_moment moment = {version, as_of_ms};
    return order_past_fold(&history, &moment, &arena, ret, &err);
}

START_TEST(so_it_is_where_times_are_kept_as_numbers)
{
    struct order_view view;
    struct strbuf out;
    const struct strview wanted = details[LIFE_LEN - 1];
    strbuf_init(&out, 1 << 20);
    keep_in(JSON_TIMES_NUMBERS);
    ck_assert(!strview_equal(details[LIFE_LEN - 1], wanted));

    ck_assert_int_eq(fold(INT64_MAX, T0 + LIFE_LEN - 1, &view), ERROR_NONE);

    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));
    ck_assert_msg(strview_equal(strbuf_view(&out), wanted), "%s\n%.*s", strbuf_cstr(&out),
                  STRVIEW_ARG(wanted));
    strbuf_done(&out);
}
END_TEST

START_TEST(each_version_is_what_was_shown_then)
{
    struct strbuf out;
    for (int64_t version = MOVED; version <= LIFE_LEN; version++) {
        struct order_view view;
        strbuf_init(&out, 1 << 20);
        ck_assert_int_eq(fold(version, INT64_MAX, &view), ERROR_NONE);
        ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));
        ck_assert_msg(strview_equal(strbuf_view(&out), details[version]), "%s\n%.*s",
                      strbuf_cstr(&out), STRVIEW_ARG(details[version]));
        strbuf_done(&out);
    }
}
END_TEST

START_TEST(before_the_address_changed_none_is_shown)
{
    struct order_view view;
    struct strbuf out;
    strbuf_init(&out, 1 << 20);
    ck_assert_int_eq(fold(MOVED - 1, INT64_MAX, &view), ERROR_NONE);

    ck_assert(view_json_details(&view, 9999, JSON_TIMES_TEXT, &out));

    ck_assert_ptr_null(strstr(strbuf_cstr(&out), "shipping_address"));
    ck_assert_ptr_null(strstr(strbuf_cstr(&out), "region"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&out), "Ink, blue"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&out), "called back"));
    strbuf_done(&out);
}
END_TEST

static const struct {
    int64_t version, as_of_ms;
    int64_t shown; /* 0: ERROR_NOT_FOUND */
} MOMENTS[] = {
    {INT64_MAX, T0, 0},
    {INT64_MAX, T0 + 1, 1},
    {INT64_MAX, T0 + 8, 8},
    {INT64_MAX, T0 + 1000, LIFE_LEN},
    {LIFE_LEN, INT64_MAX, LIFE_LEN},
    {NEVER_SHOWN, INT64_MAX, 0},
};

START_TEST(a_moment_shows_the_last_version_before_it)
{
    struct order_view view = {.version = 0};
    const enum error_kind kind = fold(MOMENTS[_i].version, MOMENTS[_i].as_of_ms, &view);
    ck_assert_int_eq(kind, MOMENTS[_i].shown == 0 ? ERROR_NOT_FOUND : ERROR_NONE);
    ck_assert_int_eq(view.version, MOMENTS[_i].shown);
}
END_TEST

START_TEST(what_is_behind_the_elements_at_hand_is_not_guessed)
{
    struct order_view view;
    history.count = 5;
    ck_assert_int_eq(fold(6, INT64_MAX, &view), ERROR_EXHAUSTED);
    ck_assert_int_eq(fold(INT64_MAX, T0 + 100, &view), ERROR_EXHAUSTED);
    ck_assert_int_eq(fold(4, INT64_MAX, &view), ERROR_NONE);
    ck_assert_uint_eq(view.placed.address.country.len, 0); /* it may have changed once more */
}
END_TEST

START_TEST(a_skipped_version_counts)
{
    struct order_view view;
    timeline[1] =
        STRVIEW("{\"version\":2,\"type\":\"EventSkipped\",\"at\":1002,\"event_id\":\"-\"}");
    ck_assert_int_eq(fold(2, INT64_MAX, &view), ERROR_NONE);
    ck_assert(strview_is(view.last_event_type, "EventSkipped"));
    ck_assert_int_eq(view.notes.count, 0);
}
END_TEST

static const char *const DAMAGED[] = {
    "{", "{\"version\":2,\"type\":\"Odd\",\"at\":1002}",
    "{\"version\":2,\"type\":\"RiskCleared\",\"at\":1002,\"data\":{\"flag\":\"x\"}}"};

START_TEST(a_damaged_history_is_said)
{
    struct order_view view;
    timeline[1] = strview_of(DAMAGED[_i]);
    ck_assert_int_eq(fold(4, INT64_MAX, &view), ERROR_INVALID);
}
END_TEST

START_TEST(damaged_details_are_said)
{
    struct order_view view;
    history.details = STRVIEW("{}");
    ck_assert_int_eq(fold(4, INT64_MAX, &view), ERROR_INVALID);
}
END_TEST

/* By somebody's hand: of whose order the timeline tells is kept nowhere else. */
START_TEST(details_of_no_customer_are_said)
{
    struct order_view view;
    history.details = STRVIEW("{\"order_id\":\"o\",\"status\":\"placed\",\"dispute\":\"none\","
                              "\"payment_status\":\"pending\",\"refund_state\":\"none\","
                              "\"freshness\":{\"source_version\":14}}");
    ck_assert_int_eq(fold(4, INT64_MAX, &view), ERROR_INVALID);
    ck_assert_str_eq(err.text, "an order of no customer");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/order_past");
    TCase *past = tcase_create("past");
    tcase_add_checked_fixture(past, begin, end);
    tcase_add_test(past, each_version_is_what_was_shown_then);
    tcase_add_test(past, so_it_is_where_times_are_kept_as_numbers);
    tcase_add_test(past, before_the_address_changed_none_is_shown);
    tcase_add_loop_test(past, a_moment_shows_the_last_version_before_it, 0,
                        sizeof MOMENTS / sizeof MOMENTS[0]);
    tcase_add_test(past, what_is_behind_the_elements_at_hand_is_not_guessed);
    tcase_add_test(past, a_skipped_version_counts);
    tcase_add_loop_test(past, a_damaged_history_is_said, 0, sizeof DAMAGED / sizeof DAMAGED[0]);
    tcase_add_test(past, damaged_details_are_said);
    tcase_add_test(past, details_of_no_customer_are_said);
    suite_add_tcase(suite, past);
    return check_main(suite);
}
