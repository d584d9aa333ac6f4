/* SPDX-License-Identifier: Apache-2.0 */
/*
 * incoming.h - one event as it arrived: from a Kafka record, or out of the
 * parked list where it waited.
 *
 * Why the same for both: a parked event is a record kept for later, and must mean
 * the same then. What cannot be read is no failure here but a value: it freezes
 * its aggregate, and everything else goes on.
 *
 * The parked form is one line of JSON with the headers that matter, for people and for
 * folding later, then the record's value, byte for byte. Of a value that no program will ever read
 * only the beginning is kept, beside its length: the record itself is found by its place.
 *
 * Ownership: an incoming event made from a record lives in the arena and, for its key, value
 * and headers, in the record; one made from a parked form in the arena and that form.
 */
#ifndef PROJECTOR_SVC_VIEWS_INCOMING_H
#define PROJECTOR_SVC_VIEWS_INCOMING_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "common/contract/event.h"

#include <stdbool.h>
#include <stdint.h>

struct kafka_record;

/* The type under which an operator's skip appears, with the skipped event's id and version. */
#define INCOMING_SKIPPED   "EventSkipped"

/* Stands for the aggregate's id when a record has no usable key, or is not ours; no id looks like
 * it.
 */
#define INCOMING_NO_ID     "-"

/* The id of an event that was passed over and never seen: what comes under its version later is not
 * compared with it. */
#define INCOMING_UNSEEN_ID "-"

enum {
    /* Bytes. Twice the largest event: command-svc and outbox_append() end at half of it. And what a
     * broker takes where nobody has set it otherwise, so that what is larger is a stranger's. How
     * many of them are held is bounded in bytes by the queue (queue.h), a batch (partition_batch.c)
     * and what a batch loads of parked ones (batch.h). */
    INCOMING_VALUE_MAX = 1 << 20,
    INCOMING_KEPT_MAX = 4 << 10,   /* bytes of a value that will never be read */
    INCOMING_HEADER_MAX = 1 << 10, /* bytes; a longer one counts as missing */
};

/*
 * UNREADABLE: why says why
 * FOREIGN:    not an event at all: somebody else's record; why says so
 * EVENT:      the member event
 * SKIP:       by an operator: it counts and means nothing
 */
enum incoming_kind { INCOMING_UNREADABLE = 0, INCOMING_FOREIGN, INCOMING_EVENT, INCOMING_SKIP };

struct incoming {
    enum incoming_kind kind;
    enum aggregate_type aggregate;
    struct strview aggregate_id; /* or INCOMING_NO_ID */
    int64_t version;             /* 0: not known */
    struct strview event_id;     /* empty: not known */
    struct strview event_type;
    int64_t at_ms;   /* when it happened; when it was produced where that cannot be read */
    const char *why; /* when it is not readable */
    struct event event;
    /* Where it came from, and what the parked form keeps. */
    struct strview topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    struct strview time;
    struct strview correlation_id;
    struct strview causation_id;
    struct strview traceparent;
    struct strview value;       /* or its beginning */
    size_t value_len;           /* of all of it */
    struct strview parked_form; /* when it was parked before */
};

static inline bool incoming_is_readable(const struct incoming *incoming)
{
    return incoming->kind == INCOMING_EVENT || incoming->kind == INCOMING_SKIP;
}

/* The record's event id; empty when it has none of ours. */
struct strview incoming_event_id(const struct kafka_record *record);

/* Fails only with ERROR_EXHAUSTED, when the arena is too small. */
MUST_USE enum error_kind incoming_of_record(const struct kafka_record *record, const char *topic,
                                            enum aggregate_type aggregate, struct arena *arena,
                                            struct incoming **ret, struct error *err);

/* The same. A form nobody can read becomes an event that is not readable, or identified. */
MUST_USE enum error_kind incoming_of_parked(struct strview form, enum aggregate_type aggregate,
                                            struct strview aggregate_id, struct arena *arena,
                                            struct incoming **ret, struct error *err);

/* Appends the parked form; false when out is full. */
MUST_USE bool incoming_park(const struct incoming *incoming, struct strbuf *out);

#endif
