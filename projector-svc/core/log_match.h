/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_match.h - a shard's rows in the outbox and the records of its partition, side by side; pure.
 *
 * Why by seq: a partition is a copy of its shard's log, so both come in the order of seq and are
 * compared as two sorted lists are, however long they are. What comes elsewhere (published late,
 * out of the quarantine, or again after a fault) is asked for by its number.
 *
 * Why a bound on what is missing: a topic that is empty lacks all of it, and is told so by a count.
 *
 * Ownership: plain values.
 */
#ifndef PROJECTOR_SVC_CORE_LOG_MATCH_H
#define PROJECTOR_SVC_CORE_LOG_MATCH_H

#include "common/base/error.h"
#include "common/base/id_form.h"
#include "common/base/uuid7.h"
#include "projector-svc/core/verdict.h"

#include <stddef.h>
#include <stdint.h>

enum { LOG_DIGEST_LEN = 16, LOG_MISSING_MAX = 16384 };

/* A row, or a record of ours. */
struct log_entry {
    int64_t seq;
    int64_t version;
    int64_t offset; /* records */
    char id[UUID_TEXT_LEN + 1];
    char aggregate[ID_FORM_MAX + 1];
    uint8_t digest[LOG_DIGEST_LEN]; /* of type and payload */
    bool waits;                     /* rows: in relay-svc's quarantine, not published yet */
};

/* False: they are the same event with the same contents. */
MUST_USE bool log_match_differs(const struct log_entry *row, const struct log_entry *record,
                                enum verdict *ret);

/* Rows of which no record came where it should have, by seq. */
struct log_missing {
    struct log_entry rows[LOG_MISSING_MAX];
    size_t count;
    int64_t untold; /* beyond these */
};

/* The row's seq is above all that were added. */
void log_missing_add(struct log_missing *missing, const struct log_entry *row);

/* The row of that number, which is missing no more; false: none of these. */
MUST_USE bool log_missing_take(struct log_missing *missing, int64_t seq, struct log_entry *ret);

#endif
