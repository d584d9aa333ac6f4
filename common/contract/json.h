/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - yajl's only user: a bounded reader. What we write: json_writer.h.
 *
 * Why a guard around yajl: it accepts invalid UTF-8, lone surrogates, NUL and
 * duplicate members, takes \v and \f for blanks and a string left open behind
 * the document for its end, and has no nesting limit (tried with 2.1.0). Here
 * all of these are refused before a value is seen, because one such string in
 * PostgreSQL would abort a whole batch, and others read such bytes otherwise.
 *
 * Numbers: money never becomes a double. A number without fraction, exponent
 * or overflow is an integer; any other keeps only its text.
 *
 * Ownership: values live in the arena handed to json_parse().
 * Limits: nesting 16, 64 members an object, and the arena's size.
 */
#ifndef COMMON_CONTRACT_JSON_H
#define COMMON_CONTRACT_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/json_writer.h"

#include <stdint.h>

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 64 };

/* Each type once. INTEGER: fits int64_t; NUMBER: any other number. */
#define JSON_TYPES(X)                                                                              \
    X(NULL, null, "null")                                                                          \
    X(BOOL, bool, "boolean")                                                                       \
    X(INTEGER, integer, "integer")                                                                 \
    X(NUMBER, number, "number")                                                                    \
    X(STRING, string, "string")                                                                    \
    X(ARRAY, array, "array")                                                                       \
    X(OBJECT, object, "object")

#define JSON_TYPE_ENTRY(TYPE, type, name) JSON_##TYPE,
enum json_type { JSON_TYPES(JSON_TYPE_ENTRY) JSON_TYPE_COUNT };

struct json_value {
    enum json_type type;
    bool boolean;
    int64_t integer;
    struct strview text;      /* a string's bytes, decoded; a number's text */
    struct strview name;      /* when it is an object's member */
    size_t count;             /* elements or members */
    struct json_value *first; /* of an array or object */
    struct json_value *next;  /* sibling */
};

/* ERROR_INVALID with a sentence saying where; ERROR_EXHAUSTED when the arena is too small. */
MUST_USE enum error_kind json_parse(struct strview bytes, struct arena *arena,
                                    const struct json_value **ret_value, struct error *err);

/* The member of that name, or NULL (also when object is NULL or no object). */
const struct json_value *json_member(const struct json_value *object, const char *name);

/* Shorthands for documents this project wrote itself: "" or fallback where absent or other type. */
struct strview json_text(const struct json_value *object, const char *name);
int64_t json_integer(const struct json_value *object, const char *name, int64_t fallback);

/* "null", "boolean", "integer", "number", "string", "array", "object" */
const char *json_type_name(enum json_type type);

#endif
