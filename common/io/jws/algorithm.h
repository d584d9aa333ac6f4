/* SPDX-License-Identifier: Apache-2.0 */
/* algorithm.h - the ways of signing that are taken here. */
#ifndef COMMON_IO_JWS_ALGORITHM_H
#define COMMON_IO_JWS_ALGORITHM_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>

/* Each algorithm once: its name in RFC 7518 or 8037. */
#define JWS_ALGORITHMS(X)                                                                          \
    X(RS256, "RS256")                                                                              \
    X(PS256, "PS256")                                                                              \
    X(ES256, "ES256")                                                                              \
    X(EDDSA, "EdDSA")

#define JWS_ALGORITHM_ENTRY(NAME, name) JWS_##NAME,
enum jws_algorithm { JWS_ALGORITHMS(JWS_ALGORITHM_ENTRY) JWS_ALGORITHM_COUNT };

/* False, with *ret untouched, for any other name; `none` is one. */
MUST_USE bool jws_algorithm_parse(struct strview name, enum jws_algorithm *ret);

#endif
