-- What readers were told of each product's stock last (StockLevelChanged). Apart from stock, so that
-- telling neither waits for a row that orders change nor holds one.
CREATE TABLE stock_announced (
    sku          text PRIMARY KEY,
    version      int NOT NULL CHECK (version >= 1),
    available    bigint NOT NULL CHECK (available >= 0),
    announced_at timestamptz NOT NULL
) WITH (fillfactor = 50);

COMMENT ON TABLE stock_announced IS 'The level of each product''s stock that was announced last, at most a moment ago.';
COMMENT ON COLUMN stock_announced.version IS 'Of its newest StockLevelChanged; not the product''s.';

GRANT SELECT, INSERT, UPDATE ON stock_announced TO orderspine_command;
GRANT SELECT ON stock_announced TO orderspine_reader;

-- As for orders, customers and products, which outbox_append() refuses by itself.
ALTER TABLE outbox_head
    ADD CONSTRAINT outbox_head_stock_is_written_by_command_svc_alone CHECK (aggregatetype <> 'stock');
