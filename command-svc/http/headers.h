/* SPDX-License-Identifier: Apache-2.0 */
/*
 * headers.h - what the request headers of a command mean; pure.
 *
 * Errors: false, with *ret untouched, for a value that is not well-formed.
 */
#ifndef COMMAND_SVC_HTTP_HEADERS_H
#define COMMAND_SVC_HTTP_HEADERS_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

enum { IDEMPOTENCY_KEY_MAX = 255, TRACEPARENT_LEN = 55 };

/* application/json, with no charset but UTF-8. */
MUST_USE bool headers_is_json(struct strview content_type);

/*
 * Idempotency-Key: 1-255 visible ASCII characters, bare or as an RFC 8941
 * string ("a\"b" is a"b). Both forms of a key are the same key. Writes into key, which
 * has room for IDEMPOTENCY_KEY_MAX bytes.
 */
MUST_USE bool headers_read_key(struct strview value, char *key, size_t *ret_len);

/* If-Match: "v3" as our ETags are; no list, no *, no weak tag. */
MUST_USE bool headers_read_version(struct strview value, int64_t *ret_version);

/* W3C trace context, version 00. */
MUST_USE bool headers_is_traceparent(struct strview value);

#endif
