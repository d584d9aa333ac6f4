/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged bodies: thousands of seeded mutations of good ones. Nothing crashes;
 * what is no JSON is said in one sentence; every fault has a pointer and a
 * sentence; what has no fault keeps the limits that are promised to the database.
 */
#include "command-svc/http/command_json.h"
#include "common/base/utf8.h"
#include "tests/support/check_main.h"
#include "tests/support/mutate.h"

#define BYTES(literal) literal, sizeof(literal) - 1
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

static const struct {
    enum command_kind kind;
    struct strview body;
} GOOD[] = {
    {COMMAND_PLACE_ORDER,
     {BYTES(
         "{\"order_id\":\"01990000-0000-7000-8000-00000000000a\",\"customer_id\":\"c-1\","
         "\"currency\":\"EUR\",\"lines\":[{\"sku\":\"A-1\",\"quantity\":2,\"unit_price_minor\":"
         "250},{\"sku\":\"A-2\",\"quantity\":1}],\"shipping_address\":{\"name\":\"Ad\xc3\xa9le\","
         "\"line1\":\"1 High Street\",\"line2\":\"Flat 2\",\"city\":\"London\",\"postal_code\":"
         "\"N1 1AA\",\"region\":\"Greater London\",\"country\":\"GB\"},\"payment\":{"
         "\"provider\":\"demo\",\"method\":\"card\"}}")}},
    {COMMAND_REGISTER_CUSTOMER,
     {BYTES("{\"customer_id\":\"c-1\",\"name\":\"Ada\",\"email\":\"ada@example.org\","
            "\"phone\":\"+44 20 7946 0000\"}")}},
    {COMMAND_ADD_PRODUCT,
     {BYTES("{\"sku\":\"A-1\",\"name\":\"Lantern\",\"unit_price_minor\":250,"
            "\"currency\":\"EUR\"}")}},
    {COMMAND_AUTHORIZE_PAYMENT, {BYTES("{\"amount_minor\":500,\"reference\":\"ref-1\"}")}},
};

static const struct strview PIECES[] = {
    {BYTES("\0")},
    {BYTES("\\u0000")},
    {BYTES("\\ud800")},
    {BYTES("\xff")},
    {BYTES("\xed\xa0\x80")},
    {BYTES("\"")},
    {BYTES("{")},
    {BYTES("}")},
    {BYTES("[[[[[[[[[[[[[[[[[[")},
    {BYTES("]")},
    {BYTES(",")},
    {BYTES("null")},
    {BYTES("-")},
    {BYTES("9223372036854775808")},
    {BYTES("1e400")},
    {BYTES("1.0")},
    {BYTES("\"stranger\":{},")},
    {BYTES("\"lines\":[],")},
    {BYTES("\"customer_id\":\"c-2\",")},
    {BYTES("\\u202e")},
    {BYTES("\n")},
};

static struct arena arena;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
}

static void close_all(void)
{
    arena_done(&arena);
}

static void assert_limits(const struct command *command)
{
    const struct place_order *order = &command->place_order;
    ck_assert(order->line_count >= 1 && order->line_count <= COMMAND_LINES_MAX);
    for (size_t i = 0; i < order->line_count; i++) {
        ck_assert(order->lines[i].quantity >= 1 && order->lines[i].quantity <= 1000000);
        ck_assert(order->lines[i].sku.len >= 1 && order->lines[i].sku.len <= 64);
        ck_assert(order->lines[i].unit_price_minor >= PRICE_OF_CATALOGUE &&
                  order->lines[i].unit_price_minor <= 1000000000000);
    }
    ck_assert(order->customer_id.len >= 1 && order->customer_id.len <= 64);
    ck_assert_uint_eq(order->currency.len, 3);
    ck_assert(utf8_length(order->address.line1) >= 1 && utf8_length(order->address.line1) <= 200);
    ck_assert(utf8_length(order->address.city) <= 200);
}

/* True when the body was accepted. */
static bool read_body(enum command_kind kind, struct strview body)
{
    struct command command = {.kind = kind};
    struct command_faults faults;
    struct error err = {.kind = ERROR_NONE};
    arena_reset(&arena);
    const enum error_kind result = command_json_read(kind, body, &arena, &command, &faults, &err);
    if (result != ERROR_NONE) {
        ck_assert_int_eq(result, ERROR_INVALID);
        ck_assert_uint_gt(strlen(err.text), 0);
        return false;
    }
    ck_assert(utf8_is_valid(body));
    for (const struct command_fault *fault = faults.first; fault != NULL; fault = fault->next) {
        ck_assert(utf8_is_valid(strview_of(fault->pointer)));
        ck_assert(fault->pointer[0] == '\0' || fault->pointer[0] == '/');
        ck_assert_uint_gt(strlen(fault->detail), 0);
        ck_assert(utf8_is_valid(strview_of(fault->detail)));
    }
    if (faults.count == 0 && kind == COMMAND_PLACE_ORDER) {
        assert_limits(&command);
    }
    return faults.count == 0;
}

START_TEST(damaged_bodies_are_refused_or_keep_the_limits)
{
    const struct mutation mutation = {GOOD[_i].body, PIECES, COUNT(PIECES)};
    uint64_t accepted = 0;

    ck_assert(read_body(GOOD[_i].kind, mutation.good));
    for (uint64_t round = 0; round < mutation_rounds(); round++) {
        struct mutant mutant;
        mutate(&mutation, mutation_seed(_i, round), &mutant);
        accepted += read_body(GOOD[_i].kind, mutant_view(&mutant)) ? 1 : 0;
    }

    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, mutation_rounds() / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/command_mutations");
    TCase *damage = tcase_create("damage");
    tcase_add_checked_fixture(damage, open_all, close_all);
    tcase_set_timeout(damage, 300);
    tcase_add_loop_test(damage, damaged_bodies_are_refused_or_keep_the_limits, 0, COUNT(GOOD));
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
