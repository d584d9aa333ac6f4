/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_locks.h - the question who has locked whole tables, so that others cannot write to them.
 *
 * Why of catalogs only: a question that touched those tables would wait for the lock it asks about.
 *
 * $1: names of tables, as a text[]; a lock on a partition counts as one on its table.
 * Columns, one row a table and session: table, transaction, pid, user, application.
 */
#ifndef COMMON_IO_POSTGRES_TABLE_LOCKS_H
#define COMMON_IO_POSTGRES_TABLE_LOCKS_H

#define TABLE_LOCKS_SQL                                                                            \
    "WITH ours AS ("                                                                               \
    "  SELECT to_regclass(n)::oid AS root, to_regclass(n)::oid AS part"                            \
    "  FROM unnest($1::text[]) AS n"                                                               \
    "  UNION ALL SELECT inhparent, inhrelid FROM pg_inherits"                                      \
    "  WHERE inhparent = ANY(SELECT to_regclass(n)::oid FROM unnest($1::text[]) AS n))"            \
    " SELECT DISTINCT ours.root::regclass::text, l.virtualtransaction, l.pid, a.usename,"          \
    "  a.application_name"                                                                         \
    " FROM pg_locks l JOIN ours ON l.relation = ours.part"                                         \
    " LEFT JOIN pg_stat_activity a USING (pid)"                                                    \
    " WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()"                   \
    "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"          \
    "  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"                      \
    "   'AccessExclusiveLock') ORDER BY 1, 3 LIMIT 16"

#endif
