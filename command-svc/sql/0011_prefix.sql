-- Under which TOPIC_PREFIX a relay publishes. Relays on one database share its shards, so they must
-- publish to the same topics; NULL: a relay of an earlier version, which does not say.
ALTER TABLE relay_member ADD COLUMN topic_prefix text;
