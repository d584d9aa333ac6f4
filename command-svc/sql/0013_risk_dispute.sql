-- What bars nothing of an order and still is to be known: a dispute, and the risks that were seen.
ALTER TABLE orders
    ADD COLUMN dispute text NOT NULL DEFAULT 'none' CHECK (dispute IN ('none', 'open', 'resolved')),
    ADD COLUMN risk_flags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(risk_flags) <= 16);
