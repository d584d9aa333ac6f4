/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h - what the files of common/io/jws know of each other. */
#ifndef COMMON_IO_JWS_INTERNAL_H
#define COMMON_IO_JWS_INTERNAL_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/jws/algorithm.h"

#include <openssl/evp.h>
#include <stdbool.h>

enum { JWS_KEYS_MAX = 16, JWS_KID_MAX = 255, JWS_FILE_MAX = 256 << 10 };

struct jws_key {
    EVP_PKEY *key;
    unsigned algorithms; /* bits 1 << enum jws_algorithm: what its type and its own `alg` allow */
    bool has_kid;
    size_t kid_len;
    char kid[JWS_KID_MAX];
};

struct jws_keys {
    size_t count;
    struct jws_key list[JWS_KEYS_MAX];
};

/* What the type and size of a key allow, as bits; 0: nothing. */
unsigned jws_algorithms_of(const EVP_PKEY *key);

/* Takes the key, also when it fails: nothing for it to do, too many, a kid that was there before.
 */
MUST_USE enum error_kind jws_keys_add(struct jws_keys *keys, const struct jws_key *key,
                                      struct error *err);

/* Adds the keys of a JWK set. */
MUST_USE enum error_kind jws_read_set(struct strview bytes, struct jws_keys *keys,
                                      struct error *err);

#endif
