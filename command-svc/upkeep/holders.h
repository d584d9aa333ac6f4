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
};

/* Statement of HELD_KIND_COUNT parameters: the names of shards, and of products. */
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
    " WHERE s.sku = ANY($2::text[])"

/* Nothing is asked when nothing is missed, or an answer is still on its way. */
void holders_ask(struct holders *holders, struct pgconn *conn, size_t statement);

#endif
