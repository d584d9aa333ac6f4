/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_sql.h - the statements of the connection beside the lanes.
 */
#ifndef COMMAND_SVC_UPKEEP_CONTROL_SQL_H
#define COMMAND_SVC_UPKEEP_CONTROL_SQL_H

#include "common/io/postgres/pgconn.h"

enum control_statement {
    RING_BELL,
    READ_INSTALLATION,
    MAINTAIN_OUTBOX,
    READ_RETENTION,  /* what came of it, in the same transaction */
    EXPIRE_RECEIPTS, /* a portion of them */
    FIND_RECEIPT,
    OUTBOX_AGE,
    READ_SEQUENCE,
    COUNT_SHARDS, /* those without a row in relay_shard */
    FIND_LEVELS,  /* a portion */
    FIND_HOLDERS,
    FIND_TABLE_LOCKS,
    CONTROL_STATEMENT_COUNT
};

enum { EXPIRY_PORTION = 1000 }; /* receipts deleted at a time */

/* What is asked of locked tables fails soon, so that who has them can be asked. */
extern const char CONTROL_SETUP_SQL[];

extern const struct pgconn_statement CONTROL_STATEMENTS[CONTROL_STATEMENT_COUNT];

#endif
