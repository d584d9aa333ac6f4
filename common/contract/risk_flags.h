/* SPDX-License-Identifier: Apache-2.0 */
/*
 * risk_flags.h - the risk flags an order has, in the order in which they were set.
 *
 * Why a bound: an order's row, its view and its answers have them all, and whoever sets flags in a
 * loop must not make those grow.
 *
 * Ownership: names are borrowed.
 */
#ifndef COMMON_CONTRACT_RISK_FLAGS_H
#define COMMON_CONTRACT_RISK_FLAGS_H

#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"

enum { RISK_FLAGS_MAX = 16 };

struct risk_flags {
    struct strview names[RISK_FLAGS_MAX];
    size_t count;
};

bool risk_flags_has(const struct risk_flags *flags, struct strview name);

/* False, nothing changed, where it is set already or there is no room. */
MUST_USE bool risk_flags_set(struct risk_flags *flags, struct strview name);

/* False where it is not set. */
MUST_USE bool risk_flags_clear(struct risk_flags *flags, struct strview name);

/* "fraud,address", as in columns and hashes; reading it is false for more than there may be, or a
 * longer one. */
void risk_flags_join(const struct risk_flags *flags, struct strbuf *out);
MUST_USE bool risk_flags_split(struct strview text, struct risk_flags *ret);

#endif
