-- What ends the stop of a shard whose next rows are gone, or can be neither read nor parked: a person
-- has it go on behind them. Asked for by a person, carried out by the relay that holds the shard.
-- It is an 'after-record' whose record there can be none of, so that a relay-svc that does not know of it
-- refuses it.
ALTER TABLE relay_request ADD CONSTRAINT relay_request_past_seq CHECK (
    kind <> 'after-record' OR (seq IS NOT NULL AND seq > 0) = (record = '00000000-0000-0000-0000-000000000000'));

COMMENT ON COLUMN relay_request.seq IS 'retry, skip: the event it is about; after-record: of no record, but behind rows up to there, which are left out.';

-- As before; but of numbers that were never given no row can be lost. Else who leaves out what is lost
-- would stand behind numbers that are still to come.
CREATE OR REPLACE VIEW outbox_missing AS
SELECT from_seq, CASE WHEN is_there THEN lost_to ELSE least(to_seq, last_value + is_called::int) END AS to_seq
FROM (SELECT *, EXISTS (SELECT FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
        WHERE inhparent = 'outbox'::regclass AND c.relname = name) AS is_there
    FROM outbox_partition, outbox_seq_seq WHERE dropped_at IS NULL AND from_seq <= last_value) p
WHERE NOT is_there OR lost_to IS NOT NULL;

-- Up to which seq the next rows of a shard (of that aggregate type; NULL: of any) keep it from going on:
-- the first one; or, where it cannot be read, all that cannot be read together with it, as on a damaged
-- page. NULL: there is none. What is damaged does not tell its number, so it is looked for by halving.
CREATE FUNCTION outbox_blocked_to(of_shard smallint, after bigint, of_type text) RETURNS bigint
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
DECLARE
    most   CONSTANT int := 1000; -- rows told at once
    reach  CONSTANT bigint := 100000; -- of one type what lies between is read, however little it is
    upto   bigint := (SELECT last_value FROM outbox_seq_seq);
    place  bigint := after;
    high   bigint;
    middle bigint;
    bad    bigint;
    found  bigint;
    words  text;
BEGIN
    IF of_type IS NOT NULL THEN
        upto := least(upto, after + reach);
    END IF;
    FOR n IN 1 .. most LOOP
        high := upto;
        middle := upto;
        LOOP
            found := NULL;
            BEGIN
                SELECT o.seq, concat(o.id, o.aggregatetype, o.aggregateid, o.type, o.aggregateversion) INTO found, words
                    FROM outbox o WHERE o.shard = of_shard AND o.seq > place AND o.seq <= middle
                        AND (of_type IS NULL OR o.aggregatetype = of_type)
                    ORDER BY o.seq LIMIT 1;
                IF middle = upto THEN
                    RETURN coalesce(bad, found);
                END IF;
                place := middle;
            EXCEPTION WHEN data_corrupted OR index_corrupted OR data_exception THEN
                high := middle;
            END;
            EXIT WHEN high - place <= 1;
            middle := place + (high - place) / 2;
        END LOOP;
        bad := high;
        place := high;
    END LOOP;
    RETURN bad;
END $$;
REVOKE ALL ON FUNCTION outbox_blocked_to(smallint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_blocked_to(smallint, bigint, text) TO orderspine_relay;
