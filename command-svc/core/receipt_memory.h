/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt_memory.h - the newest receipts, kept at hand; pure.
 *
 * Why: under overload the database must not be asked, and still a client that lost its
 * answer is owed the same one again: told "come back later" it would not know that its
 * order was taken.
 *
 * A ring of bytes, so that the newest stay and nothing is freed one by one; a table of
 * places finds them by key. Two keys in one place of the table: the newer one stays.
 *
 * Ownership: copies what it is given; what is found is borrowed until the next put.
 * Limits: RECEIPT_MEMORY_BYTES in all.
 */
#ifndef COMMAND_SVC_CORE_RECEIPT_MEMORY_H
#define COMMAND_SVC_CORE_RECEIPT_MEMORY_H

#include "command-svc/core/command.h"

enum { RECEIPT_MEMORY_BYTES = 4 << 20 };

struct receipt_memory;

struct remembered {
    const uint8_t *request_hash; /* REQUEST_HASH_LEN */
    int status;
    int64_t version; /* 0: none */
    struct strview location;
    struct strview body;
};

MUST_USE struct receipt_memory *receipt_memory_new(void);
void receipt_memory_free(struct receipt_memory *memory);

/* One larger than a quarter of the ring is not kept. */
void receipt_memory_put(struct receipt_memory *memory, const struct uuid *key,
                        const struct remembered *receipt);

/* False when it is not there (any more). */
MUST_USE bool receipt_memory_find(const struct receipt_memory *memory, const struct uuid *key,
                                  struct remembered *ret);

/* Another database has other receipts. */
void receipt_memory_clear(struct receipt_memory *memory);

#endif
