/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox_sql.h - the texts that the store sends: one table per kind of connection, and what
 * each connection sets first.
 *
 * Private to the store; a statement's place in its table is its name.
 */
#ifndef RELAY_SVC_OUTBOX_OUTBOX_SQL_H
#define RELAY_SVC_OUTBOX_OUTBOX_SQL_H

#include "common/io/postgres/pgconn.h"

enum control_statement {
    SQL_INSTALLATION = 0,
    SQL_LISTEN,
    SQL_SEEN,
    SQL_RENEW,
    SQL_CUT,
    SQL_CLAIM,
    SQL_HELD,
    SQL_SENT,
    SQL_FLOOR,
    SQL_MARK,
    SQL_RELEASE,
    SQL_LEAVE,
    SQL_FIND,
    SQL_BACKLOG,
    SQL_SEQUENCE,
    SQL_MEMBER_HOLDER,
    SQL_TABLE_LOCKS,
    SQL_PARKED,
    SQL_PARK,
    SQL_BLOCK,
    SQL_REQUESTS,
    SQL_SKIP,
    SQL_NEXT,
    SQL_ROW,
    SQL_END,
    SQL_RESUME,
    CONTROL_STATEMENT_COUNT
};

extern const struct pgconn_statement OUTBOX_CONTROL_SQL[CONTROL_STATEMENT_COUNT];

/* The order of columns in a row read; outbox_row is filled by it. */
enum row_column {
    ROW_SHARD = 0,
    ROW_SEQ,
    ROW_ID,
    ROW_AGGREGATE_TYPE,
    ROW_AGGREGATE_ID,
    ROW_TYPE,
    ROW_PAYLOAD,
    ROW_VERSION,
    ROW_OCCURRED_AT,
    ROW_CORRELATION_ID,
    ROW_CAUSATION_ID,
    ROW_TRACEPARENT,
    ROW_COLUMN_COUNT
};

/*
 * Rows of the outbox o, and their columns as enum row_column names them. In place of an event that
 * a person has skipped comes what is published for it; nothing is looked at but what names it: the
 * rest may be what nobody can read. (The table is nearly always empty, and is read once for all
 * rows; each is looked for there once.)
 */
#define OUTBOX_ROWS         "SELECT *, seq IN (SELECT k.seq FROM relay_skipped k) AS is_skipped FROM outbox"
#define OUTBOX_HEADER(name) " CASE WHEN NOT o.is_skipped THEN o.headers->>'" name "' END"
#define OUTBOX_ROW_COLUMNS                                                                         \
    "o.shard, o.seq, o.id, o.aggregatetype, o.aggregateid,"                                        \
    " CASE WHEN o.is_skipped THEN 'EventSkipped' ELSE o.type END,"                                 \
    " CASE WHEN o.is_skipped"                                                                      \
    "  THEN (SELECT k.payload FROM relay_skipped k WHERE k.seq = o.seq) ELSE o.payload END,"       \
    " o.aggregateversion, o.occurred_at," OUTBOX_HEADER("correlation_id") "," OUTBOX_HEADER(       \
        "causation_id") "," OUTBOX_HEADER("traceparent")

enum reader_statement { SQL_READ = 0, SQL_FILL, READER_STATEMENT_COUNT };

extern const struct pgconn_statement OUTBOX_READER_SQL[READER_STATEMENT_COUNT];

extern const char OUTBOX_CONTROL_SETUP[];
extern const char OUTBOX_READER_SETUP[];

#endif
