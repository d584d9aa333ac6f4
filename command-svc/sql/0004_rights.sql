-- Who executes a SECURITY DEFINER function acts as its owner. So nothing it names may be looked up
-- where the caller can put something: the temporary schema comes last (it is searched first when it
-- is not listed), and nobody but the owner may create in ours.

-- Said again after every migration, as CREATE OR REPLACE FUNCTION forgets a function's settings and
-- a restored database its own rights.
CREATE FUNCTION installation_secure() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    home      name;
    home_oid  oid;
    owner_oid oid;
    definer   regprocedure;
BEGIN
    SELECT n.nspname, n.oid, c.relowner INTO STRICT home, home_oid, owner_oid
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'outbox'::regclass;
    FOR definer IN SELECT oid FROM pg_proc
        WHERE pronamespace = home_oid AND proowner = owner_oid AND prosecdef AND prokind IN ('f', 'p') LOOP
        EXECUTE format('ALTER ROUTINE %s SET search_path = pg_catalog, %I, pg_temp', definer, home);
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', definer);
    END LOOP;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', home);
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    IF has_schema_privilege('public', home_oid, 'CREATE') THEN
        RAISE EXCEPTION 'everybody may create in schema %, and could so act as the owner of the outbox', home
            USING HINT = format('Let its owner say: REVOKE CREATE ON SCHEMA %I FROM PUBLIC', home);
    END IF;
END $$;
REVOKE ALL ON FUNCTION installation_secure() FROM PUBLIC;

-- As before, with every name it makes written whole.
CREATE OR REPLACE FUNCTION outbox_maintain() RETURNS int
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    rows_each CONSTANT bigint := 10000000;
    current   bigint;
    home      name;
    part      text;
    made      int := 0;
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    PERFORM pg_advisory_xact_lock(outbox_lock_class() + 1, 0);
    SELECT n.nspname INTO STRICT home
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = 'outbox'::regclass;
    current := coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'seq')::regclass), 1) / rows_each;
    FOR n IN current .. current + 1 LOOP
        part := format('%I.%I', home, 'outbox_' || n);
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %s (LIKE outbox INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        EXECUTE format('ALTER TABLE %s ADD PRIMARY KEY (shard, seq), ADD UNIQUE (aggregatetype, aggregateid, aggregateversion)', part);
        EXECUTE format('ALTER TABLE outbox ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)', part, n * rows_each, (n + 1) * rows_each);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

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
    PERFORM installation_secure();
    PERFORM outbox_maintain();
    RETURN present;
END $$;

SELECT installation_secure();
