-- Who holds each shard, apart from how far it is and until when. relay-svc asks for it with every look at
-- the outbox, hundreds of times a second, while marks and renewals change relay_shard dozens of times: where
-- somebody holds a transaction open, none of the old versions can be cleaned away, and each look walked over
-- all of them. This table changes when a shard changes hands, and then only.
CREATE TABLE relay_fence (
    shard smallint PRIMARY KEY REFERENCES relay_shard ON DELETE CASCADE,
    owner text,
    epoch bigint NOT NULL
);

-- It follows relay_shard in the same transaction, whoever writes there: a relay-svc of the version before
-- knows nothing of it.
CREATE FUNCTION relay_fence_follow() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO relay_fence (shard, owner, epoch) VALUES (NEW.shard, NEW.owner, NEW.epoch)
        ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch;
    RETURN NULL;
END $$;
SELECT installation_secure();

CREATE TRIGGER relay_fence_hands AFTER UPDATE ON relay_shard FOR EACH ROW
    WHEN (OLD.owner IS DISTINCT FROM NEW.owner OR OLD.epoch <> NEW.epoch)
    EXECUTE FUNCTION relay_fence_follow();
CREATE TRIGGER relay_fence_rows AFTER INSERT ON relay_shard FOR EACH ROW
    EXECUTE FUNCTION relay_fence_follow();

-- The triggers keep every writer out until this is committed.
INSERT INTO relay_fence (shard, owner, epoch) SELECT shard, owner, epoch FROM relay_shard;

COMMENT ON TABLE relay_fence IS 'Who holds each shard, as relay_shard says it: written by its triggers alone.';
COMMENT ON COLUMN relay_fence.epoch IS 'Goes up with every claim; what a relay reads names it.';

GRANT SELECT ON relay_fence TO orderspine_relay, orderspine_reader;
