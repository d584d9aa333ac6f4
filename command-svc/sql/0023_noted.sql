-- What an event in the quarantine was is noted when it is parked: should somebody drop its partition by
-- hand, a person can still go on without it, and in its place stands EventSkipped with its version.
ALTER TABLE relay_quarantine ADD COLUMN event jsonb;
ALTER TABLE relay_skipped ADD COLUMN event jsonb;
COMMENT ON COLUMN relay_quarantine.event IS 'What was the event seq; of another seq: nothing is noted; without an id: it stands before seq, is gone, and only its version is known.';
COMMENT ON COLUMN relay_skipped.event IS 'What it was, should its row be gone; NULL: not noted.';

-- One by one: what waits may be there because it cannot be read.
DO $$
DECLARE
    waits relay_quarantine;
BEGIN
    FOR waits IN SELECT * FROM relay_quarantine LOOP
        BEGIN
            UPDATE relay_quarantine q
                SET event = jsonb_build_object('seq', o.seq, 'version', o.aggregateversion, 'id', o.id, 'type', o.type,
                    'occurred_at', o.occurred_at)
                FROM outbox o
                WHERE o.shard = waits.shard AND o.seq = waits.seq
                    AND (q.shard, q.aggregatetype, q.aggregateid) = (waits.shard, waits.aggregatetype, waits.aggregateid);
        EXCEPTION WHEN data_corrupted OR index_corrupted OR data_exception THEN
            NULL;
        END;
    END LOOP;
END $$;
