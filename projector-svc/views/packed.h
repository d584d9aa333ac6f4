/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packed.h - lists, texts and numbers as one argument of a function call: the part of MessagePack
 * that its other end, cmsgpack in Redis, takes apart.
 *
 * Why: Redis reads, allocates and hands to Lua each argument of a call by itself, and a batch has
 * thousands of short ones.
 *
 * Why the size is asked first: it is written where it stays, once.
 *
 * Ownership: the bytes live in the arena.
 */
#ifndef PROJECTOR_SVC_VIEWS_PACKED_H
#define PROJECTOR_SVC_VIEWS_PACKED_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* What comes before a text's bytes or a list's elements, and a number, has no more bytes. */
enum { PACKED_HEAD_MAX = 5 };

struct packed {
    char *bytes;
    size_t len;
    size_t cap;
};

/* Room for cap bytes: PACKED_HEAD_MAX for each piece, and those of the texts. False: the arena is
 * full. */
bool packed_open(struct packed *packed, struct arena *arena, size_t cap);

/* So many pieces follow, which are its elements. */
void packed_list(struct packed *packed, size_t count);

void packed_text(struct packed *packed, struct strview text);
void packed_number(struct packed *packed, uint32_t number);

struct strview packed_view(const struct packed *packed);

#endif
