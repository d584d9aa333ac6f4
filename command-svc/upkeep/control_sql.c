/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/control_sql.h"

#include "command-svc/upkeep/holders.h"
#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/table_locks.h"

#include <assert.h>

/* Of tables that nobody has analyzed yet PostgreSQL thinks large, and would compile what looks at
 * the outbox, for a twentieth of a second each second. */
const char CONTROL_SETUP_SQL[] =
    "SELECT set_config('lock_timeout', '500ms', " PGSERVER_IS_POOLED "),"
    " set_config('jit', 'off', " PGSERVER_IS_POOLED ")";

const struct pgconn_statement CONTROL_STATEMENTS[CONTROL_STATEMENT_COUNT] = {
    [RING_BELL] = {"SELECT pg_notify('outbox', '')", 0},
    /* To be compared with batch_rows.h's: computed in the same way. */
    [READ_INSTALLATION] = {"SELECT shards, (date_part('epoch', created_at) * 1000)::bigint"
                           " FROM installation",
                           0},
    [MAINTAIN_OUTBOX] = {"SELECT outbox_maintain(nullif($1::bigint, 0) * interval '1 ms')", 1},
    [READ_RETENTION] = {"SELECT name, from_seq, to_seq, kept_because FROM outbox_partition"
                        " WHERE dropped_at = now() OR kept_because IS NOT NULL"
                        " ORDER BY kept_because IS NULL LIMIT 1",
                        0},
    /* A thousand rows at a time: a big DELETE would hold back vacuum and fill the disk with WAL.
     * One service at a time: several would pick the same rows. */
    [EXPIRE_RECEIPTS] = {"DELETE FROM receipt WHERE key IN (SELECT key FROM receipt"
                         " WHERE (SELECT pg_try_advisory_xact_lock(outbox_lock_class() + 1, 1))"
                         " AND created_at < now() - $1::bigint * interval '1 ms' LIMIT 1000)",
                         1},
    [FIND_RECEIPT] = {"SELECT status, version, location, body FROM receipt WHERE key = $1::uuid",
                      1},
    [OUTBOX_AGE] = {"SELECT coalesce((extract(epoch FROM clock_timestamp() -"
                    " outbox_oldest_unpublished()) * 1000)::bigint, 0)",
                    0},
    [READ_SEQUENCE] = {"SELECT last_value - (NOT is_called)::int,"
                       " (SELECT coalesce(max(position), 0) FROM relay_shard),"
                       " (SELECT seqcache FROM pg_sequence"
                       "  WHERE seqrelid = 'outbox_seq_seq'::regclass) FROM outbox_seq_seq",
                       0},
    [COUNT_SHARDS] = {"SELECT min(n), count(*) FROM installation, generate_series(0, shards - 1) n"
                      " WHERE NOT EXISTS (SELECT FROM relay_shard WHERE shard = n)",
                      0},
    /* Five thousand rows at a time: what is looked at is bounded, not only what is found. */
    [FIND_LEVELS] =
        {"WITH looked AS (SELECT sku, available FROM stock WHERE sku > $1::text"
         " ORDER BY sku LIMIT 5000),"
         " compared AS (SELECT l.sku, a.available IS DISTINCT FROM l.available AS is_new"
         " FROM looked l LEFT JOIN stock_announced a ON a.sku = ANY (ARRAY[l.sku]))"
         " SELECT sku, is_new FROM compared"
         " WHERE is_new OR sku = (SELECT max(sku) FROM looked) ORDER BY sku",
         1},
    [FIND_HOLDERS] = {HOLDERS_SQL, HOLDERS_PARAM_COUNT},
    [FIND_TABLE_LOCKS] = {TABLE_LOCKS_SQL, 1},
};
static_assert(EXPIRY_PORTION == 1000, "the LIMIT of EXPIRE_RECEIPTS");
