-- Who may do what. Group roles without login: give your services' users membership in one each.
-- Roles belong to the whole server, so they may be there already.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['orderspine_command', 'orderspine_relay', 'orderspine_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION outbox_maintain(), outbox_oldest_unpublished(), outbox_append(text, text, text, json, jsonb),
    installation_init(int) FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE ON customer, product, stock, orders, order_line, payment TO orderspine_command;
GRANT SELECT, INSERT, DELETE ON receipt TO orderspine_command;
GRANT INSERT ON outbox TO orderspine_command;
GRANT SELECT ON installation TO orderspine_command, orderspine_relay;
GRANT EXECUTE ON FUNCTION outbox_maintain(), outbox_oldest_unpublished() TO orderspine_command;

GRANT SELECT ON outbox TO orderspine_relay;
GRANT SELECT, UPDATE ON relay_shard TO orderspine_relay;
GRANT SELECT, INSERT, UPDATE, DELETE ON relay_sent, relay_member TO orderspine_relay;

GRANT SELECT ON customer, product, stock, orders, order_line, payment, receipt, outbox, outbox_head,
    installation, relay_shard, relay_sent, relay_member TO orderspine_reader;
