-- :events orders of two lines, from number :first on, as rows of the outbox, spread over :shards, as command-svc writes them.
-- The shard is the row's number, not the id's hash: neither relay nor projector looks.
INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, aggregateversion, shard, headers, occurred_at)
SELECT gen_random_uuid(), 'order', id, 'OrderPlaced',
       ('{"order_id":"' || id || '","version":1,"occurred_at":"2026-01-01T00:00:00.000Z","actor":{"role":"agent","subject":"demo-agent"},"customer_id":"demo-' || n % 10000 || '","currency":"GBP","total_minor":300,"item_count":3,"region":"Kent","payment":{"provider":"demo","method":"card"},"lines":[{"sku":"sku-1","name":"product 1","quantity":1,"unit_price_minor":100},{"sku":"sku-2","name":"product 2","quantity":2,"unit_price_minor":100}],"personal":{"customer_name":"Demo","shipping_address":{"name":"Demo","line1":"1 High Street","city":"Dover","postal_code":"CT16","region":"Kent","country":"GB"}}}')::json,
       1, n % :shards, '{}', now()
  FROM (SELECT n, '00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS id
          FROM generate_series(:first, :first + :events - 1) n) ids;
ANALYZE outbox;
