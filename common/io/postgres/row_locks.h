/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_locks.h - the question who has locked a row; part of statements.
 *
 * Why from the row: whoever passes locked rows over waits for nobody, so PostgreSQL has no waiter
 * to tell of. A row's xmax is the transaction that has locked it, or a MultiXactId where there are
 * several, or one that locked it again in a subtransaction. Nothing readable says which of the two
 * a number is. So it is taken for a MultiXactId when there is one that a running transaction is a
 * member of, else for a transaction: a number may then be misread only where it is a running one
 * of both kinds at once.
 */
#ifndef COMMON_IO_POSTGRES_ROW_LOCKS_H
#define COMMON_IO_POSTGRES_ROW_LOCKS_H

/* Two of the statement's WITH queries. A prepared transaction has no pid: its name is told. */
#define ROW_LOCKS_SQL                                                                              \
    "running AS MATERIALIZED ("                                                                    \
    "  SELECT l.transactionid AS xid, l.virtualtransaction AS holding, l.pid, a.usename,"          \
    "   coalesce(a.application_name, 'prepared transaction ' || p.gid) AS application"             \
    "  FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)"                                   \
    "  LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid"                           \
    "  WHERE l.locktype = 'transactionid' AND l.granted),"                                         \
    " multixacts AS MATERIALIZED ("                                                                \
    "  SELECT max(mxid_age(datminmxid)) AS oldest FROM pg_database)"

/* A lateral table of at most one row: holding (tells one transaction from the next), pid, usename,
 * application. Before it comes a table "locked" with the row's xmax as column "xid". */
#define ROW_HOLDER_SQL                                                                             \
    "LATERAL (WITH members AS MATERIALIZED ("                                                      \
    "  SELECT running.* FROM pg_get_multixact_members("                                            \
    "   CASE WHEN mxid_age(locked.xid) BETWEEN 1 AND (SELECT oldest FROM multixacts)"              \
    "    THEN locked.xid END) AS member JOIN running USING (xid))"                                 \
    " SELECT holding, pid, usename, application FROM members"                                      \
    " UNION ALL SELECT holding, pid, usename, application FROM running"                            \
    "  WHERE xid = locked.xid AND NOT EXISTS (SELECT FROM members)"                                \
    " ORDER BY pid, holding LIMIT 1)"

#endif
