/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_store.h - loads a batch's rows and saves what became of them.
 *
 * Everything between BEGIN and COMMIT is two trips: load, then save. The
 * statements stand in batch_sql.c, the rows that are saved in batch_save.c.
 *
 * Why the advisory locks come first, each in a statement of its own: a statement
 * begun after the lock is held sees everything the lock's last holder committed;
 * and seq, drawn under it, follows the order of commits (see sql/0002_outbox.sql).
 *
 * Ownership: the batch is the caller's and stays put from load to save.
 */
#ifndef COMMAND_SVC_SHELL_BATCH_STORE_H
#define COMMAND_SVC_SHELL_BATCH_STORE_H

#include "command-svc/core/batch.h"
#include "command-svc/shell/batch_save.h"
#include "common/io/pgconn.h"

struct batch_store;

/* Takes no ownership of the connection. NULL when memory ran out. */
MUST_USE struct batch_store *batch_store_new(struct pgconn *conn);
void batch_store_free(struct batch_store *store);

/* Queues a ROLLBACK as a trip of its own: after any failure while connected. */
void batch_store_rollback(struct batch_store *store);

/* Sends the load trip; on_done comes when the batch's world is filled. shards are sorted. */
void batch_store_load(struct batch_store *store, struct batch *batch, const int *shards,
                      size_t shard_count, pgconn_done_fn *on_done, void *user);

/* The database's clock, read under the locks; epoch milliseconds. Valid once loaded. */
int64_t batch_store_now_ms(const struct batch_store *store);

/* The shard whose lock failed in the load trip, or -1 when something else did. */
int batch_store_blocked_shard(const struct batch_store *store,
                              const struct pgconn_failure *failure);

/* Sends the save trip, COMMIT included; records[i] belongs to item i. */
void batch_store_save(struct batch_store *store, const struct batch_record *records, int shards,
                      pgconn_done_fn *on_done, void *user);

#endif
