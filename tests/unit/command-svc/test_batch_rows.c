/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch asks for and what it writes, in which order, and into which column. */
#include "command-svc/batch/batch_load.h"
#include "command-svc/batch/batch_record.h"
#include "command-svc/batch/batch_rows.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 5000, ARENA_MAX = 16 << 20, COMMANDS = 4, SHARDS = 8, STOCK = 10 };

static struct arena arena;
static struct batch *batch;
static struct batch_load *load;
static struct batch_recorder *recorder;
static struct batch_columns columns;
static struct command commands[COMMANDS];
static size_t count;
static struct error err;

static void open_batch(void)
{
    arena_init(&arena, ARENA_MAX);
    batch = malloc(sizeof *batch);
    load = calloc(1, sizeof *load);
    recorder = malloc(sizeof *recorder);
    ck_assert(batch != NULL && load != NULL && recorder != NULL);
    batch_init(batch, &arena);
    load->batch = batch;
    batch_recorder_init(recorder);
    batch_columns_init(&columns);
    count = 0;
}

static void close_batch(void)
{
    batch_columns_done(&columns);
    batch_recorder_done(recorder);
    batch_done(batch);
    arena_done(&arena);
    free(recorder);
    free(load);
    free(batch);
}

static void add(struct command command)
{
    commands[count] = command;
    ck_assert_int_eq(batch_add(batch, &commands[count++], &err), ERROR_NONE);
}

static void add_order(void)
{
    static const struct wanted_line LINES[] = {{{"sku-1", 5}, 2, PRICE_OF_CATALOGUE}};
    add(an_order(SAMPLE_ORDER_ID, LINES, 1));
}

static void stock_up(void)
{
    struct world_customer *customer = world_customer(&batch->world, STRVIEW("c-1"));
    struct world_product *product = world_product(&batch->world, STRVIEW("sku-1"));
    ck_assert(customer != NULL && product != NULL);
    customer->customer = (struct customer){.version = 1, .is_active = true};
    customer->loaded_version = 1;
    product->product = (struct product){.version = 1,
                                        .unit_price_minor = SAMPLE_PRICE,
                                        .currency = STRVIEW("EUR"),
                                        .available = STOCK};
    product->loaded_version = 1;
    product->loaded_available = STOCK;
}

static void decide(void)
{
    ck_assert_int_eq(batch_decide(batch, NOW, &err), ERROR_NONE);
    ck_assert_int_eq(batch_record_all(recorder, batch, &err), ERROR_NONE);
}

