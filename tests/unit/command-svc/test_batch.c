/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands decided one after the other: each sees what those before it did, and one key
 * has one answer.
 *
 * The tests stand where the store stands: between batch_add() and
 * batch_decide() they fill the entries as a load would.
 */
#include "command-svc/core/batch.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000, ARENA_MAX = 16 << 20, COMMANDS = 8, STOCK = 10 };

static struct arena arena;
static struct batch *batch;
static struct command commands[COMMANDS];
static size_t count;
static struct error err;

static void open_batch(void)
{
    arena_init(&arena, ARENA_MAX);
    batch = malloc(sizeof *batch);
    ck_assert_ptr_nonnull(batch);
    batch_init(batch, &arena);
    count = 0;
}

static void close_batch(void)
{
    batch_done(batch);
    free(batch);
    arena_done(&arena);
}

static const struct command *add(struct command command)
{
    commands[count] = command;
    ck_assert_int_eq(batch_add(batch, &commands[count], &err), ERROR_NONE);
    return &commands[count++];
}

static void decide(void)
{
    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_NONE);
}

static const struct outcome *outcome(size_t at)
{
    return &batch->items[at].outcome;
}

static void assert_accepted(size_t at, int64_t version)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_ACCEPTED);
    ck_assert(outcome(at)->is_remembered);
    ck_assert_int_eq(event_envelope(&outcome(at)->event)->version, version);
}

static void assert_rejected(size_t at, enum rejection_kind kind)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_REJECTED);
    ck_assert_int_eq(outcome(at)->rejection.kind, kind);
}

/* ---- as the store loads -------------------------------------------------------------------- */

static void load_customer(const char *id)
{
    struct world_customer *entry = world_customer(&batch->world, strview_of(id));
    ck_assert_ptr_nonnull(entry);
    entry->customer = (struct customer){.version = 1, .is_active = true};
    entry->loaded_version = 1;
}

static struct world_product *load_product(const char *sku)
{
    struct world_product *entry = world_product(&batch->world, strview_of(sku));
    ck_assert_ptr_nonnull(entry);
    entry->product = (struct product){.version = 1,
                                      .unit_price_minor = SAMPLE_PRICE,
                                      .currency = STRVIEW("EUR"),
                                      .available = STOCK};
    entry->loaded_version = 1;
    entry->loaded_available = STOCK;
    return entry;
}

static const struct wanted_line ONE_LINE[] = {{{"sku-1", 5}, 2, PRICE_OF_CATALOGUE}};

static struct command order_of_two(void)
{
    return an_order(SAMPLE_ORDER_ID, ONE_LINE, 1);
}

/* ---- chains -------------------------------------------------------------------------------- */

START_TEST(a_shop_opens_and_sells_within_one_batch)
{
    static const struct wanted_line LINES[] = {{{"sku-7", 5}, 3, PRICE_OF_CATALOGUE}};
    add(a_registration("c-1"));
    add(an_addition("sku-7", SAMPLE_PRICE));
    add(a_delivery_of_stock("sku-7", 5));
    add(an_order(SAMPLE_ORDER_ID, LINES, 1));

    decide();

    assert_accepted(0, 1);
    assert_accepted(1, 1);
    assert_accepted(2, 2);
    assert_accepted(3, 1);
    ck_assert_int_eq(world_product(&batch->world, STRVIEW("sku-7"))->product.available, 2);
}
END_TEST

START_TEST(an_order_lives_a_whole_life_in_one_batch)
{
    add(order_of_two());
    add(an_authorization(2 * SAMPLE_PRICE));
    add(a_step(COMMAND_SHIP_ORDER));
    add(a_step(COMMAND_DELIVER_ORDER));
    load_customer("c-1");
    load_product("sku-1");

    decide();

    for (size_t i = 0; i < 4; i++) {
        assert_accepted(i, (int64_t)i + 1);
    }
    const struct world_order *order = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert_int_eq(order->order.status, ORDER_STATUS_DELIVERED);
    ck_assert_int_eq(order->loaded_version, 0);
    ck_assert_ptr_nonnull(order->placed);
}
END_TEST

