/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_group_wire.h - which partitions a member of a group says that it was given.
 *
 * Why read here: librdkafka hands a member's assignment out as bytes. They were written by the
 * group's leader, which may be anybody who knows the group's name, so nothing in them is trusted;
 * and alone, so that it can be tried with bytes that no librdkafka would write.
 *
 * The form is that of Kafka's consumer protocol: a version, then per topic its name and its
 * partitions, big-endian. What does not end as it says it does is told as far as it goes.
 *
 * Limits: the work is bounded by the number of bytes, whatever the counts in them say. Pure.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_GROUP_WIRE_H
#define COMMON_IO_KAFKA_KAFKA_GROUP_WIRE_H

#include "common/base/strview.h"

#include <stdint.h>

/* The name is borrowed for the call, and at most 249 bytes long, as Kafka's are. */
typedef void kafka_group_wire_fn(void *user, struct strview topic, int32_t partition);

void kafka_group_wire_read(struct strview assignment, kafka_group_wire_fn *on_partition,
                           void *user);

#endif
