/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/command-svc/batch_fixture.h"

#include <check.h>

struct arena arena;
struct batch *batch;
static struct command commands[COMMANDS];
static size_t count;
struct error err;

void open_batch(void)
{
    arena_init(&arena, ARENA_MAX);
    batch = malloc(sizeof *batch);
    ck_assert_ptr_nonnull(batch);
    batch_init(batch, &arena);
    count = 0;
}

void close_batch(void)
{
    batch_done(batch);
    free(batch);
    arena_done(&arena);
}

const struct command *add(struct command command)
{
    commands[count] = command;
    ck_assert_int_eq(batch_add(batch, &commands[count], &err), ERROR_NONE);
    return &commands[count++];
}

void decide(void)
{
    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_NONE);
}

const struct outcome *outcome(size_t at)
{
    return &batch->items[at].outcome;
}

void assert_accepted(size_t at, int64_t version)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_ACCEPTED);
    ck_assert(outcome(at)->is_remembered);
    ck_assert_int_eq(event_envelope(&outcome(at)->event)->version, version);
}

void assert_rejected(size_t at, enum rejection_kind kind)
{
    ck_assert_int_eq(outcome(at)->kind, OUTCOME_REJECTED);
    ck_assert_int_eq(outcome(at)->rejection.kind, kind);
}

void load_customer(const char *id)
{
    struct world_customer *entry = world_customer(&batch->world, strview_of(id));
    ck_assert_ptr_nonnull(entry);
    entry->customer = (struct customer){.version = 1, .is_active = true};
    entry->loaded_version = 1;
}

struct world_product *load_product(const char *sku)
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

const struct wanted_line ONE_LINE[] = {{{"sku-1", 5}, 2, PRICE_OF_CATALOGUE}};

struct command order_of_two(void)
{
    return an_order(SAMPLE_ORDER_ID, ONE_LINE, 1);
}
