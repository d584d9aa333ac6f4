-- SPDX-License-Identifier: Apache-2.0
--
-- wish.sql - a row of one's own and its event in one transaction, from plain psql:
--
--   psql -d DATABASE -v customer=demo -v sku=sku-1 -f wish.sql

BEGIN;
CREATE TABLE IF NOT EXISTS wish (customer_id text, sku text, PRIMARY KEY (customer_id, sku));
INSERT INTO wish VALUES (:'customer', :'sku');

-- Last, because it locks the shard of its aggregate until COMMIT. It answers the event's version.
SELECT outbox_append('wishlist', :'customer', 'Wished', json_build_object('sku', :'sku'));
COMMIT;
