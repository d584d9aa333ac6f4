/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth.h - who is asking: bearer tokens, roles and subjects.
 *
 * The tokens file has lines `sha256-hex role subject`; blank lines and lines
 * that begin with # do not count. It holds hashes, so reading it gives nobody a
 * token. A reload with faults keeps what was loaded before.
 *
 * Why no early exit in the comparison: the time of a look-up must not tell how
 * much of a guess was right; the hash of the guess is what is compared.
 *
 * Beside the file's tokens, or instead of them, JSON Web Tokens may be taken: auth_jwt.h.
 */
#ifndef COMMON_RUN_AUTH_H
#define COMMON_RUN_AUTH_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/run/principal.h"

#include <stdbool.h>

struct auth;
struct http_request;
struct settings;
struct common_settings;

enum auth_mode { AUTH_TOKENS = 0, AUTH_OFF, AUTH_MODE_COUNT };

/*
 * Adds a fault when neither a tokens file nor a key file is set without AUTH=off, or AUTH=off
 * leaves loopback or stands beside one of them.
 * service_main() calls it for commands that serve.
 */
void auth_check_settings(const struct common_settings *common, struct settings *settings);

/* Reads tokens and keys. Fails with ERROR_FATAL; the text lists the faulty lines. */
MUST_USE enum error_kind auth_new(const struct common_settings *common, struct auth **ret_auth,
                                  struct error *err);
void auth_free(struct auth *auth);

/* Reads the files again; on failure everything stays as it was. */
MUST_USE enum error_kind auth_reload(struct auth *auth, struct error *err);

/* The principal of a bare token, or NULL. Valid until the next look-up or auth_reload(): copy what
 * must outlive this turn of the loop. */
const struct principal *auth_lookup(const struct auth *auth, struct strview token);

/*
 * The principal behind the request's Authorization header, if its role is among
 * the bits of roles. Otherwise answers 401 or 403 itself and returns NULL.
 */
MUST_USE const struct principal *auth_require(const struct auth *auth, struct http_request *request,
                                              unsigned roles);

/* Counts what auth_reload() has taken: an answer that took long asks again when it has moved. */
unsigned auth_epoch(const struct auth *auth);

/* The principal of the request's token now, or NULL; answers nothing. */
const struct principal *auth_of_request(const struct auth *auth, struct http_request *request);

/* Answers 401; it tells whether there was a token, but not what is wrong with it (RFC 6750). */
void auth_refuse(struct http_request *request);

/*
 * For http_server_on_unrouted(), with the auth as user: below /v1/ nobody without a token learns
 * which paths and methods there are. False: it has answered 401.
 */
bool auth_check_unrouted(struct http_request *request, void *user);

#endif
