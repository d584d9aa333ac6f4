/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgarray.h - an array of one dimension in PostgreSQL's binary form, as a parameter.
 *
 * Why binary: in an array's text every element is quoted and escaped here, and searched for its end
 * and read there; of a batch that was a fifth of the service's time.
 *
 * Calling sequence: pgarray_init(); pgarray_open(), elements, pgarray_close() for each array;
 * pgarray_done().
 * Ownership: the bytes are the array's, until it is opened again or done.
 * Errors: what its type cannot hold (a number out of range, a uuid that is none) is NULL, so that
 * PostgreSQL refuses its row and no other. Too much is sticky; pgarray_close() tells.
 */
#ifndef COMMON_IO_POSTGRES_PGARRAY_H
#define COMMON_IO_POSTGRES_PGARRAY_H

#include "common/base/strbuf.h"

/* X(NAME, pg_type.oid) */
#define PGARRAY_TYPES(X)                                                                           \
    X(BOOL, 16)                                                                                    \
    X(BYTEA, 17)                                                                                   \
    X(INT8, 20)                                                                                    \
    X(INT2, 21)                                                                                    \
    X(INT4, 23)                                                                                    \
    X(TEXT, 25)                                                                                    \
    X(JSON, 114)                                                                                   \
    X(TIMESTAMPTZ, 1184)                                                                           \
    X(UUID, 2950)

#define PGARRAY_ROW(NAME, oid) PGARRAY_##NAME,
enum pgarray_type { PGARRAY_TYPES(PGARRAY_ROW) };
#undef PGARRAY_ROW

struct pgarray {
    struct strbuf bytes;
    enum pgarray_type type;
    uint32_t count;
    bool has_null;
};

/* Arrays of at most max bytes, INT32_MAX or less. */
void pgarray_init(struct pgarray *array, size_t max);
void pgarray_done(struct pgarray *array);

/* Begins an array of that type with no elements. */
void pgarray_open(struct pgarray *array, enum pgarray_type type);

/* TEXT, JSON, BYTEA: the bytes as they are. UUID: from its text. NULL when data is NULL. */
void pgarray_put(struct pgarray *array, struct strview value);

/* BOOL, INT2, INT4, INT8; TIMESTAMPTZ: milliseconds since 1970. */
void pgarray_put_i64(struct pgarray *array, int64_t value);

/* The parameter, whole; data is NULL when it grew too large. */
MUST_USE struct strview pgarray_close(struct pgarray *array);

#endif
