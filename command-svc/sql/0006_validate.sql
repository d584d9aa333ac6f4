-- The rules of 0005, for the rows that were there. It reads the outbox once and locks out nobody who
-- reads or writes it.
SELECT outbox_validate();
