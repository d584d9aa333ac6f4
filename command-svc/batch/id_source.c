/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/id_source.h"

#include "common/contract/shard.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

static_assert(ID_SOURCE_POOL % UUID7_RANDOM_LEN == 0, "the pool holds whole ids");

void id_source_init(struct id_source *source)
{
    source->left = 0;
}

static void refill(struct id_source *source)
{
    for (size_t have = 0; have < sizeof source->pool;) {
        const ssize_t got = getrandom(source->pool + have, sizeof source->pool - have, 0);
        if (got > 0) {
            have += (size_t)got;
        } else if (errno != EINTR) {
            abort(); /* a kernel without randomness: guessable ids would be worse than none */
        }
    }
    source->left = sizeof source->pool;
}

struct uuid id_source_next(struct id_source *source, int64_t now_ms)
{
    if (source->left == 0) {
        refill(source);
    }
    const uint8_t *random = source->pool + sizeof source->pool - source->left;
    source->left -= UUID7_RANDOM_LEN;
    return uuid7_make(now_ms, random);
}

enum { ENDING = 4 };

/* The next number of the last sixteen bits. */
static void count_up(struct uuid *id)
{
    for (char *at = id->text + UUID_TEXT_LEN; at-- > id->text + UUID_TEXT_LEN - ENDING;) {
        if (*at != 'f') {
            *at = (char)(*at == '9' ? 'a' : *at + 1);
            return;
        }
        *at = '0';
    }
}

struct uuid id_source_next_in_shard(struct id_source *source, int64_t now_ms, int shard, int shards)
{
    assert(shard >= 0 && shard < shards);
    struct uuid id = id_source_next(source, now_ms);
    const uint32_t stem = shard_stem(uuid_view(&id));
    const char *ending = id.text + UUID_TEXT_LEN - ENDING;
    /* About as often as there are shards. */
    while (shard_of_ending(stem, ending, shards) != shard) {
        count_up(&id);
    }
    return id;
}
