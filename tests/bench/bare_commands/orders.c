/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bare_commands/orders.h"

#include "command-svc/batch/batch_rows.h"
#include "command-svc/core/stock.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ZIPF_EXPONENT 1.1

enum { PRICE = 100, HASH_LEN = 32 };

/* ---- drawing ------------------------------------------------------------------------------- */

static const struct load *sorted; /* qsort() hands nothing on */

static int compare_skus(const void *a, const void *b)
{
    return strcmp(sorted->skus[*(const int *)a], sorted->skus[*(const int *)b]);
}

void load_init(struct load *load, enum load_kind kind)
{
    double sum = 0;
    load->kind = kind;
    for (int i = 0; i < PRODUCTS; i++) {
        sum += pow(i + 1, -ZIPF_EXPONENT);
        load->zipf[i] = sum;
        (void)snprintf(load->skus[i], SKU_LEN, "sku-%d", i + 1);
        load->in_byte_order[i] = i;
    }
    sorted = load;
    qsort(load->in_byte_order, PRODUCTS, sizeof load->in_byte_order[0], compare_skus);
}

/* xorshift64 */
static uint64_t next_random(struct orders *orders)
{
    orders->random ^= orders->random << 13;
    orders->random ^= orders->random >> 7;
    orders->random ^= orders->random << 17;
    return orders->random;
}

