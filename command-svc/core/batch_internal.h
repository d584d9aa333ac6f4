/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_internal.h - what the files of a batch share: batch (deciding), needs (which entries of the
 * world a command is decided on). Pure.
 *
 * Ownership: the entries are the world's.
 */
#ifndef COMMAND_SVC_CORE_BATCH_INTERNAL_H
#define COMMAND_SVC_CORE_BATCH_INTERNAL_H

#include "command-svc/core/batch.h"

/* Notes them in the item, which has none yet. False: memory ran out. */
MUST_USE bool batch_needs(struct world *world, const struct command *command,
                          struct batch_item *item);

#endif
