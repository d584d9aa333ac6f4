/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/outbox/operator_sql.h"

/* Of each aggregate in the quarantine its first event and how many there are. Nothing of a row is
 * read but what names it: it may be there because the rest cannot be read. Where it is gone, what
 * was noted of it when it was parked; where one before it is, no more than its version. */
#define PARKED                                                                                     \
    "SELECT q.shard, q.aggregatetype, q.aggregateid, q.seq, q.since, q.reason,"                    \
    "  coalesce(o.id, (e.event->>'id')::uuid) AS id, coalesce(o.type, e.event->>'type') AS type,"  \
    "  coalesce(o.aggregateversion, (e.event->>'version')::bigint) AS aggregateversion,"           \
    "  coalesce(o.occurred_at, (e.event->>'occurred_at')::timestamptz) AS occurred_at,"            \
    "  o.seq IS NULL AS is_gone,"                                                                  \
    "  (SELECT count(*) FROM outbox w JOIN relay_shard r USING (shard)"                            \
    "    WHERE w.aggregatetype = q.aggregatetype AND w.aggregateid = q.aggregateid"                \
    "     AND w.seq >= q.seq AND w.seq <= r.position) AS waiting"                                  \
    " FROM relay_quarantine q CROSS JOIN LATERAL"                                                  \
    "  (SELECT CASE WHEN q.event->>'seq' = q.seq::text THEN q.event END AS event) e"               \
    " LEFT JOIN outbox o ON o.shard = q.shard AND o.seq = q.seq"                                   \
    "  AND o.aggregatetype = q.aggregatetype AND o.aggregateid = q.aggregateid"                    \
    "  AND o.aggregateversion = coalesce((e.event->>'version')::bigint, o.aggregateversion)"

#define SINCE "to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

const char OPERATOR_SQL_LIST[] =
    "SELECT string_agg(format(E'%s/%s\\n  waits from version %s (%s) on, %s events, since %s, "
    "shard "
    "%s, seq %s\\n  %s', aggregatetype, aggregateid, aggregateversion,"
    " concat_ws(', ', type, CASE WHEN is_gone THEN 'gone from the outbox' END), waiting, " SINCE
    ", shard, seq, reason), E'\\n' ORDER BY since, seq) FROM (" PARKED ") p";

const char OPERATOR_SQL_LIST_JSON[] =
    "SELECT coalesce(json_agg(p ORDER BY since, seq), '[]') FROM (" PARKED ") p";

#define WAITING                                                                                    \
    "SELECT w.aggregateversion AS version, w.seq, w.type, w.id, w.occurred_at"                     \
    " FROM relay_quarantine q JOIN relay_shard r USING (shard) JOIN outbox w"                      \
    "  ON w.aggregatetype = q.aggregatetype AND w.aggregateid = q.aggregateid"                     \
    "   AND w.seq >= q.seq AND w.seq <= r.position"                                                \
    " WHERE q.aggregatetype = $1 AND q.aggregateid = $2"

#define ASKED                                                                                      \
    "SELECT id, kind, seq, requested_by, requested_at, reason, outcome, ended_at"                  \
    " FROM relay_request WHERE aggregatetype = $1 AND aggregateid = $2"

const char OPERATOR_SQL_SHOW[] =
    "SELECT format(E'%s/%s in shard %s since %s\\n  %s\\nwaiting:\\n%s', aggregatetype, "
    "aggregateid,"
    "  shard, " SINCE ", reason,"
    "  (SELECT string_agg(format('  version %s  %s  seq %s  %s', version, type, seq, id), E'\\n'"
    "    ORDER BY version) FROM (" WAITING ") w))"
    " || coalesce(E'\\nasked:\\n' || (SELECT string_agg(format('  %s of seq %s by %s at %s%s: %s',"
    "    kind, seq, requested_by, requested_at, coalesce(' (' || nullif(reason, '') || ')', ''),"
    "    coalesce(outcome, 'not carried out yet')), E'\\n' ORDER BY id) FROM (" ASKED ") a), '')"
    " FROM (" PARKED ") p WHERE aggregatetype = $1 AND aggregateid = $2";

const char OPERATOR_SQL_SHOW_JSON[] =
    "SELECT json_build_object('aggregate', p, 'waiting',"
    "  (SELECT coalesce(json_agg(w ORDER BY version), '[]') FROM (" WAITING ") w), 'asked',"
    "  (SELECT coalesce(json_agg(a ORDER BY id), '[]') FROM (" ASKED ") a))"
    " FROM (" PARKED ") p WHERE aggregatetype = $1 AND aggregateid = $2";

const char OPERATOR_SQL_FIRST[] =
    "SELECT format(E'%s\\t%s\\t%s\\t%s', seq, CASE WHEN id IS NOT NULL THEN aggregateversion END, "
    "type,"
    "  floor(extract(epoch FROM CASE WHEN isfinite(occurred_at) THEN occurred_at ELSE since END)"
    "   * 1000)::bigint) FROM (" PARKED ") p"
    " WHERE aggregatetype = $1 AND aggregateid = $2";