static int draw_zipf(struct orders *orders)
{
    const double *zipf = orders->load->zipf;
    const double wanted = (double)(next_random(orders) >> 11) / (double)(1ULL << 53);
    int from = 0;
    int to = PRODUCTS - 1;
    while (from < to) {
        const int middle = (from + to) / 2;
        if (zipf[middle] < wanted * zipf[PRODUCTS - 1]) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static int draw_product(struct orders *orders)
{
    return orders->load->kind == LOAD_ZIPF ? draw_zipf(orders)
                                           : (int)(next_random(orders) % PRODUCTS);
}

static void draw_products(struct orders *orders, int products[static 2])
{
    products[0] = orders->load->kind == LOAD_HOT ? 0 : draw_product(orders);
    products[1] = draw_product(orders);
    if (products[1] == products[0]) {
        products[1] = (products[0] + 1) % PRODUCTS;
    }
    orders->taken[products[0]] += 1;
    orders->taken[products[1]] += 2;
}

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void orders_draw(struct orders *orders, size_t count, const int *shards, size_t shard_count)
{
    assert(count <= ORDERS_MAX);
    orders->count = count;
    orders->now_ms = clock_ms();
    memset(orders->taken, 0, sizeof orders->taken);
    for (size_t i = 0; i < count; i++) {
        struct drawn_order *order = &orders->list[i];
        uint64_t bytes[2] = {next_random(orders), next_random(orders)};
        order->key = uuid_of_bytes((const uint8_t *)bytes);
        bytes[0] = next_random(orders);
        order->id = uuid7_make(orders->now_ms, (const uint8_t *)bytes);
        order->shard = shards[i % shard_count];
        draw_products(orders, order->products);
    }
}

/* ---- columns ------------------------------------------------------------------------------- */

static void put_products(struct orders *orders)
{
    for (int i = 0; i < PRODUCTS; i++) {
        if (orders->taken[i] > 0) {
            batch_columns_cstr(&orders->columns, 0, orders->load->skus[i]);
        }
    }
}

static void put_keys(struct orders *orders)
{
    for (size_t i = 0; i < orders->count; i++) {
        batch_columns_text(&orders->columns, 0, uuid_view(&orders->list[i].key));
    }
}

static void put_customer(struct orders *orders)
{
    batch_columns_cstr(&orders->columns, 0, "demo");
}

static void put_orders(struct orders *orders)
{
    struct batch_columns *columns = &orders->columns;
    for (size_t i = 0; i < orders->count; i++) {
        batch_columns_text(columns, NEW_ORDER_ID, uuid_view(&orders->list[i].id));
        batch_columns_cstr(columns, NEW_ORDER_CUSTOMER, "demo");
        batch_columns_cstr(columns, NEW_ORDER_CURRENCY, "GBP");
        batch_columns_i64(columns, NEW_ORDER_TOTAL, 3 * PRICE);
        batch_columns_i64(columns, NEW_ORDER_PLACED, orders->now_ms);
        batch_columns_cstr(columns, NEW_ORDER_PROVIDER, "demo");
        batch_columns_cstr(columns, NEW_ORDER_METHOD, "card");
    }
}

static void put_lines(struct orders *orders)
{
    struct batch_columns *columns = &orders->columns;
    for (size_t i = 0; i < 2 * orders->count; i++) {
        const struct drawn_order *order = &orders->list[i / 2];
        batch_columns_text(columns, NEW_LINE_ORDER, uuid_view(&order->id));
        batch_columns_i64(columns, NEW_LINE_NO, (int64_t)(i % 2) + 1);
        batch_columns_cstr(columns, NEW_LINE_SKU, orders->load->skus[order->products[i % 2]]);
        batch_columns_i64(columns, NEW_LINE_QUANTITY, (int64_t)(i % 2) + 1);
        batch_columns_i64(columns, NEW_LINE_PRICE, PRICE);
    }
}

static void put_events(struct orders *orders)
{
    struct batch_columns *columns = &orders->columns;
    for (size_t i = 0; i < orders->count; i++) {
        const struct drawn_order *order = &orders->list[i];
        batch_columns_text(columns, NEW_EVENT_ID, uuid_view(&order->id));
        batch_columns_cstr(columns, NEW_EVENT_AGGREGATE, "order");
        batch_columns_text(columns, NEW_EVENT_AGGREGATE_ID, uuid_view(&order->id));
        batch_columns_cstr(columns, NEW_EVENT_TYPE, "OrderPlaced");
        batch_columns_cstr(columns, NEW_EVENT_PAYLOAD, orders->load->payload);
        batch_columns_i64(columns, NEW_EVENT_VERSION, 1);
        batch_columns_i64(columns, NEW_EVENT_SHARD, order->shard);
        batch_columns_text(columns, NEW_EVENT_CORRELATION, uuid_view(&order->id));
        batch_columns_optional(columns, NEW_EVENT_TRACE, STRVIEW(""));
        batch_columns_i64(columns, NEW_EVENT_AT, orders->now_ms);
    }
    batch_columns_i64(columns, NEW_EVENT_FLOOR, 0);
}

static void put_receipts(struct orders *orders)
{
    static const char HASH[HASH_LEN] = {0};
    struct batch_columns *columns = &orders->columns;
    for (size_t i = 0; i < orders->count; i++) {
        batch_columns_text(columns, NEW_RECEIPT_KEY, uuid_view(&orders->list[i].key));
        batch_columns_text(columns, NEW_RECEIPT_REQUEST, (struct strview){HASH, sizeof HASH});
        batch_columns_i64(columns, NEW_RECEIPT_STATUS, 201);
        batch_columns_i64(columns, NEW_RECEIPT_VERSION, 1);
        batch_columns_cstr(columns, NEW_RECEIPT_LOCATION, orders->load->location);
        batch_columns_cstr(columns, NEW_RECEIPT_BODY, orders->load->body);
    }
}

static void put_stock_changes(struct orders *orders)
{
    struct batch_columns *columns = &orders->columns;
    for (size_t i = 0; i < PRODUCTS; i++) {
        const int product = orders->load->in_byte_order[i];
        if (orders->taken[product] > 0) {
            batch_columns_cstr(columns, STOCK_CHANGE_SKU, orders->load->skus[product]);
            batch_columns_i64(columns, STOCK_CHANGE_DELTA, -orders->taken[product]);
            batch_columns_i64(columns, STOCK_CHANGE_LEAST, orders->taken[product]);
            batch_columns_i64(columns, STOCK_CHANGE_MOST, STOCK_NO_MOST);
        }
    }
}

typedef void put_fn(struct orders *orders);

static put_fn *const PUTS[BATCH_STATEMENT_COUNT] = {
    [LOAD_RECEIPTS] = put_keys,         [LOAD_CUSTOMERS] = put_customer,
    [LOAD_PRODUCTS] = put_products,     [LOAD_STOCK] = put_products,
    [INSERT_ORDERS] = put_orders,       [INSERT_LINES] = put_lines,
    [INSERT_OUTBOX] = put_events,       [INSERT_RECEIPTS] = put_receipts,
    [UPDATE_STOCK] = put_stock_changes,
};

void orders_put(struct orders *orders, enum batch_statement statement)
{
    assert(PUTS[statement] != NULL);
    batch_columns_open(&orders->columns, statement);
    PUTS[statement](orders);
}
