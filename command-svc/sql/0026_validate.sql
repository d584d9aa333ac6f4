-- The rule of 0025, for the rows that were there: see 0006.
SELECT outbox_validate();
