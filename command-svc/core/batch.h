/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - commands decided one after the other on the loaded state.
 *
 * Why: one transaction for many commands is what makes the service fast, and
 * still each command gets its own outcome. Commands on one aggregate, and one
 * key met twice, are chained: the later sees what the earlier did.
 *
 * Calling sequence:
 *     batch_init(); batch_add() for each command; the store loads the world's entries;
 *     batch_postpone() what cannot be decided now; batch_decide(); the store saves the
 *     world's changes, the events and the receipts.
 *
 * Pure: time comes in, events and outcomes go out.
 * Limits: BATCH_COMMANDS_MAX commands, BATCH_LINES_MAX order lines.
 */
#ifndef COMMAND_SVC_CORE_BATCH_H
#define COMMAND_SVC_CORE_BATCH_H

#include "command-svc/core/held.h"
#include "command-svc/core/stock.h"
#include "command-svc/core/world.h"
#include "common/contract/event.h"

enum { BATCH_COMMANDS_MAX = 512, BATCH_LINES_MAX = 4096 };

/*
 * ACCEPTED:  event happened
 * REJECTED:  rejection says why
 * REPLAYED:  the receipt of an earlier batch answers
 * REPEATED:  the same request stands earlier in this batch: its answer, again
 * POSTPONED: not decided: its shard or a row it needs is somebody else's now
 */
#define OUTCOMES(X)                                                                                \
    X(ACCEPTED, accepted)                                                                          \
    X(REJECTED, rejected)                                                                          \
    X(REPLAYED, replayed)                                                                          \
    X(REPEATED, repeated)                                                                          \
    X(POSTPONED, postponed)

#define OUTCOME_ENTRY(KIND, kind) OUTCOME_##KIND,
enum outcome_kind { OUTCOMES(OUTCOME_ENTRY) OUTCOME_KIND_COUNT };

struct outcome {
    enum outcome_kind kind;
    bool is_remembered;    /* a receipt is to be written */
    size_t original;       /* OUTCOME_REPEATED: place in the batch */
    enum held_kind missed; /* OUTCOME_POSTPONED: what somebody else has */
    struct strview row;    /* its sku or id; empty: the shard is missed */
    struct event event;
    struct rejection rejection;
};

struct batch_item {
    const struct command *command;
    struct world_receipt *receipt;
    struct world_order *order;       /* of an order command, else NULL */
    struct world_customer *customer; /* looked at or changed, else NULL */
    struct world_product **products; /* of the lines, or the one product */
    size_t product_count;
    struct outcome outcome;
};

struct batch {
    struct arena *arena;
    struct world world;
    struct batch_item items[BATCH_COMMANDS_MAX];
    size_t count;
    size_t line_count;
    int64_t now_ms;                           /* when it was decided */
    const struct stock_change *stock_changes; /* once decided; see stock.h */
    size_t stock_change_count;
};

void batch_init(struct batch *batch, struct arena *arena);
void batch_done(struct batch *batch);

/* Whether one more command fits. The first one always does. */
bool batch_has_room(const struct batch *batch, const struct command *command);

/* Notes which entries the command needs. The command outlives the batch. */
MUST_USE enum error_kind batch_add(struct batch *batch, const struct command *command,
                                   struct error *err);

/* A product whose level is looked at; the sku outlives the batch. NULL when memory ran out. */
MUST_USE struct world_level *batch_add_level(struct batch *batch, struct strview sku,
                                             struct uuid event_id);

/* That command of a loaded batch is left as it is: its shard's lock was not got. */
void batch_postpone(struct batch *batch, size_t index);

/* Fills every outcome and moves the world's entries on. */
MUST_USE enum error_kind batch_decide(struct batch *batch, int64_t now_ms, struct error *err);

#endif
