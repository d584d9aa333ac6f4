/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that arrive whole, many faults at once, and bytes that are no body. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/command_json_fixture.h"

/* ---- good bodies --------------------------------------------------------------------------- */

START_TEST(a_good_body_has_no_fault)
{
    ck_assert_int_eq(read((enum command_kind)_i, GOOD[_i]), ERROR_NONE);

    ck_assert_msg(faults.count == 0, "%s %s", faults.first == NULL ? "" : faults.first->pointer,
                  faults.first == NULL ? "" : faults.first->detail);
    ck_assert_int_eq(command.kind, _i);
}
END_TEST

START_TEST(an_order_arrives_with_every_member)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, GOOD[COMMAND_PLACE_ORDER]), ERROR_NONE);

    const struct place_order *order = &command.place_order;
    ck_assert(strview_is(command.aggregate_id, "01990000-0000-7000-8000-00000000000a"));
    ck_assert(strview_is(order->customer_id, "c-1"));
    ck_assert(strview_is(order->currency, "EUR"));
    ck_assert_uint_eq(order->line_count, 1);
    ck_assert(strview_is(order->lines[0].sku, "A-1"));
    ck_assert_int_eq(order->lines[0].quantity, 2);
    ck_assert_int_eq(order->lines[0].unit_price_minor, 250);
    ck_assert(strview_is(order->address.name, "Ada"));
    ck_assert(strview_is(order->address.line1, "1 High Street"));
    ck_assert(strview_is(order->address.line2, "Flat 2"));
    ck_assert(strview_is(order->address.city, "London"));
    ck_assert(strview_is(order->address.postal_code, "N1 1AA"));
    ck_assert(strview_is(order->address.region, "Greater London"));
    ck_assert(strview_is(order->address.country, "GB"));
    ck_assert(strview_is(order->provider, "demo"));
    ck_assert(strview_is(order->method, "card"));
    ck_assert(!order->id_is_ours);
}
END_TEST

START_TEST(a_new_address_arrives_where_it_belongs)
{
    ck_assert_int_eq(read(COMMAND_CHANGE_SHIPPING_ADDRESS, GOOD[COMMAND_CHANGE_SHIPPING_ADDRESS]),
                     ERROR_NONE);

    const struct shipping_address *address = &command.change_shipping_address.address;
    ck_assert(strview_is(address->name, "Ada"));
    ck_assert(strview_is(address->line2, "Flat 2"));
    ck_assert(strview_is(address->country, "GB"));

    ck_assert_int_eq(read(COMMAND_REFUND_PAYMENT, GOOD[COMMAND_REFUND_PAYMENT]), ERROR_NONE);
    ck_assert_int_eq(command.refund_payment.amount_minor, 500);
    ck_assert(strview_is(command.reason, "returned"));
    ck_assert(command.refund_payment.override);
    ck_assert_int_eq(
        read(COMMAND_REFUND_PAYMENT, spoilt(COMMAND_REFUND_PAYMENT, ",\"override\":true", "")),
        ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);

    ck_assert_int_eq(read(COMMAND_RECORD_TRACKING, GOOD[COMMAND_RECORD_TRACKING]), ERROR_NONE);
    ck_assert(strview_is(command.record_tracking.status, "in transit"));
    ck_assert(strview_is(command.record_tracking.location, "Leeds"));
}
END_TEST

