/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every refusal comes about by commands alone, from nothing: no rule stands there that no client
 * can ever meet. Each story is one batch on an empty world, and its last command is refused.
 *
 * Two are met elsewhere: refund-window-closed needs time to pass (test_life_cycle.c), and the
 * door's overloaded needs an outbox that grows old (test_batch.c).
 */
#include "command-svc/core/batch.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000, ARENA_MAX = 16 << 20, COMMANDS = 8, STOCK = 5 };

#define HIGHEST_PRICE INT64_C(1000000000000)

static struct command commands[COMMANDS];
static size_t count;

static struct command *tell(struct command command)
{
    ck_assert_uint_lt(count, COMMANDS);
    commands[count] = command;
    return &commands[count++];
}

static struct command *tell_order(int64_t quantity, int64_t unit_price_minor)
{
    static struct wanted_line line;
    line = (struct wanted_line){{"sku-1", 5}, quantity, unit_price_minor};
    return tell(an_order(SAMPLE_ORDER_ID, &line, 1));
}

static void tell_shop(void)
{
    tell(a_registration("c-1"));
    tell(an_addition("sku-1", SAMPLE_PRICE));
    tell(a_delivery_of_stock("sku-1", STOCK));
}

static void tell_confirmed(void)
{
    tell_shop();
    tell_order(1, PRICE_OF_CATALOGUE);
    tell(an_authorization(SAMPLE_PRICE));
}

static void not_found(void)
{
    tell(a_step(COMMAND_CANCEL_ORDER));
}

static void customer_unknown(void)
{
    tell(an_addition("sku-1", SAMPLE_PRICE));
    tell_order(1, PRICE_OF_CATALOGUE);
}

static void customer_inactive(void)
{
    tell_shop();
    tell(a_deactivation("c-1"));
    tell_order(1, PRICE_OF_CATALOGUE);
}

static void product_unknown(void)
{
    tell(a_registration("c-1"));
    tell_order(1, PRICE_OF_CATALOGUE);
}

static void product_discontinued(void)
{
    tell_shop();
    tell(an_end_of_sale("sku-1"));
    tell_order(1, PRICE_OF_CATALOGUE);
}

static void currency_mismatch(void)
{
    tell_shop();
    tell_order(1, PRICE_OF_CATALOGUE)->place_order.currency = STRVIEW("GBP");
}

static void price_changed(void)
{
    tell_shop();
    tell_order(1, SAMPLE_PRICE - 1)->owner = STRVIEW("c-1");
}

static void insufficient_stock(void)
{
    tell_shop();
    tell_order(STOCK + 1, PRICE_OF_CATALOGUE);
}

static void already_exists(void)
{
    tell(a_registration("c-1"));
    tell(a_registration("c-1"));
}

static void illegal_transition(void)
{
    tell_confirmed();
    tell(a_step(COMMAND_DELIVER_ORDER));
}

static void amount_mismatch(void)
{
    tell_shop();
    tell_order(1, PRICE_OF_CATALOGUE);
    tell(an_authorization(SAMPLE_PRICE + 1));
}

static void amount_exceeded(void)
{
    tell_confirmed();
    tell(a_capture(SAMPLE_PRICE + 1));
}

static void version_conflict(void)
{
    tell_confirmed();
    tell(a_step(COMMAND_SHIP_ORDER))->expected_version = 1;
}

static void too_large(void)
{
    tell(a_registration("c-1"));
    tell(an_addition("sku-1", HIGHEST_PRICE));
    tell(a_delivery_of_stock("sku-1", 1000000));
    tell_order(1000000, PRICE_OF_CATALOGUE);
}

static void key_reused(void)
{
    const struct command *first = tell(a_registration("c-1"));
    tell(with_key_of(a_registration("c-2"), first));
}

static void (*const STORIES[REJECTION_KIND_COUNT])(void) = {
    [REJECTION_NOT_FOUND] = not_found,
    [REJECTION_CUSTOMER_UNKNOWN] = customer_unknown,
    [REJECTION_CUSTOMER_INACTIVE] = customer_inactive,
    [REJECTION_PRODUCT_UNKNOWN] = product_unknown,
    [REJECTION_PRODUCT_DISCONTINUED] = product_discontinued,
    [REJECTION_CURRENCY_MISMATCH] = currency_mismatch,
    [REJECTION_PRICE_CHANGED] = price_changed,
    [REJECTION_INSUFFICIENT_STOCK] = insufficient_stock,
    [REJECTION_ALREADY_EXISTS] = already_exists,
    [REJECTION_ILLEGAL_TRANSITION] = illegal_transition,
    [REJECTION_AMOUNT_MISMATCH] = amount_mismatch,
    [REJECTION_AMOUNT_EXCEEDED] = amount_exceeded,
    [REJECTION_VERSION_CONFLICT] = version_conflict,
    [REJECTION_TOTAL_TOO_LARGE] = too_large,
    [REJECTION_KEY_REUSED] = key_reused,
};

START_TEST(each_refusal_has_a_story_that_ends_with_it)
{
    const enum rejection_kind kind = (enum rejection_kind)_i;
    struct arena arena;
    struct error err;
    struct batch *batch = malloc(sizeof *batch);
    if (kind == REJECTION_REFUND_WINDOW_CLOSED || kind == REJECTION_OUTBOX_TOO_OLD) {
        free(batch);
        return;
    }
    ck_assert_msg(STORIES[kind] != NULL, "%s is never met", rejection_slug(kind));
    ck_assert_ptr_nonnull(batch);
    arena_init(&arena, ARENA_MAX);
    batch_init(batch, &arena);
    STORIES[kind]();
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(batch_add(batch, &commands[i], &err), ERROR_NONE);
    }

    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_NONE);

    for (size_t i = 0; i + 1 < count; i++) {
        ck_assert_int_eq(batch->items[i].outcome.kind, OUTCOME_ACCEPTED);
    }
    ck_assert_int_eq(batch->items[count - 1].outcome.kind, OUTCOME_REJECTED);
    ck_assert_str_eq(rejection_slug(batch->items[count - 1].outcome.rejection.kind),
                     rejection_slug(kind));
    ck_assert_int_eq(batch->items[count - 1].outcome.rejection.kind, kind);
    batch_done(batch);
    free(batch);
    arena_done(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("refusals");
    TCase *tcase = tcase_create("refusals");
    tcase_add_loop_test(tcase, each_refusal_has_a_story_that_ends_with_it, 0, REJECTION_KIND_COUNT);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
