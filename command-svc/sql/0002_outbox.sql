-- S append-only logs. A writer holds pg_advisory_xact_lock(outbox_lock_class(), shard) from before
-- it draws seq until its commit is visible, so inside a shard the order of seq is the order of
-- commits, and a reader needs to remember one number per shard.

CREATE TABLE installation (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    shards     smallint NOT NULL CHECK (shards BETWEEN 1 AND 1024),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The first five columns are those of Debezium's outbox event router, under its names. payload is
-- json, not jsonb: the bytes stay as they were written.
CREATE TABLE outbox (
    id               uuid NOT NULL,
    aggregatetype    text NOT NULL,
    aggregateid      text NOT NULL,
    type             text NOT NULL,
    payload          json NOT NULL,
    aggregateversion int NOT NULL CHECK (aggregateversion >= 1),
    shard            smallint NOT NULL,
    seq              bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    headers          jsonb NOT NULL DEFAULT '{}',
    occurred_at      timestamptz NOT NULL,
    PRIMARY KEY (shard, seq)
) PARTITION BY RANGE (seq);

CREATE TABLE outbox_head (
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    version       int NOT NULL,
    PRIMARY KEY (aggregatetype, aggregateid)
);

CREATE TABLE relay_shard (
    shard       smallint PRIMARY KEY,
    position    bigint NOT NULL DEFAULT 0,
    owner       text,
    epoch       bigint NOT NULL DEFAULT 0,
    lease_until timestamptz
) WITH (fillfactor = 20);

CREATE TABLE relay_sent (
    shard smallint NOT NULL,
    topic text NOT NULL,
    seq   bigint NOT NULL,
    id    uuid NOT NULL,
    PRIMARY KEY (shard, topic)
) WITH (fillfactor = 20);

CREATE TABLE relay_member (
    owner   text PRIMARY KEY,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE FUNCTION outbox_lock_class() RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1869769843';

-- Attaches the partitions that the next rows will need. Attaching leaves writers alone; creating a
-- partition in place would block every insert. Ten million rows each.
CREATE FUNCTION outbox_maintain() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    rows_each CONSTANT bigint := 10000000;
    current   bigint;
    part      text;
    made      int := 0;
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    PERFORM pg_advisory_xact_lock(outbox_lock_class() + 1, 0);
    current := coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'seq')::regclass), 1) / rows_each;
    FOR n IN current .. current + 1 LOOP
        part := 'outbox_' || n;
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (shard, seq), ADD UNIQUE (aggregatetype, aggregateid, aggregateversion)', part);
        EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', part, n * rows_each, (n + 1) * rows_each);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- The number of shards is chosen once: changing it later would move aggregates between partitions
-- and break their order.
CREATE FUNCTION installation_init(wanted int) RETURNS int
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
    PERFORM outbox_maintain();
    RETURN present;
END $$;

-- When the oldest event not known to be published happened; NULL when there is none. Lags behind
-- by the relay's marks, at most half a second.
CREATE FUNCTION outbox_oldest_unpublished() RETURNS timestamptz
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT min(o.occurred_at) FROM relay_shard r CROSS JOIN LATERAL (
        SELECT occurred_at FROM outbox WHERE shard = r.shard AND seq > r.position
        ORDER BY seq LIMIT 1) o
$$;

-- murmur2 as Java's default partitioner computes it, so that other programs' events meet ours in
-- the same partition.
CREATE FUNCTION outbox_multiply32(a bigint, b bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    'SELECT (((((a >> 16) * b) & 65535) << 16) + (a & 65535) * b) & 4294967295';

CREATE FUNCTION outbox_murmur2(key text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    m     CONSTANT bigint := 1540483477;
    bytes CONSTANT bytea := convert_to(key, 'UTF8');
    len   CONSTANT int := length(bytes);
    hash  bigint := (2538058380 # len::bigint) & 4294967295;
    k     bigint;
BEGIN
    FOR i IN 0 .. len / 4 - 1 LOOP
        k := get_byte(bytes, 4 * i)::bigint | (get_byte(bytes, 4 * i + 1)::bigint << 8)
            | (get_byte(bytes, 4 * i + 2)::bigint << 16) | (get_byte(bytes, 4 * i + 3)::bigint << 24);
        k := outbox_multiply32(k, m);
        k := outbox_multiply32(k # (k >> 24), m);
        hash := outbox_multiply32(hash, m) # k;
    END LOOP;
    IF len % 4 > 0 THEN
        k := 0;
        FOR i IN REVERSE len % 4 - 1 .. 0 LOOP
            k := (k << 8) | get_byte(bytes, len - len % 4 + i)::bigint;
        END LOOP;
        hash := outbox_multiply32(hash # k, m);
    END IF;
    hash := outbox_multiply32(hash # (hash >> 13), m);
    RETURN hash # (hash >> 15);
END $$;

-- How other programs publish through the outbox: call it as the last statement before COMMIT, as
-- it holds the shard's lock until then. Returns the event's version.
CREATE FUNCTION outbox_append(
    aggregatetype text, aggregateid text, type text, payload json, headers jsonb DEFAULT '{}')
    RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    my_shard   smallint;
    my_version int;
BEGIN
    IF outbox_append.aggregatetype IN ('order', 'customer', 'product') THEN
        RAISE EXCEPTION 'events of type % are written by command-svc alone', outbox_append.aggregatetype
            USING HINT = 'Use a command, or an aggregate type of your own.';
    END IF;
    IF outbox_append.aggregatetype !~ '^[a-z0-9_-]{1,64}$' OR length(outbox_append.aggregateid) NOT BETWEEN 1 AND 64 THEN
        RAISE EXCEPTION 'aggregate type must be 1-64 of a-z 0-9 _ -, the id 1-64 characters';
    END IF;
    IF octet_length(payload::text) > 524288 THEN
        RAISE EXCEPTION 'an event may have 512 KiB, this one has % bytes', octet_length(payload::text);
    END IF;
    SELECT (outbox_murmur2(outbox_append.aggregateid) & 2147483647) % shards INTO STRICT my_shard FROM installation;
    PERFORM set_config('synchronous_commit', 'on', true);
    PERFORM pg_advisory_xact_lock(outbox_lock_class(), my_shard);
    INSERT INTO outbox_head AS h (aggregatetype, aggregateid, version)
        VALUES (outbox_append.aggregatetype, outbox_append.aggregateid, 1)
        ON CONFLICT ON CONSTRAINT outbox_head_pkey DO UPDATE SET version = h.version + 1
        RETURNING h.version INTO my_version;
    INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion, shard, headers, occurred_at)
        VALUES (gen_random_uuid(), outbox_append.aggregatetype, outbox_append.aggregateid, outbox_append.type,
                outbox_append.payload, my_version, my_shard, outbox_append.headers, clock_timestamp());
    RETURN my_version;
END $$;
