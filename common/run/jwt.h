/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt.h - what a JSON Web Token says (RFC 7519), and whether it may be believed; pure.
 *
 * Why apart from the signature: everything that makes a token good or bad but that is a rule over
 * bytes and a time, and each rule is one word that log and tests share. The caller is told none of
 * them: who tries tokens must not learn how close one was.
 *
 * The header's jku, jwk, x5u and x5c are never looked at: who makes a token does not choose the key
 * that proves it.
 *
 * Units: times are milliseconds since 1970, UTC. Ownership: texts are the token's or the arena's.
 */
#ifndef COMMON_RUN_JWT_H
#define COMMON_RUN_JWT_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/jws/keys.h"
#include "common/run/principal.h"

#include <stdint.h>

struct arena;
struct json_value;

/* The arena holds any token of that length: 6 KiB of JSON are at most 3072 values of 80 bytes. */
enum { JWT_LEN_MAX = 8192, JWT_ARENA_MAX = 512 << 10 };

/* Each fault once, and what the log says of it. */
#define JWT_FAULTS(X)                                                                              \
    X(NONE, "none")                                                                                \
    X(LONG, "it has more than 8192 bytes")                                                         \
    X(FORM, "it is not three parts in base64url")                                                  \
    X(HEADER, "its header is no JSON object")                                                      \
    X(TYPE, "its typ is neither JWT nor at+jwt")                                                   \
    X(CRITICAL, "its header has a crit, and no extension is known here")                           \
    X(ALGORITHM, "its alg is none of RS256, PS256, ES256 and EdDSA")                               \
    X(KEY, "no key here has its kid and allows its alg")                                           \
    X(SIGNATURE, "its signature is wrong")                                                         \
    X(CLAIMS, "its claims are no JSON object")                                                     \
    X(EXPIRY, "its exp is no time in whole seconds")                                               \
    X(EXPIRED, "it has expired")                                                                   \
    X(BEGIN, "its nbf is no time in whole seconds")                                                \
    X(EARLY, "it is not valid yet")                                                                \
    X(ISSUER, "its iss is not AUTH_JWT_ISSUER")                                                    \
    X(AUDIENCE, "its aud does not name AUTH_JWT_AUDIENCE")                                         \
    X(ROLE, "the claim of AUTH_JWT_ROLE_CLAIM does not name one role of ours")                     \
    X(SUBJECT, "the claim with the subject is not " ID_FORM_RULE)

#define JWT_FAULT_ENTRY(NAME, text) JWT_FAULT_##NAME,
enum jwt_fault { JWT_FAULTS(JWT_FAULT_ENTRY) JWT_FAULT_COUNT };

/* What must be true of a token; texts live as long as the settings. */
struct jwt_policy {
    const char *issuer;         /* NULL: any */
    const char *audience;       /* at least one of the token's */
    const char *role_claim;     /* a text, or an array in which one role of ours stands */
    const char *subject_claim;  /* of everybody but customers */
    const char *customer_claim; /* a customer's id */
    int64_t leeway_ms;          /* by which clocks may differ */
};

/* A token taken apart, nothing of it believed yet. */
struct jwt {
    enum jws_algorithm algorithm;
    struct strview kid; /* data NULL: it names none */
    struct strview signed_bytes;
    struct strview signature;
    struct strview claims; /* JSON, to be read once the signature is right */
};

/* A sentence for the log. */
const char *jwt_fault_text(enum jwt_fault fault);

/* Whether the text has the two dots of a JWT; tokens of the tokens file may have them, too. */
bool jwt_looks_like_one(struct strview token);

/* Anything but JWT_FAULT_NONE leaves *ret untouched. */
MUST_USE enum jwt_fault jwt_read(struct strview token, struct arena *arena, struct jwt *ret);

/* Reads and judges the claims of a token whose signature is right. */
MUST_USE enum jwt_fault jwt_judge(const struct jwt *jwt, const struct jwt_policy *policy,
                                  int64_t now_ms, struct arena *arena, struct principal *ret);

#endif
