/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - whose key it is: "<role>:<subject>", a zero byte, the Idempotency-Key.
 *
 * Why the principal stands in it: a guessed key must not read someone else's
 * receipt. Receipts are found by the head of its SHA-256, and an order id of
 * ours is drawn into its shard, so that equal keys meet under one lock.
 */
#ifndef COMMAND_SVC_HTTP_IDENTITY_H
#define COMMAND_SVC_HTTP_IDENTITY_H

#include "common/base/arena.h"
#include "common/base/uuid7.h"

struct digest;
struct principal;

/* The identity's bytes, in the arena; data is NULL when the arena is too small. */
struct strview identity_make(struct arena *arena, const struct principal *principal,
                             struct strview key);

/* The number of the principal alone, for shares. */
uint64_t identity_party(struct strview identity);

/* The primary key of its receipt. False when libcrypto has no memory. */
MUST_USE bool identity_receipt_key(struct digest *digest, struct strview identity,
                                   struct uuid *ret_key);

#endif