const char OPERATOR_SQL_REQUEST[] =
    "INSERT INTO relay_request (shard, kind, aggregatetype, aggregateid, seq, reason, payload,"
    "  requested_by)"
    " SELECT shard, $1, aggregatetype, aggregateid, seq, $5, $6::json,"
    "  $7 || ' (database role ' || session_user || ')' FROM relay_quarantine"
    " WHERE aggregatetype = $2 AND aggregateid = $3 AND seq = $4::bigint RETURNING id";

/* Of a number that was never given it could not be said what it leaves out. */
const char OPERATOR_SQL_RESUME[] =
    "WITH asked AS (INSERT INTO relay_request (shard, kind, record, reason, requested_by, topic, "
    "seq)"
    "  SELECT shard, $1,"
    "    CASE WHEN $7::bigint IS NULL THEN $3::uuid ELSE '00000000-0000-0000-0000-000000000000' "
    "END,"
    "    $4, $5 || ' (database role ' || session_user || ')', $6,"
    "    $7::bigint"
    "   FROM relay_shard WHERE ($2 = 'all' OR shard = nullif($2, 'all')::int)"
    "    AND ($7::bigint IS NULL"
    "     OR $7::bigint < (SELECT last_value + is_called::int FROM outbox_seq_seq))"
    "   RETURNING id)"
    " SELECT string_agg(id::text, ',' ORDER BY id) FROM asked";

const char OPERATOR_SQL_OUTCOME[] =
    "SELECT CASE WHEN bool_and(outcome IS NOT NULL) THEN"
    "  CASE WHEN bool_and(outcome LIKE 'done%' OR (aggregateid IS NULL"
    "   AND outcome LIKE 'nothing to do%')) THEN 't' ELSE 'f' END"
    "  || string_agg(DISTINCT coalesce(aggregatetype || '/' || aggregateid, 'shard ' || shard)"
    "   || ': ' || outcome, E'\n') END"
    " FROM relay_request WHERE id = ANY (string_to_array($1, ',')::bigint[])";

const char OPERATOR_SQL_IN_USE[] =
    "SELECT 'in use' WHERE EXISTS (SELECT FROM relay_sent WHERE topic = $1)"
    " OR EXISTS (SELECT FROM relay_member"
    "  WHERE coalesce(topic_prefix, '') || $2 || '.events' = $1)";

/*
 * A moment is looked for in each shard by halving, as times grow with seq there but for a little:
 * what counts is that it is one place, so that no version between two others is left out.
 */
const char OPERATOR_SQL_RANGES[] =
    "WITH RECURSIVE s AS MATERIALIZED (SELECT n::smallint AS shard, coalesce(r.position, 0) AS last"
    "  FROM installation CROSS JOIN generate_series(0, shards - 1) n"
    "  LEFT JOIN relay_shard r ON r.shard = n),"
    " halving AS (SELECT s.shard, w.bound, to_timestamp(w.ms / 1000.0) AS at, 0::bigint AS low,"
    "   s.last + 1 AS high"
    "  FROM s CROSS JOIN (VALUES ('from', $3::bigint), ('to', $4::bigint)) w(bound, ms)"
    "  WHERE w.ms IS NOT NULL"
    " UNION ALL SELECT h.shard, h.bound, h.at,"
    "   CASE WHEN m.occurred_at < h.at THEN m.seq + 1 ELSE h.low END,"
    "   CASE WHEN m.occurred_at < h.at THEN h.high ELSE (h.low + h.high) / 2 END"
    "  FROM halving h LEFT JOIN LATERAL (SELECT o.seq, o.occurred_at FROM outbox o"
    "    WHERE o.shard = h.shard AND o.seq >= (h.low + h.high) / 2 AND o.seq < h.high"
    "    ORDER BY o.seq LIMIT 1) m ON true WHERE h.low < h.high),"
    " found AS (SELECT shard, bound, low FROM halving WHERE low >= high),"
    " bounds AS (SELECT s.shard, greatest(coalesce($1::bigint, f.low, 1) - 1, 0) AS after,"
    "   least(s.last, $2::bigint, t.low - 1) AS upto"
    "  FROM s LEFT JOIN found f ON f.shard = s.shard AND f.bound = 'from'"
    "  LEFT JOIN found t ON t.shard = s.shard AND t.bound = 'to')"
    " SELECT concat(CASE WHEN $3::bigint IS NULL THEN coalesce($1::bigint, 0)"
    "   ELSE (SELECT coalesce(min(low), 0) FROM found WHERE bound = 'from' AND low > 0) END, ' ',"
    "  string_agg(concat(after, ' ', greatest(after, upto)), ' ' ORDER BY shard)) FROM bounds";

const char OPERATOR_SQL_FIRST_WHOLE[] =
    "SELECT nullif(greatest($1::bigint, (SELECT max(to_seq) FROM outbox_missing),"
    "  (SELECT min(substring(pg_get_expr(c.relpartbound, c.oid)"
    "    FROM 'FROM \\(''?([0-9]+)')::bigint)"
    "   FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    "   WHERE i.inhparent = 'outbox'::regclass)), $1::bigint)";
