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

/* Each kind, its word in orderspine.lua, and the arguments behind the key. */
#define WRITE_KINDS(X)                                                                             \
    X(HSET, "HSET")       /* field, value ... */                                                   \
    X(HDEL, "HDEL")       /* field ... */                                                          \
    X(HINCRBY, "HINCRBY") /* field, amount ... */                                                  \
    X(SET, "SET")         /* value; the last one counts */                                         \
    X(DEL, "DEL")                                                                                  \
    X(RPUSH, "RPUSH")      /* element ... */                                                       \
    X(RPUSH_AT, "RPUSHAT") /* the length the list must have, element ... */                        \
    X(LTRIM_AT, "LTRIMAT") /* the length it must have, how many of its first elements go */        \
    X(LCAP, "LCAP")        /* how many of its last elements may stay */                            \
    X(SADD, "SADD")        /* member ... */                                                        \
    X(SREM, "SREM")        /* member ... */                                                        \
    X(ZADD, "ZADD")        /* score, member ... */                                                 \
    X(ZREM, "ZREM")        /* member ... */                                                        \
    X(ZCAP, "ZCAP")        /* how many of the highest scores may stay; the last one counts */      \
    X(XADD, "XADD")        /* how many of the newest entries stay, how many fields an entry has,   \
                              their names, then as many values for each entry */                   \
    X(COUNT, "COUNT") /* field, amount ...; past so many fields the rest is counted as other */    \
    X(EXPIRE_AT, "EXPIREAT") /* epoch seconds; the last one counts */                              \
    X(PUBLISH, "PUBLISH")    /* the key is a channel; message */

#define WRITE_KIND_ENTRY(KIND, word) WRITE_##KIND,
enum write_kind { WRITE_KINDS(WRITE_KIND_ENTRY) WRITE_KIND_COUNT };

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
    int32_t partition; /* whose keys it has, see keys.h; set after write_set_init() */
    size_t last;       /* place of the write that was named last: mostly it is the next one, too */
    bool failed;
    bool is_quiet; /* set after write_set_init(): nobody is told, PUBLISH is left out */
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

/* One more of the field: counters of one key are summed. */
void write_set_count(struct write_set *set, struct strview key, struct strview field);

/* DEL has no argument. */
void write_set_del(struct write_set *set, struct strview key);

/* The number as text in the arena. */
struct strview write_set_number(struct write_set *set, int64_t value);

#endif
