/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/must.h"
#include "common/io/kafka/kafka_consumer_internal.h"

#include <assert.h>
#include <stdlib.h>

/* --- of the log */

int64_t kafka_offset_tail(int64_t n)
{
    return RD_KAFKA_OFFSET_TAIL(n);
}

int64_t kafka_consumer_end_offset(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    int64_t first = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(consumer->handle.rk, consumer->topic_names[topic],
                                         partition, &first, &end);
    return end >= 0 ? end : -1;
}

int64_t kafka_consumer_first_offset(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    int64_t first = -1;
    int64_t end = -1;
    (void)rd_kafka_get_watermark_offsets(consumer->handle.rk, consumer->topic_names[topic],
                                         partition, &first, &end);
    return first >= 0 ? first : -1;
}

/* All of them, also those that others hold. */
void kafka_consumer_survey(struct kafka_consumer *consumer, enum kafka_survey_wish wish)
{
    assert(consumer->survey != NULL &&
           (kafka_consumer_is_member(consumer) || wish != KAFKA_SURVEY_HOLDERS));
    kafka_survey_begin(consumer->survey, wish);
}

/* --- of the group */

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                      rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)rk;
    (void)err;
    (void)offsets;
    (void)opaque;
}

void kafka_consumer_commit(struct kafka_consumer *consumer, const struct kafka_position *positions,
                           size_t count)
{
    rd_kafka_topic_partition_list_t *list = kafka_consumer_list(consumer, positions, count);
    (void)rd_kafka_commit_queue(consumer->handle.rk, list, consumer->handle.queue, on_commit, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_ask_committed(struct kafka_consumer *consumer,
                                  const struct kafka_position *partitions, size_t count)
{
    rd_kafka_topic_partition_list_t *list = kafka_consumer_list(consumer, partitions, count);
    rd_kafka_ListConsumerGroupOffsets_t *question =
        rd_kafka_ListConsumerGroupOffsets_new(consumer->options.group_id, list);
    rd_kafka_ListConsumerGroupOffsets(consumer->handle.rk, &question, 1, NULL, consumer->committed);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_topic_partition_list_destroy(list);
}

static void give_committed(struct kafka_consumer *consumer, const rd_kafka_group_result_t *group)
{
    const rd_kafka_topic_partition_list_t *list = rd_kafka_group_result_partitions(group);
    struct kafka_position *positions = must_allocate((size_t)list->cnt + 1, sizeof *positions);
    size_t count = 0;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        const int topic = kafka_consumer_topic_index(consumer, at->topic);
        if (topic >= 0 && at->offset >= 0 && at->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            positions[count++] = (struct kafka_position){topic, at->partition, at->offset};
        }
    }
    consumer->options.events->on_committed(consumer->options.user, positions, count);
    free(positions);
}

void kafka_consumer_serve_committed(struct kafka_consumer *consumer)
{
    rd_kafka_event_t *event =
        consumer->committed == NULL ? NULL : rd_kafka_queue_poll(consumer->committed, 0);
    if (event == NULL) {
        return;
    }
    const rd_kafka_ListConsumerGroupOffsets_result_t *result =
        rd_kafka_event_ListConsumerGroupOffsets_result(event);
    size_t count = 0;
    const rd_kafka_group_result_t **groups =
        result == NULL ? NULL : rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count);
    if (count == 1 && rd_kafka_group_result_error(groups[0]) == NULL &&
        rd_kafka_group_result_partitions(groups[0]) != NULL &&
        consumer->options.events->on_committed != NULL) {
        give_committed(consumer, groups[0]);
    }
    rd_kafka_event_destroy(event);
}
