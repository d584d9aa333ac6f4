/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/publish/publisher.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/contract/topics.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/reconnect.h"
#include "common/run/activity.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HEADERS_MAX = 16,
    SCHEMA_MAX = 256,
    BATCH_OVERHEAD = 61, /* of a batch of one record, and that record at least; KIP-98 */
    RECORD_OVERHEAD = 9,
    HEADER_OVERHEAD = 2,
};

struct publisher {
    struct loop *loop;
    struct publisher_options options;
    struct reconnect life;
    struct activity renewing;
    struct kafka_producer *producer; /* NULL while waiting for a new one */
};

/* Shards are fewer than 2^14. */
static uint64_t pack(const struct publisher_tag *tag)
{
    return (uint64_t)tag->way << 62 | (uint64_t)tag->shard << 48 | (uint64_t)tag->run << 32 |
           tag->ticket;
}

static struct publisher_tag unpack(uint64_t packed)
{
    return (struct publisher_tag){.way = (enum shard_way)(packed >> 62),
                                  .shard = (uint16_t)(packed >> 48 & 0x3fff),
                                  .run = (uint16_t)(packed >> 32),
                                  .ticket = (uint32_t)packed};
}

/* --- a row as a record ------------------------------------------------------------ */

struct strview publisher_format_time(struct strview pg, char out[static TIME_TEXT_LEN + 1])
{
    enum { SECONDS_LEN = sizeof "2026-01-02 03:04:05" - 1, MILLIS = 3 };
    memcpy(out, "2000-01-01T00:00:00.000Z", TIME_TEXT_LEN + 1); /* without printf, as above */
    if (pg.len < SECONDS_LEN) {
        return (struct strview){out, TIME_TEXT_LEN};
    }
    memcpy(out, pg.data, SECONDS_LEN);
    out[sizeof "2026-01-02" - 1] = 'T';
    for (size_t i = 0; i < MILLIS; i++) {
        const size_t at = SECONDS_LEN + 1 + i;
        if (at >= pg.len || pg.data[SECONDS_LEN] != '.' || pg.data[at] < '0' || pg.data[at] > '9') {
            break;
        }
        out[at] = pg.data[at];
    }
    return (struct strview){out, TIME_TEXT_LEN};
}

/* Without printf, which took a twentieth of what a record costs. No data where it does not fit. */
static struct strview format_schema(struct strview type, char out[static SCHEMA_MAX])
{
    const struct strview parts[] = {STRVIEW(TOPICS_DATASCHEMA_PREFIX), type,
                                    STRVIEW(TOPICS_DATASCHEMA_SUFFIX)};
    size_t len = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len > SCHEMA_MAX - len) {
            return (struct strview){.data = NULL};
        }
        memcpy(out + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    return (struct strview){out, len};
}

static void add(struct kafka_message *message, struct kafka_header *headers, const char *name,
                struct strview value)
{
    if (value.data != NULL) {
        headers[message->header_count++] = (struct kafka_header){name, value};
    }
}

/* As a batch of its own, before compression, and rather too few than too many. */
static size_t count_bytes(const struct kafka_message *message)
{
    size_t bytes = BATCH_OVERHEAD + RECORD_OVERHEAD + message->key.len + message->value.len;
    for (size_t i = 0; i < message->header_count; i++) {
        bytes += HEADER_OVERHEAD + strlen(message->headers[i].name) + message->headers[i].value.len;
    }
    return bytes;
}

/* Before anything is sent: a refusal would cost every shard the producer. */
static enum error_kind check_size(const struct publisher *publisher,
                                  const struct kafka_message *message, struct error *err)
{
    const int64_t limit = publisher->options.message_max[message->topic];
    const size_t bytes = count_bytes(message);
    if (limit <= 0 || bytes <= (size_t)limit) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_INVALID,
                     "it takes %zu bytes, and %s takes at most max.message.bytes=%lld", bytes,
                     publisher->options.topics[message->topic], (long long)limit);
}

