/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holders.h - asks PostgreSQL who has the locks that commands wait for, and says it in the log.
 *
 * One holder each, where several share a lock: the first by pid, so that it stays the same.
 */
#ifndef COMMAND_SVC_UPKEEP_HOLDERS_H
#define COMMAND_SVC_UPKEEP_HOLDERS_H

#include "command-svc/core/held.h"
#include "common/io/postgres/row_locks.h"

struct pgconn;

struct holders {
    struct held *held; /* borrowed */
    bool is_asking;
    bool is_asking_tables;
};

enum { HOLDERS_PARAM_COUNT = HELD_TABLE }; /* one for each kind before */

/* Parameters: the names of each kind. */
#define HOLDERS_SQL                                                                                \
    "WITH " ROW_LOCKS_SQL ","                                                                      \
    " missed AS MATERIALIZED ("                                                                    \
    "  SELECT 1 AS kind, sku AS name, xmax AS xid FROM stock WHERE sku = ANY($2::text[])"          \
    "  UNION ALL SELECT 2, order_id::text, xmax FROM orders"                                       \
    "   WHERE order_id = ANY($3::text[]::uuid[])"                                                  \
    "  UNION ALL SELECT 2, order_id::text, xmax FROM payment"                                      \
    "   WHERE order_id = ANY($3::text[]::uuid[])"                                                  \
    "  UNION ALL SELECT 3, sku, xmax FROM product WHERE sku = ANY($4::text[])"                     \
    "  UNION ALL SELECT 4, customer_id, xmax FROM customer"                                        \
    "   WHERE customer_id = ANY($5::text[])"                                                       \
    "  UNION ALL SELECT 5, sku, xmax FROM stock_announced WHERE sku = ANY($6::text[]))"            \
    " SELECT 0, l.objid::text, l.pid, a.usename,"                                                  \
    "  coalesce(a.application_name, 'a prepared transaction'), l.virtualtransaction"               \
    " FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)"                                    \
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"                              \
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"           \
    " AND l.classid::bigint = outbox_lock_class() AND l.objid::text = ANY($1::text[])"             \
    " UNION ALL"                                                                                   \
    " (SELECT DISTINCT ON (kind, name) kind, name, h.pid, h.usename, h.application, h.holding"     \
    "  FROM missed AS locked JOIN " ROW_HOLDER_SQL " AS h ON true"                                 \
    "  ORDER BY kind, name, h.pid)"

/* Nothing is asked when nothing is missed, or an answer is still on its way. */
void holders_ask(struct holders *holders, struct pgconn *conn, size_t statement);

/* Asks who has locked a whole table that commands write to, whether one is missed or not: a
 * statement that waits for a table says nothing of who has it. statement: TABLE_LOCKS_SQL. */
void holders_ask_tables(struct holders *holders, struct pgconn *conn, size_t statement);

#endif
