/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orders.h - a batch of drawn orders as the columns of command-svc's statements.
 *
 * What is long, an event and an answer, is taken from rows that the service wrote, so that the
 * bytes are the same; which order it names does not matter to PostgreSQL.
 */
#ifndef TESTS_BENCH_BARE_COMMANDS_ORDERS_H
#define TESTS_BENCH_BARE_COMMANDS_ORDERS_H

#include "command-svc/batch/batch_columns.h"
#include "command-svc/batch/batch_sql.h"
#include "common/base/uuid7.h"

enum { PRODUCTS = 1000, ORDERS_MAX = 512, SKU_LEN = 16 };

/* How products are drawn; as in order.lua and order.pgbench. */
enum load_kind { LOAD_UNIFORM, LOAD_ZIPF, LOAD_HOT };

/* The same for all lanes; read only once they run. */
struct load {
    enum load_kind kind;
    double zipf[PRODUCTS];        /* cumulative */
    char skus[PRODUCTS][SKU_LEN]; /* by number */
    int in_byte_order[PRODUCTS];  /* numbers, as rows of stock are locked */
    char *payload;                /* of an OrderPlaced */
    char *body;                   /* of its answer */
    char *location;
};

struct drawn_order {
    struct uuid id;
    struct uuid key;
    int shard;
    int products[2];
};

struct orders {
    const struct load *load;
    struct batch_columns columns;
    struct drawn_order list[ORDERS_MAX];
    size_t count;
    int64_t taken[PRODUCTS]; /* pieces, by number */
    int64_t now_ms;
    uint64_t random;
};

void load_init(struct load *load, enum load_kind kind);

/* Draws count orders, of the shards first, first + step ... below shards. */
void orders_draw(struct orders *orders, size_t count, const int *shards, size_t shard_count);

/* Fills orders->columns for that statement. */
void orders_put(struct orders *orders, enum batch_statement statement);

#endif
