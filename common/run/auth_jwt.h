/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_jwt.h - JSON Web Tokens beside the tokens file: jwt.h's rules, with keys from a file.
 *
 * Why the log says why, and once a minute: an operator whose clients all get 401 needs the reason,
 * and whoever sends junk must not fill the disk.
 *
 * Errors: ERROR_FATAL with a text that names the file.
 */
#ifndef COMMON_RUN_AUTH_JWT_H
#define COMMON_RUN_AUTH_JWT_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/run/principal.h"

struct auth_jwt;
struct common_settings;
struct jws_keys;
struct settings;

/* Adds what is missing or too much beside AUTH_JWT_KEY_FILE. */
void auth_jwt_check_settings(const struct common_settings *common, struct settings *settings);

/* Reads the keys. */
MUST_USE enum error_kind auth_jwt_new(const struct common_settings *common,
                                      struct auth_jwt **ret_jwt, struct error *err);

/* Accepts NULL. */
void auth_jwt_free(struct auth_jwt *jwt);

/* The file's keys as it is now, for auth_jwt_take_keys(), which also forgets what the old ones had
 * proved. Two steps, because either all files that are read again are good or nothing changes. */
MUST_USE enum error_kind auth_jwt_read_keys(const struct auth_jwt *jwt, struct jws_keys **ret_keys,
                                            struct error *err);
void auth_jwt_take_keys(struct auth_jwt *jwt, struct jws_keys *keys);

/* Whose token it is, or NULL; hash: its SHA-256. Borrowed until the next look-up or new keys. */
const struct principal *auth_jwt_lookup(struct auth_jwt *jwt, struct strview token,
                                        const uint8_t *hash, int64_t now_ms);

#endif
