/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator_sql.h - what the subcommands for persons ask and write. Each gives one text, ready to be
 * printed.
 */
#ifndef RELAY_SVC_OUTBOX_OPERATOR_SQL_H
#define RELAY_SVC_OUTBOX_OPERATOR_SQL_H

/* The whole list, for people and as JSON; no parameters. */
extern const char OPERATOR_SQL_LIST[];
extern const char OPERATOR_SQL_LIST_JSON[];

/* $1 aggregate type, $2 id: what waits of it, and what was asked about it; the first event that
 * waits: shard, seq, version and type, by tab. NULL: it is not there. */
extern const char OPERATOR_SQL_SHOW[];
extern const char OPERATOR_SQL_SHOW_JSON[];
extern const char OPERATOR_SQL_FIRST[];

/* $1 "retry" or "skip", $2 aggregate type, $3 id, $4 seq, $5 reason, $6 payload (NULL), $7 by whom.
 * Gives the request's id; NULL: that event does not wait. */
extern const char OPERATOR_SQL_REQUEST[];

/* $1 the request. Its outcome; NULL: there is none yet. */
extern const char OPERATOR_SQL_OUTCOME[];

#endif
