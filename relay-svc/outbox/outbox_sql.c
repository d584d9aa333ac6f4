/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/outbox/outbox_sql.h"

#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/row_locks.h"
#include "common/io/postgres/table_locks.h"
#include "relay-svc/outbox/outbox_parked.h"

/* Of a shard: a lease without an end has none to wait for. */
#define IS_HELD       "owner IS NOT NULL AND lease_until >= clock_timestamp()"

#define LONGEST_LEASE "interval '300 s'"

/* The first seq behind all rows that somebody has dropped with their partition; 0: nobody has. */
#define LOST_BELOW    "(SELECT coalesce(max(to_seq), 0) FROM outbox_missing)"

/* Times are PostgreSQL's: relays on different machines compare leases by one clock. */
const struct pgconn_statement OUTBOX_CONTROL_SQL[CONTROL_STATEMENT_COUNT] = {
    [SQL_INSTALLATION] = {"SELECT shards FROM installation", 0},
    [SQL_LISTEN] = {"LISTEN outbox", 0},
    /* $1 owner, $2 lease in ms, $3 whether Kafka answers us, $4 our prefix, $5 our cluster; a
     * member not seen for two leases is gone. A row that somebody has locked, here and below, is
     * passed over: the next beat or mark comes by again, and no other row waits for it. Who finds
     * another prefix or cluster leaves the members: who is one is given its share of the shards.
     * But who holds shards leaves them to no newcomer; and one that holds some is alive as long as
     * its leases are, which may be longer than ours. Of two that hold some, one goes. */
    [SQL_SEEN] =
        {"WITH holder AS MATERIALIZED ("
         "  SELECT DISTINCT owner FROM relay_shard WHERE " IS_HELD "),"
         " known AS MATERIALIZED ("
         "  SELECT owner, kafka_at, topic_prefix, kafka_cluster, seen_at BETWEEN"
         "    clock_timestamp() - $2::bigint * interval '1 ms'"
         "    AND clock_timestamp() + $2::bigint * interval '2 ms' AS is_seen,"
         "   owner IN (SELECT owner FROM holder) AS is_holder,"
         "   coalesce(topic_prefix <> $4::text, false)"
         "    OR coalesce(kafka_cluster <> nullif($5::text, ''), false) AS is_foreign"
         "  FROM relay_member WHERE owner <> $1),"
         " alive AS MATERIALIZED ("
         "  SELECT owner, kafka_at, topic_prefix, kafka_cluster, is_foreign,"
         "   is_foreign AND (NOT EXISTS (SELECT FROM holder WHERE owner = $1)"
         "    OR (is_holder AND owner < $1)) AS is_rival"
         "  FROM known WHERE is_seen OR (is_foreign AND is_holder)),"
         " rival AS MATERIALIZED (SELECT * FROM alive WHERE is_rival ORDER BY owner LIMIT 1),"
         " mine AS MATERIALIZED ("
         "  SELECT owner FROM relay_member WHERE owner = $1 FOR UPDATE SKIP LOCKED),"
         " seen AS ("
         "  UPDATE relay_member m SET seen_at = clock_timestamp(), topic_prefix = $4::text,"
         "   kafka_cluster = nullif($5::text, ''),"
         "   kafka_at = CASE WHEN $3::boolean THEN clock_timestamp() ELSE m.kafka_at END"
         "  FROM mine WHERE m.owner = mine.owner AND NOT EXISTS (SELECT FROM rival)),"
         " come AS ("
         "  INSERT INTO relay_member (owner, seen_at, topic_prefix, kafka_cluster, kafka_at)"
         "   SELECT $1, clock_timestamp(), $4::text, nullif($5::text, ''),"
         "    CASE WHEN $3::boolean THEN clock_timestamp() END"
         "   WHERE NOT EXISTS (SELECT FROM relay_member WHERE owner = $1)"
         "    AND NOT EXISTS (SELECT FROM rival)"
         "  ON CONFLICT DO NOTHING),"
         " old AS MATERIALIZED ("
         "  SELECT owner FROM relay_member WHERE owner <> $1"
         "   AND seen_at < clock_timestamp() - $2::bigint * interval '2 ms'"
         "   AND owner NOT IN (SELECT owner FROM holder)"
         "  FOR UPDATE SKIP LOCKED),"
         " gone AS (DELETE FROM relay_member m USING old WHERE m.owner = old.owner),"
         " left_to_rival AS (DELETE FROM relay_member m USING mine"
         "  WHERE m.owner = mine.owner AND EXISTS (SELECT FROM rival))"
         " SELECT 1 + count(*) FILTER (WHERE NOT is_foreign), count(*) FILTER"
         "  (WHERE NOT is_foreign"
         "   AND kafka_at BETWEEN clock_timestamp() - $2::bigint * interval '1 ms'"
         "    AND clock_timestamp() + $2::bigint * interval '2 ms'),"
         "  count(*) FILTER (WHERE is_rival),"
         "  (SELECT owner FROM rival), (SELECT topic_prefix FROM rival),"
         "  (SELECT kafka_cluster FROM rival) FROM alive",
         5},
    /* Those that are ours: renewed, or locked by somebody. Where relay_fence says something else,
     * by somebody's hand, nothing could be read: such a lease runs out, and the next claim mends
     * that. */
    [SQL_RENEW] = {"WITH ours AS NOT MATERIALIZED ("
                   "  SELECT r.shard, r.epoch, r.position FROM relay_shard r"
                   "  JOIN unnest($3::smallint[], $4::bigint[]) AS h(shard, epoch)"
                   "   ON r.shard = h.shard AND r.epoch = h.epoch"
                   "  JOIN relay_fence f ON f.shard = r.shard AND f.owner = r.owner"
                   "   AND f.epoch = r.epoch WHERE r.owner = $1),"
                   " free AS MATERIALIZED ("
                   "  SELECT r.shard FROM relay_shard r"
                   "  JOIN unnest($3::smallint[], $4::bigint[]) AS h(shard, epoch)"
                   "   ON r.shard = h.shard AND r.epoch = h.epoch"
                   "  JOIN relay_fence f ON f.shard = r.shard AND f.owner = r.owner"
                   "   AND f.epoch = r.epoch WHERE r.owner = $1"
                   "  FOR NO KEY UPDATE OF r SKIP LOCKED),"
                   " renewed AS ("
                   "  UPDATE relay_shard r"
                   "  SET lease_until = clock_timestamp() + $2::bigint * interval '1 ms'"
                   "  FROM free WHERE r.shard = free.shard"
                   "  RETURNING r.shard, r.epoch, r.position)"
                   " SELECT shard, epoch, position, true FROM renewed"
                   " UNION ALL SELECT shard, epoch, position, false FROM ours"
                   "  WHERE shard NOT IN (SELECT shard FROM free)",
                   4},
    /* A lease that ends later than any that can be given now was given before the clock went back.
     * It is cut and not taken: its owner may have it still, and has renewed it, or has stopped,
     * when the longest one is over. */
    [SQL_CUT] = {"WITH far AS MATERIALIZED ("
                 "  SELECT shard FROM relay_shard"
                 "  WHERE lease_until > clock_timestamp() + " LONGEST_LEASE
                 "  FOR NO KEY UPDATE SKIP LOCKED)"
                 " UPDATE relay_shard r SET lease_until = clock_timestamp() + " LONGEST_LEASE
                 " FROM far WHERE r.shard = far.shard",
                 0},
    /* $3 how many, $4 whether leases under our own name may be taken; epochs go round at 2^62 */
    [SQL_CLAIM] = {"WITH free AS MATERIALIZED ("
                   "  SELECT shard FROM relay_shard"
                   "  WHERE (" IS_HELD ") IS NOT TRUE"
                   "   OR ($4::boolean AND owner = $1)"
                   "  ORDER BY shard LIMIT $3::int FOR UPDATE SKIP LOCKED)"
                   " UPDATE relay_shard r SET owner = $1, epoch = (r.epoch & ~(3::int8 << 62)) + 1,"
                   "  lease_until = clock_timestamp() + $2::bigint * interval '1 ms'"
                   " FROM free WHERE r.shard = free.shard RETURNING r.shard, r.epoch, r.position",
                   4},
    [SQL_HELD] = {"SELECT shard, epoch, position FROM relay_shard WHERE owner = $1", 1},
    [SQL_SENT] = {"SELECT s.shard, s.topic, s.seq, s.id, s.complete_to FROM relay_sent s"
                  " JOIN relay_shard r USING (shard) WHERE r.owner = $1",
                  1},
    /* The smallest seq with a partition: what lies before it was dropped. And the next to come. */
    [SQL_FLOOR] = {"SELECT min(substring(pg_get_expr(c.relpartbound, c.oid)"
                   "  FROM 'FROM \\(''?([0-9]+)')::bigint), " LOST_BELOW
                   ", (SELECT last_value + is_called::int FROM outbox_seq_seq)"
                   " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                   " WHERE i.inhparent = 'outbox'::regclass",
                   0},
    /* $2-$4 shards, epochs, positions; $5-$9 shards, topics, seqs, ids, complete_to */
    [SQL_MARK] =
        {"WITH s AS MATERIALIZED ("
         "  SELECT * FROM unnest($5::smallint[], $6::text[], $7::bigint[], $8::uuid[],"
         "   $9::bigint[]) AS s(shard, topic, seq, id, complete_to)),"
         " m AS MATERIALIZED ("
         "  SELECT r.shard, m.position FROM relay_shard r"
         "  JOIN unnest($2::smallint[], $3::bigint[], $4::bigint[]) AS m(shard, epoch, position)"
         "   ON r.shard = m.shard AND r.epoch = m.epoch WHERE r.owner = $1"
         "  FOR NO KEY UPDATE OF r SKIP LOCKED),"
         " got AS MATERIALIZED ("
         "  SELECT t.shard, t.topic FROM relay_sent t JOIN s USING (shard, topic)"
         "  FOR NO KEY UPDATE OF t SKIP LOCKED),"
         " marked AS ("
         "  UPDATE relay_shard r SET position = m.position FROM m WHERE r.shard = m.shard"
         "   AND NOT EXISTS (SELECT FROM relay_sent t JOIN s USING (shard, topic)"
         "    WHERE t.shard = m.shard AND (t.shard, t.topic) NOT IN (SELECT shard, topic FROM got))"
         "  RETURNING r.shard),"
         " kept AS ("
         "  INSERT INTO relay_sent (shard, topic, seq, id, complete_to)"
         "  SELECT s.shard, s.topic, s.seq, s.id, s.complete_to FROM s JOIN marked USING (shard)"
         "  ON CONFLICT (shard, topic) DO UPDATE"
         "  SET seq = excluded.seq, id = excluded.id, complete_to = excluded.complete_to)"
         " SELECT shard FROM marked",
         9},
    [SQL_RELEASE] = {"WITH free AS MATERIALIZED ("
                     "  SELECT r.shard FROM relay_shard r"
                     "  JOIN unnest($2::smallint[], $3::bigint[]) AS h(shard, epoch)"
                     "   ON r.shard = h.shard AND r.epoch = h.epoch WHERE r.owner = $1"
                     "  FOR NO KEY UPDATE OF r SKIP LOCKED)"
                     " UPDATE relay_shard r SET owner = NULL, lease_until = NULL"
                     " FROM free WHERE r.shard = free.shard",
                     3},
    [SQL_LEAVE] = {"DELETE FROM relay_member WHERE owner = $1", 1},
    [SQL_FIND] = {"SELECT seq, id FROM outbox"
                  " WHERE shard = $1::smallint AND seq = $2::bigint AND aggregatetype = $3",
                  3},
    /* $1, $2 shards and positions that are newer than the database's; $3 how many shards there are:
     * one without a row in relay_shard counts like all others, from where its topics are known to
     * be complete. */
    [SQL_BACKLOG] = {"WITH " ROW_LOCKS_SQL
                     " SELECT s.shard, greatest(coalesce(newest.seq, 0) - place.after, 0),"
                     "  (1000 * coalesce(extract(epoch FROM clock_timestamp()"
                     "   - oldest.occurred_at), 0))::bigint,"
                     "  place.after,"
                     "  CASE WHEN r.lease_until >= clock_timestamp() THEN r.owner END,"
                     "  r.shard IS NULL, held.home,"
                     "  coalesce(held.holding, ''), held.pid, held.usename, held.application"
                     " FROM (SELECT n::smallint AS shard FROM generate_series(0, $3::int - 1) n) s"
                     " LEFT JOIN relay_shard r USING (shard)"
                     " LEFT JOIN unnest($1::smallint[], $2::bigint[]) AS h(shard, position)"
                     "  USING (shard)"
                     " CROSS JOIN LATERAL (SELECT coalesce(h.position, r.position,"
                     "  (SELECT max(t.complete_to) FROM relay_sent t WHERE t.shard = s.shard), 0)"
                     "  AS after) place"
                     " LEFT JOIN LATERAL (SELECT seq FROM outbox WHERE outbox.shard = s.shard"
                     "  ORDER BY outbox.seq DESC LIMIT 1) AS newest ON true"
                     " LEFT JOIN LATERAL (SELECT occurred_at FROM outbox"
                     "  WHERE outbox.shard = s.shard AND outbox.seq > place.after"
                     "  ORDER BY outbox.seq LIMIT 1) AS oldest ON true"
                     " LEFT JOIN LATERAL (SELECT h.*, home FROM ("
                     "   SELECT r.xmax AS xid, 'relay_shard' AS home UNION ALL"
                     "   SELECT t.xmax, 'relay_sent' FROM relay_sent t WHERE t.shard = s.shard"
                     "   UNION ALL SELECT f.xmax, 'relay_fence' FROM relay_fence f"
                     "   WHERE f.shard = s.shard) AS locked JOIN " ROW_HOLDER_SQL
                     " AS h ON true ORDER BY h.pid, home DESC LIMIT 1) AS held ON true",
                     3},
    /* Positions first: what they say was given before the number is looked at. */
    [SQL_SEQUENCE] = {"WITH p AS MATERIALIZED (SELECT coalesce(max(position), 0) AS greatest"
                      "  FROM relay_shard)"
                      " SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END,"
                      "  (SELECT greatest FROM p), " LOST_BELOW ", seqcache FROM outbox_seq_seq"
                      " JOIN pg_sequence ON seqrelid = 'outbox_seq_seq'::regclass",
                      0},
    [SQL_MEMBER_HOLDER] = {"WITH " ROW_LOCKS_SQL
                           " SELECT h.holding, h.pid, h.usename, h.application"
                           " FROM (SELECT xmax AS xid FROM relay_member WHERE owner = $1) AS locked"
                           " JOIN " ROW_HOLDER_SQL " AS h ON true",
                           1},
    [SQL_TABLE_LOCKS] = {TABLE_LOCKS_SQL, 1},
    [SQL_PARKED] = {"SELECT q.shard, q.aggregatetype, q.aggregateid, q.seq"
                    " FROM relay_quarantine q JOIN relay_shard r USING (shard) WHERE r.owner = $1",
                    1},
    /* $1 owner, $2 shard, $3 epoch, $4 the row behind this seq, $5 of that aggregate type (NULL: of
     * any), $6 why. The position moves past it in the same statement; where a topic is filled it
     * is past it already. Nothing but what names the row is read of it. */
    [SQL_PARK] = {"WITH mine AS MATERIALIZED ("
                  "  SELECT shard FROM relay_shard WHERE shard = $2::smallint AND owner = $1"
                  "   AND epoch = $3::bigint FOR NO KEY UPDATE SKIP LOCKED),"
                  " o AS MATERIALIZED ("
                  "  SELECT shard, seq, id, aggregatetype, aggregateid, type, aggregateversion,"
                  "   occurred_at FROM outbox WHERE shard = $2::smallint AND seq > $4::bigint"
                  "   AND ($5::text IS NULL OR aggregatetype = $5::text)"
                  "   AND EXISTS (SELECT FROM mine) ORDER BY seq LIMIT 1),"
                  " parked AS ("
                  "  INSERT INTO relay_quarantine"
                  "   (shard, aggregatetype, aggregateid, seq, reason, event)"
                  "  SELECT shard, aggregatetype, aggregateid, seq, $6, " EVENT_OF_O " FROM o"
                  "  ON CONFLICT (shard, aggregatetype, aggregateid) DO UPDATE"
                  "  SET seq = excluded.seq, reason = excluded.reason, event = excluded.event"
                  "  WHERE relay_quarantine.seq > excluded.seq),"
                  " past AS ("
                  "  UPDATE relay_shard r SET position = greatest(position, o.seq)"
                  "  FROM o WHERE r.shard = o.shard)"
                  " SELECT seq, id, aggregatetype, aggregateid, type, aggregateversion FROM o",
                  6},
    /* $1 shard, $2 after, $3 of that aggregate type (NULL: of any) */
    [SQL_BLOCK] = {"SELECT outbox_blocked_to($1::smallint, $2::bigint, $3::text)", 3},
    /* $1 owner. Of each shard the oldest about each type, and about the shard itself (NULL): a
     * retry that waits for its topic, or for the shard to run, must not keep back what ends that. A
     * skip that is written down has only to be published. */
    [SQL_REQUESTS] = {"SELECT DISTINCT ON (q.shard, q.aggregatetype) q.shard, q.id,"
                      "  CASE WHEN q.aggregateid IS NULL AND q.seq > 0 THEN 'past-seq'"
                      "   WHEN EXISTS (SELECT FROM relay_skipped k WHERE k.seq = q.seq)"
                      "   THEN 'retry' ELSE q.kind END,"
                      "  coalesce(q.aggregatetype, ''), coalesce(q.aggregateid, ''),"
                      "  coalesce(q.seq, 0), q.record, q.topic"
                      " FROM relay_request q JOIN relay_shard r USING (shard)"
                      " WHERE q.ended_at IS NULL AND r.owner = $1"
                      " ORDER BY q.shard, q.aggregatetype, q.id",
                      1},
    /* $1 the request, $2 owner, $3 epoch; only of the event that the aggregate waits for, which may
     * be gone from the outbox where it is known what it was */
    [SQL_SKIP] = {"INSERT INTO relay_skipped (seq, shard, request, payload, event)"
                  " SELECT w.seq, w.shard, w.id, w.payload, q.event"
                  "  || jsonb_build_object('aggregatetype', w.aggregatetype,"
                  "   'aggregateid', w.aggregateid)"
                  " FROM relay_request w JOIN relay_shard r USING (shard)"
                  "  JOIN (SELECT shard, aggregatetype, aggregateid, seq, " NOTED " AS event"
                  "   FROM relay_quarantine) q USING (shard, aggregatetype, aggregateid, seq)"
                  "  LEFT JOIN outbox f ON f.shard = w.shard AND f.seq = w.seq"
                  " WHERE w.id = $1::bigint AND r.owner = $2 AND r.epoch = $3::bigint"
                  "  AND CASE WHEN f.seq IS NULL THEN q.event ? 'id' ELSE " IS_THAT " END"
                  " ON CONFLICT DO NOTHING",
                  3},
    /* $1 owner, $2 shard, $3 epoch, $4 aggregate type, $5 its id, $6 what was published of it
     * last, $7 up to where the shard was read, $8-$11 words: the next one that waits, or it waits
     * no more. The version of the first one bounds what is walked over: an aggregate may have
     * millions. What the outbox has lost is named with what helps, and nothing is taken out: it was
     * not published. What it lost behind the first one is told by the version of the one that comes
     * next. A topic under another prefix has passed over what is published now: in use again, it
     * lacks that, which is written down before it is sent. Where somebody has locked that row
     * nothing is handed out, as it would be sent again and again. */
    [SQL_NEXT] =
        {"WITH mine AS MATERIALIZED ("
         "  SELECT shard FROM relay_shard WHERE shard = $2::smallint AND owner = $1"
         "   AND epoch = $3::bigint FOR KEY SHARE SKIP LOCKED),"
         " q AS MATERIALIZED ("
         "  SELECT aggregatetype, aggregateid, seq, " NOTED " AS event"
         "   FROM relay_quarantine JOIN mine USING (shard)"
         "  WHERE aggregatetype = $4 AND aggregateid = $5 FOR NO KEY UPDATE OF relay_quarantine),"
         " first AS MATERIALIZED ("
         "  SELECT f.seq, f.aggregateversion AS version, " EVENT_OF_F " AS event"
         "   FROM q JOIN outbox f USING (seq) WHERE f.shard = $2::smallint AND " IS_THAT
         "  UNION ALL SELECT f.seq, f.aggregateversion, " EVENT_OF_F
         "   FROM q JOIN outbox f ON f.aggregateversion = (q.event->>'version')::bigint"
         "   WHERE f.aggregatetype = $4 AND f.aggregateid = $5 AND f.shard = $2::smallint"
         "    AND f.seq < q.seq AND NOT q.event ? 'id'"
         "  UNION ALL SELECT k.seq, (e.event->>'version')::bigint, e.event"
         "   FROM q JOIN relay_skipped k USING (seq)"
         "   CROSS JOIN LATERAL (SELECT " SKIPPED_EVENT " AS event) e"
         "   WHERE k.shard = $2::smallint AND e.event ? 'id' AND NOT EXISTS (SELECT"
         "    FROM outbox f WHERE f.shard = $2::smallint AND f.seq = q.seq)),"
         " o AS MATERIALIZED (SELECT * FROM first WHERE seq > $6::bigint"
         "  UNION ALL (SELECT o.seq, o.aggregateversion, " EVENT_OF_O
         "   FROM outbox o JOIN q ON o.seq >= q.seq"
         "   WHERE o.aggregatetype = $4 AND o.aggregateid = $5"
         "    AND o.aggregateversion >= coalesce((SELECT version FROM first), 0)"
         "    AND o.seq > $6::bigint AND o.seq <= $7::bigint"
         "    AND q.seq <= $6::bigint"
         "   ORDER BY o.aggregateversion LIMIT 1)),"
         " gap AS MATERIALIZED (SELECT first.version + 1 AS version FROM first, o"
         "  WHERE o.version > first.version + 1 AND EXISTS (SELECT"
         "   FROM outbox_missing m WHERE m.from_seq < o.seq AND m.to_seq > first.seq)),"
         " lost AS MATERIALIZED ("
         "  SELECT seq, event->>'version' AS version, event ? 'id' AS is_noted,"
         "   event ? 'id' AND EXISTS (SELECT FROM outbox f"
         "    WHERE f.shard = $2::smallint AND f.seq = q.seq) AS is_replaced"
         "   FROM q WHERE seq > $6::bigint AND NOT EXISTS (SELECT FROM o)"
         "  UNION ALL SELECT o.seq, gap.version::text, false, false FROM o, gap),"
         " moved AS (UPDATE relay_quarantine k SET seq = o.seq, event = CASE"
         "   WHEN gap.version IS NULL THEN o.event"
         "   ELSE jsonb_build_object('seq', o.seq, 'version', gap.version) END"
         "  FROM o LEFT JOIN gap ON true"
         "  WHERE k.shard = $2::smallint AND k.aggregatetype = $4 AND k.aggregateid = $5),"
         " lacks AS MATERIALIZED (SELECT s.topic, o.seq FROM relay_sent s, mine, relay_member m, o"
         "  WHERE s.shard = mine.shard AND s.complete_to >= o.seq AND m.owner = $1"
         "   AND s.topic <> concat(m.topic_prefix, $4, '.events')"
         "   AND right(s.topic, length($4) + 7) = concat($4, '.events')"
         "  FOR NO KEY UPDATE OF s NOWAIT),"
         " late AS (UPDATE relay_sent s SET complete_to = lacks.seq - 1 FROM lacks"
         "  WHERE s.shard = $2::smallint AND s.topic = lacks.topic),"
         " freed AS (DELETE FROM relay_quarantine k USING q"
         "  WHERE k.shard = $2::smallint AND k.aggregatetype = $4 AND k.aggregateid = $5"
         "   AND NOT EXISTS (SELECT FROM o) AND NOT EXISTS (SELECT FROM lost))"
         " SELECT coalesce((SELECT seq FROM o), (SELECT seq FROM lost), 0),"
         "  (SELECT " LOST_TOLD " FROM lost) FROM q",
         11},
    /* $1 shard, $2 seq: also one that is gone, and for which there is what stands in its place */
    [SQL_ROW] = {"SELECT " OUTBOX_ROW_COLUMNS " FROM (" OUTBOX_ROWS
                 "  WHERE shard = $1::smallint AND seq = $2::bigint LIMIT 1) AS o"
                 " UNION ALL SELECT k.shard, k.seq, e.id, e.aggregatetype, e.aggregateid,"
                 "  'EventSkipped', k.payload, e.version, e.occurred_at, NULL, NULL, NULL"
                 " FROM relay_skipped k LEFT JOIN relay_quarantine q ON q.shard = k.shard"
                 "   AND q.seq = k.seq AND k.event IS NULL AND q.event->>'seq' = q.seq::text"
                 "  CROSS JOIN jsonb_to_record(" SKIPPED_EVENT ") AS e(id uuid,"
                 "  aggregatetype text, aggregateid text, version bigint, occurred_at timestamptz)"
                 " WHERE k.shard = $1::smallint AND k.seq = $2::bigint AND e.id IS NOT NULL"
                 "  AND NOT EXISTS (SELECT FROM outbox f"
                 "   WHERE f.shard = $1::smallint AND f.seq = $2::bigint)",
                 2},
    /* $1 owner, $2 shard, $3 epoch, $4 topic, $5 seq and $6 id of what is to count as the newest
     * there (NULL: nothing is), $7 up to where it is complete (NULL: as it is) */
    [SQL_RESUME] = {"WITH mine AS MATERIALIZED ("
                    "  SELECT shard FROM relay_shard WHERE shard = $2::smallint AND owner = $1"
                    "   AND epoch = $3::bigint FOR NO KEY UPDATE SKIP LOCKED)"
                    " INSERT INTO relay_sent (shard, topic, seq, id, complete_to)"
                    " SELECT shard, $4, $5::bigint, $6::uuid, coalesce($7::bigint, 0) FROM mine"
                    " ON CONFLICT (shard, topic) DO UPDATE SET seq = excluded.seq,"
                    "  id = excluded.id, complete_to = coalesce($7::bigint, relay_sent.complete_to)"
                    " RETURNING shard",
                    7},
    /* $1 the request, $2 who ends it, $3 what came of it */
    [SQL_END] =
        {"UPDATE relay_request SET ended_at = clock_timestamp(), ended_by = $2, outcome = $3"
         " WHERE id = $1::bigint AND ended_at IS NULL",
         3},
};

