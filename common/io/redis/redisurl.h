/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redisurl.h - redis://[user[:password]@]host[:port][/database], taken apart; by rediss:// with
 * TLS, and then at its end ?ssl_ca_certs=FILE: whose certificates are believed, as other clients
 * call it.
 *
 * Errors: ERROR_INVALID, never repeating a part of the url: it may hold a password.
 */
#ifndef COMMON_IO_REDIS_REDISURL_H
#define COMMON_IO_REDIS_REDISURL_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    REDISURL_USER_MAX = 128,
    REDISURL_PASSWORD_MAX = 512,
    REDISURL_HOST_MAX = 256,
    REDISURL_PATH_MAX = 1024
};

struct redisurl {
    char user[REDISURL_USER_MAX];         /* "": Redis's default */
    char password[REDISURL_PASSWORD_MAX]; /* "": none */
    char host[REDISURL_HOST_MAX];
    int port;
    int64_t database;
    bool is_tls;
    char ca_file[REDISURL_PATH_MAX]; /* "": the system's */
};

MUST_USE enum error_kind redisurl_read(const char *url, struct redisurl *ret_url,
                                       struct error *err);

#endif