START_TEST(an_order_cancelled_in_its_own_batch_gives_its_stock_back)
{
    add(order_of_two());
    add(an_authorization(2 * SAMPLE_PRICE));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(2, 3);
    ck_assert_int_eq(product->product.available, STOCK);
    ck_assert(strview_is(outcome(2)->event.order.cancelled.payment_status, "voided"));
}
END_TEST

START_TEST(a_loaded_order_gives_back_what_it_holds)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}, {{"sku-2", 5}, 3}, {{"sku-1", 5}, 1}};
    add(a_step(COMMAND_CANCEL_ORDER));
    struct world_order *order = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert(order->needs_loading && order->needs_claims);
    order->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 3};
    const struct world_product *first = load_product("sku-1");
    const struct world_product *second = load_product("sku-2");

    decide();

    assert_accepted(0, 2);
    ck_assert_int_eq(first->product.available, STOCK + 3);
    ck_assert_int_eq(second->product.available, STOCK + 3);
}
END_TEST

/* ---- postponing ---------------------------------------------------------------------------- */

static void assert_postponed(size_t at, const char *sku)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_POSTPONED);
    ck_assert(!outcome(at)->is_remembered);
    ck_assert(strview_is(outcome(at)->row, sku));
}

START_TEST(a_command_without_its_shard_is_left_as_it_is)
{
    add(order_of_two());
    add(a_registration("c-2"));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");
    batch_postpone(batch, 0);

    decide();

    assert_postponed(0, "");
    assert_accepted(1, 1);
    ck_assert_int_eq(product->product.available, STOCK);
}
END_TEST

START_TEST(only_what_needs_a_missed_row_of_stock_is_postponed)
{
    static const struct wanted_line OTHER[] = {{{"sku-2", 5}, 1, PRICE_OF_CATALOGUE}};
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    add(an_order("01990000-0000-7000-8000-00000000000b", ONE_LINE, 1));
    add(an_order("01990000-0000-7000-8000-00000000000c", OTHER, 1));
    add(a_delivery_of_stock("sku-1", 5));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    load_product("sku-1")->is_stock_missed = true;
    load_product("sku-2");
    world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->order = (struct order){
        .version = 1, .status = ORDER_STATUS_PLACED, .claims = CLAIMS, .claim_count = 1};

    decide();

    assert_postponed(0, "sku-1");
    assert_accepted(1, 1);
    assert_postponed(2, "sku-1");
    assert_postponed(3, "sku-1");
}
END_TEST

START_TEST(a_step_that_moves_no_stock_needs_no_row_of_it)
{
    static const struct claim CLAIMS[] = {{{"sku-1", 5}, 2}};
    add(an_authorization(2 * SAMPLE_PRICE));
    load_product("sku-1")->is_stock_missed = true;
    world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->order =
        (struct order){.version = 1,
                       .status = ORDER_STATUS_PLACED,
                       .total_minor = 2 * SAMPLE_PRICE,
                       .claims = CLAIMS,
                       .claim_count = 1};

    decide();

    assert_accepted(0, 2);
}
END_TEST

static struct world_order *load_order(enum order_status status)
{
    struct world_order *entry = world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID));
    ck_assert_ptr_nonnull(entry);
    entry->order = (struct order){.version = 1, .status = status};
    entry->loaded_version = 1;
    return entry;
}

START_TEST(only_what_would_change_a_missed_row_is_postponed)
{
    add(a_step(COMMAND_CANCEL_ORDER));
    add(a_delivery_of_stock("sku-1", 5));
    add(a_delivery_of_stock("sku-2", 5));
    load_order(ORDER_STATUS_PLACED)->entry.is_row_missed = true;
    load_product("sku-1")->entry.is_row_missed = true;
    load_product("sku-2");

    decide();

    assert_postponed(0, SAMPLE_ORDER_ID);
    ck_assert_int_eq(outcome(0)->missed, HELD_ORDER);
    assert_postponed(1, "sku-1");
    ck_assert_int_eq(outcome(1)->missed, HELD_PRODUCT);
    assert_accepted(2, 2);
}
END_TEST