START_TEST(the_other_bodies_arrive_with_every_member)
{
    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER, GOOD[COMMAND_REGISTER_CUSTOMER]), ERROR_NONE);
    ck_assert(strview_is(command.aggregate_id, "c-1"));
    ck_assert(strview_is(command.register_customer.name, "Ada"));
    ck_assert(strview_is(command.register_customer.email, "ada@example.org"));
    ck_assert(strview_is(command.register_customer.phone, "+442079460000"));

    ck_assert_int_eq(read(COMMAND_ADD_PRODUCT, GOOD[COMMAND_ADD_PRODUCT]), ERROR_NONE);
    ck_assert(strview_is(command.aggregate_id, "A-1"));
    ck_assert(strview_is(command.add_product.name, "Lantern"));
    ck_assert_int_eq(command.add_product.unit_price_minor, 250);
    ck_assert(strview_is(command.add_product.currency, "EUR"));

    ck_assert_int_eq(read(COMMAND_RECEIVE_STOCK, GOOD[COMMAND_RECEIVE_STOCK]), ERROR_NONE);
    ck_assert_int_eq(command.receive_stock.quantity, 5);

    ck_assert_int_eq(read(COMMAND_CHANGE_CONTACT, GOOD[COMMAND_CHANGE_CONTACT]), ERROR_NONE);
    ck_assert(strview_is(command.change_contact.name, "Ada"));
    ck_assert(strview_is(command.change_contact.email, "ada@example.org"));
    ck_assert(strview_is(command.change_contact.phone, "+442079460000"));

    ck_assert_int_eq(read(COMMAND_DEACTIVATE_CUSTOMER, GOOD[COMMAND_DEACTIVATE_CUSTOMER]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "asked for it"));
    ck_assert_int_eq(read(COMMAND_REACTIVATE_CUSTOMER, GOOD[COMMAND_REACTIVATE_CUSTOMER]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "came back"));

    ck_assert_int_eq(read(COMMAND_CHANGE_PRICE, GOOD[COMMAND_CHANGE_PRICE]), ERROR_NONE);
    ck_assert_int_eq(command.change_price.unit_price_minor, 275);
    ck_assert_int_eq(read(COMMAND_ADJUST_STOCK, GOOD[COMMAND_ADJUST_STOCK]), ERROR_NONE);
    ck_assert_int_eq(command.adjust_stock.delta, -5);
    ck_assert(strview_is(command.reason, "counted"));
    ck_assert_int_eq(read(COMMAND_DISCONTINUE_PRODUCT, GOOD[COMMAND_DISCONTINUE_PRODUCT]),
                     ERROR_NONE);
    ck_assert(strview_is(command.reason, "sold out"));

    ck_assert_int_eq(read(COMMAND_AUTHORIZE_PAYMENT, GOOD[COMMAND_AUTHORIZE_PAYMENT]), ERROR_NONE);
    ck_assert_int_eq(command.authorize_payment.amount_minor, 500);
    ck_assert(strview_is(command.authorize_payment.reference, "ref-1"));

    ck_assert_int_eq(read(COMMAND_SHIP_ORDER, GOOD[COMMAND_SHIP_ORDER]), ERROR_NONE);
    ck_assert(strview_is(command.ship_order.carrier, "dhl"));
    ck_assert(strview_is(command.ship_order.tracking_number, "T-1"));

    ck_assert_int_eq(read(COMMAND_CANCEL_ORDER, GOOD[COMMAND_CANCEL_ORDER]), ERROR_NONE);
    ck_assert(strview_is(command.reason, "changed my mind"));
}
END_TEST

START_TEST(optional_members_may_be_left_out)
{
    ck_assert_int_eq(read(COMMAND_REGISTER_CUSTOMER, "{\"customer_id\":\"c-1\",\"name\":\"Ada\"}"),
                     ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.register_customer.email.len, 0);

    command = (struct command){.kind = COMMAND_KIND_COUNT};
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER,
                          "{\"customer_id\":\"c-1\",\"currency\":\"EUR\",\"lines\":[{\"sku\":\"A\","
                          "\"quantity\":1}],\"shipping_address\":{\"name\":\"A\",\"line1\":\"B\","
                          "\"country\":\"MC\"},"
                          "\"payment\":{\"provider\":\"p\",\"method\":\"m\"}}"),
                     ERROR_NONE);
    ck_assert_uint_eq(faults.count, 0);
    ck_assert_uint_eq(command.aggregate_id.len, 0);
    ck_assert_int_eq(command.place_order.lines[0].unit_price_minor, PRICE_OF_CATALOGUE);
    ck_assert_uint_eq(command.place_order.address.city.len, 0);
    ck_assert_uint_eq(command.place_order.address.postal_code.len, 0);
    ck_assert_uint_eq(command.place_order.address.region.len, 0);
}
END_TEST

/* ---- many faults, and bytes that are no body ----------------------------------------------- */

START_TEST(all_faults_are_told_at_once_in_order)
{
    static const char *const POINTERS[] = {
        "/customer_id",      "/currency",  "/lines/0/sku",
        "/lines/0/quantity", "/lines/0/x", "/lines/1",
        "/shipping_address", "/payment",   "/z",
    };

    ck_assert_int_eq(read(COMMAND_PLACE_ORDER,
                          "{\"z\":1,\"currency\":\"e\",\"lines\":[{\"sku\":5,\"x\":1},\"y\"],"
                          "\"payment\":[]}"),
                     ERROR_NONE);

    ck_assert_uint_eq(faults.count, sizeof POINTERS / sizeof POINTERS[0]);
    const struct command_fault *fault = faults.first;
    for (size_t i = 0; i < faults.count; i++, fault = fault->next) {
        ck_assert_str_eq(fault->pointer, POINTERS[i]);
    }
    ck_assert_ptr_null(fault);
}
END_TEST

START_TEST(faults_without_end_are_counted_but_not_all_kept)
{
    ck_assert_int_eq(read(COMMAND_PLACE_ORDER, order_with_lines(500, "{}")), ERROR_NONE);

    ck_assert_uint_eq(faults.count, 1000);
    size_t kept = 0;
    for (const struct command_fault *fault = faults.first; fault != NULL; fault = fault->next) {
        kept++;
    }
    ck_assert_uint_eq(kept, COMMAND_FAULTS_MAX);
}
END_TEST

