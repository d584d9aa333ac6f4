/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/shard.h"

#include <assert.h>

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

uint32_t shard_murmur2(struct strview key)
{
    static const uint32_t SEED = 0x9747b28c;
    static const uint32_t M = 0x5bd1e995;
    const unsigned char *bytes = (const unsigned char *)key.data;
    uint32_t hash = SEED ^ (uint32_t)key.len;

    size_t at = 0;
    for (; key.len - at >= 4; at += 4) {
        uint32_t k = word_at(bytes + at) * M;
        k = (k ^ k >> 24) * M;
        hash = hash * M ^ k;
    }
    if (at < key.len) {
        hash = (hash ^ little_endian(bytes + at, key.len - at)) * M;
    }
    hash = (hash ^ hash >> 13) * M;
    return hash ^ hash >> 15;
}

int shard_of(struct strview aggregate_id, int shards)
{
    assert(shards > 0);
    return (int)((shard_murmur2(aggregate_id) & 0x7fffffff) % (uint32_t)shards);
}
