/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard.h - which shard, and so which Kafka partition, an aggregate lives in.
 *
 * Why murmur2: it is what the Java producer's default partitioner computes
 * (org.apache.kafka.common.utils.Utils.murmur2, masked to positive), so Kafka
 * Streams and Flink joins over our topics are co-partitioned with their own.
 */
#ifndef COMMON_CONTRACT_SHARD_H
#define COMMON_CONTRACT_SHARD_H

#include "common/base/strview.h"

#include <stdint.h>

enum { SHARDS_DEFAULT = 12, SHARDS_MAX = 1024 };

uint32_t shard_murmur2(struct strview key);

/* 0 .. shards - 1; shards > 0. */
int shard_of(struct strview aggregate_id, int shards);

/* For ids that differ in their last four bytes alone, and have four times some: what they share,
 * and the shard of that with an ending. */
uint32_t shard_stem(struct strview aggregate_id);
int shard_of_ending(uint32_t stem, const char ending[static 4], int shards);

#endif
