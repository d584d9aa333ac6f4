-- An argument that is NULL is named, and refused before anything is locked: PostgreSQL spoke of columns that
-- the caller never wrote.
CREATE OR REPLACE FUNCTION outbox_append(
    aggregatetype text, aggregateid text, type text, payload json, headers jsonb DEFAULT '{}')
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    my_shard    smallint;
    my_version  int;
    my_seq      bigint;
    my_position bigint;
    my_nulls    text;
BEGIN
    IF num_nulls(outbox_append.aggregatetype, outbox_append.aggregateid, outbox_append.type, outbox_append.payload,
            outbox_append.headers) > 0 THEN
        SELECT string_agg(name, ', ') INTO my_nulls FROM (VALUES
            ('aggregatetype', outbox_append.aggregatetype IS NULL), ('aggregateid', outbox_append.aggregateid IS NULL),
            ('type', outbox_append.type IS NULL), ('payload', outbox_append.payload IS NULL),
            ('headers', outbox_append.headers IS NULL)) argument (name, is_null) WHERE is_null;
        RAISE EXCEPTION 'outbox_append() was given NULL as %', my_nulls
            USING ERRCODE = 'null_value_not_allowed',
                  HINT = 'Give each argument a value: a payload that says nothing is ''{}'', headers may be left out.';
    END IF;
    -- AGGREGATES in common/contract/topics.h; a unit test compares the two.
    IF outbox_append.aggregatetype IN ('order', 'customer', 'product', 'stock') THEN
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
