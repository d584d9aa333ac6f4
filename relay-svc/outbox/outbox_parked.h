/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox_parked.h - words of SQL about an event in the quarantine, whose row somebody may have
 * dropped, or replaced by another one: what is kept of it, and what a person can do.
 *
 * Private to the store.
 */
#ifndef RELAY_SVC_OUTBOX_OUTBOX_PARKED_H
#define RELAY_SVC_OUTBOX_OUTBOX_PARKED_H

/* What relay_quarantine and relay_skipped keep of an event, should its row be gone one day. */
#define EVENT(row)                                                                                 \
    "jsonb_build_object('seq', " row ".seq, 'version', " row ".aggregateversion, 'id', " row       \
    ".id, 'type', " row ".type, 'occurred_at', " row ".occurred_at)"

#define EVENT_OF_F EVENT("f")
#define EVENT_OF_O EVENT("o")

/* Of relay_quarantine: a relay-svc that knew nothing of it has moved seq alone. */
#define NOTED      "CASE WHEN event->>'seq' = seq::text THEN event END"

/* Of q and of f, a row of the outbox: whether it is the one that waits, or stands behind it. */
#define IS_THAT                                                                                    \
    "((f.aggregatetype, f.aggregateid) = (q.aggregatetype, q.aggregateid)"                         \
    " AND f.aggregateversion = coalesce((q.event->>'version')::bigint, f.aggregateversion))"

/* Of k, in whose place EventSkipped comes, and of q: what it was. A relay-svc that noted nothing
 * has written it down without; then what was noted since of what waits counts. */
#define SKIPPED_EVENT                                                                              \
    "coalesce(k.event, q.event"                                                                    \
    " || jsonb_build_object('aggregatetype', q.aggregatetype, 'aggregateid', q.aggregateid))"

/* Of $4 and $5, type and id: as a shell takes them whole. Whoever may append chooses the id. */
#define NAME_FOR_A_SHELL                                                                           \
    "CASE WHEN $5 ~ '^[A-Za-z0-9._:@-]+$' THEN $4 || '/' || $5"                                    \
    " ELSE '''' || replace($4 || '/' || $5, '''', '''\\''''') || '''' END"

/* Of lost: what a person can do, in the words of $8 to $11. */
#define LOST_TOLD                                                                                  \
    "format('%1$s is gone from the outbox. ' || CASE WHEN lost.is_replaced THEN $8::text"          \
    " WHEN lost.is_noted THEN $9::text WHEN lost.version IS NOT NULL THEN $10::text"               \
    " ELSE $11::text END, coalesce('version ' || lost.version, 'the first event that waits'),"     \
    " $2::smallint, $4, $5, lost.seq, " NAME_FOR_A_SHELL ")"

/* %2$s the shard, %3$s type and %4$s id of the aggregate, %5$s the seq, %6$s its name. */
#define LOST_REPLACED                                                                              \
    "Another event has its number: take that out, DELETE FROM outbox WHERE (shard, seq) ="         \
    " (%2$s, %5$s); then put its row back and retry, or go on without it: relay-svc quarantine"    \
    " skip %6$s --reason TEXT"
#define LOST_NOTED                                                                                 \
    "Put its row back and retry, or go on without it: relay-svc quarantine skip %6$s --reason "    \
    "TEXT"
#define LOST_BEHIND                                                                                \
    "Nothing is known of it; readers will miss it. Put its row back and retry; or, to go on with"  \
    " what comes behind it, run this and retry: UPDATE relay_quarantine SET event = NULL"          \
    " WHERE (shard, aggregatetype, aggregateid) = (%2$s, %3$L, %4$L)"
#define LOST_UNKNOWN                                                                               \
    "Say which version it had, by this, then skip it: UPDATE relay_quarantine SET event ="         \
    " jsonb_build_object('seq', seq, 'version', VERSION, 'id', gen_random_uuid(), 'type',"         \
    " 'Unknown', 'occurred_at', now())"                                                            \
    " WHERE (shard, aggregatetype, aggregateid) = (%2$s, %3$L, %4$L)"

#endif
