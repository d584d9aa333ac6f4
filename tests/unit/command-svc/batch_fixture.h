/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_fixture.h - a batch of commands, loaded as the store would, and what became of each.
 */
#ifndef TESTS_UNIT_COMMAND_SVC_BATCH_FIXTURE_H
#define TESTS_UNIT_COMMAND_SVC_BATCH_FIXTURE_H

#include "command-svc/core/batch.h"
#include "tests/support/sample_commands.h"

#include <stdlib.h>

enum { NOW = 5000, ARENA_MAX = 16 << 20, COMMANDS = 8, STOCK = 10 };

extern struct arena arena;
extern struct batch *batch;
extern struct error err;

void open_batch(void);
void close_batch(void);
const struct command *add(struct command command);
void decide(void);
const struct outcome *outcome(size_t at);
void assert_accepted(size_t at, int64_t version);
void assert_rejected(size_t at, enum rejection_kind kind);

/* ---- as the store loads -------------------------------------------------------------------- */

void load_customer(const char *id);

struct world_product *load_product(const char *sku);

extern const struct wanted_line ONE_LINE[];

struct command order_of_two(void);

#endif