static enum error_kind produce(struct publisher *publisher, int topic, const struct outbox_row *row,
                               const struct publisher_tag *tag, struct error *err)
{
    char time_text[TIME_TEXT_LEN + 1];
    char schema_text[SCHEMA_MAX];
    char sequence_text[TOPICS_SEQUENCE_DIGITS + 1];
    struct kafka_header headers[HEADERS_MAX];
    struct kafka_message message = {
        .topic = topic,
        .partition = row->shard,
        .key = row->aggregate_id,
        .value = row->payload,
        .headers = headers,
        .tag = pack(tag),
    };
    const struct strview id = uuid_view(&row->id);
    add(&message, headers, TOPICS_HEADER_CE_SPECVERSION, STRVIEW("1.0"));
    add(&message, headers, TOPICS_HEADER_CE_ID, id);
    add(&message, headers, TOPICS_HEADER_CE_SOURCE, STRVIEW(TOPICS_CE_SOURCE));
    add(&message, headers, TOPICS_HEADER_CE_TYPE, row->type);
    add(&message, headers, TOPICS_HEADER_CE_SUBJECT, row->aggregate_id);
    add(&message, headers, TOPICS_HEADER_CE_TIME,
        publisher_format_time(row->occurred_at, time_text));
    add(&message, headers, TOPICS_HEADER_CE_DATASCHEMA, format_schema(row->type, schema_text));
    add(&message, headers, TOPICS_HEADER_CE_SEQUENCE,
        topics_write_sequence(row->seq_text, sequence_text));
    add(&message, headers, TOPICS_HEADER_CE_VERSION, row->version);
    add(&message, headers, TOPICS_HEADER_CE_CORRELATION_ID, row->correlation_id);
    add(&message, headers, TOPICS_HEADER_CE_CAUSATION_ID, row->causation_id);
    add(&message, headers, TOPICS_HEADER_CONTENT_TYPE, STRVIEW("application/json"));
    add(&message, headers, TOPICS_HEADER_TRACEPARENT, row->traceparent);
    add(&message, headers, TOPICS_HEADER_ID, id);
    add(&message, headers, TOPICS_HEADER_CE_REPUBLISHED,
        tag->way == WAY_AGAIN ? STRVIEW("1") : (struct strview){.data = NULL});
    if (check_size(publisher, &message, err) != ERROR_NONE) {
        return err->kind;
    }
    return kafka_producer_send(publisher->producer, &message, err);
}

enum error_kind publisher_send(struct publisher *publisher, int topic, const struct outbox_row *row,
                               const struct publisher_tag *tag, struct error *err)
{
    if (!publisher_is_open(publisher)) {
        return error_set(err, ERROR_EXHAUSTED, "the Kafka producer is being replaced");
    }
    if (FAULT_POINT("relay.producer_dies")) {
        reconnect_fail(&publisher->life, "injected death of the producer");
        return error_set(err, ERROR_EXHAUSTED, "injected death of the producer");
    }
    if (FAULT_POINT("relay.before_produce")) {
        return error_set(err, ERROR_TRANSIENT, "injected before produce");
    }
    const enum error_kind kind = produce(publisher, topic, row, tag, err);
    if (kind == ERROR_FATAL) { /* its end is on its way */
        return error_set(err, ERROR_EXHAUSTED, "the Kafka producer has died");
    }
    (void)FAULT_POINT("relay.after_produce");
    return kind;
}

/* --- the producer's life ------------------------------------------------------------ */

static void on_delivery(void *user, const struct kafka_delivery *delivery)
{
    struct publisher *publisher = user;
    const struct publisher_tag tag = unpack(delivery->tag);
    struct kafka_delivery told = *delivery;
    struct error injected;
    if (FAULT_POINT("relay.ack_received")) {
        (void)error_set(&injected, ERROR_TRANSIENT, "injected failure of a delivery");
        told.error = &injected;
    }
    publisher->options.on_answer(publisher->options.user, &tag, &told);
}

