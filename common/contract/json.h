/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - yajl's only user: a bounded reader. What it makes: json_value.h; what we write:
 * json_writer.h.
 *
 * Why a guard around yajl: it accepts invalid UTF-8, lone surrogates, NUL and
 * duplicate members, takes \v and \f for blanks and a string left open behind
 * the document for its end, and has no nesting limit (tried with 2.1.0). Here
 * all of these are refused before a value is seen, because one such string in
 * PostgreSQL would abort a whole batch, and others read such bytes otherwise.
 *
 * Ownership: values live in the arena handed to json_parse(), and texts without escapes where they
 * stand: the document's bytes must outlive them.
 * Limits: nesting 16, 64 members an object, and the arena's size.
 */
#ifndef COMMON_CONTRACT_JSON_H
#define COMMON_CONTRACT_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json_value.h"
#include "common/contract/json_writer.h"

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 64 };

/* ERROR_INVALID with a sentence saying where; ERROR_EXHAUSTED when the arena is too small. */
MUST_USE enum error_kind json_parse(struct strview bytes, struct arena *arena,
                                    const struct json_value **ret_value, struct error *err);

#endif
