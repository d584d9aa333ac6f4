/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_internal.h - what the files of a batch share: batch (deciding), needs (which entries of the
 * world a command is decided on), missed (which rows of stock it has to wait for). Pure.
 *
 * Ownership: the entries are the world's.
 */
#ifndef COMMAND_SVC_CORE_BATCH_INTERNAL_H
#define COMMAND_SVC_CORE_BATCH_INTERNAL_H

#include "command-svc/core/batch.h"

/* Notes them in the item, which has none yet. False: memory ran out. */
MUST_USE bool batch_needs(struct world *world, const struct command *command,
                          struct batch_item *item);

/* The first of its products, or of what the order claims, whose row of stock somebody else has
 * locked; NULL: there is none. Asked only of what would be accepted, and moves stock: nothing else
 * waits for such a row. */
const struct world_product *batch_missed_product(const struct batch_item *item);
const struct world_product *batch_missed_claim(const struct batch *batch,
                                               const struct order *order);

#endif
