/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_memory.h - checked tokens by their SHA-256, until they expire; pure.
 *
 * Why: a signature costs 30 to 100 us of CPU, as much as an order's whole way, and a client sends
 * the same token again and again.
 *
 * Why no key in it: who finds a hash here has shown the token of which it is, and that was checked.
 * A keyless look-up leaks at most that a token of that hash is known.
 *
 * Why sets of four: a hash chooses its set, and there the entry used longest ago gives way; so the
 * bound is the array itself, and nothing is ever searched for.
 *
 * Ownership: what is found is borrowed until the next call of any of these: they may all forget it.
 */
#ifndef COMMON_RUN_JWT_MEMORY_H
#define COMMON_RUN_JWT_MEMORY_H

#include "common/run/principal.h"

#include <stddef.h>

enum { JWT_MEMORY_MAX = 4096, JWT_MEMORY_HASH_LEN = 32 };

struct jwt_memory;

/* Never NULL. */
struct jwt_memory *jwt_memory_new(void);

/* Accepts NULL. */
void jwt_memory_free(struct jwt_memory *memory);

/* Whose token has that hash, or NULL; one that has expired is forgotten. */
const struct principal *jwt_memory_find(struct jwt_memory *memory,
                                        const uint8_t hash[static JWT_MEMORY_HASH_LEN],
                                        int64_t now_ms);

/* Keeps a copy, and gives it. */
const struct principal *jwt_memory_add(struct jwt_memory *memory,
                                       const uint8_t hash[static JWT_MEMORY_HASH_LEN],
                                       const struct principal *who);

/* All of them: keys or rules have changed. */
void jwt_memory_forget(struct jwt_memory *memory);

/* How many are kept, expired ones that nobody asked for included. */
size_t jwt_memory_count(const struct jwt_memory *memory);

#endif