static int64_t take_number(struct strview *rest, size_t len)
{
    uint64_t value = (rest->data[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (struct strview bytes = strview_take_bytes(rest, len); bytes.len > 0;
         bytes = strview_skip(bytes, 1)) {
        value = value << 8 | (uint8_t)bytes.data[0];
    }
    return (int64_t)value;
}

static void write_value(struct strbuf *text, enum pgarray_type type, struct strview value)
{
    enum { MS_OF_2000 = 946684800 };
    if (type == PGARRAY_UUID) {
        const struct uuid uuid = uuid_of_bytes((const uint8_t *)value.data);
        strbuf_append(text, uuid_view(&uuid));
    } else if (type == PGARRAY_TEXT || type == PGARRAY_JSON || type == PGARRAY_BYTEA) {
        strbuf_append(text, value);
    } else {
        const int64_t number = take_number(&value, value.len);
        strbuf_append_i64(text, type == PGARRAY_TIMESTAMPTZ
                                    ? number / 1000 + INT64_C(1000) * MS_OF_2000
                                    : number);
    }
}

/* As PostgreSQL would write the array: {a,b,NULL}. */
static void assert_column(size_t column, const char *expected)
{
    enum { TEXT_MAX = 4096, WORD = 4, WORDS_OF_HEAD = 5 };
    struct strbuf text;
    ck_assert(column < columns.count);
    struct strview rest = pgarray_close(&columns.arrays[column]);
    strbuf_init(&text, TEXT_MAX);
    strbuf_append_char(&text, '{');
    (void)strview_take_bytes(&rest, rest.len < WORDS_OF_HEAD * WORD ? rest.len
                                                                    : (size_t)WORDS_OF_HEAD * WORD);
    while (rest.len > 0) {
        const int64_t len = take_number(&rest, WORD);
        strbuf_append_cstr(&text, strbuf_view(&text).len > 1 ? "," : "");
        if (len < 0) {
            strbuf_append_cstr(&text, "NULL");
        } else {
            write_value(&text, columns.arrays[column].type, strview_take_bytes(&rest, (size_t)len));
        }
    }
    strbuf_append_char(&text, '}');
    ck_assert_str_eq(strbuf_cstr(&text), expected);
    strbuf_done(&text);
}

START_TEST(an_order_asks_for_all_it_may_need_and_for_stock_last)
{
    static const enum batch_statement EXPECTED[] = {LOAD_RECEIPTS, LOAD_ORDERS, LOAD_CUSTOMERS,
                                                    LOAD_PRODUCTS, LOAD_STOCK};
    enum batch_statement statement;
    add_order();
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        ck_assert(batch_load_next(load, &columns, &statement));
        ck_assert_int_eq(statement, EXPECTED[i]);
    }
    assert_column(0, "{sku-1}");
    assert_column(1, "{}");
    ck_assert(!batch_load_next(load, &columns, &statement));
}
END_TEST

START_TEST(stock_is_locked_where_it_has_to_be)
{
    enum batch_statement statement = BEGIN_BATCH;
    load->stock = STOCK_LOCKED;
    add_order();
    while (batch_load_next(load, &columns, &statement)) {
    }
    ck_assert_int_eq(statement, LOCK_STOCK);
}
END_TEST

START_TEST(a_cancellation_asks_for_the_orders_claims_too)
{
    static const enum batch_statement EXPECTED[] = {LOAD_RECEIPTS, LOAD_ORDERS, LOAD_CLAIMS,
                                                    LOCK_FREE_STOCK};
    enum batch_statement statement;
    load->stock = STOCK_LOCKED_FREE;
    add(a_step(COMMAND_CANCEL_ORDER));
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        ck_assert(batch_load_next(load, &columns, &statement));
        ck_assert_int_eq(statement, EXPECTED[i]);
    }
    assert_column(0, "{}");
    assert_column(1, "{" SAMPLE_ORDER_ID "}");
    ck_assert(!batch_load_next(load, &columns, &statement));
}
END_TEST

static struct batch_save saving(void)
{
    return (struct batch_save){.batch = batch, .records = recorder->records, .shards = SHARDS};
}

START_TEST(a_placed_order_is_written_with_its_event_and_its_receipt)
{
    static const enum batch_statement EXPECTED[] = {INSERT_ORDERS, INSERT_LINES, INSERT_OUTBOX,
                                                    INSERT_RECEIPTS, UPDATE_STOCK};
    char cause[64];
    add_order();
    commands[0].traceparent = STRVIEW("00-abc");
    (void)snprintf(cause, sizeof cause, "{%s}", commands[0].command_id.text);
    stock_up();
    decide();
    struct batch_save save = saving();
    enum batch_statement statement;
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        ck_assert(batch_save_next(&save, &columns, &statement));
        ck_assert_int_eq(statement, EXPECTED[i]);
        if (statement == UPDATE_STOCK) {
            assert_column(STOCK_CHANGE_SKU, "{sku-1}");
            assert_column(STOCK_CHANGE_DELTA, "{-2}");
            assert_column(STOCK_CHANGE_LEAST, "{2}");
            assert_column(STOCK_CHANGE_MOST, "{9223372036854775807}");
        } else if (statement == INSERT_LINES) {
            assert_column(NEW_LINE_ORDER, "{" SAMPLE_ORDER_ID "}");
            assert_column(NEW_LINE_NO, "{1}");
            assert_column(NEW_LINE_QUANTITY, "{2}");
            assert_column(NEW_LINE_PRICE, "{250}");
        } else if (statement == INSERT_OUTBOX) {
            assert_column(NEW_EVENT_TYPE, "{OrderPlaced}");
            assert_column(NEW_EVENT_AGGREGATE_ID, "{" SAMPLE_ORDER_ID "}");
            assert_column(NEW_EVENT_VERSION, "{1}");
            assert_column(NEW_EVENT_AT, "{5000}");
            assert_column(NEW_EVENT_CORRELATION, cause);
            assert_column(NEW_EVENT_TRACE, "{00-abc}");
        } else if (statement == INSERT_RECEIPTS) {
            assert_column(NEW_RECEIPT_STATUS, "{201}");
            assert_column(NEW_RECEIPT_VERSION, "{1}");
        }
    }
    ck_assert(!batch_save_next(&save, &columns, &statement));
}
END_TEST

