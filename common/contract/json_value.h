/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_value.h - a JSON document as a tree: what json.h reads and json_writer.h can write again.
 *
 * Numbers: money never becomes a double. A number without fraction, exponent
 * or overflow is an integer; any other keeps only its text.
 *
 * Ownership: values live in the arena handed to json_parse(), texts there or in the document.
 */
#ifndef COMMON_CONTRACT_JSON_VALUE_H
#define COMMON_CONTRACT_JSON_VALUE_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The member of that name, or NULL (also when object is NULL or no object). */
const struct json_value *json_member(const struct json_value *object, const char *name);

/* Shorthands for documents this project wrote itself: "" or fallback where absent or other type, or
 * a number beyond what can be added up (checked_is_modest()). */
struct strview json_text(const struct json_value *object, const char *name);
int64_t json_integer(const struct json_value *object, const char *name, int64_t fallback);
/* Epoch milliseconds of such a number, or of an RFC 3339 text. */
int64_t json_time(const struct json_value *object, const char *name, int64_t fallback);

/* "null", "boolean", "integer", "number", "string", "array", "object" */
const char *json_type_name(enum json_type type);

#endif
