/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_store.h"

#include "command-svc/batch/batch_columns.h"
#include "command-svc/batch/batch_save.h"
#include "command-svc/batch/batch_sql.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <stdlib.h>

enum { STEPS_MAX = 32 };

struct batch_store {
    struct pgconn *conn;
    enum batch_statement steps[STEPS_MAX]; /* of the trip in flight */
    size_t step_count;
    struct batch_columns columns;
    struct batch_load load;
    int64_t last_seq;
    pgconn_done_fn *on_done;
    void *user;
};

struct batch_store *batch_store_new(struct pgconn *conn)
{
    struct batch_store *store = must_allocate(1, sizeof *store);
    store->conn = conn;
    batch_columns_init(&store->columns);
    return store;
}

void batch_store_free(struct batch_store *store)
{
    if (store != NULL) {
        batch_columns_done(&store->columns);
        free(store);
    }
}

/* ---- trips --------------------------------------------------------------------------------- */

static void note_step(struct batch_store *store, enum batch_statement statement)
{
    assert(store->step_count < STEPS_MAX);
    store->steps[store->step_count++] = statement;
}

static void queue_text(struct batch_store *store, enum batch_statement statement,
                       const char *const *params, size_t param_count)
{
    note_step(store, statement);
    pgconn_query(store->conn, statement, params, param_count);
}

static void queue_plain(struct batch_store *store, enum batch_statement statement)
{
    queue_text(store, statement, NULL, 0);
}

/* Columns that grew too large spoil the batch, which on_trip_done() tells. */
static void queue_columns(struct batch_store *store, enum batch_statement statement)
{
    struct strview params[BATCH_COLUMNS_MAX];
    store->load.is_corrupt |= !batch_columns_close(&store->columns, params);
    note_step(store, statement);
    pgconn_query_binary(store->conn, statement, params, store->columns.count);
}

static void on_trip_done(void *user, const struct pgconn_failure *failure)
{
    struct batch_store *store = user;
    struct pgconn_failure own = {.index = SIZE_MAX};
    if (failure == NULL && store->load.is_corrupt) {
        (void)error_set(&own.err, ERROR_EXHAUSTED,
                        "the batch needs too much memory, or a loaded row makes no sense");
        failure = &own;
    }
    store->on_done(store->user, failure);
}

void batch_store_rollback(struct batch_store *store)
{
    if (pgconn_is_ready(store->conn)) {
        store->step_count = 0;
        queue_plain(store, ROLLBACK_BATCH);
        pgconn_send_trip(store->conn, NULL, NULL, NULL);
    }
}

/* ---- loading ------------------------------------------------------------------------------- */

static void on_load_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct batch_store *store = user;
    assert(index < store->step_count);
    batch_load_read(&store->load, store->steps[index], result);
}

/* One statement where locks are tried, so that all are asked for at one moment. */
static void queue_locks(struct batch_store *store, const struct batch_wish *wish)
{
    batch_columns_open(&store->columns, TRY_SHARDS);
    for (size_t i = 0; i < wish->shard_count; i++) {
        store->load.has_shard[wish->shards[i]] = false;
        batch_columns_i64(&store->columns, 0, wish->shards[i]);
    }
    if (wish->is_queueing) {
        queue_text(store, QUEUE_FOR_SHARD, (const char *const[]){NUMBER_TEXT(wish->shards[0])}, 1);
    } else {
        queue_columns(store, TRY_SHARDS);
    }
    queue_columns(store, READ_GROUND);
}

/* has_shard is left as it is but for the shards that are asked for: a thousand of them. */
static void begin_load(struct batch_store *store, struct batch *batch,
                       const struct batch_wish *wish)
{
    store->load.batch = batch;
    store->load.stock = wish->stock;
    store->load.rows = wish->rows;
    store->load.is_corrupt = false;
    store->load.at = 0;
    store->load.ground = (struct ground){0};
    store->step_count = 0;
}

void batch_store_load(struct batch_store *store, struct batch *batch, const struct batch_wish *wish,
                      pgconn_done_fn *on_done, void *user)
{
    assert(wish->shard_count > 0 && (!wish->is_queueing || wish->shard_count == 1));
    begin_load(store, batch, wish);
    store->on_done = on_done;
    store->user = user;
    queue_plain(store, BEGIN_BATCH);
    if (pgconn_has_pooler(store->conn)) {
        queue_plain(store, SET_FOR_BATCH);
    }
    queue_locks(store, wish);
    enum batch_statement statement;
    while (batch_load_next(&store->load, &store->columns, &statement)) {
        queue_columns(store, statement);
    }
    pgconn_send_trip(store->conn, on_load_result, on_trip_done, store);
}

const struct ground *batch_store_ground(const struct batch_store *store)
{
    return &store->load.ground;
}

bool batch_store_has_shard(const struct batch_store *store, int shard)
{
    assert(shard >= 0 && shard < SHARDS_MAX);
    return store->load.has_shard[shard];
}

/* ---- saving -------------------------------------------------------------------------------- */

static void on_save_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct batch_store *store = user;
    if (store->steps[index] == INSERT_OUTBOX) {
        store->last_seq = pgconn_value_i64(result, 0, 0);
    }
}

/* COMMIT is on its way before anything is known of the statements before it: whatever must not be
 * committed has to fail inside PostgreSQL (batch_sql.h), or be seen here.
 *
 * Who has rows of stock locked and waits for a receipt (one key, used for two aggregates at once)
 * may wait for somebody who waits for those rows: it gives way, and long before the other does. */
void batch_store_save(struct batch_store *store, const struct batch_record *records, int shards,
                      int64_t floor, pgconn_done_fn *on_done, void *user)
{
    struct batch_save save = {
        .batch = store->load.batch, .records = records, .shards = shards, .floor = floor};
    store->step_count = 0;
    store->last_seq = 0;
    store->on_done = on_done;
    store->user = user;
    if (store->load.stock != STOCK_UNLOCKED) {
        queue_plain(store, WAIT_SHORTLY);
    }
    enum batch_statement statement;
    while (batch_save_next(&save, &store->columns, &statement)) {
        queue_columns(store, statement);
    }
    queue_plain(store, store->load.is_corrupt ? ROLLBACK_BATCH : COMMIT_BATCH);
    pgconn_send_trip(store->conn, on_save_result, on_trip_done, store);
}

int64_t batch_store_last_seq(const struct batch_store *store)
{
    return store->last_seq;
}

static enum batch_statement failed_statement(const struct batch_store *store,
                                             const struct pgconn_failure *failure)
{
    return failure->index < store->step_count ? store->steps[failure->index]
                                              : BATCH_STATEMENT_COUNT;
}

enum batch_trouble batch_store_trouble(const struct batch_store *store,
                                       const struct pgconn_failure *failure)
{
    return batch_trouble_of(failed_statement(store, failure), failure);
}

const char *batch_store_guarded_table(const struct batch_store *store,
                                      const struct pgconn_failure *failure)
{
    return batch_trouble_guarded_table(failed_statement(store, failure), failure);
}
