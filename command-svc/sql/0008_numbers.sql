-- A seq only grows, and its writers see to it: a number that was handed out before would be passed
-- over by the relay, which reads beyond its position. So the writers may read how far that is, and
-- which numbers they drew.
GRANT SELECT (shard, position) ON relay_shard TO orderspine_command;
GRANT SELECT ON SEQUENCE outbox_seq_seq TO orderspine_command;
GRANT SELECT (seq) ON outbox TO orderspine_command;