/* However much a batch does to its own new order: it is written as placed, and then changed. */
START_TEST(what_happens_to_an_order_in_the_batch_that_placed_it_is_a_change_of_it)
{
    static const enum batch_statement EXPECTED[] = {INSERT_ORDERS, UPDATE_ORDERS, UPDATE_PAYMENTS};
    add_order();
    add(an_authorization(2 * SAMPLE_PRICE));
    add(a_capture(SAMPLE_PRICE));
    stock_up();
    decide();
    struct batch_save save = saving();
    enum batch_statement statement;
    size_t seen = 0;
    while (batch_save_next(&save, &columns, &statement)) {
        seen += seen < 3 && statement == EXPECTED[seen] ? 1 : 0;
        if (statement == INSERT_ORDERS) {
            assert_column(NEW_ORDER_PROVIDER, "{demo}");
            assert_column(NEW_ORDER_METHOD, "{card}");
            assert_column(NEW_ORDER_TOTAL, "{500}");
            assert_column(NEW_ORDER_PLACED, "{5000}");
        } else if (statement == UPDATE_ORDERS) {
            assert_column(ORDER_CHANGE_EXPECTED, "{1}");
            assert_column(ORDER_CHANGE_VERSION, "{3}");
            assert_column(ORDER_CHANGE_STATUS, "{confirmed}");
            assert_column(ORDER_CHANGE_DELIVERED, "{0}");
        } else if (statement == UPDATE_PAYMENTS) {
            assert_column(PAYMENT_CHANGE_STATUS, "{captured}");
            assert_column(PAYMENT_CHANGE_AUTHORIZED, "{500}");
            assert_column(PAYMENT_CHANGE_CAPTURED, "{250}");
            assert_column(PAYMENT_CHANGE_REFUNDED, "{0}");
        }
    }
    ck_assert_uint_eq(seen, 3);
}
END_TEST

START_TEST(what_changes_of_a_customer_and_a_product_is_written_where_it_stands)
{
    static const enum batch_statement EXPECTED[] = {UPDATE_CUSTOMERS, UPDATE_PRODUCTS,
                                                    INSERT_OUTBOX, INSERT_RECEIPTS, UPDATE_STOCK};
    add(a_change_of_contact("c-1"));
    add(a_deactivation("c-1"));
    add(a_new_price("sku-1", SAMPLE_PRICE + 1));
    add(a_count_of_stock("sku-1", -3));
    stock_up();
    decide();
    struct batch_save save = saving();
    enum batch_statement statement;
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        ck_assert(batch_save_next(&save, &columns, &statement));
        ck_assert_int_eq(statement, EXPECTED[i]);
        if (statement == UPDATE_CUSTOMERS) {
            assert_column(CUSTOMER_CHANGE_ID, "{c-1}");
            assert_column(CUSTOMER_CHANGE_EXPECTED, "{1}");
            assert_column(CUSTOMER_CHANGE_VERSION, "{3}");
            assert_column(CUSTOMER_CHANGE_EMAIL, "{ada@example.net}");
            assert_column(CUSTOMER_CHANGE_PHONE, "{NULL}");
            assert_column(CUSTOMER_CHANGE_ACTIVE, "{0}");
        } else if (statement == UPDATE_PRODUCTS) {
            assert_column(PRODUCT_CHANGE_EXPECTED, "{1}");
            assert_column(PRODUCT_CHANGE_VERSION, "{3}");
            assert_column(PRODUCT_CHANGE_PRICE, "{251}");
            assert_column(PRODUCT_CHANGE_GONE, "{0}");
        } else if (statement == UPDATE_STOCK) {
            assert_column(STOCK_CHANGE_DELTA, "{-3}");
        }
    }
    ck_assert(!batch_save_next(&save, &columns, &statement));
}
END_TEST

