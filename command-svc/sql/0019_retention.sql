-- The outbox's history may be given up once it is old and published. And which partitions there are is
-- written down: one that is gone without having been given up here holds events that nobody publishes,
-- and a relay that found nothing there would pass over them in silence.
ALTER TABLE installation ADD COLUMN outbox_keep interval DEFAULT '1 day';
COMMENT ON COLUMN installation.outbox_keep IS 'For the owner alone to set: OUTBOX_RETENTION drops no partition that has been full for less; NULL: none at all.';
COMMENT ON TABLE installation IS 'One row: what can never change in this database, and what its owner has decided.';

CREATE TABLE outbox_partition (
    from_seq     bigint PRIMARY KEY,
    to_seq       bigint NOT NULL,
    name         name NOT NULL,
    full_at      timestamptz,
    dropped_at   timestamptz,
    lost_to      bigint,
    kept_because text
);

COMMENT ON TABLE outbox_partition IS 'The partitions of outbox, those that are gone included.';
COMMENT ON COLUMN outbox_partition.to_seq IS 'The first seq beyond it.';
COMMENT ON COLUMN outbox_partition.full_at IS 'When outbox_maintain() first saw that all numbers of it were given; rows tell no age that who writes them could not make up.';
COMMENT ON COLUMN outbox_partition.dropped_at IS 'When outbox_maintain() dropped it, old and published.';
COMMENT ON COLUMN outbox_partition.lost_to IS 'It was made once more, after somebody had dropped it with its rows: the first seq beyond those.';
COMMENT ON COLUMN outbox_partition.kept_because IS 'Why it is not dropped, though it is old enough.';

-- What nobody here dropped, and is not there: rows up to to_seq are lost to whoever has not read them.
-- One whose numbers are still to be given has none.
CREATE VIEW outbox_missing AS
SELECT from_seq, CASE WHEN is_there THEN lost_to ELSE to_seq END AS to_seq
FROM (SELECT *, EXISTS (SELECT FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
        WHERE inhparent = 'outbox'::regclass AND c.relname = name) AS is_there
    FROM outbox_partition, outbox_seq_seq WHERE dropped_at IS NULL AND from_seq <= last_value) p
WHERE NOT is_there OR lost_to IS NOT NULL;

COMMENT ON VIEW outbox_missing IS 'Rows of the outbox that somebody has dropped or detached by hand.';

GRANT SELECT ON outbox_partition TO orderspine_command, orderspine_reader;
GRANT SELECT ON outbox_missing TO orderspine_relay, orderspine_reader;

-- What a partition holds that must not go, though it is old; NULL: nothing. A topic that is behind its
-- shard's position is filled from the outbox; one that is out of use cannot be told from it.
CREATE FUNCTION outbox_kept_because(first bigint, beyond bigint) RETURNS text
    LANGUAGE sql STABLE SET enable_seqscan = off SET jit = off AS $$
SELECT coalesce(
    (SELECT format('shard %s is published up to seq %s, and has newer rows there', s.shard, coalesce(r.position, 0))
        FROM (SELECT n::smallint AS shard FROM installation, generate_series(0, shards - 1) n) s
        LEFT JOIN relay_shard r USING (shard)
        WHERE EXISTS (SELECT FROM outbox o WHERE o.shard = s.shard AND o.seq > coalesce(r.position, 0)
            AND o.seq >= first AND o.seq < beyond)
        ORDER BY s.shard LIMIT 1),
    (SELECT format('%s/%s holds all rows up to seq %s only; if that topic is out of use: DELETE FROM relay_sent WHERE topic = %L',
            s.topic, s.shard, s.complete_to, s.topic)
        FROM relay_sent s JOIN relay_shard r USING (shard) WHERE s.complete_to < least(r.position, beyond - 1)
        ORDER BY s.complete_to, s.shard LIMIT 1),
    (SELECT format('%s/%s waits in the quarantine from seq %s on', aggregatetype, aggregateid, seq)
        FROM relay_quarantine WHERE seq < beyond ORDER BY seq LIMIT 1))
$$;
REVOKE ALL ON FUNCTION outbox_kept_because(bigint, bigint) FROM PUBLIC;

