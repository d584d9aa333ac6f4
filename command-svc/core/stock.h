/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stock.h - what a batch does to its products' levels, and on what condition; pure.
 *
 * Why conditions: levels are read without a lock and changed in the last statement before COMMIT,
 * so that lanes hardly wait for each other. Meanwhile others may change them, and what was decided
 * has to be right for the level that is found then:
 *
 *   least  what the batch takes at its deepest point must be there
 *   most   an order that was refused because this batch had taken the last pieces must still find
 *          too few: more than what was read must not be there
 *
 * An order that even the level as it was read would not do for needs no condition: it is refused
 * as of the moment of reading, after whatever was answered before the order was sent.
 *
 * Units: pieces.
 */
#ifndef COMMAND_SVC_CORE_STOCK_H
#define COMMAND_SVC_CORE_STOCK_H

#include "command-svc/core/world.h"

/* How levels are read. */
enum stock_reading {
    STOCK_UNLOCKED = 0,
    STOCK_LOCKED,     /* waits for whoever has a row; no condition can fail then */
    STOCK_LOCKED_FREE /* leaves rows out that somebody has */
};

#define STOCK_NO_MOST INT64_MAX

struct stock_change {
    struct strview sku;
    int64_t read;
    int64_t delta; /* 0: only its condition is looked at */
    int64_t least; /* the level may be that, or more */
    int64_t most;  /* or less; STOCK_NO_MOST: whatever it is */
};

/* After each change of product.available. */
void stock_note_level(struct world_product *product);

/* After a refusal because of the level: so many pieces were wanted. */
void stock_note_refusal(struct world_product *product, int64_t wanted);

/* Whether the batch, once committed, has left another level than it found, or the first one: for
 * whoever tells readers of levels. */
bool stock_has_moved(const struct world_product *product);

/* The rows to be changed or looked at, in byte order of sku, from the arena. Products that the
 * batch adds are not among them: nobody else has their rows. ERROR_EXHAUSTED: memory ran out. */
MUST_USE enum error_kind stock_changes(const struct world *world, struct arena *arena,
                                       const struct stock_change **ret_changes, size_t *ret_count);

#endif
