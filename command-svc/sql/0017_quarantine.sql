-- What Kafka will never take waits here for a person, and with it every later event of the same
-- aggregate. relay-svc puts an aggregate in and moves the shard's position past the event in one
-- transaction; the events themselves stay in the outbox.
CREATE TABLE relay_quarantine (
    shard         smallint NOT NULL,
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    seq           bigint NOT NULL,
    reason        text NOT NULL,
    since         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, aggregatetype, aggregateid)
);

-- What persons have decided: asked for by one, carried out by the relay that holds the shard.
CREATE TABLE relay_request (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard         smallint NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('retry', 'skip')),
    aggregatetype text NOT NULL,
    aggregateid   text NOT NULL,
    seq           bigint NOT NULL,
    reason        text NOT NULL CHECK (length(reason) <= 200),
    payload       json,
    requested_by  text NOT NULL,
    requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at      timestamptz,
    ended_by      text,
    outcome       text,
    CHECK ((kind = 'skip') = (payload IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX relay_request_open ON relay_request (shard, id) WHERE ended_at IS NULL;

-- Events in whose place EventSkipped is published, with that payload; for ever, as a topic may be
-- filled anew.
CREATE TABLE relay_skipped (
    seq     bigint PRIMARY KEY,
    shard   smallint NOT NULL,
    request bigint NOT NULL REFERENCES relay_request (id),
    payload json NOT NULL
);

COMMENT ON TABLE relay_quarantine IS 'Aggregates of which Kafka does not take an event: it and the later ones wait for a person.';
COMMENT ON TABLE relay_request IS 'What persons asked relay-svc to do: who, when, why, and what came of it.';
COMMENT ON TABLE relay_skipped IS 'Events in whose place EventSkipped was published.';
COMMENT ON COLUMN relay_quarantine.seq IS 'The first event of the aggregate that waits; every later one does, too.';

GRANT SELECT, INSERT, UPDATE, DELETE ON relay_quarantine TO orderspine_relay;
GRANT SELECT, INSERT, UPDATE ON relay_request TO orderspine_relay;
GRANT SELECT, INSERT ON relay_skipped TO orderspine_relay;
GRANT SELECT ON relay_quarantine, relay_request, relay_skipped TO orderspine_reader;
