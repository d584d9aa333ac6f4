/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - yajl's only user: a bounded reader and a writer with a sticky failure.
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
 * Ownership: values live in the arena handed to json_parse(). A writer's bytes
 * go into the caller's strbuf.
 * Limits: nesting 16, 64 members an object, and the arena's size.
 */
#ifndef COMMON_CONTRACT_JSON_H
#define COMMON_CONTRACT_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"

#include <stdint.h>

enum { JSON_DEPTH_MAX = 16, JSON_MEMBERS_MAX = 64 };

enum json_type {
    JSON_NULL = 0,
    JSON_BOOL,
    JSON_INTEGER, /* fits int64_t */
    JSON_NUMBER,  /* any other number */
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_TYPE_COUNT
};

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

struct json_writer {
    void *gen; /* yajl_gen */
    struct strbuf *out;
    bool failed;
};

/* Appends to out, which outlives the writer. Failure (memory, or bytes that are not UTF-8) is
 * sticky and reported by json_writer_done(). */
void json_writer_init(struct json_writer *writer, struct strbuf *out);

/* Releases the writer; false when anything went wrong, out's bytes are then useless. */
MUST_USE bool json_writer_done(struct json_writer *writer);

void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *name);
void json_put_string(struct json_writer *writer, struct strview text);
void json_put_integer(struct json_writer *writer, int64_t value);
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
void json_put_raw(struct json_writer *writer, struct strview json); /* JSON text made elsewhere */
void json_put_value(struct json_writer *writer,
                    const struct json_value *value); /* as it was read */

/* Key and value in one call. The text form leaves the member out when the text is empty. */
void json_put_member_string(struct json_writer *writer, const char *name, struct strview text);
void json_put_member_text(struct json_writer *writer, const char *name, struct strview text);
void json_put_member_integer(struct json_writer *writer, const char *name, int64_t value);
void json_put_member_bool(struct json_writer *writer, const char *name, bool value);
void json_put_member_time(struct json_writer *writer, const char *name, int64_t epoch_ms);

#endif
