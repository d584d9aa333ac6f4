/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/shard.h"

#include <assert.h>

enum { WORD = 4 };

/* What a compiler makes one load of. */
static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static uint32_t little_endian(const unsigned char *bytes, size_t count)
{
    uint32_t value = 0;
    for (size_t i = count; i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    return value;
}

static const uint32_t M = 0x5bd1e995;

static uint32_t add_word(uint32_t hash, const unsigned char *bytes)
{
    uint32_t k = word_at(bytes) * M;
    k = (k ^ k >> 24) * M;
    return hash * M ^ k;
}

/* Of the first bytes of a key that has key_len. */
static uint32_t add_words(size_t key_len, const unsigned char *bytes, size_t len)
{
    static const uint32_t SEED = 0x9747b28c;
    uint32_t hash = SEED ^ (uint32_t)key_len;
    for (size_t at = 0; len - at >= WORD; at += WORD) {
        hash = add_word(hash, bytes + at);
    }
    return hash;
}

static uint32_t finish(uint32_t hash)
{
    hash = (hash ^ hash >> 13) * M;
    return hash ^ hash >> 15;
}

uint32_t shard_murmur2(struct strview key)
{
    const unsigned char *bytes = (const unsigned char *)key.data;
    const size_t rest = key.len % WORD;
    uint32_t hash = add_words(key.len, bytes, key.len);
    if (rest > 0) {
        hash = (hash ^ little_endian(bytes + key.len - rest, rest)) * M;
    }
    return finish(hash);
}

static int shard_at(uint32_t hash, int shards)
{
    assert(shards > 0);
    return (int)((hash & 0x7fffffff) % (uint32_t)shards);
}

int shard_of(struct strview aggregate_id, int shards)
{
    return shard_at(shard_murmur2(aggregate_id), shards);
}

uint32_t shard_stem(struct strview aggregate_id)
{
    assert(aggregate_id.len > 0 && aggregate_id.len % WORD == 0);
    return add_words(aggregate_id.len, (const unsigned char *)aggregate_id.data,
                     aggregate_id.len - WORD);
}

int shard_of_ending(uint32_t stem, const char ending[static 4], int shards)
{
    return shard_at(finish(add_word(stem, (const unsigned char *)ending)), shards);
}
