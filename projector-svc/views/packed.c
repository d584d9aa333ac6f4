/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/packed.h"

#include "common/base/arena.h"

#include <assert.h>
#include <string.h>

/* The first byte of each form; of the shortest one the value stands in it. */
enum {
    NUMBER_32 = 0xce,
    TEXT_SHORT = 0xa0,
    TEXT_8 = 0xd9,
    TEXT_16 = 0xda,
    TEXT_32 = 0xdb,
    LIST_SHORT = 0x90,
    LIST_16 = 0xdc,
    LIST_32 = 0xdd,
};

enum { NUMBERS_SHORT = 128, TEXTS_SHORT = 32, LISTS_SHORT = 16 };

bool packed_open(struct packed *packed, struct arena *arena, size_t cap)
{
    *packed = (struct packed){.bytes = arena_alloc(arena, cap), .cap = cap};
    return packed->bytes != NULL;
}

static void put_byte(struct packed *packed, unsigned byte)
{
    assert(packed->len < packed->cap);
    packed->bytes[packed->len++] = (char)(unsigned char)byte;
}

/* The form, and the value in so many bytes behind it, the highest first. */
static void put_value(struct packed *packed, unsigned form, size_t value, unsigned bytes)
{
    assert(value <= UINT32_MAX);
    put_byte(packed, form);
    for (unsigned i = bytes; i > 0; i--) {
        put_byte(packed, (unsigned)(value >> (8 * (i - 1))) & 0xff);
    }
}

void packed_list(struct packed *packed, size_t count)
{
    if (count < LISTS_SHORT) {
        put_byte(packed, LIST_SHORT | (unsigned)count);
    } else if (count <= UINT16_MAX) {
        put_value(packed, LIST_16, count, 2);
    } else {
        put_value(packed, LIST_32, count, 4);
    }
}

void packed_text(struct packed *packed, struct strview text)
{
    if (text.len < TEXTS_SHORT) {
        put_byte(packed, TEXT_SHORT | (unsigned)text.len);
    } else if (text.len <= UINT8_MAX) {
        put_value(packed, TEXT_8, text.len, 1);
    } else if (text.len <= UINT16_MAX) {
        put_value(packed, TEXT_16, text.len, 2);
    } else {
        put_value(packed, TEXT_32, text.len, 4);
    }
    assert(packed->cap - packed->len >= text.len);
    if (text.len > 0) {
        memcpy(packed->bytes + packed->len, text.data, text.len);
        packed->len += text.len;
    }
}

void packed_number(struct packed *packed, uint32_t number)
{
    if (number < NUMBERS_SHORT) {
        put_byte(packed, number);
    } else {
        put_value(packed, NUMBER_32, number, 4);
    }
}

struct strview packed_view(const struct packed *packed)
{
    assert(packed->len <= packed->cap);
    return (struct strview){.data = packed->bytes, .len = packed->len};
}
