/* SPDX-License-Identifier: Apache-2.0 */
/*
 * id_source.h - new ids: UUIDs of version 7 from the kernel's randomness.
 *
 * Why order ids are drawn for a shard: a retry without an order_id of the
 * client's must meet its first attempt under one lock, so the id's shard is
 * that of the Idempotency-Key.
 *
 * Threads: one at a time.
 */
#ifndef COMMAND_SVC_BATCH_ID_SOURCE_H
#define COMMAND_SVC_BATCH_ID_SOURCE_H

#include "common/base/uuid7.h"

#include <stddef.h>

enum { ID_SOURCE_POOL = 4080 }; /* bytes drawn in one system call */

struct id_source {
    uint8_t pool[ID_SOURCE_POOL];
    size_t left;
};

void id_source_init(struct id_source *source);

struct uuid id_source_next(struct id_source *source, int64_t now_ms);

/* An id whose shard, of that many, is the one given; 0 <= shard < shards. */
struct uuid id_source_next_in_shard(struct id_source *source, int64_t now_ms, int shard,
                                    int shards);

#endif
