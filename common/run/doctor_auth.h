/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_auth.h - what `doctor` looks at of who may ask: the files of tokens and of keys.
 *
 * Why it reads them as `serve` does: a damaged one ends that at once, and leaves one that runs with
 * what it had before. That one is missing, or may not be read, is a wrong setting (settings.h).
 */
#ifndef COMMON_RUN_DOCTOR_AUTH_H
#define COMMON_RUN_DOCTOR_AUTH_H

#include "common/base/error.h"
#include "common/run/doctor.h"

struct strbuf;

/* part is the offset of the patient's const struct common_settings *. */
#define DOCTOR_AUTH_CHECKS(part)                                                                   \
    {"tokens", NULL, (part), doctor_auth_tokens,                                                   \
     "AUTH_TOKENS_FILE=FILE, with a line for each token: its SHA-256 (printf %s TOKEN | "          \
     "sha256sum), its role, its subject"},                                                         \
    {                                                                                              \
        "keys", NULL, (part), doctor_auth_keys,                                                    \
            "AUTH_JWT_KEY_FILE=FILE, with the issuer's public keys: what its jwks_uri says, or "   \
            "openssl pkey -in KEY -pubout"                                                         \
    }

/* A check's functions; part is a const struct common_settings **. */
enum error_kind doctor_auth_tokens(void *part, struct strbuf *told, struct error *err);
enum error_kind doctor_auth_keys(void *part, struct strbuf *told, struct error *err);

#endif