static void on_served(void *user)
{
    const struct publisher *publisher = user;
    publisher->options.on_answers_taken(publisher->options.user);
}

static void on_error(void *user, const struct error *err)
{
    (void)user;
    (void)err; /* transient: the producer's state tells it, and it mends by itself */
}

static void on_fatal(void *user, const struct error *err)
{
    struct publisher *publisher = user;
    reconnect_fail(&publisher->life, "%s", err->text);
}

/* The smallest limit of a topic: batches are not made by topic. */
static int64_t batch_max(const struct publisher *publisher)
{
    int64_t smallest = 0;
    for (int i = 0; i < publisher->options.topic_count; i++) {
        const int64_t limit = publisher->options.message_max[i];
        smallest = limit > 0 && (smallest == 0 || limit < smallest) ? limit : smallest;
    }
    return smallest;
}

static enum error_kind open_producer(struct publisher *publisher, struct error *err)
{
    const struct kafka_producer_options options = {
        .config = publisher->options.config,
        .topics = publisher->options.topics,
        .topic_count = publisher->options.topic_count,
        .batch_max = batch_max(publisher),
        .on_delivery = on_delivery,
        .on_served = on_served,
        .on_error = on_error,
        .on_fatal = on_fatal,
        .user = publisher,
    };
    return kafka_producer_new(publisher->loop, &options, &publisher->producer, err);
}

static void on_attempt(void *user)
{
    struct publisher *publisher = user;
    struct error err;
    if (open_producer(publisher, &err) != ERROR_NONE) {
        (void)activity_failed(&publisher->renewing, &err, loop_now_ms(), jitter_draw());
        reconnect_fail(&publisher->life, "%s", err.text);
        return;
    }
    activity_succeeded(&publisher->renewing, loop_now_ms());
    (void)FAULT_POINT("relay.producer_renewed");
    reconnect_ready(&publisher->life);
    publisher->options.on_renewed(publisher->options.user);
}

static bool on_drop(void *user)
{
    struct publisher *publisher = user;
    kafka_producer_free(publisher->producer);
    publisher->producer = NULL;
    return false;
}

void publisher_restart(struct publisher *publisher, const char *reason)
{
    (void)on_drop(publisher);
    reconnect_pause(&publisher->life, reason);
}

enum error_kind publisher_new(struct loop *loop, const struct publisher_options *options,
                              struct publisher **ret_publisher, struct error *err)
{
    struct publisher *publisher = must_allocate(1, sizeof *publisher);
    const struct reconnect_options life = {
        .on_attempt = on_attempt,
        .on_drop = on_drop,
        .user = publisher,
        .on_lost = options->on_lost,
        .listener = options->user,
    };
    publisher->loop = loop;
    publisher->options = *options;
    activity_init(&publisher->renewing, "renewing the Kafka producer");
    reconnect_init(&publisher->life, loop, &life);
    if (open_producer(publisher, err) != ERROR_NONE) {
        publisher_free(publisher);
        return err->kind;
    }
    reconnect_ready(&publisher->life);
    *ret_publisher = publisher;
    return ERROR_NONE;
}

void publisher_free(struct publisher *publisher)
{
    if (publisher == NULL) {
        return;
    }
    kafka_producer_free(publisher->producer);
    reconnect_done(&publisher->life);
    free(publisher);
}

bool publisher_is_open(const struct publisher *publisher)
{
    return reconnect_is_ready(&publisher->life);
}

size_t publisher_in_flight(const struct publisher *publisher)
{
    return publisher->producer == NULL ? 0 : kafka_producer_in_flight(publisher->producer);
}

enum error_kind publisher_state(const struct publisher *publisher, struct error *err)
{
    if (!publisher_is_open(publisher)) {
        *err = publisher->life.last_error;
        return ERROR_TRANSIENT;
    }
    return kafka_producer_state(publisher->producer, err);
}

enum error_kind publisher_probe(const struct publisher *publisher, struct error *err)
{
    return activity_probe_lately(&publisher->renewing, loop_now_ms(), err);
}
