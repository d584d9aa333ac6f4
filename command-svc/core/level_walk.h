/* SPDX-License-Identifier: Apache-2.0 */
/*
 * level_walk.h - how far a look through the table of stock has come; pure.
 *
 * Why it goes on by whatever stands there: a row that somebody made by hand may have a sku that is
 * none of ours. It is not announced, but a portion that ends with it must not be the next one, too.
 *
 * Ownership: the text is the walk's, until level_walk_done().
 */
#ifndef COMMAND_SVC_CORE_LEVEL_WALK_H
#define COMMAND_SVC_CORE_LEVEL_WALK_H

#include "common/base/strbuf.h"

#include <stdbool.h>

enum { LEVEL_WALK_SKU_MAX = 1 << 20 }; /* bytes; no index holds such a key */

struct level_walk {
    struct strbuf last; /* sku that was looked at; "": the next portion is the first */
    bool is_over;       /* the portion in flight was the last */
};

void level_walk_init(struct level_walk *walk);
void level_walk_done(struct level_walk *walk);

/* From the first sku again. */
void level_walk_begin(struct level_walk *walk);

/* A portion is asked for, of the skus behind the one that is returned; valid until the next row. */
const char *level_walk_next(struct level_walk *walk);

/* A row of it. True: it may be announced. */
bool level_walk_pass(struct level_walk *walk, struct strview sku);

#endif