-- Attaches the partitions that the next rows will need, as before; then, where keep says for how long the
-- outbox is kept, drops the oldest partition, if it has been full for as long and is all published. One at
-- a time, and only where all who use the table let it in within a tenth of a second, as everybody waits
-- behind it meanwhile. Whatever stands in the way of that, the next rows have their partitions.
DROP FUNCTION outbox_maintain();
CREATE FUNCTION outbox_maintain(keep interval DEFAULT NULL) RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rows_each CONSTANT bigint := 10000000;
    newest    bigint;
    home      name;
    part      text;
    made      int := 0;
    oldest    outbox_partition;
    why       text;
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    PERFORM pg_advisory_xact_lock(outbox_lock_class() + 1, 0);
    SELECT n.nspname INTO STRICT home
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'outbox'::regclass;
    newest := coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'seq')::regclass), 1);
    FOR n IN newest / rows_each .. newest / rows_each + 1 LOOP
        part := format('%I.%I', home, 'outbox_' || n);
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %s (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (shard, seq), ADD UNIQUE (aggregatetype, aggregateid, aggregateversion)', part);
        EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', part, n * rows_each, (n + 1) * rows_each);
        UPDATE outbox_partition SET lost_to = newest + 1
            WHERE from_seq = n * rows_each AND from_seq <= newest AND dropped_at IS NULL;
        made := made + 1;
    END LOOP;
    INSERT INTO outbox_partition (from_seq, to_seq, name)
        SELECT bounds[1]::bigint, bounds[2]::bigint, c.relname
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
            regexp_match(pg_get_expr(c.relpartbound, c.oid), $b$FROM \('?(\d+)'?\) TO \('?(\d+)'?\)$b$) AS bounds
        WHERE i.inhparent = 'outbox'::regclass AND bounds IS NOT NULL
        ON CONFLICT (from_seq) DO UPDATE SET dropped_at = NULL, full_at = NULL, to_seq = excluded.to_seq, name = excluded.name
        WHERE outbox_partition.dropped_at IS NOT NULL OR outbox_partition.name <> excluded.name;

    UPDATE outbox_partition SET full_at = now() WHERE full_at IS NULL AND to_seq <= newest;

    SELECT p.* INTO oldest FROM outbox_partition p
        WHERE p.dropped_at IS NULL AND p.to_seq <= newest
            AND EXISTS (SELECT FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                WHERE inhparent = 'outbox'::regclass AND c.relname = p.name)
        ORDER BY p.from_seq LIMIT 1;
    IF keep IS NULL OR NOT EXISTS (SELECT FROM installation
        WHERE now() - oldest.full_at >= keep AND now() - oldest.full_at >= outbox_keep) THEN
        oldest.from_seq := NULL;
    END IF;
    IF oldest.from_seq IS NOT NULL THEN
        BEGIN
            why := outbox_kept_because(oldest.from_seq, oldest.to_seq);
            IF why IS NULL THEN
                part := format('%I.%I', home, oldest.name);
                PERFORM set_config('lock_timeout', '100ms', true);
                LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE;
                why := outbox_kept_because(oldest.from_seq, oldest.to_seq); -- who was writing has ended
            END IF;
            IF why IS NULL THEN
                EXECUTE format('ALTER TABLE outbox DETACH PARTITION %s', part);
                EXECUTE format('DROP TABLE %s', part);
                UPDATE outbox_partition SET dropped_at = now(), kept_because = NULL WHERE from_seq = oldest.from_seq;
            END IF;
        EXCEPTION
            WHEN lock_not_available THEN
                why := 'the table outbox is in use by somebody who does not end';
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS part = PG_EXCEPTION_DETAIL;
                why := concat_ws(': ', SQLERRM, nullif(part, ''));
        END;
    END IF;
    UPDATE outbox_partition SET kept_because = CASE WHEN from_seq = oldest.from_seq THEN why END
        WHERE kept_because IS DISTINCT FROM CASE WHEN from_seq = oldest.from_seq THEN why END;
    RETURN made;
END $$;
GRANT EXECUTE ON FUNCTION outbox_maintain(interval) TO orderspine_command;

SELECT installation_secure();
