/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/must.h"
#include "common/io/kafka/kafka_consumer_internal.h"

#include <assert.h>
#include <stdlib.h>

/* --- as the group decides */

static size_t positions_of_list(struct kafka_consumer *consumer,
                                const rd_kafka_topic_partition_list_t *list)
{
    free(consumer->rebalanced);
    consumer->rebalanced = must_allocate((size_t)list->cnt + 1, sizeof *consumer->rebalanced);
    size_t count = 0;
    for (int i = 0; i < list->cnt; i++) {
        const int topic = kafka_consumer_topic_index(consumer, list->elems[i].topic);
        if (topic >= 0) {
            consumer->rebalanced[count++] =
                (struct kafka_position){topic, list->elems[i].partition, KAFKA_OFFSET_BEGINNING};
        }
    }
    return count;
}

void kafka_consumer_on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                                 rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_consumer *consumer = ((struct kafka_handle *)opaque)->user;
    const struct kafka_consumer_callbacks *events = consumer->options.events;
    kafka_consumer_hand_out(consumer); /* records of the old assignment go before the news */
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        kafka_handle_is_alive(&consumer->handle);
        const size_t count = positions_of_list(consumer, list);
        events->on_assigned(consumer->options.user, consumer->rebalanced, count);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        const size_t count = positions_of_list(consumer, list);
        events->on_revoked(consumer->options.user, consumer->rebalanced, count,
                           rd_kafka_assignment_lost(rk) != 0);
    } else {
        (void)rd_kafka_assign(rk, NULL); /* as the manual asks for after any error */
    }
}

enum error_kind kafka_consumer_assign(struct kafka_consumer *consumer,
                                      const struct kafka_position *positions, size_t count,
                                      struct error *err)
{
    rd_kafka_topic_partition_list_t *list = kafka_consumer_list(consumer, positions, count);
    (void)rd_kafka_resume_partitions(consumer->handle.rk,
                                     list); /* what is new to it has no pause */
    const rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERROR_NONE : kafka_handle_error(err, code, NULL);
}

void kafka_consumer_unassign(struct kafka_consumer *consumer)
{
    (void)rd_kafka_assign(consumer->handle.rk, NULL);
}

enum error_kind kafka_consumer_join(struct kafka_consumer *consumer, struct error *err)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(consumer->topic_count);
    for (int i = 0; i < consumer->topic_count; i++) {
        rd_kafka_topic_partition_list_add(list, consumer->topic_names[i], RD_KAFKA_PARTITION_UA);
    }
    const rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? ERROR_NONE
               : error_set(err, ERROR_FATAL, "subscribing: %s", rd_kafka_err2str(code));
}

enum error_kind kafka_consumer_leave(struct kafka_consumer *consumer, struct error *err)
{
    const rd_kafka_resp_err_t code = rd_kafka_unsubscribe(consumer->handle.rk);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? ERROR_NONE
               : error_set(err, ERROR_FATAL, "leaving the group: %s", rd_kafka_err2str(code));
}

/* --- alone */

enum error_kind kafka_consumer_start(struct kafka_consumer *consumer,
                                     const struct kafka_position *position, struct error *err)
{
    assert(!kafka_consumer_is_member(consumer));
    struct kafka_position *grown =
        realloc(consumer->started, (consumer->started_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "out of memory");
    }
    consumer->started = grown;
    if (rd_kafka_consume_start_queue(consumer->topics[position->topic], position->partition,
                                     position->offset, consumer->handle.queue) != 0) {
        return kafka_handle_error(err, rd_kafka_last_error(), NULL);
    }
    consumer->started[consumer->started_count++] = *position;
    return ERROR_NONE;
}

void kafka_consumer_stop(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    for (size_t i = 0; i < consumer->started_count; i++) {
        const struct kafka_position *at = &consumer->started[i];
        if (at->topic == topic && at->partition == partition) {
            (void)rd_kafka_consume_stop(consumer->topics[topic], partition);
            consumer->started[i] = consumer->started[--consumer->started_count];
            return;
        }
    }
}

/* --- both */

typedef rd_kafka_resp_err_t list_call(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list);

static void call_with(struct kafka_consumer *consumer, int topic, int32_t partition,
                      list_call *call)
{
    const struct kafka_position where = {.topic = topic, .partition = partition};
    rd_kafka_topic_partition_list_t *list = kafka_consumer_list(consumer, &where, 1);
    (void)call(consumer->handle.rk, list); /* fails only for partitions no longer assigned */
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_pause(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    call_with(consumer, topic, partition, rd_kafka_pause_partitions);
}

void kafka_consumer_resume(struct kafka_consumer *consumer, int topic, int32_t partition)
{
    call_with(consumer, topic, partition, rd_kafka_resume_partitions);
}