static const char *const NO_JSON[] = {
    "",
    "  ",
    "{",
    "{}x",
    "{\"quantity\":5,}",
    "{'quantity':5}",
    "{\"quantity\":05}",
    "{\"quantity\":5,\"quantity\":6}",
    "{\"quantity\":NaN}",
    "\xef\xbb\xbf{\"quantity\":5}",
    "{\"quantity\":\"\xff\"}",
    "{\"quantity\":\"\xc0\xaf\"}",
    "{\"quantity\":\"\\ud800\"}",
    "{\"quantity\":\"\\u0000\"}",
    "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
};

START_TEST(bytes_that_are_no_json_are_an_error)
{
    ck_assert_int_eq(read(COMMAND_RECEIVE_STOCK, NO_JSON[_i]), ERROR_INVALID);
    ck_assert_int_ne(err.text[0], '\0');
}
END_TEST

/* A seeded generator: a failure can be seen again. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

/* Copies the good body to `body` and overwrites, drops or doubles a few of its bytes. */
static struct strview damaged(enum command_kind kind, uint32_t seed)
{
    static const char BYTES[] = "{}[]\",:\\/~0189.eE+-tfnu \n\x7f\x80\xbf\xc2\xe2\xed\xf4\xff";
    size_t len = strlen(GOOD[kind]);
    memcpy(body, GOOD[kind], len);
    for (uint32_t count = next_random(&seed) % 4 + 1; count > 0; count--) {
        const size_t at = next_random(&seed) % len;
        const uint32_t how = next_random(&seed) % 3;
        if (how == 0) {
            body[at] = BYTES[next_random(&seed) % (sizeof BYTES - 1)];
        } else if (how == 1 && len > 1) {
            memmove(body + at, body + at + 1, len - at - 1);
            len--;
        } else {
            memmove(body + at + 1, body + at, len - at);
            len++;
        }
    }
    return (struct strview){.data = body, .len = len};
}

START_TEST(whatever_bytes_come_there_is_a_command_a_fault_or_an_error)
{
    enum { SEEDS = 2000 };
    size_t taken = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        arena_reset(&arena);
        const struct strview text = damaged((enum command_kind)_i, seed);
        const enum error_kind kind =
            command_json_read((enum command_kind)_i, text, &arena, &command, &faults, &err);
        ck_assert(kind == ERROR_NONE || kind == ERROR_INVALID);
        if (kind != ERROR_NONE) {
            continue;
        }
        taken += faults.count == 0 ? 1 : 0;
        for (const struct command_fault *fault = faults.first; fault != NULL; fault = fault->next) {
            ck_assert(utf8_is_valid(strview_of(fault->pointer)));
            ck_assert(fault->pointer[0] == '/' || fault->pointer[0] == '\0');
        }
    }
    ck_assert_uint_lt(taken, SEEDS);
}
END_TEST

START_TEST(an_arena_too_small_is_an_error)
{
    struct arena tiny;
    for (size_t size = 64; size < 8192; size += 64) {
        arena_init(&tiny, size);
        const enum error_kind kind =
            command_json_read(COMMAND_PLACE_ORDER, strview_of(GOOD[COMMAND_PLACE_ORDER]), &tiny,
                              &command, &faults, &err);
        ck_assert(kind == ERROR_NONE || kind == ERROR_EXHAUSTED);
        arena_done(&tiny);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/command_json");
    TCase *bodies = tcase_create("bodies");
    tcase_add_checked_fixture(bodies, open_all, close_all);
    tcase_add_loop_test(bodies, a_good_body_has_no_fault, 0, COMMAND_KIND_COUNT);
    tcase_add_test(bodies, an_order_arrives_with_every_member);
    tcase_add_test(bodies, a_new_address_arrives_where_it_belongs);
    tcase_add_test(bodies, the_other_bodies_arrive_with_every_member);
    tcase_add_test(bodies, optional_members_may_be_left_out);
    tcase_add_test(bodies, all_faults_are_told_at_once_in_order);
    tcase_add_test(bodies, faults_without_end_are_counted_but_not_all_kept);
    tcase_add_loop_test(bodies, bytes_that_are_no_json_are_an_error, 0, COUNT(NO_JSON));
    tcase_add_loop_test(bodies, whatever_bytes_come_there_is_a_command_a_fault_or_an_error, 0,
                        COMMAND_KIND_COUNT);
    tcase_add_test(bodies, an_arena_too_small_is_an_error);
    suite_add_tcase(suite, bodies);
    return check_main(suite);
}