START_TEST(who_only_looks_at_a_missed_row_needs_it_not)
{
    add(order_of_two());
    load_customer("c-1");
    world_customer(&batch->world, STRVIEW("c-1"))->entry.is_row_missed = true;
    load_product("sku-1")->entry.is_row_missed = true;

    decide();

    assert_accepted(0, 1);
}
END_TEST

START_TEST(a_refusal_waits_for_no_row)
{
    add(a_step(COMMAND_CANCEL_ORDER));
    load_order(ORDER_STATUS_CANCELLED)->entry.is_row_missed = true;

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REJECTED);
}
END_TEST

START_TEST(what_changes_a_customer_waits_for_its_row)
{
    add(a_deactivation("c-1"));
    load_customer("c-1");
    world_customer(&batch->world, STRVIEW("c-1"))->entry.is_row_missed = true;

    decide();

    ck_assert_int_eq(outcome(0)->missed, HELD_CUSTOMER);
}
END_TEST

START_TEST(a_row_that_is_not_there_yet_is_not_missed)
{
    add(a_registration("c-2"));
    world_customer(&batch->world, STRVIEW("c-2"))->entry.is_row_missed = true;

    decide();

    assert_accepted(0, 1);
}
END_TEST

START_TEST(rows_are_to_change_of_those_who_are_commanded_not_of_those_looked_at)
{
    add(order_of_two());
    add(a_registration("c-2"));
    add(a_delivery_of_stock("sku-2", 5));
    add(a_step(COMMAND_CANCEL_ORDER));

    ck_assert(!world_customer(&batch->world, STRVIEW("c-1"))->entry.is_to_change);
    ck_assert(!world_product(&batch->world, STRVIEW("sku-1"))->entry.is_to_change);
    ck_assert(world_customer(&batch->world, STRVIEW("c-2"))->entry.is_to_change);
    ck_assert(world_product(&batch->world, STRVIEW("sku-2"))->entry.is_to_change);
    ck_assert(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->entry.is_to_change);
}
END_TEST

START_TEST(a_receipt_answers_whatever_is_missed)
{
    const struct command *command = add(order_of_two());
    load_product("sku-1")->is_stock_missed = true;
    struct world_receipt *receipt = world_receipt(&batch->world, uuid_view(&command->receipt_key));
    receipt->is_loaded = true;
    memcpy(receipt->request_hash, command->request_hash, REQUEST_HASH_LEN);

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REPLAYED);
}
END_TEST

START_TEST(a_command_that_may_only_be_a_retry_needs_its_receipt_alone)
{
    struct command retry = order_of_two();
    retry.is_retry_only = true;
    struct command fresh = order_of_two();
    fresh.is_retry_only = true;
    const struct command *first = add(retry);
    add(fresh);
    struct world_receipt *receipt = world_receipt(&batch->world, uuid_view(&first->receipt_key));
    receipt->is_loaded = true;
    memcpy(receipt->request_hash, first->request_hash, REQUEST_HASH_LEN);

    decide();

    ck_assert_int_eq(outcome(0)->kind, OUTCOME_REPLAYED);
    assert_rejected(1, REJECTION_OUTBOX_TOO_OLD);
    ck_assert(!outcome(1)->is_remembered);
    ck_assert_ptr_null(batch->world.orders);
    ck_assert_ptr_null(batch->world.products);
}
END_TEST

START_TEST(stock_given_back_is_sold_again_within_the_batch)
{
    static const struct wanted_line ALL[] = {{{"sku-1", 5}, STOCK, PRICE_OF_CATALOGUE}};
    static const char SECOND[] = "01990000-0000-7000-8000-00000000000b";
    static const char THIRD[] = "01990000-0000-7000-8000-00000000000c";
    add(an_order(SAMPLE_ORDER_ID, ALL, 1));
    add(an_order(SECOND, ALL, 1));
    add(a_step(COMMAND_CANCEL_ORDER));
    add(an_order(THIRD, ALL, 1));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(0, 1);
    assert_rejected(1, REJECTION_INSUFFICIENT_STOCK);
    ck_assert_int_eq(outcome(1)->rejection.number, 0);
    assert_accepted(2, 2);
    assert_accepted(3, 1);
    ck_assert_int_eq(product->product.available, 0);
}
END_TEST

