-- What an event in the quarantine was is noted when it is parked: should somebody drop its partition by
-- hand, a person can still go on without it, and in its place stands EventSkipped with its version.
ALTER TABLE relay_quarantine ADD COLUMN event jsonb
    -- a person may write it, and one that cannot be read would keep all others from being listed
    CONSTRAINT relay_quarantine_event_form CHECK (event IS NULL OR coalesce(
        event->>'seq' ~ '^[0-9]{1,19}$' AND event->>'version' ~ '^[1-9][0-9]{0,17}$' -- all there are, and more
        AND coalesce(event->>'id', '00000000-0000-0000-0000-000000000000') ~
            '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$', false));
ALTER TABLE relay_skipped ADD COLUMN event jsonb;
COMMENT ON COLUMN relay_quarantine.event IS 'What was the event seq; of another seq: nothing is noted; without an id: it stands before seq, is gone, and only its version is known.';
COMMENT ON COLUMN relay_skipped.event IS 'What it was, should its row be gone; NULL: not noted.';
