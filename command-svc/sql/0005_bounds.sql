-- What no relay could publish no writer may commit: one such row stops its shard for everybody. The
-- rules come NOT VALID, which is quick; 0006 looks at the rows that are there.

-- Type and headers travel as headers of a record; a record has 512 KiB for what is written by others.
ALTER TABLE outbox
    ADD CONSTRAINT outbox_type_form
        CHECK (octet_length(type) <= 128 AND type COLLATE "C" ~ '^[A-Za-z0-9.]+$') NOT VALID,
    ADD CONSTRAINT outbox_headers_form
        CHECK (jsonb_typeof(headers) = 'object' AND octet_length(headers::text) <= 8192) NOT VALID,
    ADD CONSTRAINT outbox_row_size
        CHECK (octet_length(payload::text) + octet_length(headers::text) + octet_length(type) <= 524288) NOT VALID;

-- A shard that nobody reads would swallow what is written to it.
CREATE FUNCTION outbox_bound_shards() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    present int := (SELECT shards FROM installation);
BEGIN
    IF present IS NOT NULL AND NOT EXISTS (SELECT FROM pg_constraint
        WHERE conrelid = 'outbox'::regclass AND conname = 'outbox_shard_range') THEN
        EXECUTE format('ALTER TABLE outbox ADD CONSTRAINT outbox_shard_range
            CHECK (shard >= 0 AND shard < %s) %s', present,
            CASE WHEN EXISTS (SELECT FROM outbox) THEN 'NOT VALID' END);
    END IF;
END $$;
REVOKE ALL ON FUNCTION outbox_bound_shards() FROM PUBLIC;
SELECT outbox_bound_shards();

-- Looks at the rows that were there before a rule. A row that breaks it stays, as history does, and
-- the rule then holds for new rows only; `migrate` says so.
CREATE FUNCTION outbox_validate() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    rule name;
BEGIN
    FOR rule IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'outbox'::regclass AND contype = 'c' AND NOT convalidated LOOP
        BEGIN
            EXECUTE format('ALTER TABLE outbox VALIDATE CONSTRAINT %I', rule);
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'rows of the outbox break %: it holds for new ones', rule;
        END;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION outbox_validate() FROM PUBLIC;

CREATE OR REPLACE FUNCTION installation_init(wanted int) RETURNS int
    LANGUAGE plpgsql AS $$
DECLARE
    present int;
BEGIN
    INSERT INTO installation (shards) VALUES (wanted) ON CONFLICT DO NOTHING;
    SELECT shards INTO present FROM installation;
    IF present <> wanted THEN
        RAISE EXCEPTION 'this database has % shards and cannot change to %', present, wanted
            USING HINT = 'The number of shards is fixed by the first migration.';
    END IF;
    INSERT INTO relay_shard (shard) SELECT generate_series(0, present - 1) ON CONFLICT DO NOTHING;
    PERFORM outbox_bound_shards();
    PERFORM installation_secure();
    PERFORM outbox_maintain();
    RETURN present;
END $$;

-- As before; what it refuses beside the rules above is a key that a reader cannot hold apart, and a
-- number that the relay would take for an old one.
CREATE OR REPLACE FUNCTION outbox_append(
    aggregatetype text, aggregateid text, type text, payload json, headers jsonb DEFAULT '{}')
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    my_shard    smallint;
    my_version  int;
    my_seq      bigint;
    my_position bigint;
BEGIN
    IF outbox_append.aggregatetype IN ('order', 'customer', 'product') THEN
        RAISE EXCEPTION 'events of type % are written by command-svc alone', outbox_append.aggregatetype
            USING HINT = 'Use a command, or an aggregate type of your own.';
    END IF;
    IF outbox_append.aggregatetype !~ '^[a-z0-9_-]{1,64}$' OR length(outbox_append.aggregateid) NOT BETWEEN 1 AND 64 THEN
        RAISE EXCEPTION 'aggregate type must be 1-64 of a-z 0-9 _ -, the id 1-64 characters';
    END IF;
    SELECT (outbox_murmur2(outbox_append.aggregateid) & 2147483647) % shards INTO STRICT my_shard FROM installation;
    PERFORM set_config('synchronous_commit', 'on', true);
    PERFORM pg_advisory_xact_lock(outbox_lock_class(), my_shard);
    INSERT INTO outbox_head AS h (aggregatetype, aggregateid, version)
        VALUES (outbox_append.aggregatetype, outbox_append.aggregateid, 1)
        ON CONFLICT ON CONSTRAINT outbox_head_pkey DO UPDATE SET version = h.version + 1
        RETURNING h.version INTO my_version;
    IF my_version = 1 AND outbox_append.aggregateid ~ '[[:space:][:cntrl:]]' THEN
        RAISE EXCEPTION 'the id of a new aggregate holds no blanks and no control characters';
    END IF;
    my_seq := nextval(pg_get_serial_sequence('outbox', 'seq'));
    SELECT position INTO my_position FROM relay_shard WHERE shard = my_shard;
    IF my_seq <= my_position OR EXISTS (SELECT FROM outbox WHERE shard = my_shard AND seq >= my_seq) THEN
        RAISE EXCEPTION 'the outbox''s sequence went back: it gave % to shard %, which is further', my_seq, my_shard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set it beyond all: command-svc/README.md, "The outbox''s sequence went back".';
    END IF;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion, shard, seq, headers, occurred_at)
        OVERRIDING SYSTEM VALUE
        VALUES (gen_random_uuid(), outbox_append.aggregatetype, outbox_append.aggregateid, outbox_append.type,
                outbox_append.payload, my_version, my_shard, my_seq, outbox_append.headers, clock_timestamp());
    RETURN my_version;
END $$;

SELECT installation_secure();
