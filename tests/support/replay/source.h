/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - where sales come from: a file, plain or gzipped, or our own invention.
 *
 * Why invent: the real data set is not ours to ship, and a replay must show
 * something without it.
 */
#ifndef TESTS_SUPPORT_REPLAY_SOURCE_H
#define TESTS_SUPPORT_REPLAY_SOURCE_H

#include "common/base/error.h"
#include "common/base/strbuf.h"

#include <stdint.h>

/*
 * Appends the file's bytes, unpacked. Fails with ERROR_NOT_FOUND when there is no
 * such file, with ERROR_INVALID when it cannot be read to its end.
 */
MUST_USE enum error_kind source_read(const char *path, struct strbuf *out, struct error *err);

/*
 * Appends a CSV file of that many invoices, the same for the same seed, with the
 * dirt of real ones: cancellations, negative quantities, prices of zero and of a
 * tenth of a penny, rows without customer or description, charges, quotes and
 * characters that ids do not have. Its numbers, codes and customers are not those
 * of the real data set, so that both can be replayed into one system.
 */
void source_invent(uint64_t seed, unsigned invoices, struct strbuf *out);

#endif
