/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_consumer_internal.h"

#include <string.h>

int kafka_consumer_topic_index(const struct kafka_consumer *consumer, const char *name)
{
    for (int i = 0; i < consumer->topic_count; i++) {
        if (strcmp(consumer->topic_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

rd_kafka_topic_partition_list_t *kafka_consumer_list(const struct kafka_consumer *consumer,
                                                     const struct kafka_position *positions,
                                                     size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_list_add(list, consumer->topic_names[positions[i].topic],
                                          positions[i].partition)
            ->offset = positions[i].offset;
    }
    return list;
}
