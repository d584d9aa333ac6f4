-- What \d+ shows to whoever looks at the tables, the columns that do not say it themselves included.

COMMENT ON TABLE customer IS 'Customers as they are now. Personal data.';
COMMENT ON TABLE product IS 'Products as they are sold now; what is there of them is in stock.';
COMMENT ON TABLE stock IS 'Pieces that no order holds.';
COMMENT ON TABLE orders IS 'Orders as they are now; how they came to be is in outbox.';
COMMENT ON TABLE order_line IS 'What was ordered, at the price of that moment.';
COMMENT ON TABLE payment IS 'The one payment of an order. Amounts are minor units of the order''s currency.';
COMMENT ON TABLE receipt IS 'The answer to each Idempotency-Key, so that a retry gets the same one; deleted after COMMAND_RECEIPT_RETENTION.';
COMMENT ON TABLE installation IS 'One row: what can never change in this database.';
COMMENT ON TABLE outbox IS 'Every event, in the transaction of what it says. Only ever appended to; relay-svc copies it to Kafka. The first five columns are those of Debezium''s outbox event router.';
COMMENT ON TABLE outbox_head IS 'The newest version of aggregates whose events come by outbox_append().';
COMMENT ON TABLE relay_shard IS 'How far relay-svc has published each shard, and who holds it.';
COMMENT ON TABLE relay_sent IS 'The newest row of each shard and topic that Kafka acknowledged.';
COMMENT ON TABLE relay_member IS 'The relays that live, to share the shards among.';
COMMENT ON TABLE schema_migration IS 'The migrations this database has had.';

COMMENT ON COLUMN customer.version IS 'Of its newest event; so in product and orders.';
COMMENT ON COLUMN orders.total_minor IS 'Minor units of the currency, as all money here.';
COMMENT ON COLUMN receipt.key IS 'First 16 bytes of SHA-256(principal, 0, Idempotency-Key).';
COMMENT ON COLUMN outbox.id IS 'ce_id in Kafka: readers dedupe by it.';
COMMENT ON COLUMN outbox.aggregatetype IS 'The topic is <prefix><aggregatetype>.events.';
COMMENT ON COLUMN outbox.aggregateid IS 'The key in Kafka.';
COMMENT ON COLUMN outbox.aggregateversion IS '1, 2, 3 ... for each aggregate, without a hole.';
COMMENT ON COLUMN outbox.shard IS 'murmur2(aggregateid) mod shards: the partition in Kafka.';
COMMENT ON COLUMN outbox.seq IS 'Grows in the order of commits inside a shard, with holes: all shards draw from one sequence.';
COMMENT ON COLUMN relay_shard.position IS 'The greatest seq up to which all is acknowledged.';
COMMENT ON COLUMN relay_shard.epoch IS 'Grows with each owner, so that marks of an earlier one do not count.';
