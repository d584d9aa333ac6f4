/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - the way of one order's events: what each station has of them, and since when.
 *
 * How: its rows are read in one transaction, then each one's record is looked for in the partition
 * of their shard (core/trace.h), then Redis is asked for the view. So a later station is read
 * later, and none can lack what it has passed on already. It only reads, as verify.h says.
 *
 * Receipts name no event, and no index leads from an order to them: that of an event is the one
 * that was written within EXPLAIN_RECEIPT_S seconds of it, succeeded, and names the order and the
 * version.
 *
 * Limits: the newest EXPLAIN_EVENTS_MAX events. Threads: one.
 */
#ifndef PROJECTOR_SVC_VERIFY_EXPLAIN_H
#define PROJECTOR_SVC_VERIFY_EXPLAIN_H

#include "common/base/id_form.h"
#include "common/base/uuid7.h"
#include "projector-svc/core/trace.h"
#include "projector-svc/verify/verify.h"

enum { EXPLAIN_EVENTS_MAX = 500, EXPLAIN_TEXT_MAX = 256, EXPLAIN_TYPE_MAX = 64 };
#define EXPLAIN_RECEIPT_S "10"

/* Texts that are longer are cut, and what is no ASCII in them is shown as ?, as Redis may hold any
 * bytes. Times are epoch milliseconds. */
struct explained_event {
    struct trace_facts at;
    char id[UUID_TEXT_LEN + 1];
    char type[EXPLAIN_TYPE_MAX + 1];
    int64_t occurred_ms;
    char correlation[EXPLAIN_TEXT_MAX];
    char receipt[UUID_TEXT_LEN + 1]; /* empty: there is none, or none any more */
    int64_t receipt_status;
    int64_t receipt_ms;
    int64_t record_ms; /* its record's; 0: none was found, or it has none */
};

struct explained {
    bool is_order;                                   /* it is in `orders` */
    int shard;                                       /* -1: the outbox holds nothing of it */
    int64_t events;                                  /* in the outbox */
    struct explained_event list[EXPLAIN_EVENTS_MAX]; /* the newest of them, in order */
    size_t count;
    int64_t relayed;                   /* the relay's position in its shard */
    char quarantine[EXPLAIN_TEXT_MAX]; /* why it waits there; empty: it does not */
    char slot[TOPIC_NAME_MAX + 16];    /* topic/partition */
    int64_t end;                       /* of the partition */
    int64_t position;                  /* the projector's there; -1: none */
    int64_t shown_version;             /* the view's; 0: there is none */
    int64_t projected_ms;
    int64_t waiting_for;           /* a version; 0: none */
    char frozen[EXPLAIN_TEXT_MAX]; /* as projection:frozen has it; empty: it is not */
    int64_t parked;                /* records that wait */
};

/* ERROR_NOT_FOUND: neither PostgreSQL nor Redis knows such an order. Else as verify_run(). What is
 * told to and asked of its caller in stations is not used. */
MUST_USE enum error_kind explain_order(const struct verify_options *stations, const char *order,
                                       struct explained *ret, struct error *err);

#endif
