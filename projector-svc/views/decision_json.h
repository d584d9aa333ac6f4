/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decision_json.h - an aggregate's decisions, as they stand in projection:decided: an array, the
 * oldest first.
 *
 * Why one text for an aggregate: a rebuild copies the hash as it is, and whoever looks at an
 * aggregate that stands still has all of them in one reading.
 *
 * Ownership: what is read lives in the arena, texts there or in the document. Units: times are
 * epoch milliseconds, UTC.
 */
#ifndef PROJECTOR_SVC_VIEWS_DECISION_JSON_H
#define PROJECTOR_SVC_VIEWS_DECISION_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "projector-svc/core/decisions.h"

#include <stdbool.h>

/* Empty: none. ERROR_INVALID for what is damaged, ERROR_EXHAUSTED. */
MUST_USE enum error_kind decision_json_read(struct strview json, struct arena *arena,
                                            struct decisions *ret, struct error *err);

/* before: an array that could be read, or empty. As it is, with one more at its end: what a later
 * version of this program wrote there stays. False when out is full or a text is not UTF-8. */
MUST_USE bool decision_json_append(struct strview before, const struct decision *decision,
                                   struct strbuf *out);

#endif
