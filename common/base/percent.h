/* SPDX-License-Identifier: Apache-2.0 */
/*
 * percent.h - RFC 3986 percent-decoding, of paths, queries and the parts of a server's address.
 */
#ifndef COMMON_BASE_PERCENT_H
#define COMMON_BASE_PERCENT_H

#include "common/base/error.h"
#include "common/base/strview.h"

/*
 * Decodes %XX into out. A plus is a plus: that it could be a blank is a rule of HTML forms. False,
 * with out in any state, on a stray '%', on %00, and when the result is longer than size.
 */
MUST_USE bool percent_decode(struct strview text, char *out, size_t size, size_t *ret_len);

#endif
