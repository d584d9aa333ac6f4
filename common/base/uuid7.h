/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuid7.h - RFC 9562 version 7 identifiers from time and random bytes handed in.
 *
 * Why version 7: new rows land at the right edge of the primary key's index.
 * Why handed in: the caller owns clock and randomness, so a test can fix both.
 *
 * Form: lower-case text of 36 characters everywhere outside PostgreSQL.
 */
#ifndef COMMON_BASE_UUID7_H
#define COMMON_BASE_UUID7_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

enum { UUID_TEXT_LEN = 36, UUID7_RANDOM_LEN = 10 };

struct uuid {
    char text[UUID_TEXT_LEN + 1];
};

/* RFC 9562 section 5.7: 48 bits of milliseconds, 74 of the 80 random bits. */
struct uuid uuid7_make(int64_t epoch_ms, const uint8_t random[static UUID7_RANDOM_LEN]);

/* Any 16 bytes, as they are, in the same form: e.g. the head of a hash for a uuid column. */
struct uuid uuid_of_bytes(const uint8_t bytes[static 16]);

/* Accepts upper case and any version; yields lower case. False, *ret untouched, on anything else.
 */
MUST_USE bool uuid_parse(struct strview text, struct uuid *ret);

/* The inverse of uuid_of_bytes(): lower case only. False, with *ret_bytes undefined, on anything
 * else. */
MUST_USE bool uuid_bytes(struct strview text, uint8_t ret_bytes[static 16]);

static inline struct strview uuid_view(const struct uuid *uuid)
{
    return (struct strview){.data = uuid->text, .len = UUID_TEXT_LEN};
}

#endif
