/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - public keys that tell whose a signature is (RFC 7515, 7517, 7518, 8037), by libcrypto.
 *
 * Why libcrypto and no JOSE library: libcjose has no EdDSA; libjwt changed its calls between Debian
 * bookworm and trixie, and both bring a second JSON reader, which takes duplicate members. What is
 * left to do once our own reader has read a token is one call of EVP_DigestVerify().
 *
 * Why a key has its algorithms: whoever makes a token also writes its `alg`. Here that word only
 * chooses among what the key's type allows, so a public key never becomes the secret of an HMAC.
 *
 * A file is a JWK set, or PEM blocks BEGIN PUBLIC KEY. Kinds of keys that are not for this are left
 * out (as RFC 7517 asks); private and symmetric ones are a fault: they do not belong here.
 *
 * Limits: 16 keys, 256 KiB. Threads: one at a time.
 */
#ifndef COMMON_IO_JWS_KEYS_H
#define COMMON_IO_JWS_KEYS_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/jws/algorithm.h"

enum jws_verdict { JWS_GOOD = 0, JWS_NO_SUCH_KEY, JWS_NOT_SIGNED };

struct jws_keys;

/* ERROR_FATAL; the text names the file and what is wrong with it. */
MUST_USE enum error_kind jws_keys_read(const char *path, struct jws_keys **ret_keys,
                                       struct error *err);

/* Accepts NULL. */
void jws_keys_free(struct jws_keys *keys);

/*
 * Whether one of the keys has signed these bytes. A key with a kid answers only to that one (kid:
 * data NULL when the token names none), a key without one to all.
 */
enum jws_verdict jws_keys_check(const struct jws_keys *keys, enum jws_algorithm algorithm,
                                struct strview kid, struct strview bytes, struct strview signature);

#endif
