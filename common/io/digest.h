/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-256 of pieces, by libcrypto.
 *
 * Why an object: libcrypto 3 looks an algorithm up by name each time it is asked
 * without one at hand, which costs more than hashing a short text.
 *
 * Threads: one at a time.
 */
#ifndef COMMON_IO_DIGEST_H
#define COMMON_IO_DIGEST_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LEN = 32 }; /* bytes */

struct digest;

/* ERROR_FATAL when libcrypto has no SHA-256. */
MUST_USE enum error_kind digest_new(struct digest **ret_digest, struct error *err);

/* Accepts NULL. */
void digest_free(struct digest *digest);

/* The hash of the pieces as if they were one. False when libcrypto has no memory. */
MUST_USE bool digest_of(struct digest *digest, const struct strview *pieces, size_t count,
                        uint8_t ret_hash[static DIGEST_LEN]);

#endif
