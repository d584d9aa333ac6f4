/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8.h - strict RFC 3629 check.
 *
 * Why our own: yajl accepts overlong forms, surrogates and code points past
 * U+10FFFF, and PostgreSQL refuses them (SQLSTATE 22021), so one such string
 * would abort a whole batch of other people's commands.
 */
#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

#include "common/base/attribute.h"
#include "common/base/strview.h"

/* True for shortest-form UTF-8 without surrogates, NUL or anything past U+10FFFF. */
MUST_USE bool utf8_is_valid(struct strview text);

/* Bytes of the valid sequence that the text begins with; 0 when it begins with none. */
size_t utf8_sequence_len(struct strview text);

/* How many bytes from the start are valid: text.len when all are. */
size_t utf8_valid_head(struct strview text);

/* Code points of valid UTF-8. */
size_t utf8_length(struct strview text);

/*
 * Bytes of the blank that the text begins with; 0 when it begins with none. Blanks are
 * Unicode's white space, and what shows nothing at all: zero-width space, word joiner, byte order
 * mark, marks of direction. Pasted from a page they come along with what was meant.
 * Not the zero-width joiners: some scripts are spelt with them.
 */
size_t utf8_blank_len(struct strview text);

/* Is there a blank anywhere in it? */
bool utf8_has_blank(struct strview text);

/* Without blanks at both ends. */
struct strview utf8_trim(struct strview text);

#endif