START_TEST(a_level_is_asked_for_and_written_with_its_event_and_no_receipt)
{
    static const enum batch_statement EXPECTED[] = {SAVE_ANNOUNCEMENTS, INSERT_OUTBOX};
    const struct command ids = a_registration("c-1");
    enum batch_statement statement;
    struct world_level *news = batch_add_level(batch, STRVIEW("sku-1"), ids.event_id);
    struct world_level *none = batch_add_level(batch, STRVIEW("sku-2"), ids.command_id);
    ck_assert(batch_load_next(load, &columns, &statement));
    ck_assert_int_eq(statement, LOAD_LEVELS);
    assert_column(0, "{sku-2,sku-1}");
    ck_assert(!batch_load_next(load, &columns, &statement));
    news->is_loaded = none->is_loaded = true;
    news->level = (struct level){.available = 4, .version = 2, .announced = 5};
    none->level = (struct level){.available = 5, .version = 2, .announced = 5};
    decide();
    ck_assert(recorder->has_events);
    struct batch_save save = saving();
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++) {
        ck_assert(batch_save_next(&save, &columns, &statement));
        ck_assert_int_eq(statement, EXPECTED[i]);
        if (statement == SAVE_ANNOUNCEMENTS) {
            assert_column(ANNOUNCEMENT_SKU, "{sku-1}");
            assert_column(ANNOUNCEMENT_VERSION, "{3}");
            assert_column(ANNOUNCEMENT_AVAILABLE, "{4}");
            assert_column(ANNOUNCEMENT_AT, "{5000}");
        } else {
            assert_column(NEW_EVENT_AGGREGATE, "{stock}");
            assert_column(NEW_EVENT_TYPE, "{StockLevelChanged}");
            assert_column(NEW_EVENT_AGGREGATE_ID, "{sku-1}");
            assert_column(NEW_EVENT_VERSION, "{3}");
            assert_column(NEW_EVENT_CORRELATION, "{NULL}"); /* no command caused it */
            assert_column(NEW_EVENT_TRACE, "{NULL}");
        }
    }
    ck_assert(!batch_save_next(&save, &columns, &statement));
}
END_TEST

START_TEST(a_level_whose_row_is_locked_is_left_out_and_comes_again)
{
    const struct command ids = a_registration("c-1");
    enum batch_statement statement;
    struct world_level *held = batch_add_level(batch, STRVIEW("sku-1"), ids.event_id);
    struct world_level *first = batch_add_level(batch, STRVIEW("sku-2"), ids.command_id);
    load->rows = ROWS_LOCKED_FREE;
    ck_assert(batch_load_next(load, &columns, &statement));
    ck_assert_int_eq(statement, LOCK_FREE_LEVELS);
    assert_column(0, "{sku-2,sku-1}");
    ck_assert(batch_load_next(load, &columns, &statement));
    ck_assert_int_eq(statement, LOAD_LEVELS);
    held->is_loaded = first->is_loaded = true;
    held->level = (struct level){.available = 4, .version = 2, .announced = 5, .is_locked = true};
    first->level = (struct level){.available = 5, .version = 0, .announced = -1}; /* has no row */
    decide();
    ck_assert(!held->is_changed);
    ck_assert_int_eq(held->wait_ms, LEVEL_EVERY_MS);
    ck_assert(first->is_changed);
}
END_TEST

