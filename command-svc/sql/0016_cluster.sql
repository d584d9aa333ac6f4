-- The id of the Kafka cluster that a relay publishes to. Relays on one database share its shards, so
-- they must publish to the same topics; NULL: a relay of an earlier version, or the cluster has none.
ALTER TABLE relay_member ADD COLUMN kafka_cluster text;
