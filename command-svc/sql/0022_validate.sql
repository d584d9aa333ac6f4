-- The rules of 0021, for the rows that were there: see 0006.
SELECT outbox_validate();
DO $$
DECLARE
    rule record;
BEGIN
    FOR rule IN SELECT conname, conrelid::regclass AS home FROM pg_constraint
        WHERE conrelid IN ('relay_shard'::regclass, 'relay_sent'::regclass) AND contype = 'c' AND NOT convalidated LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', rule.home, rule.conname);
        EXCEPTION WHEN check_violation THEN
            RAISE WARNING 'rows of % break %: set them right, relay-svc cannot write to them', rule.home, rule.conname;
        END;
    END LOOP;
END $$;
