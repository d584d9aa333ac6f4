/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/keys.h"

#include "common/base/ascii.h"

#include <assert.h>
#include <stdio.h>

/*
 * What stands before each key of a partition: nothing. With a hash tag there, all that a partition
 * writes is in one slot of a Redis Cluster. Tests define one from outside; KEYS_TAG defined here,
 * as "{%d}", is for everybody: tests/docs/generated --write takes it to function/, too.
 */
enum { TAG_MAX = sizeof "{-2147483648}" };

static size_t put_tag(char tag[static TAG_MAX], int32_t partition)
{
#ifdef KEYS_TAG
    const int len = partition == KEYS_ALL ? 0 : snprintf(tag, TAG_MAX, KEYS_TAG, (int)partition);
#else
    const int len = 0;
    (void)tag;
#endif
    assert(partition >= KEYS_ALL);
    assert(len >= 0);
    assert(len < TAG_MAX); /* cut, it were another partition's */
    return (size_t)len;
}

int32_t keys_partition_of(struct strview id)
{
    (void)id;
    return KEYS_ALL;
}

static struct strview join(struct arena *arena, struct strview tag, const char *before,
                           struct strview id, const char *after)
{
    const struct strview parts[] = {tag, strview_of(before), id, strview_of(after)};
    const size_t len = tag.len + parts[1].len + id.len + parts[3].len;
    char *key = arena_alloc(arena, len + 1);
    size_t end = 0;
    if (key == NULL) {
        return (struct strview){.data = NULL};
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len > 0) {
            memcpy(key + end, parts[i].data, parts[i].len);
            end += parts[i].len;
        }
    }
    assert(end == len);
    key[len] = '\0';
    return (struct strview){.data = key, .len = len};
}

static struct strview spell(struct arena *arena, int32_t partition, const char *before,
                            struct strview id, const char *after)
{
    char tag[TAG_MAX];
    const size_t len = put_tag(tag, partition);
    assert(len < sizeof tag);
    return join(arena, (struct strview){tag, len}, before, id, after);
}

struct strview keys_named(struct arena *arena, int32_t partition, const char *name)
{
    char tag[TAG_MAX];
    const size_t len = put_tag(tag, partition);
    assert(name[0] != '\0');
    return len == 0 ? strview_of(name)
                    : join(arena, (struct strview){tag, len}, name, STRVIEW(""), "");
}

#define KEY_OF(name, before, after)                                                                \
    struct strview keys_##name(struct arena *arena, int32_t partition, struct strview id)          \
    {                                                                                              \
        return spell(arena, partition, before, id, after);                                         \
    }
KEYS(KEY_OF)

#define NO_KEY_OF(name, before, after)                                                             \
    struct strview keys_##name(struct arena *arena, struct strview id)                             \
    {                                                                                              \
        return join(arena, STRVIEW(""), before, id, after);                                        \
    }
KEYS_NO_KEYS(NO_KEY_OF)

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
    assert(coded == NULL || (len - text.len) % (CODED - 1) == 0); /* each byte whole */
    return (struct strview){.data = coded, .len = len};
}

#define KEY_OF_VALUE(name, before, after)                                                          \
    struct strview keys_##name(struct arena *arena, int32_t partition, struct strview value)       \
    {                                                                                              \
        const struct strview coded = keys_encode(arena, value);                                    \
        return coded.data == NULL ? coded : spell(arena, partition, before, coded, after);         \
    }
KEYS_OF_VALUES(KEY_OF_VALUE)

struct strview keys_view(struct arena *arena, int32_t partition, enum aggregate_type type,
                         struct strview id)
{
    typedef struct strview key_fn(struct arena * arena, int32_t partition, struct strview id);
#define KEY_ROW(NAME, name) [AGGREGATE_##NAME] = keys_##name,
    static key_fn *const VIEWS[] = {AGGREGATES(KEY_ROW)};
    assert(type < AGGREGATE_COUNT);
    assert(id.len > 0);
    const struct strview key = VIEWS[type](arena, partition, id);
    assert(key.data == NULL || key.len > id.len);
    assert(key.data == NULL || !keys_is_ours(key)); /* no id makes a view one of our own keys */
    return key;
}

#define TYPE_ROW(NAME, name) [AGGREGATE_##NAME] = #name ":",
static const char *const TYPE_BEFORE[] = {AGGREGATES(TYPE_ROW)};

#define PARKED_ROW(NAME, name) [AGGREGATE_##NAME] = KEYS_PARKED #name ":",
static const char *const PARKED_BEFORE[] = {AGGREGATES(PARKED_ROW)};

struct strview keys_frozen_field(struct arena *arena, enum aggregate_type type, struct strview id)
{
    assert(type < AGGREGATE_COUNT);
    assert(id.len > 0); /* what belongs to none has an id of its own */
    return join(arena, STRVIEW(""), TYPE_BEFORE[type], id, "");
}

struct strview keys_parked(struct arena *arena, int32_t partition, enum aggregate_type type,
                           struct strview id)
{
    assert(type < AGGREGATE_COUNT);
    assert(id.len > 0);
    return spell(arena, partition, PARKED_BEFORE[type], id, "");
}

struct strview keys_slot(struct arena *arena, struct strview topic, int32_t partition)
{
    char number[sizeof "/-2147483648"];
    assert(topic.len > 0);
    const int len = snprintf(number, sizeof number, "/%d", (int)partition);
    assert(len > 1);
    assert((size_t)len < sizeof number); /* cut, it were another's */
    return join(arena, STRVIEW(""), "", topic, number);
}

bool keys_is_ours(struct strview key)
{
    assert(key.len > 0);
    return strview_begins(key, KEYS_PROJECTION);
}

#define KEY_NUMBER(name, before, after) KEY_##name,
enum { KEYS(KEY_NUMBER) KEY_COUNT };

#define BEFORE_ROW(name, before, after) [KEY_##name] = (before),
static const char *const BEFORE[KEY_COUNT] = {KEYS(BEFORE_ROW)};

struct strview keys_shown(struct strview key, const char **ret_rest)
{
    static const int PERSONAL[] = {KEY_lookup_email, KEY_lookup_phone, KEY_customer};
    for (size_t at = 0; at < key.len; at++) {
        const struct strview rest = {key.data + at, key.len - at};
        for (size_t i = 0; i < sizeof PERSONAL / sizeof PERSONAL[0]; i++) {
            const char *before = BEFORE[PERSONAL[i]];
            if (strview_begins(rest, before)) {
                assert(at + strlen(before) <= key.len); /* no more is shown than it has */
                *ret_rest = "*";
                return (struct strview){key.data, at + strlen(before)};
            }
        }
    }
    *ret_rest = "";
    return key;
}
