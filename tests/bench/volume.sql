-- Orders :first to :last as if they had been placed long ago: state, lines, payment, events, receipt.
-- Every tenth is confirmed and its payment captured, the others wait for payment. An id is made of the
-- order's number, so that volume.lua can name it; it grows with it, as version 7 ids do with time.
-- The shard is the order's number, not the id's hash: nobody publishes these events.
-- They happened now, as an outbox that is too old takes no orders.
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, (left(lpad(to_hex(1600000000000 + n * 100), 12, '0'), 8) || '-'
           || right(to_hex(1600000000000 + n * 100), 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
       n % 10 = 0 AS is_paid, timestamptz 'epoch' + (1600000000000 + n * 100) * interval '1 ms' AS at
  FROM generate_series(:first::bigint, :last::bigint) n;
INSERT INTO orders (order_id, version, customer_id, status, refund_state, currency, total_minor, placed_at, updated_at)
SELECT id, CASE WHEN is_paid THEN 3 ELSE 1 END, 'demo', CASE WHEN is_paid THEN 'confirmed' ELSE 'placed' END,
       'none', 'GBP', 300, at, at FROM made;
INSERT INTO payment (order_id, provider, method, status, amount_minor, authorized_minor, captured_minor, reference)
SELECT id, 'demo', 'card', CASE WHEN is_paid THEN 'captured' ELSE 'pending' END, 300,
       CASE WHEN is_paid THEN 300 ELSE 0 END, CASE WHEN is_paid THEN 300 ELSE 0 END,
       CASE WHEN is_paid THEN 'reference-' || n END FROM made;
INSERT INTO order_line (order_id, line_no, sku, quantity, unit_price_minor)
SELECT id, line, 'sku-' || (n * 7919 + line) % 1000 + 1, line, 100 FROM made, generate_series(1, 2) line;
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion, shard, headers, occurred_at)
SELECT gen_random_uuid(), 'order', id, 'OrderPlaced',
       ('{"order_id":"' || id || '","version":1,"occurred_at":"2026-01-01T00:00:00.000Z","actor":{"role":"agent","subject":"demo-agent"},"customer_id":"demo","currency":"GBP","total_minor":300,"item_count":3,"region":"Kent","payment":{"provider":"demo","method":"card"},"lines":[{"sku":"sku-1","name":"product 1","quantity":1,"unit_price_minor":100},{"sku":"sku-2","name":"product 2","quantity":2,"unit_price_minor":100}],"personal":{"customer_name":"Demo","shipping_address":{"name":"Demo","line1":"1 High Street","city":"Dover","postal_code":"CT16","region":"Kent","country":"GB"}}}')::json,
       1, n % :shards, jsonb_build_object('correlation_id', id), now() FROM made;
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion, shard, headers, occurred_at)
SELECT gen_random_uuid(), 'order', id, type,
       ('{"order_id":"' || id || '","version":' || version || ',"occurred_at":"2026-01-01T00:00:00.000Z","actor":{"role":"payment","subject":"demo-payment"},"amount_minor":300}')::json,
       version, n % :shards, jsonb_build_object('correlation_id', id), now()
  FROM made, (VALUES (2, 'PaymentAuthorized'), (3, 'PaymentCaptured')) later (version, type) WHERE is_paid ORDER BY n, version;
INSERT INTO receipt (key, request, status, version, location, body, created_at)
SELECT gen_random_uuid(), decode(repeat('00', 32), 'hex'), 201, 1, 'http://127.0.0.1:8082/v1/orders/' || id,
       '{"command_id":"' || id || '","command":"PlaceOrder","aggregate":{"type":"order","id":"' || id || '"},"version":1,"events":[{"id":"' || id || '","type":"OrderPlaced","version":1}],"accepted_at":"2026-01-01T00:00:00.000Z"}', now()
  FROM made;
