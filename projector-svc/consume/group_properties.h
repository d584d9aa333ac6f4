/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_properties.h - what librdkafka is told for the group's consumer: ours, and what an operator
 * has set; pure.
 *
 * Ownership: names and values stay the caller's; the array is the caller's to free().
 */
#ifndef PROJECTOR_SVC_CONSUME_GROUP_PROPERTIES_H
#define PROJECTOR_SVC_CONSUME_GROUP_PROPERTIES_H

#include "common/io/kafka/kafka_config.h"

/* Of one name twice the later one counts, which is the operator's. */
struct kafka_property *group_properties(const struct kafka_property *given, size_t count,
                                        size_t *ret_count);

#endif
