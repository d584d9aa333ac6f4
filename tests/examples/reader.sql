-- SPDX-License-Identifier: Apache-2.0
--
-- reader.sql - what a reader of order.events keeps, so that each event has its effect once.
-- consumer.c, consumer.py and Consumer.java call reader_apply, which is one transaction.

-- Where reading goes on. Kafka keeps no offset for us: this one belongs to the effects here.
CREATE TABLE reader_offset (
    partition integer PRIMARY KEY,
    next      bigint NOT NULL
);

-- The last event of each order that had its effect.
CREATE TABLE reader_version (
    key      text PRIMARY KEY,
    version  bigint NOT NULL,
    event_id text NOT NULL
);

-- The effect: what was ordered, by day. Money is in minor units.
CREATE TABLE ordered (
    day         date PRIMARY KEY,
    orders      bigint NOT NULL,
    total_minor numeric NOT NULL
);

-- True: it had its effect now. False: it had it before. Errors: stop, and alarm. Of two readers that
-- believe to own a partition, the later one waits for the earlier one's row.
CREATE FUNCTION reader_apply(at_partition integer, at_offset bigint, of_key text,
                             its_version bigint, its_id text, its_type text, payload jsonb)
    RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    had reader_version;
BEGIN
    INSERT INTO reader_offset VALUES (at_partition, at_offset + 1)
        ON CONFLICT (partition) DO UPDATE SET next = greatest(reader_offset.next, excluded.next);
    SELECT * INTO had FROM reader_version WHERE key = of_key;
    IF its_version = had.version AND its_id <> had.event_id THEN
        RAISE EXCEPTION '%: two histories at version %', of_key, its_version;
    ELSIF its_version > coalesce(had.version, 0) + 1 THEN
        RAISE EXCEPTION '%: version % is missing', of_key, coalesce(had.version, 0) + 1;
    ELSIF its_version <= had.version THEN
        RETURN false;
    END IF;
    INSERT INTO reader_version VALUES (of_key, its_version, its_id)
        ON CONFLICT (key) DO UPDATE SET version = excluded.version, event_id = excluded.event_id;
    IF its_type = 'OrderPlaced' THEN
        INSERT INTO ordered
            VALUES (left(payload ->> 'occurred_at', 10)::date, 1, (payload ->> 'total_minor')::numeric)
            ON CONFLICT (day) DO UPDATE SET orders = ordered.orders + 1,
                                            total_minor = ordered.total_minor + excluded.total_minor;
    END IF;
    RETURN true;
END
$$;
