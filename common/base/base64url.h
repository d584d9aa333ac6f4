/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64url.h - RFC 4648 section 5 without padding, as JOSE writes it (RFC 7515).
 *
 * Why strict: a text that several spellings stand for has several hashes, and what was refused or
 * kept under one of them would be unknown under the next.
 */
#ifndef COMMON_BASE_BASE64URL_H
#define COMMON_BASE_BASE64URL_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes that a text of that length stands for, at most. */
#define BASE64URL_BYTES(len) ((len) / 4 * 3 + 3)

/*
 * Writes at most BASE64URL_BYTES(text.len) bytes. False, with *ret_len untouched, for a foreign
 * character, padding, a length that nothing has, and bits behind the last byte that are not zero.
 */
MUST_USE bool base64url_decode(struct strview text, uint8_t *ret_bytes, size_t *ret_len);

#endif
