-- Up to which seq each topic is known to hold every row of its aggregate type. A topic that lags
-- behind its shard's position (it is new, or was out of use) is filled from there. seq and id are
-- NULL where nothing of the shard was ever published to that topic.
ALTER TABLE relay_sent
    ALTER COLUMN seq DROP NOT NULL,
    ALTER COLUMN id DROP NOT NULL,
    ADD COLUMN complete_to bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT relay_sent_seq_and_id CHECK ((seq IS NULL) = (id IS NULL));

-- What relays have published so far they published without a break.
UPDATE relay_sent s SET complete_to = r.position FROM relay_shard r WHERE r.shard = s.shard;

-- A topic in use without a row for a shard lacks nothing there, unless the shard has rows for it.
INSERT INTO relay_sent (shard, topic, complete_to)
SELECT r.shard, t.topic, r.position
FROM relay_shard r CROSS JOIN (SELECT DISTINCT topic FROM relay_sent) t
WHERE NOT EXISTS (SELECT FROM relay_sent s WHERE s.shard = r.shard AND s.topic = t.topic)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.shard = r.shard AND o.seq <= r.position
        AND right(t.topic, length(o.aggregatetype) + 7) = o.aggregatetype || '.events');

-- When a relay last knew that Kafka answers it.
ALTER TABLE relay_member ADD COLUMN kafka_at timestamptz;

-- Relays compare it with the positions: it may only grow.
GRANT SELECT ON SEQUENCE outbox_seq_seq TO orderspine_relay;
