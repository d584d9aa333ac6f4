/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency keys within a batch, and how much fits into one. */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/batch_fixture.h"

/* ---- keys ---------------------------------------------------------------------------------- */

START_TEST(a_key_met_twice_is_decided_once)
{
    const struct command *first = add(order_of_two());
    add(a_registration("c-2"));
    add(*first);
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(0, 1);
    ck_assert_int_eq(outcome(2)->kind, OUTCOME_REPEATED);
    ck_assert_uint_eq(outcome(2)->original, 0);
    ck_assert(!outcome(2)->is_remembered);
    ck_assert_int_eq(product->product.available, STOCK - 2);
}
END_TEST

START_TEST(a_refusal_is_repeated_too)
{
    const struct command *first = add(order_of_two()); /* no such customer */
    add(*first);
    add(*first);

    decide();

    assert_rejected(0, REJECTION_CUSTOMER_UNKNOWN);
    ck_assert(outcome(0)->is_remembered);
    ck_assert_int_eq(outcome(1)->kind, OUTCOME_REPEATED);
    ck_assert_int_eq(outcome(2)->kind, OUTCOME_REPEATED);
    ck_assert_uint_eq(outcome(2)->original, 0);
}
END_TEST

START_TEST(a_key_is_for_one_request)
{
    const struct command *first = add(a_registration("c-1"));
    add(with_key_of(a_registration("c-2"), first));

    decide();

    assert_accepted(0, 1);
    assert_rejected(1, REJECTION_KEY_REUSED);
    ck_assert(!outcome(1)->is_remembered);
    ck_assert_int_eq(world_customer(&batch->world, STRVIEW("c-2"))->customer.version, 0);
}
END_TEST

START_TEST(a_refusal_that_is_not_remembered_leaves_the_key_free)
{
    const struct command *first = add(a_delivery_of_stock("sku-1", 5));
    add(with_key_of(a_registration("c-1"), first));
    struct world_product *product = load_product("sku-1");
    product->product.available = STOCK_MAX;

    decide();

    assert_rejected(0, REJECTION_TOTAL_TOO_LARGE);
    ck_assert(!outcome(0)->is_remembered);
    assert_accepted(1, 1);
}
END_TEST

static struct world_receipt *load_receipt(const struct command *command)
{
    struct world_receipt *receipt = world_receipt(&batch->world, uuid_view(&command->receipt_key));
    ck_assert_ptr_nonnull(receipt);
    receipt->is_loaded = true;
    memcpy(receipt->request_hash, command->request_hash, REQUEST_HASH_LEN);
    receipt->status = 201;
    return receipt;
}

START_TEST(a_loaded_receipt_answers_every_repetition)
{
    const struct command *first = add(order_of_two());
    add(*first);
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");
    load_receipt(first);

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REPLAYED);
    ck_assert_int_eq(outcome(1)->kind, OUTCOME_REPLAYED);
    ck_assert_int_eq(product->product.available, STOCK);
    ck_assert_int_eq(batch->items[0].receipt->status, 201);
}
END_TEST

START_TEST(a_loaded_receipt_of_another_request_refuses)
{
    const struct command *first = add(order_of_two());
    load_receipt(first)->request_hash[REQUEST_HASH_LEN - 1] ^= 1;

    decide();

    assert_rejected(0, REJECTION_KEY_REUSED);
    ck_assert(!outcome(0)->is_remembered);
}
END_TEST

/* ---- limits -------------------------------------------------------------------------------- */

START_TEST(a_batch_takes_so_many_commands)
{
    static struct command many[BATCH_COMMANDS_MAX + 1];
    for (size_t i = 0; i <= BATCH_COMMANDS_MAX; i++) {
        many[i] = a_delivery_of_stock("sku-1", 1);
        ck_assert_int_eq(batch_has_room(batch, &many[i]), i < BATCH_COMMANDS_MAX);
        if (i < BATCH_COMMANDS_MAX) {
            ck_assert_int_eq(batch_add(batch, &many[i], &err), ERROR_NONE);
        }
    }
}
END_TEST

