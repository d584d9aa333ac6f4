/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/write_set.h"

#include "common/base/fnv1a.h"
#include "common/base/parse.h"
#include "projector-svc/core/keys.h"

#include <assert.h>

enum { FIRST_WRITES = 32 };

/* What is written has a place, and half of the index stays empty, so that looking there ends. */
static bool is_sound(const struct write_set *set)
{
    return set->count <= set->cap && set->index_size == set->cap * 2 &&
           (set->cap == 0) == (set->writes == NULL);
}

/* Of these the last one counts. */
static bool counts_alone(enum write_kind kind)
{
    return kind == WRITE_SET || kind == WRITE_ZCAP || kind == WRITE_EXPIRE_AT;
}

void write_set_init(struct write_set *set, struct arena *arena)
{
    *set = (struct write_set){.arena = arena, .partition = KEYS_ALL};
    assert(is_sound(set));
    assert(write_set_ok(set));
}

bool write_set_ok(const struct write_set *set)
{
    assert(is_sound(set));
    return !set->failed;
}

/* Outsiders choose ids, but a set holds one batch's keys only. */
static size_t hash_of(enum write_kind kind, struct strview key)
{
    return (size_t)fnv1a(FNV1A_BASIS ^ (uint64_t)kind, key);
}

static uint32_t *find_place(const struct write_set *set, enum write_kind kind, struct strview key)
{
    assert(set->index_size > 0);
    assert((set->index_size & (set->index_size - 1)) == 0);
    assert(set->count < set->index_size); /* or looking would not end */
    size_t at = hash_of(kind, key) & (set->index_size - 1);
    while (set->index[at] != 0) {
        const struct write *write = &set->writes[set->index[at] - 1];
        if (write->kind == kind && strview_equal(write->key, key)) {
            break;
        }
        at = (at + 1) & (set->index_size - 1);
    }
    assert(set->index[at] <= set->count);
    return &set->index[at];
}

/* Doubles the table and a twice as large index; sizes are powers of two. */
static bool grow(struct write_set *set)
{
    assert(set->count == set->cap); /* what is not full yet does not grow */
    const size_t cap = set->cap == 0 ? FIRST_WRITES : set->cap * 2;
    struct write *writes = arena_array(set->arena, cap, sizeof *writes);
    uint32_t *index = arena_array(set->arena, cap * 2, sizeof *index);
    if (writes == NULL || index == NULL) {
        return false;
    }
    if (set->count > 0) {
        memcpy(writes, set->writes, set->count * sizeof *writes);
    }
    set->writes = writes;
    set->cap = cap;
    set->index = index;
    set->index_size = cap * 2;
    for (size_t i = 0; i < set->count; i++) {
        *find_place(set, writes[i].kind, writes[i].key) = (uint32_t)i + 1;
    }
    assert(is_sound(set));
    assert(set->count < set->cap);
    return true;
}

static struct write *new_write(struct write_set *set, enum write_kind kind, struct strview key)
{
    if (key.data == NULL || (set->count == set->cap && !grow(set))) {
        set->failed = true;
        return NULL;
    }
    assert(is_sound(set));
    assert(set->count < set->cap);
    struct write *write = &set->writes[set->count++];
    *write = (struct write){.kind = kind, .key = key};
    *find_place(set, kind, key) = (uint32_t)set->count; /* the newest is the one to be found */
    set->last = set->count - 1;
    return write;
}

static struct write *find_or_new(struct write_set *set, enum write_kind kind, struct strview key)
{
    assert(kind < WRITE_KIND_COUNT);
    assert(is_sound(set));
    if (set->failed) {
        return NULL;
    }
    if (set->count > 0 && key.data != NULL) {
        assert(set->last < set->count);
        struct write *last = &set->writes[set->last];
        if (last->kind == kind && strview_equal(last->key, key)) {
            return last;
        }
        const uint32_t place = *find_place(set, kind, key);
        if (place != 0) {
            set->last = place - 1;
            return &set->writes[set->last];
        }
    }
    return new_write(set, kind, key);
}

static void add_arg(struct write_set *set, struct write *write, struct strview arg)
{
    if (write == NULL || arg.data == NULL) {
        set->failed = true;
        return;
    }
    assert(write >= set->writes && write < set->writes + set->count);
    assert(write == &set->writes[set->last]); /* it was named last */
    struct strview *args =
        arena_grow(set->arena, write->args, write->count, &write->cap, sizeof *args);
    if (args == NULL) {
        set->failed = true;
        return;
    }
    write->args = args;
    assert(write->count < write->cap);
    write->args[write->count++] = arg;
}

void write_set_add(struct write_set *set, enum write_kind kind, struct strview key,
                   struct strview arg)
{
    assert(kind < WRITE_KIND_COUNT);
    assert(kind != WRITE_DEL);
    struct write *write = find_or_new(set, kind, key);
    if (write != NULL && counts_alone(kind)) {
        write->count = 0;
    }
    add_arg(set, write, arg);
    assert(set->failed || !counts_alone(kind) || write->count == 1);
}

void write_set_add2(struct write_set *set, enum write_kind kind, struct strview key,
                    struct strview first, struct strview second)
{
    assert(!counts_alone(kind));
    struct write *write = find_or_new(set, kind, key);
    assert(write == NULL || write->count % 2 == 0); /* pairs */
    add_arg(set, write, first);
    add_arg(set, write, second);
    assert(set->failed || write->count % 2 == 0);
}

void write_set_append(struct write_set *set, enum write_kind kind, struct strview key,
                      struct strview arg)
{
    assert(kind < WRITE_KIND_COUNT);
    assert(kind != WRITE_DEL);
    assert(is_sound(set));
    if (set->failed || (set->is_quiet && kind == WRITE_PUBLISH)) {
        return;
    }
    add_arg(set, new_write(set, kind, key), arg);
    assert(set->failed || set->last + 1 == set->count); /* what follows is added to this one */
}

static struct strview *find_count(const struct write *write, struct strview field)
{
    assert(write->count % 2 == 0);
    for (size_t i = 0; i < write->count; i += 2) {
        if (strview_equal(write->args[i], field)) {
            return &write->args[i + 1];
        }
    }
    return NULL;
}

void write_set_count(struct write_set *set, struct strview key, struct strview field)
{
    const struct write *write = find_or_new(set, WRITE_COUNT, key);
    struct strview *amount = write == NULL ? NULL : find_count(write, field);
    int64_t before;
    if (amount != NULL && parse_i64(*amount, &before)) {
        assert(before >= 1 && before < INT64_MAX);
        *amount = write_set_number(set, before + 1);
    } else {
        write_set_add2(set, WRITE_COUNT, key, field, STRVIEW("1"));
    }
    assert(set->failed || find_count(&set->writes[set->last], field) != NULL);
}

void write_set_del(struct write_set *set, struct strview key)
{
    const struct write *write = find_or_new(set, WRITE_DEL, key);
    assert(write == NULL || write->count == 0);
}

struct strview write_set_number(struct write_set *set, int64_t value)
{
    const struct strview text = arena_view(set->arena, strview_of(NUMBER_TEXT(value)));
    assert(text.data == NULL || text.len > 0);
    set->failed = set->failed || text.data == NULL;
    return text;
}