START_TEST(the_second_of_two_equal_steps_is_refused)
{
    add(order_of_two());
    add(a_step(COMMAND_CANCEL_ORDER));
    add(a_step(COMMAND_CANCEL_ORDER));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_accepted(1, 2);
    assert_rejected(2, REJECTION_ILLEGAL_TRANSITION);
    ck_assert(outcome(2)->is_remembered);
    ck_assert_int_eq(product->product.available, STOCK);
}
END_TEST

START_TEST(a_refused_order_takes_nothing)
{
    static const struct wanted_line LINES[] = {{{"sku-1", 5}, 2, PRICE_OF_CATALOGUE},
                                               {{"sku-9", 5}, 1, PRICE_OF_CATALOGUE}};
    add(an_order(SAMPLE_ORDER_ID, LINES, 2));
    load_customer("c-1");
    const struct world_product *product = load_product("sku-1");

    decide();

    assert_rejected(0, REJECTION_PRODUCT_UNKNOWN);
    ck_assert_int_eq(product->product.available, STOCK);
    ck_assert_ptr_null(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->placed);
}
END_TEST

START_TEST(an_id_of_ours_need_not_be_loaded_but_a_clients_must)
{
    struct command ours = order_of_two();
    ours.place_order.id_is_ours = true;
    add(ours);
    ck_assert(!world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->needs_loading);

    add(order_of_two());

    ck_assert(world_order(&batch->world, STRVIEW(SAMPLE_ORDER_ID))->needs_loading);
}
END_TEST

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
    tcase_add_test(rules, a_shop_opens_and_sells_within_one_batch);
    tcase_add_test(rules, an_order_lives_a_whole_life_in_one_batch);
    tcase_add_test(rules, an_order_cancelled_in_its_own_batch_gives_its_stock_back);
    tcase_add_test(rules, a_loaded_order_gives_back_what_it_holds);
    tcase_add_test(rules, stock_given_back_is_sold_again_within_the_batch);
    tcase_add_test(rules, the_second_of_two_equal_steps_is_refused);
    tcase_add_test(rules, a_refused_order_takes_nothing);
    tcase_add_test(rules, an_id_of_ours_need_not_be_loaded_but_a_clients_must);
    tcase_add_test(rules, a_key_met_twice_is_decided_once);
    tcase_add_test(rules, a_refusal_is_repeated_too);
    tcase_add_test(rules, a_key_is_for_one_request);
    tcase_add_test(rules, a_refusal_that_is_not_remembered_leaves_the_key_free);
    tcase_add_test(rules, a_loaded_receipt_answers_every_repetition);
    tcase_add_test(rules, a_loaded_receipt_of_another_request_refuses);
    tcase_add_test(rules, a_command_without_its_shard_is_left_as_it_is);
    tcase_add_test(rules, only_what_needs_a_missed_row_of_stock_is_postponed);
    tcase_add_test(rules, a_step_that_moves_no_stock_needs_no_row_of_it);
    tcase_add_test(rules, only_what_would_change_a_missed_row_is_postponed);
    tcase_add_test(rules, who_only_looks_at_a_missed_row_needs_it_not);
    tcase_add_test(rules, a_refusal_waits_for_no_row);
    tcase_add_test(rules, what_changes_a_customer_waits_for_its_row);
    tcase_add_test(rules, a_row_that_is_not_there_yet_is_not_missed);
    tcase_add_test(rules, rows_are_to_change_of_those_who_are_commanded_not_of_those_looked_at);
    tcase_add_test(rules, a_receipt_answers_whatever_is_missed);
    tcase_add_test(rules, a_command_that_may_only_be_a_retry_needs_its_receipt_alone);
    tcase_add_test(rules, a_batch_takes_so_many_commands);
    tcase_add_test(rules, a_batch_takes_so_many_lines_but_always_a_first_order);
    tcase_add_test(rules, an_arena_too_small_is_an_error);
    tcase_add_test(rules, a_customer_is_registered_once);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
