/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jwt_fixture.h - keys, made anew for each run, the file they stand in, and tokens signed with
 * them.
 */
#ifndef TESTS_UNIT_COMMON_JWT_FIXTURE_H
#define TESTS_UNIT_COMMON_JWT_FIXTURE_H

#include "common/base/error.h"
#include "common/run/auth_jwt.h"
#include "common/run/jwt.h"
#include "common/run/settings.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { TEXT_MAX = 32 << 10, NOW_S = 1700000000 };
#define NOW_MS (INT64_C(1000) * NOW_S)

/* Two of a kind: the keys in the file, and somebody else's. */
enum key { RSA_KEY = 0, P256_KEY, ED_KEY, OTHER_RSA, OTHER_EC, OTHER_ED, P384_KEY, KEYS };

enum maker { BY_RS256 = 0, BY_PS256, BY_ES256, BY_EDDSA, BY_ES256_DER, BY_HMAC, BY_NOBODY };

extern EVP_PKEY *keys[KEYS];
extern char path[];
extern const struct common_settings COMMON;
extern struct auth_jwt *jwt;
extern struct error err;

void make_keys(void);
void drop_keys(void);
void setup(void);
void teardown(void);

/* In static memory, until the next one. */
const char *make(const char *header, const char *claims, enum maker maker, enum key key);

void put_ed(FILE *file, enum key key, const char *names);
void write_text(const char *text);
void write_set(void);
void write_pem(const enum key *which, size_t count);

const struct principal *look_up(const char *token, int64_t now_ms);

/* The core's word on a token that need not be signed. */
enum jwt_fault judge(const char *token);

#define CLAIMS(more)                                                                               \
    "{\"iss\":\"https://id.example\",\"aud\":\"orderspine\",\"exp\":1700000060," more "}"
#define GOOD        CLAIMS("\"role\":\"agent\",\"sub\":\"alice\"")

#define COUNT(list) (int)(sizeof(list) / sizeof(list)[0])

#endif
