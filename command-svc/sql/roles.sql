-- SPDX-License-Identifier: Apache-2.0
-- The three groups and all that they are granted, as the migrations leave it. For psql, as a superuser
-- or as the tables' owner with CREATEROLE, in the database; before the first migration it makes the
-- groups only. Said again it changes nothing.
-- A role of yours for each service then does with:
--   CREATE ROLE command_svc LOGIN IN ROLE orderspine_command;   \password command_svc
--   CREATE ROLE relay_svc LOGIN IN ROLE orderspine_relay;       \password relay_svc
--   CREATE ROLE reader LOGIN IN ROLE orderspine_reader;         \password reader
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['orderspine_command', 'orderspine_relay', 'orderspine_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
    IF to_regclass('outbox') IS NULL THEN
        RETURN; -- command-svc migrate grants what follows
    END IF;
    GRANT SELECT, INSERT, UPDATE ON customer, product, stock, stock_announced, orders, order_line, payment
        TO orderspine_command;
    GRANT SELECT, INSERT, DELETE ON receipt TO orderspine_command;
    GRANT INSERT, SELECT (seq) ON outbox TO orderspine_command;
    GRANT SELECT (shard, position) ON relay_shard TO orderspine_command;
    GRANT SELECT ON installation, outbox_partition TO orderspine_command;
    GRANT SELECT ON SEQUENCE outbox_seq_seq TO orderspine_command;
    GRANT EXECUTE ON FUNCTION outbox_maintain(interval), outbox_oldest_unpublished() TO orderspine_command;

    GRANT SELECT ON outbox, outbox_missing, installation, relay_fence TO orderspine_relay;
    GRANT SELECT ON SEQUENCE outbox_seq_seq TO orderspine_relay;
    GRANT SELECT, UPDATE ON relay_shard TO orderspine_relay;
    GRANT EXECUTE ON FUNCTION outbox_blocked_to(smallint, bigint, text) TO orderspine_relay;
    GRANT SELECT, INSERT, UPDATE, DELETE ON relay_sent, relay_member, relay_quarantine TO orderspine_relay;
    GRANT SELECT, INSERT, UPDATE ON relay_request TO orderspine_relay;
    GRANT SELECT, INSERT ON relay_skipped TO orderspine_relay;

    GRANT SELECT ON customer, product, stock, stock_announced, orders, order_line, payment, receipt, outbox,
        outbox_head, outbox_partition, outbox_missing, installation, relay_shard, relay_fence, relay_sent, relay_member,
        relay_quarantine, relay_request, relay_skipped TO orderspine_reader;
END $$;
