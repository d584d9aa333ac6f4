-- What waits already is noted, too, apart from 0023: it may be thousands, and those who publish are not to wait
-- for the tables' locks meanwhile.
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
