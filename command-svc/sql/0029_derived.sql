-- Rows of relay_fence follow from relay_shard, and from nothing else: whatever is inserted there, a dump's rows
-- among it, becomes what relay_shard says of that shard, and nothing where it says nothing. pg_restore
-- --data-only stopped here, as it has the tables in an order of its own: before relay_shard's rows for the key
-- that refers to them, behind them for those that its trigger had made already. FOR SHARE: who claims the shard
-- meanwhile is waited for, and its row is what counts.
CREATE FUNCTION relay_fence_derive() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO relay_fence AS f (shard, owner, epoch)
        SELECT s.shard, s.owner, s.epoch FROM relay_shard s WHERE s.shard = NEW.shard FOR SHARE
        ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch
            WHERE (f.owner, f.epoch) IS DISTINCT FROM (excluded.owner, excluded.epoch);
    RETURN NULL;
END $$;
SELECT installation_secure();

-- Not of what the triggers of relay_shard write, nor of what this one does.
CREATE TRIGGER relay_fence_derive BEFORE INSERT ON relay_fence FOR EACH ROW
    WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION relay_fence_derive();
