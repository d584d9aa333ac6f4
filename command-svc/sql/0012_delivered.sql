-- When an order was delivered: from then on the time runs in which its payment may be refunded. What
-- stands at delivered was changed last by the delivery: nothing could follow it.
ALTER TABLE orders ADD COLUMN delivered_at timestamptz;
UPDATE orders SET delivered_at = updated_at WHERE status = 'delivered';
