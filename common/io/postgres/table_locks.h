/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_locks.h - the question who has locked whole tables, so that others cannot write to them.
 *
 * Why of catalogs only: a question that touched those tables would wait for the lock it asks about.
 *
 * $1: names of tables, as a text[]; a lock on a partition counts as one on its table.
 * Columns, one row a table: table, transaction, pid, user, application. Who waits for such a lock
 * (an ALTER TABLE behind a long transaction that only reads) keeps everybody out who comes later,
 * so it counts as one who has it; the application then ends with the pids it waits for itself.
 */
#ifndef COMMON_IO_POSTGRES_TABLE_LOCKS_H
#define COMMON_IO_POSTGRES_TABLE_LOCKS_H

#define TABLE_LOCKS_SQL                                                                            \
    "WITH ours AS ("                                                                               \
    "  SELECT to_regclass(n)::oid AS root, to_regclass(n)::oid AS part"                            \
    "  FROM unnest($1::text[]) AS n"                                                               \
    "  UNION ALL SELECT inhparent, inhrelid FROM pg_inherits"                                      \
    "  WHERE inhparent = ANY(SELECT to_regclass(n)::oid FROM unnest($1::text[]) AS n))"            \
    " SELECT DISTINCT ON (1) ours.root::regclass::text, l.virtualtransaction, l.pid, a.usename,"   \
    "  coalesce(a.application_name, 'a prepared transaction')"                                     \
    "   || CASE WHEN l.granted THEN '' ELSE ' (waits for pid '"                                    \
    "    || array_to_string(pg_blocking_pids(l.pid), ', ') || ')' END"                             \
    " FROM pg_locks l JOIN ours ON l.relation = ours.part"                                         \
    " LEFT JOIN pg_stat_activity a USING (pid)"                                                    \
    " WHERE l.locktype = 'relation' AND l.pid IS DISTINCT FROM pg_backend_pid()"                   \
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"          \
    "  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"                      \
    "   'AccessExclusiveLock') ORDER BY 1, l.granted DESC, l.waitstart, l.pid LIMIT 16"

#endif
