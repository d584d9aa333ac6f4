/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holders.h - asks PostgreSQL who has the locks that commands wait for, and says it in the log.
 *
 * Why a row's holder can be told although nobody waits for it: the transaction that locked a row
 * stands in the row itself.
 */
#ifndef COMMAND_SVC_UPKEEP_HOLDERS_H
#define COMMAND_SVC_UPKEEP_HOLDERS_H

#include "command-svc/core/held.h"

struct pgconn;

struct holders {
    struct held *held; /* borrowed */
    bool is_asking;
    bool is_asking_tables;
};

enum { HOLDERS_PARAM_COUNT = HELD_TABLE }; /* one for each kind before */

/* Parameters: the names of each kind. */
#define HOLDERS_SQL                                                                                \
    "SELECT 0, l.objid::text, l.pid, a.usename, a.application_name, l.virtualtransaction"          \
    " FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)"                                    \
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"                              \
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"           \
    " AND l.classid::bigint = outbox_lock_class() AND l.objid::text = ANY($1::text[])"             \
    " UNION ALL"                                                                                   \
    " SELECT 1, s.sku, l.pid, a.usename, a.application_name, l.transactionid::text"                \
    " FROM stock s JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted"                  \
    " AND l.transactionid = s.xmax LEFT JOIN pg_stat_activity a USING (pid)"                       \
    " WHERE s.sku = ANY($2::text[])"                                                               \
    " UNION ALL"                                                                                   \
    " SELECT 2, r.id::text, l.pid, a.usename, a.application_name, l.transactionid::text"           \
    " FROM (SELECT order_id AS id, xmax AS xid FROM orders"                                        \
    "  WHERE order_id = ANY($3::text[]::uuid[])"                                                   \
    "  UNION ALL SELECT order_id, xmax FROM payment WHERE order_id = ANY($3::text[]::uuid[])) r"   \
    " JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = r.xid"   \
    " LEFT JOIN pg_stat_activity a USING (pid)"                                                    \
    " UNION ALL"                                                                                   \
    " SELECT 3, p.sku, l.pid, a.usename, a.application_name, l.transactionid::text"                \
    " FROM product p JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted"                \
    " AND l.transactionid = p.xmax LEFT JOIN pg_stat_activity a USING (pid)"                       \
    " WHERE p.sku = ANY($4::text[])"                                                               \
    " UNION ALL"                                                                                   \
    " SELECT 4, c.customer_id, l.pid, a.usename, a.application_name, l.transactionid::text"        \
    " FROM customer c JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted"               \
    " AND l.transactionid = c.xmax LEFT JOIN pg_stat_activity a USING (pid)"                       \
    " WHERE c.customer_id = ANY($5::text[])"

/* Nothing is asked when nothing is missed, or an answer is still on its way. */
void holders_ask(struct holders *holders, struct pgconn *conn, size_t statement);

/* Asks who has locked a whole table that commands write to, whether one is missed or not: a
 * statement that waits for a table says nothing of who has it. statement: TABLE_LOCKS_SQL. */
void holders_ask_tables(struct holders *holders, struct pgconn *conn, size_t statement);

#endif
