-- Which shards there are is said by installation alone: one without a row in relay_shard is one that
-- nobody publishes, and its events grow as old as those of any other.

-- When the oldest event not known to be published happened; NULL when there is none. Lags behind
-- by the relay's marks, at most half a second. Where no position is known, a shard's topics tell.
CREATE OR REPLACE FUNCTION outbox_oldest_unpublished() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT min(o.occurred_at)
    FROM (SELECT n::smallint AS shard FROM installation, generate_series(0, shards - 1) n) s
    LEFT JOIN relay_shard r USING (shard)
    CROSS JOIN LATERAL (
        SELECT occurred_at FROM outbox WHERE outbox.shard = s.shard AND seq > coalesce(r.position,
            (SELECT max(complete_to) FROM relay_sent t WHERE t.shard = s.shard), 0)
        ORDER BY seq LIMIT 1) o
$$;

SELECT installation_secure();