/* Both walk the primary key from a place on: it costs what they return, whatever the backlog. Rows
 * come only under a lease that this very database holds for us, in the same snapshot. Each look
 * asks relay_fence who holds what: relay_shard has a new version with each mark and renewal, and
 * where somebody holds a transaction open it would walk over them all. A fill, a rare one, may. */
const struct pgconn_statement OUTBOX_READER_SQL[READER_STATEMENT_COUNT] = {
    /* $1-$4 shards, epochs, places, how many of each; $5 owner */
    [SQL_READ] = {"SELECT " OUTBOX_ROW_COLUMNS
                  " FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::int[])"
                  "  AS w(shard, epoch, after, rows)"
                  " CROSS JOIN LATERAL (" OUTBOX_ROWS
                  "  WHERE outbox.shard = w.shard AND outbox.seq > w.after"
                  "  ORDER BY outbox.seq LIMIT w.rows) AS o"
                  " WHERE w.after + 1 >= " LOST_BELOW
                  "  AND w.epoch = (SELECT h.epoch FROM relay_fence h"
                  "  WHERE h.shard = w.shard AND h.owner = $5)",
                  5},
    /* $1 shard, $2 epoch, $3 after, $4 up to, $5 aggregate type, $6 how many, $7 owner. No look at
     * what is lost: nothing found means that there is nothing, and the fill goes on behind it. */
    [SQL_FILL] = {"SELECT " OUTBOX_ROW_COLUMNS " FROM (" OUTBOX_ROWS
                  "  WHERE shard = $1::smallint AND seq > $3::bigint AND seq <= $4::bigint"
                  "   AND aggregatetype = $5 AND $2::bigint = (SELECT r.epoch FROM relay_shard r"
                  "    WHERE r.shard = $1::smallint AND r.owner = $7)"
                  "  ORDER BY seq LIMIT $6::int) AS o",
                  7},
};

#define SET(name, value) " set_config('" name "', '" value "', " PGSERVER_IS_POOLED ")"

/* The planner knows nothing of a fresh outbox and must not sort it; times come in UTC; what waits
 * must outlive a crash, as what is sent behind it says that all before is in Kafka. */
/* clang-format off */
const char OUTBOX_READER_SETUP[] =
    "SELECT" SET("TimeZone", "UTC") "," SET("DateStyle", "ISO") ","
    SET("plan_cache_mode", "force_generic_plan") "," SET("enable_seqscan", "off") ","
    SET("enable_sort", "off") "," SET("enable_bitmapscan", "off") "," SET("jit", "off") ","
    SET("statement_timeout", "30s");

const char OUTBOX_CONTROL_SETUP[] =
    "SELECT" SET("TimeZone", "UTC") "," SET("DateStyle", "ISO") ","
    SET("jit", "off") "," SET("enable_seqscan", "off") "," SET("lock_timeout", "500ms") ","
    SET("statement_timeout", "10s") "," SET("synchronous_commit", "on");
/* clang-format on */
