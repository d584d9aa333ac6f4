/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_form.h - what an id of a caller's choice may look like: customer ids, skus, references,
 * subjects of tokens, keys of records.
 *
 * Why one definition: door, tokens and reader have to agree. What the door takes
 * and the reader takes for nothing is lost without a word.
 *
 * Why a letter or digit is needed: `.` and `..` are steps of a path to every URL parser,
 * percent-encoded or not, so nobody could ask for them; and words of punctuation alone
 * are left to name what is no aggregate, as `-` does in a parked list's key.
 */
#ifndef COMMON_BASE_ID_FORM_H
#define COMMON_BASE_ID_FORM_H

#include "common/base/error.h"
#include "common/base/strview.h"

enum { ID_FORM_MAX = 64 }; /* bytes */

#define ID_FORM_RULE "1 to 64 of A-Z a-z 0-9 . _ -, with at least one letter or digit"

/* Does the text meet ID_FORM_RULE? */
MUST_USE bool id_form_fits(struct strview text);

/* A-Z a-z 0-9 . _ - */
MUST_USE bool id_form_has(char c);

/* Nothing but these, at any length; true of nothing, too. */
MUST_USE bool id_form_has_all(struct strview text);

#endif
