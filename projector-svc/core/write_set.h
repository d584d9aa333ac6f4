/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_set.h - what one batch wants written to Redis, one command per key.
 *
 * Why merged: Redis is the chain's narrowest hop and a command costs more than
 * an argument, so everything for one key and command goes into one of them.
 *
 * Why a list of commands and not of effects: the function in Redis stays
 * generic and knows nothing of orders. It checks all types first, then carries the
 * writes out in the order they were first named.
 *
 * Ownership: the set, its keys and arguments live in the arena, or wherever the
 * views handed in point. Errors: sticky; look at write_set_ok() at the end.
 */
#ifndef PROJECTOR_SVC_CORE_WRITE_SET_H
#define PROJECTOR_SVC_CORE_WRITE_SET_H

#include "common/base/arena.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

enum write_kind {
    WRITE_HSET = 0, /* field, value ... */
    WRITE_HDEL,     /* field ... */
    WRITE_HINCRBY,  /* field, amount ... */
    WRITE_SET,      /* value; the last one counts */
    WRITE_DEL,
    WRITE_RPUSH,    /* element ... */
    WRITE_RPUSH_AT, /* the length the list must have, element ... */
    WRITE_LTRIM_AT, /* the length the list must have, how many of its first elements go */
    WRITE_SADD,     /* member ... */
    WRITE_SREM,     /* member ... */
    WRITE_ZADD,     /* score, member ... */
    WRITE_ZREM,     /* member ... */
    WRITE_ZCAP,     /* how many of the highest scores may stay; the last one counts */
    WRITE_PUBLISH,  /* the key is a channel; message */
    WRITE_KIND_COUNT
};

struct write {
    enum write_kind kind;
    struct strview key;
    struct strview *args;
    size_t count;
    size_t cap;
};

struct write_set {
    struct arena *arena;
    struct write *writes;
    size_t count;
    size_t cap;
    uint32_t *index; /* open addressing over (kind, key): place + 1 */
    size_t index_size;
    bool failed;
};

void write_set_init(struct write_set *set, struct arena *arena);

/* False when the arena did not hold it all, or a key or argument could not be made. */
bool write_set_ok(const struct write_set *set);

/* Key and arguments with data == NULL count as failures of the arena; say "" for nothing. */
void write_set_add(struct write_set *set, enum write_kind kind, struct strview key,
                   struct strview arg);
void write_set_add2(struct write_set *set, enum write_kind kind, struct strview key,
                    struct strview first, struct strview second);

/* A command of its own, even if the key has one: PUBLISH keeps its messages apart. */
void write_set_append(struct write_set *set, enum write_kind kind, struct strview key,
                      struct strview arg);

/* DEL has no argument. */
void write_set_del(struct write_set *set, struct strview key);

/* The number as text in the arena. */
struct strview write_set_number(struct write_set *set, int64_t value);

#endif
