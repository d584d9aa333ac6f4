/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_quoted.h - texts in quotation marks, for json_writer.c.
 *
 * Why three forms: of the eighty texts that an order's documents have nearly all are ASCII that
 * stands for itself. Those are looked through once, and copied in one piece.
 *
 * Errors: a buffer that has no room has failed, see strbuf.h.
 */
#ifndef COMMON_CONTRACT_JSON_QUOTED_H
#define COMMON_CONTRACT_JSON_QUOTED_H

#include "common/base/strbuf.h"
#include "common/base/strview.h"

#include <stdbool.h>

/* Whether all of it is ASCII that needs no escape. */
bool json_is_simple(struct strview text);

/* Such a text, or a literal of ours that is one. */
void json_quote_simple(struct strbuf *out, struct strview text);

/* Any valid UTF-8. */
void json_quote(struct strbuf *out, struct strview text);

/* Any bytes, each beyond ASCII by U+FFFD: which of them were meant cannot be known. */
void json_quote_mended(struct strbuf *out, struct strview text);

#endif
