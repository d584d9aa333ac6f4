/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark_json.h - what is kept in Redis beside the views, for the projector itself and its readers:
 * why an aggregate is frozen, what a partition applied last and which record it took.
 *
 * Why JSON: people read them, too, with redis-cli.
 *
 * Ownership: texts made are appended to out. Units: times are epoch milliseconds, UTC.
 * Errors: the writers return false when out is full or a text is not UTF-8.
 */
#ifndef PROJECTOR_SVC_VIEWS_MARK_JSON_H
#define PROJECTOR_SVC_VIEWS_MARK_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "projector-svc/core/anchor.h"
#include "projector-svc/core/lineup.h"

#include <stdbool.h>
#include <stdint.h>

struct incoming;

/* Why an aggregate is frozen. */
struct mark_frozen {
    enum lineup_state reason;
    int64_t waits_for; /* version */
    int64_t since_ms;
    int64_t pass_left;     /* draining: see lineup.h */
    enum lineup_pass pass; /* the same */
    struct strview reader; /* unreadable, draining: who tried to read, see core/reader.h */
    int64_t decided;       /* bytes of its decisions, when they were last looked at */
};

MUST_USE bool mark_json_frozen(const struct mark_frozen *frozen, struct strbuf *out);

/* A document nobody can read counts as forked: only a person ends it. The reader's name lives in
 * the arena. */
struct mark_frozen mark_json_read_frozen(struct strview json, struct arena *arena);

/* It cannot be read, says somebody else than this reader, or nobody knows who. */
bool mark_wants_reader(const struct mark_frozen *frozen, struct strview reader);

/* What a partition applied last. */
MUST_USE bool mark_json_last(const struct incoming *incoming, int64_t processed_at_ms,
                             struct strbuf *out);

/* The record that a partition took last, to be compared with Kafka's. */
MUST_USE bool mark_json_identity(const struct incoming *incoming, struct strbuf *out);

/* What nobody can read was not kept. */
struct anchor_identity mark_json_read_identity(struct strview json, struct arena *arena);

#endif
