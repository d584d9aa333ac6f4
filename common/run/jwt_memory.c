/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/jwt_memory.h"

#include "common/base/must.h"

#include <stdlib.h>

enum { WAYS = 4, SETS = JWT_MEMORY_MAX / WAYS };

struct entry {
    uint64_t used; /* when, in look-ups; 0: nothing is kept here */
    uint8_t hash[JWT_MEMORY_HASH_LEN];
    struct principal who;
};

struct jwt_memory {
    uint64_t uses;
    struct entry sets[SETS][WAYS];
};

struct jwt_memory *jwt_memory_new(void)
{
    return must_allocate(1, sizeof(struct jwt_memory));
}

void jwt_memory_free(struct jwt_memory *memory)
{
    free(memory);
}

static struct entry *set_of(struct jwt_memory *memory, const uint8_t *hash)
{
    return memory->sets[((size_t)hash[0] << 8 | hash[1]) % SETS];
}

static struct entry *find(struct entry *set, const uint8_t *hash)
{
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].used != 0 && memcmp(set[i].hash, hash, JWT_MEMORY_HASH_LEN) == 0) {
            return &set[i];
        }
    }
    return NULL;
}

const struct principal *jwt_memory_find(struct jwt_memory *memory,
                                        const uint8_t hash[static JWT_MEMORY_HASH_LEN],
                                        int64_t now_ms)
{
    struct entry *entry = find(set_of(memory, hash), hash);
    if (entry == NULL) {
        return NULL;
    }
    if (now_ms >= entry->who.until_ms) {
        *entry = (struct entry){.used = 0};
        return NULL;
    }
    entry->used = ++memory->uses;
    return &entry->who;
}

const struct principal *jwt_memory_add(struct jwt_memory *memory,
                                       const uint8_t hash[static JWT_MEMORY_HASH_LEN],
                                       const struct principal *who)
{
    struct entry *set = set_of(memory, hash);
    struct entry *entry = find(set, hash);
    if (entry == NULL) {
        entry = &set[0];
        for (size_t i = 1; i < WAYS; i++) {
            entry = set[i].used < entry->used ? &set[i] : entry;
        }
    }
    entry->used = ++memory->uses;
    memcpy(entry->hash, hash, JWT_MEMORY_HASH_LEN);
    entry->who = *who;
    return &entry->who;
}

void jwt_memory_forget(struct jwt_memory *memory)
{
    *memory = (struct jwt_memory){.uses = 0};
}

size_t jwt_memory_count(const struct jwt_memory *memory)
{
    size_t count = 0;
    for (size_t i = 0; i < (size_t)SETS * WAYS; i++) {
        count += memory->sets[i / WAYS][i % WAYS].used != 0 ? 1 : 0;
    }
    return count;
}