START_TEST(a_refused_command_leaves_its_receipt_only)
{
    add_order(); /* of a customer and a product that are not there */
    decide();
    struct batch_save save = saving();
    enum batch_statement statement;
    ck_assert(batch_save_next(&save, &columns, &statement));
    ck_assert_int_eq(statement, INSERT_RECEIPTS);
    assert_column(NEW_RECEIPT_LOCATION, "{NULL}");
    ck_assert(!batch_save_next(&save, &columns, &statement));
}
END_TEST

START_TEST(an_event_and_an_answer_are_recorded_for_what_was_accepted)
{
    add(a_registration("c-1"));
    decide();
    const struct batch_record *record = &recorder->records[0];
    ck_assert(recorder->has_events);
    ck_assert_uint_eq(recorder->decided, 1);
    ck_assert_int_eq(record->answer.status, 201);
    ck_assert_uint_gt(record->payload.len, 0);
}
END_TEST

START_TEST(what_was_postponed_is_not_recorded)
{
    add(a_registration("c-1"));
    batch_postpone(batch, 0);
    decide();
    ck_assert_uint_eq(recorder->decided, 0);
    ck_assert(!recorder->has_events);
    struct batch_save save = saving();
    enum batch_statement statement;
    ck_assert(!batch_save_next(&save, &columns, &statement));
}
END_TEST

START_TEST(the_same_request_twice_gets_the_first_ones_answer)
{
    add(a_registration("c-1"));
    commands[1] = commands[0];
    commands[1].command_id = a_registration("c-1").command_id;
    count = 2;
    ck_assert_int_eq(batch_add(batch, &commands[1], &err), ERROR_NONE);
    decide();
    const struct answer *first = &recorder->records[0].answer;
    const struct answer *second = &recorder->records[1].answer;
    ck_assert(!first->is_replayed && second->is_replayed);
    ck_assert_ptr_eq(second->body.data, first->body.data);
}
END_TEST

/* Every statement with arrays has as many parameters as its columns number. */
START_TEST(parameters_are_numbered_as_they_are_counted)
{
    for (size_t i = 0; i < BATCH_STATEMENT_COUNT; i++) {
        char last[16];
        char beyond[16];
        const int params = BATCH_STATEMENTS[i].param_count;
        (void)snprintf(last, sizeof last, "$%d:", params);
        (void)snprintf(beyond, sizeof beyond, "$%d:", params + 1);
        ck_assert(params == 0 || strstr(BATCH_STATEMENTS[i].sql, last) != NULL);
        ck_assert_ptr_null(strstr(BATCH_STATEMENTS[i].sql, beyond));
        ck_assert_uint_eq(BATCH_COLUMNS[i].count, i == QUEUE_FOR_SHARD ? 0 : (size_t)params);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/batch_rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_checked_fixture(tcase, open_batch, close_batch);
    tcase_add_test(tcase, an_order_asks_for_all_it_may_need_and_for_stock_last);
    tcase_add_test(tcase, stock_is_locked_where_it_has_to_be);
    tcase_add_test(tcase, a_cancellation_asks_for_the_orders_claims_too);
    tcase_add_test(tcase, a_placed_order_is_written_with_its_event_and_its_receipt);
    tcase_add_test(tcase, what_happens_to_an_order_in_the_batch_that_placed_it_is_a_change_of_it);
    tcase_add_test(tcase, what_changes_of_a_customer_and_a_product_is_written_where_it_stands);
    tcase_add_test(tcase, a_level_is_asked_for_and_written_with_its_event_and_no_receipt);
    tcase_add_test(tcase, a_level_whose_row_is_locked_is_left_out_and_comes_again);
    tcase_add_test(tcase, a_refused_command_leaves_its_receipt_only);
    tcase_add_test(tcase, an_event_and_an_answer_are_recorded_for_what_was_accepted);
    tcase_add_test(tcase, what_was_postponed_is_not_recorded);
    tcase_add_test(tcase, the_same_request_twice_gets_the_first_ones_answer);
    tcase_add_test(tcase, parameters_are_numbered_as_they_are_counted);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
