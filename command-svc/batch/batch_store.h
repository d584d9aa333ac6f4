/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_store.h - loads a batch's rows and saves what became of them.
 *
 * Everything between BEGIN and COMMIT is two trips: load, then save. The
 * statements stand in batch_sql.c, their columns in batch_rows.h, what is loaded
 * in batch_load.c and what is saved in batch_save.c.
 *
 * Why the advisory locks come first, in a statement of their own: a statement
 * begun after the lock is held sees everything the lock's last holder committed;
 * and seq, drawn under it, follows the order of commits (see sql/0002_outbox.sql).
 * They are tried, not waited for: what was not got is left out of the batch.
 *
 * Ownership: the batch is the caller's and stays put from load to save.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_STORE_H
#define COMMAND_SVC_BATCH_BATCH_STORE_H

#include "command-svc/batch/batch_load.h"
#include "command-svc/batch/batch_save.h"
#include "command-svc/batch/batch_trouble.h"
#include "command-svc/core/batch.h"
#include "common/io/postgres/pgconn.h"

struct batch_store;

/* Takes no ownership of the connection. NULL when memory ran out. */
MUST_USE struct batch_store *batch_store_new(struct pgconn *conn);
void batch_store_free(struct batch_store *store);

/* Queues a ROLLBACK as a trip of its own: after any failure while connected. */
void batch_store_rollback(struct batch_store *store);

struct batch_wish {
    const int *shards; /* sorted; borrowed for the call */
    size_t shard_count;
    bool is_queueing; /* waits for the lock of its one shard instead of trying it */
    enum row_reading rows;
    enum stock_reading stock;
};

/* Sends the load trip; on_done comes when the batch's world is filled. */
void batch_store_load(struct batch_store *store, struct batch *batch, const struct batch_wish *wish,
                      pgconn_done_fn *on_done, void *user);

/* What the batch stands on. Valid once loaded. */
const struct ground *batch_store_ground(const struct batch_store *store);

/* Whether the load got the lock of that shard. */
bool batch_store_has_shard(const struct batch_store *store, int shard);

/* Sends the save trip, COMMIT included; records[i] belongs to item i. Every new seq must be above
 * floor, or the trip fails. */
void batch_store_save(struct batch_store *store, const struct batch_record *records, int shards,
                      int64_t floor, pgconn_done_fn *on_done, void *user);

/* The greatest seq that the save drew; 0: none. */
int64_t batch_store_last_seq(const struct batch_store *store);

/* Why a trip failed. */
enum batch_trouble batch_store_trouble(const struct batch_store *store,
                                       const struct pgconn_failure *failure);

/* The table of a guarded update that missed a row; NULL: it was something else. */
const char *batch_store_guarded_table(const struct batch_store *store,
                                      const struct pgconn_failure *failure);

#endif
