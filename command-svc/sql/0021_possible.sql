-- What can never be nobody may write: by hand a position of 2^63 - 1 was one line, and it stopped every
-- shard, with a sequence to be set to where no number follows. At a million numbers a second the bound
-- is reached in 30,000 years. And a time of an event is one that the header ce_time can say.
ALTER TABLE relay_shard
    ADD CONSTRAINT relay_shard_position_range CHECK (position BETWEEN 0 AND 1000000000000000000) NOT VALID;
ALTER TABLE relay_sent
    ADD CONSTRAINT relay_sent_complete_to_range CHECK (complete_to BETWEEN 0 AND 1000000000000000000) NOT VALID;
ALTER TABLE outbox
    ADD CONSTRAINT outbox_occurred_at_range CHECK (
        occurred_at >= '0001-01-01 00:00:00+00' AND occurred_at < '10000-01-01 00:00:00+00') NOT VALID;
