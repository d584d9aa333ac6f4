/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgarray.h"

#include "common/base/uuid7.h"

#include <assert.h>
#include <limits.h>

/* Big-endian words of 32 bits. Head: dimensions, whether there are NULLs, the elements' type, their
 * number, the first one's index. Element: its length or -1, then its bytes. */
enum { WORD = 4, HEAD_LEN = 5 * WORD, EMPTY_HEAD_LEN = 3 * WORD, UUID_LEN = 16 };

#define MS_OF_2000 INT64_C(946684800000)

static char *put_big_endian(char *at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        at[i] = (char)(value >> 8 * (len - 1 - i));
    }
    return at + len;
}

void pgarray_init(struct pgarray *array, size_t max)
{
    assert(max <= INT32_MAX); /* so that every length fits its word */
    *array = (struct pgarray){.count = 0};
    strbuf_init(&array->bytes, max);
}

void pgarray_done(struct pgarray *array)
{
    strbuf_done(&array->bytes);
}

void pgarray_open(struct pgarray *array, enum pgarray_type type)
{
    strbuf_reset(&array->bytes);
    array->type = type;
    array->count = 0;
    array->has_null = false;
    if (strbuf_room(&array->bytes, HEAD_LEN) != NULL) {
        array->bytes.len = HEAD_LEN; /* written at the end */
    }
}

struct strview pgarray_close(struct pgarray *array)
{
    static const uint32_t OIDS[] = {
#define OID_ROW(NAME, oid) [PGARRAY_##NAME] = (oid),
        PGARRAY_TYPES(OID_ROW)
#undef OID_ROW
    };
    if (!strbuf_ok(&array->bytes)) {
        return (struct strview){.data = NULL};
    }
    char *at = array->bytes.data;
    at = put_big_endian(at, array->count > 0 ? 1 : 0, WORD);
    at = put_big_endian(at, array->has_null ? 1 : 0, WORD);
    at = put_big_endian(at, OIDS[array->type], WORD);
    at = put_big_endian(at, array->count, WORD);
    (void)put_big_endian(at, 1, WORD);
    return (struct strview){array->bytes.data,
                            array->count > 0 ? array->bytes.len : EMPTY_HEAD_LEN};
}

/* ---- elements ------------------------------------------------------------------------------ */

static void put_null(struct pgarray *array)
{
    array->count++;
    array->has_null = true;
    strbuf_append(&array->bytes, STRVIEW("\xff\xff\xff\xff"));
}

/* Where the element's bytes go; NULL: there is no room. It is counted all the same, as an array
 * that has failed is not one without elements. */
static char *open_element(struct pgarray *array, size_t len)
{
    char *room = strbuf_room(&array->bytes, WORD + len);
    array->count++;
    if (room == NULL) {
        return NULL;
    }
    array->bytes.len += WORD + len;
    return put_big_endian(room, len, WORD);
}

static void put_uuid(struct pgarray *array, struct strview text)
{
    uint8_t bytes[UUID_LEN];
    char *room = NULL;
    if (!uuid_bytes(text, bytes)) {
        put_null(array);
    } else if ((room = open_element(array, sizeof bytes)) != NULL) {
        memcpy(room, bytes, sizeof bytes);
    }
}

void pgarray_put(struct pgarray *array, struct strview value)
{
    assert(array->type == PGARRAY_TEXT || array->type == PGARRAY_JSON ||
           array->type == PGARRAY_BYTEA || array->type == PGARRAY_UUID);
    char *room = NULL;
    if (value.data == NULL) {
        put_null(array);
    } else if (array->type == PGARRAY_UUID) {
        put_uuid(array, value);
    } else if ((room = open_element(array, value.len)) != NULL) {
        memcpy(room, value.data, value.len);
    }
}

static const struct {
    size_t len; /* 0: no number */
    int64_t least;
    int64_t most;
} NUMBERS[] = {
    [PGARRAY_BOOL] = {1, 0, 1},
    [PGARRAY_BYTEA] = {0, 0, 0},
    [PGARRAY_INT8] = {8, INT64_MIN, INT64_MAX},
    [PGARRAY_INT2] = {2, INT16_MIN, INT16_MAX},
    [PGARRAY_INT4] = {4, INT32_MIN, INT32_MAX},
    [PGARRAY_TEXT] = {0, 0, 0},
    [PGARRAY_JSON] = {0, 0, 0},
    [PGARRAY_TIMESTAMPTZ] = {8, INT64_MIN / 1000 + MS_OF_2000, INT64_MAX / 1000},
    [PGARRAY_UUID] = {0, 0, 0},
};

void pgarray_put_i64(struct pgarray *array, int64_t value)
{
    assert(NUMBERS[array->type].len > 0);
    if (value < NUMBERS[array->type].least || value > NUMBERS[array->type].most) {
        put_null(array);
        return;
    }
    const int64_t written =
        array->type == PGARRAY_TIMESTAMPTZ ? (value - MS_OF_2000) * 1000 : value;
    char *room = open_element(array, NUMBERS[array->type].len);
    if (room != NULL) {
        (void)put_big_endian(room, (uint64_t)written, NUMBERS[array->type].len);
    }
}
