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
 * waits: seq, version, type and when it happened (ms), by tab. NULL: it is not there. */
extern const char OPERATOR_SQL_SHOW[];
extern const char OPERATOR_SQL_SHOW_JSON[];
extern const char OPERATOR_SQL_FIRST[];

/* $1 "retry" or "skip", $2 aggregate type, $3 id, $4 seq, $5 reason, $6 payload (NULL), $7 by whom.
 * Gives the request's id; NULL: that event does not wait. */
extern const char OPERATOR_SQL_REQUEST[];

/* $1 "after-record" or "refill", $2 a shard's number or "all", $3 a record's id (NULL), $4 reason,
 * $5 by whom, $6 a topic (NULL). Gives the requests' ids, by comma; NULL: there is no such shard.
 */
extern const char OPERATOR_SQL_RESUME[];

/* $1 requests, by comma. "t" where all is done or nothing was to be done, else "f", and behind it
 * what came of them; NULL: not all of them have ended yet. */
extern const char OPERATOR_SQL_OUTCOME[];

/* $1 a topic, $2 the aggregate type that it is for: something, where a relay publishes to it, or
 * has done so; else NULL. */
extern const char OPERATOR_SQL_IN_USE[];

/* $1, $2 from and to as seq, $3, $4 as ms since 1970 (NULL each): the seq from which on the outbox
 * must be whole for that, then of each shard behind which seq it begins and which is its last, as
 * far as all is published; with blanks between them. */
extern const char OPERATOR_SQL_RANGES[];

/* $1 a seq: the one from which on the outbox has all rows, where it has not from there on. */
extern const char OPERATOR_SQL_FIRST_WHOLE[];

#endif
