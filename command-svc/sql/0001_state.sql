-- The state command-svc decides on. Rows are the truth about now; the outbox keeps every event.
-- No foreign keys between aggregates: the shard lock orders an aggregate's writers, and a check
-- across aggregates would take row locks the batches are built to avoid.

CREATE TABLE customer (
    customer_id text PRIMARY KEY,
    version     int NOT NULL,
    name        text NOT NULL,
    email       text,
    phone       text,
    active      boolean NOT NULL,
    updated_at  timestamptz NOT NULL
) WITH (fillfactor = 90);

CREATE TABLE product (
    sku              text PRIMARY KEY,
    version          int NOT NULL,
    name             text NOT NULL,
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    currency         text NOT NULL,
    discontinued     boolean NOT NULL,
    updated_at       timestamptz NOT NULL
) WITH (fillfactor = 90);

-- Apart from product, because every order updates it: short rows with room for in-page updates.
CREATE TABLE stock (
    sku       text PRIMARY KEY,
    available bigint NOT NULL CHECK (available >= 0)
) WITH (fillfactor = 50);

CREATE TABLE orders (
    order_id     uuid PRIMARY KEY,
    version      int NOT NULL,
    customer_id  text NOT NULL,
    status       text NOT NULL CHECK (status IN ('placed', 'confirmed', 'shipped', 'delivered', 'returned', 'cancelled')),
    refund_state text NOT NULL CHECK (refund_state IN ('none', 'due', 'partial', 'full')),
    currency     text NOT NULL,
    total_minor  bigint NOT NULL CHECK (total_minor >= 0),
    placed_at    timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
) WITH (fillfactor = 85);

CREATE TABLE order_line (
    order_id         uuid NOT NULL,
    line_no          int NOT NULL,
    sku              text NOT NULL,
    quantity         bigint NOT NULL CHECK (quantity > 0),
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
    PRIMARY KEY (order_id, line_no)
);

CREATE TABLE payment (
    order_id         uuid PRIMARY KEY,
    provider         text NOT NULL,
    method           text NOT NULL,
    status           text NOT NULL CHECK (status IN ('pending', 'authorized', 'declined', 'captured', 'voided', 'partially_refunded', 'refunded')),
    amount_minor     bigint NOT NULL CHECK (amount_minor >= 0),
    authorized_minor bigint NOT NULL DEFAULT 0 CHECK (authorized_minor BETWEEN 0 AND amount_minor),
    captured_minor   bigint NOT NULL DEFAULT 0 CHECK (captured_minor BETWEEN 0 AND authorized_minor),
    refunded_minor   bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    reference        text
) WITH (fillfactor = 85);

-- One row per (principal, Idempotency-Key): key is the first 16 bytes of
-- SHA-256(principal, 0, key). One table, not partitioned: a partitioned one cannot hold the key
-- unique. Old rows are deleted in small portions.
CREATE TABLE receipt (
    key        uuid PRIMARY KEY,
    request    bytea NOT NULL,
    status     smallint NOT NULL,
    version    int,
    location   text,
    body       text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX receipt_created_at ON receipt USING brin (created_at);