START_TEST(a_batch_takes_so_many_lines_but_always_a_first_order)
{
    static struct wanted_line lines[BATCH_LINES_MAX + 1];
    for (size_t i = 0; i <= BATCH_LINES_MAX; i++) {
        lines[i] = (struct wanted_line){STRVIEW("sku-1"), 1, PRICE_OF_CATALOGUE};
    }
    const struct command large = an_order(SAMPLE_ORDER_ID, lines, BATCH_LINES_MAX + 1);
    ck_assert(batch_has_room(batch, &large));
    add(an_order(SAMPLE_ORDER_ID, lines, BATCH_LINES_MAX - 1));

    const struct command one = an_order(SAMPLE_ORDER_ID, lines, 1);
    const struct command two = an_order(SAMPLE_ORDER_ID, lines, 2);

    ck_assert(batch_has_room(batch, &one));
    ck_assert(!batch_has_room(batch, &two));
}
END_TEST

START_TEST(an_arena_too_small_is_an_error)
{
    struct arena tiny;
    arena_init(&tiny, 64);
    struct batch *small = malloc(sizeof *small);
    ck_assert_ptr_nonnull(small);
    batch_init(small, &tiny);
    const struct command command = order_of_two();

    ck_assert_int_eq(batch_add(small, &command, &err), ERROR_EXHAUSTED);

    batch_done(small);
    free(small);
    arena_done(&tiny);
}
END_TEST

/* Opens, sells, cancels what it sold and an order of an earlier batch: five kinds of entries. */
static enum error_kind fill_and_decide(struct batch *of, const struct command *all,
                                       size_t all_count)
{
    static const struct claim CLAIMS[] = {{{"sku-8", 5}, 2}, {{"sku-9", 5}, 3}};
    for (size_t i = 0; i < all_count; i++) {
        const enum error_kind kind = batch_add(of, &all[i], &err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    of->items[all_count - 1].order->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 2};
    return batch_decide(of, NOW, &err);
}

START_TEST(wherever_the_arena_ends_it_is_said)
{
    enum { STEP = 16, ENOUGH = 1 << 16 };
    static const struct wanted_line LINES[] = {{{"sku-7", 5}, 3, PRICE_OF_CATALOGUE}};
    struct command old = a_step(COMMAND_CANCEL_ORDER);
    old.aggregate_id = STRVIEW("01990000-0000-7000-8000-00000000000b");
    const struct command all[] = {
        a_registration("c-1"),           an_addition("sku-7", SAMPLE_PRICE),
        a_delivery_of_stock("sku-7", 5), an_order(SAMPLE_ORDER_ID, LINES, 1),
        a_step(COMMAND_CANCEL_ORDER),    old};
    enum { ALL = sizeof all / sizeof all[0] };
    struct batch *small = malloc(sizeof *small);
    ck_assert_ptr_nonnull(small);
    enum error_kind kind = ERROR_EXHAUSTED;
    for (size_t max = 0; kind != ERROR_NONE; max += STEP) {
        struct arena tiny;
        arena_init(&tiny, max);
        batch_init(small, &tiny);

        kind = fill_and_decide(small, all, ALL);

        ck_assert(kind == ERROR_NONE || kind == ERROR_EXHAUSTED);
        ck_assert_uint_lt(max, ENOUGH);
        for (size_t i = 0; kind == ERROR_NONE && i < ALL; i++) {
            ck_assert_int_eq(small->items[i].outcome.kind, OUTCOME_ACCEPTED);
        }
        batch_done(small);
        arena_done(&tiny);
    }
    free(small);
}
END_TEST

START_TEST(a_customer_is_registered_once)
{
    add(a_registration("c-1"));
    add(a_registration("c-1"));

    decide();

    assert_accepted(0, 1);
    assert_rejected(1, REJECTION_ALREADY_EXISTS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/batch");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, wherever_the_arena_ends_it_is_said);
    tcase_add_test(rules, a_key_met_twice_is_decided_once);
    tcase_add_test(rules, a_refusal_is_repeated_too);
    tcase_add_test(rules, a_key_is_for_one_request);
    tcase_add_test(rules, a_refusal_that_is_not_remembered_leaves_the_key_free);
    tcase_add_test(rules, a_loaded_receipt_answers_every_repetition);
    tcase_add_test(rules, a_loaded_receipt_of_another_request_refuses);
    tcase_add_test(rules, a_batch_takes_so_many_commands);
    tcase_add_test(rules, a_batch_takes_so_many_lines_but_always_a_first_order);
    tcase_add_test(rules, an_arena_too_small_is_an_error);
    tcase_add_test(rules, a_customer_is_registered_once);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
