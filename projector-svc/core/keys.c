/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/keys.h"

#include "common/base/ascii.h"

#include <assert.h>
#include <stdio.h>

static struct strview join(struct arena *arena, const char *before, struct strview id,
                           const char *after)
{
    const size_t before_len = strlen(before);
    const size_t after_len = strlen(after);
    const size_t len = before_len + id.len + after_len;
    char *key = arena_alloc(arena, len + 1);
    if (key == NULL) {
        return (struct strview){.data = NULL};
    }
    memcpy(key, before, before_len);
    if (id.len > 0) {
        memcpy(key + before_len, id.data, id.len);
    }
    memcpy(key + before_len + id.len, after, after_len + 1);
    assert(key[len] == '\0');
    return (struct strview){.data = key, .len = len};
}

#define KEY_OF(name, before, after)                                                                \
    struct strview keys_##name(struct arena *arena, struct strview id)                             \
    {                                                                                              \
        return join(arena, before, id, after);                                                     \
    }
KEYS(KEY_OF)

static bool stands_as_it_is(char byte)
{
    return ascii_is_digit(byte) || ascii_is_capital(byte) || ascii_is_lower(byte) || byte == '.' ||
           byte == '_' || byte == '-';
}

struct strview keys_encode(struct arena *arena, struct strview text)
{
    enum { CODED = 3 };
    static const char HEX[] = "0123456789ABCDEF";
    char *coded = arena_alloc(arena, CODED * text.len + 1);
    size_t len = 0;
    for (size_t i = 0; coded != NULL && i < text.len; i++) {
        const unsigned char byte = (unsigned char)text.data[i];
        if (stands_as_it_is(text.data[i])) {
            coded[len++] = text.data[i];
        } else {
            coded[len++] = '%';
            coded[len++] = HEX[byte >> 4];
            coded[len++] = HEX[byte & 15];
        }
    }
    assert(coded == NULL || (len >= text.len && len <= CODED * text.len));
    return (struct strview){.data = coded, .len = len};
}

#define KEY_OF_VALUE(name, before, after)                                                          \
    struct strview keys_##name(struct arena *arena, struct strview value)                          \
    {                                                                                              \
        const struct strview coded = keys_encode(arena, value);                                    \
        return coded.data == NULL ? coded : join(arena, before, coded, after);                     \
    }
KEYS_OF_VALUES(KEY_OF_VALUE)

struct strview keys_view(struct arena *arena, enum aggregate_type type, struct strview id)
{
    typedef struct strview key_fn(struct arena * arena, struct strview id);
#define KEY_ROW(NAME, name) [AGGREGATE_##NAME] = keys_##name,
    static key_fn *const VIEWS[] = {AGGREGATES(KEY_ROW)};
    assert(type < AGGREGATE_COUNT && id.len > 0);
    return VIEWS[type](arena, id);
}

#define TYPE_ROW(NAME, name) [AGGREGATE_##NAME] = #name ":",
static const char *const TYPE_BEFORE[] = {AGGREGATES(TYPE_ROW)};

#define PARKED_ROW(NAME, name) [AGGREGATE_##NAME] = "projection:parked:" #name ":",
static const char *const PARKED_BEFORE[] = {AGGREGATES(PARKED_ROW)};

struct strview keys_frozen_field(struct arena *arena, enum aggregate_type type, struct strview id)
{
    assert(type < AGGREGATE_COUNT);
    return join(arena, TYPE_BEFORE[type], id, "");
}

struct strview keys_parked(struct arena *arena, enum aggregate_type type, struct strview id)
{
    assert(type < AGGREGATE_COUNT);
    return join(arena, PARKED_BEFORE[type], id, "");
}

struct strview keys_slot(struct arena *arena, struct strview topic, int32_t partition)
{
    char number[sizeof "/-2147483648"];
    assert(topic.len > 0);
    const int len = snprintf(number, sizeof number, "/%d", (int)partition);
    assert(len > 1 && (size_t)len < sizeof number); /* cut, it were another's */
    return join(arena, "", topic, number);
}
