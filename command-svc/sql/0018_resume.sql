-- What ends a stop of a shard: to go on behind a record that the outbox does not hold, or to fill a topic
-- again. Asked for by a person, carried out by the relay that holds the shard.
ALTER TABLE relay_request
    DROP CONSTRAINT relay_request_kind_check,
    DROP CONSTRAINT relay_request_check,
    ALTER COLUMN aggregatetype DROP NOT NULL,
    ALTER COLUMN aggregateid DROP NOT NULL,
    ALTER COLUMN seq DROP NOT NULL,
    ADD COLUMN topic text,
    ADD COLUMN record uuid,
    ADD CONSTRAINT relay_request_kind CHECK (kind IN ('retry', 'skip', 'after-record', 'refill')),
    ADD CONSTRAINT relay_request_aggregate CHECK (
        (kind IN ('retry', 'skip')) = (aggregatetype IS NOT NULL AND aggregateid IS NOT NULL AND seq IS NOT NULL)),
    ADD CONSTRAINT relay_request_payload CHECK ((kind = 'skip') = (payload IS NOT NULL)),
    ADD CONSTRAINT relay_request_record CHECK ((kind = 'after-record') = (record IS NOT NULL)),
    ADD CONSTRAINT relay_request_topic CHECK (topic IS NULL OR kind IN ('after-record', 'refill'));

COMMENT ON COLUMN relay_request.topic IS 'after-record, refill: which one of the shard''s; NULL: whichever it stands for.';
COMMENT ON COLUMN relay_request.record IS 'after-record: the id of the record that the partition ends with.';
