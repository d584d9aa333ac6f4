-- What outbox_append() has refused always, for whoever writes rows by hand, too: a type that no topic can
-- be named by, and a name that relay-svc could not keep in its quarantine.
ALTER TABLE outbox
    ADD CONSTRAINT outbox_aggregate_form CHECK (
        aggregatetype COLLATE "C" ~ '^[a-z0-9_-]{1,64}$' AND length(aggregateid) BETWEEN 1 AND 64) NOT VALID;
