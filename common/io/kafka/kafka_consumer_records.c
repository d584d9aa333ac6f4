/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_consumer_internal.h"

#include <string.h>

/* --- handing out */

static struct strview view_of(const void *data, size_t len)
{
    return (struct strview){.data = data, .len = len};
}

void kafka_consumer_hand_out(struct kafka_consumer *consumer)
{
    const size_t count = consumer->batch_count;
    if (count > 0) {
        consumer->batch_count = 0;
        consumer->options.events->on_records(consumer->options.user, consumer->batch, count);
    }
}

static void take_record(struct kafka_consumer *consumer, rd_kafka_message_t *message, int topic)
{
    consumer->batch[consumer->batch_count++] = (struct kafka_record){
        .topic = topic,
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .key = view_of(message->key, message->key_len),
        .value = view_of(message->payload, message->len),
        .message = message,
    };
}

/* The end of a partition, or an error of one or of the whole consumer, comes as a message too. */
static void tell_notice(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
                        int topic)
{
    const struct kafka_consumer_callbacks *events = consumer->options.events;
    const struct kafka_position where = {topic, message->partition, message->offset};
    struct error error;
    kafka_consumer_hand_out(consumer); /* what came before it */
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (events->on_end != NULL) {
            events->on_end(consumer->options.user, &where);
        }
        return;
    }
    (void)kafka_handle_error(&error, message->err, rd_kafka_message_errstr(message));
    if (topic >= 0) {
        events->on_partition_error(consumer->options.user, &where, &error);
    } else if (events->on_error != NULL) {
        events->on_error(consumer->options.user, &error);
    }
}

static rd_kafka_message_t *next_message(struct kafka_consumer *consumer)
{
    if (consumer->closing != NULL) {
        return rd_kafka_consume_queue(consumer->closing, 0);
    }
    return kafka_consumer_is_member(consumer) ? rd_kafka_consumer_poll(consumer->handle.rk, 0)
                                              : rd_kafka_consume_queue(consumer->handle.queue, 0);
}

static void take_message(struct kafka_consumer *consumer, rd_kafka_message_t *message)
{
    const int topic = message->rkt == NULL
                          ? -1
                          : kafka_consumer_topic_index(consumer, rd_kafka_topic_name(message->rkt));
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && topic >= 0) {
        kafka_handle_is_alive(&consumer->handle);
        take_record(consumer, message, topic);
    } else {
        tell_notice(consumer, message, topic);
        rd_kafka_message_destroy(message);
    }
}

/*
 * One message at a time: the batch call of librdkafka 2.0 can skip offsets when
 * partitions are paused meanwhile, and with nobody waiting a call costs little.
 */
bool kafka_consumer_serve_records(struct kafka_consumer *consumer)
{
    size_t taken = 0;
    while (taken < consumer->options.max_batch && consumer->state != KAFKA_CONSUMER_CLOSED) {
        rd_kafka_message_t *message = next_message(consumer);
        if (message == NULL) {
            break;
        }
        taken++;
        take_message(consumer, message);
    }
    kafka_consumer_hand_out(consumer);
    return taken < consumer->options.max_batch;
}

/* --- records */

struct strview kafka_record_header(const struct kafka_record *record, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t len;
    if (rd_kafka_message_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return (struct strview){.data = NULL, .len = 0};
    }
    return view_of(value, len);
}

size_t kafka_record_header_bytes(const struct kafka_record *record)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t len;
    size_t bytes = 0;
    if (record->message == NULL ||
        rd_kafka_message_detach_headers(record->message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return 0;
    }
    for (size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++) {
        bytes += strlen(name) + len;
    }
    rd_kafka_headers_destroy(headers);
    return bytes;
}

void kafka_record_done(struct kafka_record *record)
{
    if (record->message != NULL) {
        rd_kafka_message_destroy(record->message);
        record->message = NULL;
    }
}
