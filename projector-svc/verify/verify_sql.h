/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify_sql.h - what a run asks PostgreSQL, all of it in transactions that only read.
 */
#ifndef PROJECTOR_SVC_VERIFY_VERIFY_SQL_H
#define PROJECTOR_SVC_VERIFY_VERIFY_SQL_H

/* Behind a pooler a setting of the session would be somebody else's next. A plan made for a table
 * that was never analyzed must not be compiled. */
#define VERIFY_BEGIN                                                                               \
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off;"                        \
    " SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;"                            \
    " SET LOCAL enable_mergejoin = off"
#define VERIFY_END "COMMIT"

/* Each shard with its newest row, the relay's position and up to where each topic ($1 to $4) has
 * all of its rows: one that is new, or was away, is filled behind the position. */
#define VERIFY_HEADS                                                                               \
    "SELECT n, coalesce((SELECT max(seq) FROM outbox WHERE shard = n), 0), coalesce(r.position, "  \
    "0), coalesce((SELECT min(t.complete_to) FROM relay_sent t WHERE t.shard = n"                  \
    " AND t.topic IN ($1, $2, $3, $4)), r.position, 0)"                                            \
    " FROM installation CROSS JOIN generate_series(0, shards - 1) n"                               \
    " LEFT JOIN relay_shard r ON r.shard = n ORDER BY 1"

/* Partitions of the outbox that are old and published are dropped, the oldest first. */
#define VERIFY_FLOOR                                                                               \
    "SELECT coalesce(max(to_seq), 0) FROM outbox_partition WHERE dropped_at IS NOT NULL"

/* In place of an event that a person has skipped in relay-svc's quarantine stands what is published
 * for it. */
#define VERIFY_IS_SKIPPED "o.seq IN (SELECT k.seq FROM relay_skipped k)"
#define VERIFY_TYPE       "CASE WHEN " VERIFY_IS_SKIPPED " THEN 'EventSkipped' ELSE o.type END"
#define VERIFY_PAYLOAD                                                                             \
    "CASE WHEN " VERIFY_IS_SKIPPED                                                                 \
    " THEN (SELECT k.payload FROM relay_skipped k WHERE k.seq = o.seq) ELSE o.payload END"

/* $1 shard, $2 aggregate type, $3 above, $4 up to: the shard's rows as the log has them. */
enum { LOG_SEQ = 0, LOG_ID, LOG_AGGREGATE, LOG_VERSION, LOG_DIGEST, LOG_WAITS };
#define VERIFY_LOG_COLUMNS                                                                         \
    "SELECT o.seq, o.id, o.aggregateid, o.aggregateversion,"                                       \
    " substr(encode(sha256(convert_to(" VERIFY_TYPE " || chr(10) || (" VERIFY_PAYLOAD              \
    ")::text, 'UTF8')), 'hex'), 1, 32),"                                                           \
    " EXISTS (SELECT FROM relay_quarantine q WHERE q.shard = o.shard"                              \
    "  AND q.aggregatetype = o.aggregatetype AND q.aggregateid = o.aggregateid"                    \
    "  AND q.seq <= o.seq)"                                                                        \
    " FROM outbox o"
#define VERIFY_LOG                                                                                 \
    VERIFY_LOG_COLUMNS                                                                             \
    " WHERE o.shard = $1::smallint AND o.aggregatetype = $2 AND o.seq > $3::bigint"                \
    " AND o.seq <= $4::bigint ORDER BY o.seq"
/* $1 shard, $2 aggregate type, $3 seq: one of them, wherever a record claims to be it. */
#define VERIFY_LOG_ROW                                                                             \
    VERIFY_LOG_COLUMNS                                                                             \
    " WHERE o.shard = $1::smallint AND o.aggregatetype = $2 AND o.seq = $3::bigint"

/* Aggregates, one row for each of their events: those above an id, or that one alone. $1 aggregate
 * type, $2 the id, $3 how many aggregates, $4 how many of their newest events (null: all). */
enum {
    ROW_AGGREGATE = 0,
    ROW_VERSION,
    ROW_SEQ,
    ROW_SHARD,
    ROW_ID,
    ROW_TYPE,
    ROW_PAYLOAD,
    ROW_TIME,
    ROW_CORRELATION,
    ROW_CAUSATION,
    ROW_TRACEPARENT,
    ROW_STATE, /* orders: the first of their columns */
};
#define VERIFY_ABOVE                                                                               \
    "WITH page AS MATERIALIZED (SELECT DISTINCT aggregateid FROM outbox"                           \
    " WHERE aggregatetype = $1 AND aggregateid > $2 ORDER BY aggregateid LIMIT $3::int) "
#define VERIFY_ALONE "WITH page AS MATERIALIZED (SELECT $2::text AS aggregateid LIMIT $3::int) "
#define VERIFY_ROWS(STATE_COLUMNS, STATE_JOIN)                                                     \
    "SELECT p.aggregateid, o.aggregateversion, o.seq, o.shard, o.id, " VERIFY_TYPE                 \
    ", " VERIFY_PAYLOAD ", to_char(o.occurred_at AT TIME ZONE 'UTC',"                              \
    " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), o.headers->>'correlation_id',"                         \
    " o.headers->>'causation_id', o.headers->>'traceparent'" STATE_COLUMNS                         \
    " FROM page p CROSS JOIN LATERAL (SELECT * FROM outbox WHERE aggregatetype = $1"               \
    "  AND aggregateid = p.aggregateid ORDER BY aggregateversion DESC LIMIT $4::int) o" STATE_JOIN \
    " ORDER BY p.aggregateid, o.aggregateversion"

/* $1 aggregate type, $2 the id, $3 a head: the newest version that was there then. */
#define VERIFY_SETTLED                                                                             \
    "SELECT aggregateversion FROM outbox WHERE aggregatetype = $1 AND aggregateid = $2"            \
    " AND seq <= $3::bigint ORDER BY aggregateversion DESC LIMIT 1"

/* Orders of which the outbox holds nothing at all, and that it has not given up. */
#define VERIFY_ORPHANS                                                                             \
    "SELECT s.order_id FROM orders s WHERE NOT EXISTS (SELECT FROM outbox o"                       \
    " WHERE o.aggregatetype = 'order' AND o.aggregateid = s.order_id::text)"                       \
    " AND s.updated_at > coalesce((SELECT max(dropped_at) FROM outbox_partition), '-infinity')"    \
    " ORDER BY s.order_id LIMIT 1000"

#endif
