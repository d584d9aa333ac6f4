/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/kafka/consumer_fixture.h"

#include <stdio.h>
#include <string.h>

static const char *const TOPICS[] = {"orders", "products"};

struct mock_kafka mock;
struct seen seen;

/* --- the records to read ---------------------------------------------------------- */

static void take_delivery(void *user, const struct kafka_delivery *delivery)
{
    (void)user;
    ck_assert_msg(delivery->error == NULL, "not delivered");
    if (++seen.delivered == PARTITIONS * RECORDS) {
        loop_stop(mock.loop);
    }
}

static void take_producer_error(void *user, const struct error *err)
{
    (void)user;
    ck_abort_msg("producer: %s", err->text);
}

static void send_record(int partition, int number)
{
    char key[32];
    struct error err;
    const int len = snprintf(key, sizeof key, "key-%d", number);
    const struct kafka_header headers[] = {{"ce_type", STRVIEW("First")},
                                           {"number", {key, (size_t)len}},
                                           {"ce_type", STRVIEW("Last")}};
    const struct kafka_message message = {
        .topic = 0,
        .partition = partition,
        .key = {key, (size_t)len},
        .value = STRVIEW("{}"),
        .headers = headers,
        .header_count = 3,
    };
    ck_assert_int_eq(kafka_producer_send(seen.producer, &message, &err), ERROR_NONE);
}

static void fill(void)
{
    const struct kafka_producer_options options = {
        .config = {.brokers = mock.brokers, .client_id = "test"},
        .topics = TOPICS,
        .topic_count = 2,
        .on_delivery = take_delivery,
        .on_error = take_producer_error,
        .on_fatal = take_producer_error,
    };
    struct error err;
    ck_assert_int_eq(kafka_producer_new(mock.loop, &options, &seen.producer, &err), ERROR_NONE);
    for (int i = 0; i < RECORDS; i++) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            send_record(partition, i);
        }
    }
    mock_run(&mock);
    ck_assert_uint_eq(kafka_producer_in_flight(seen.producer), 0);
    ck_assert_int_eq(kafka_producer_state(seen.producer, &err), ERROR_NONE);
    kafka_producer_free(seen.producer);
}

void open_all(void)
{
    memset(&seen, 0, sizeof seen);
    mock_open(&mock);
    mock_topic(&mock, TOPICS[0], PARTITIONS);
    mock_topic(&mock, TOPICS[1], PARTITIONS);
    fill();
}

void close_all(void)
{
    kafka_consumer_free(seen.consumer);
    mock_close(&mock);
}

/* --- the callbacks ------------------------------------------------------------------ */

static void check_record(const struct kafka_record *record)
{
    char key[32];
    (void)snprintf(key, sizeof key, "key-%lld", (long long)record->offset);
    ck_assert_int_eq(record->topic, 0);
    ck_assert_int_eq(record->offset, seen.next[record->partition]);
    ck_assert(strview_is(record->key, key));
    ck_assert(strview_is(record->value, "{}"));
    ck_assert_uint_eq(kafka_record_header_bytes(record),
                      sizeof "ce_typeFirstce_typeLastnumber" - 1 + record->key.len);
    ck_assert(strview_is(kafka_record_header(record, "ce_type"), "Last")); /* read again */
    ck_assert(strview_is(kafka_record_header(record, "number"), key));
    ck_assert_ptr_null(kafka_record_header(record, "absent").data);
}

static void take_records(void *user, struct kafka_record *records, size_t count)
{
    (void)user;
    ck_assert_uint_le(count, 100);
    for (size_t i = 0; i < count; i++) {
        check_record(&records[i]);
        seen.next[records[i].partition]++;
        seen.records++;
        if (seen.pauses > 0 && seen.records % seen.pauses == 0) {
            kafka_consumer_pause(seen.consumer, 0, records[i].partition);
            kafka_consumer_resume(seen.consumer, 0, records[i].partition);
        }
        kafka_record_done(&records[i]);
    }
    if (seen.wanted > 0 && seen.records >= seen.wanted) {
        loop_stop(mock.loop);
    }
}

static void take_end(void *user, const struct kafka_position *end)
{
    (void)user;
    ck_assert_int_eq(end->offset, end->topic == 0 ? RECORDS : 0);
    if (end->topic == 0 && ++seen.ends == PARTITIONS && seen.wanted == 0) {
        loop_stop(mock.loop);
    }
}

static void take_assigned(void *user, const struct kafka_position *partitions, size_t count)
{
    struct kafka_position positions[2 * PARTITIONS];
    struct error err;
    (void)user;
    ck_assert_uint_le(count, 2 * PARTITIONS);
    for (size_t i = 0; i < count; i++) {
        positions[i] = partitions[i];
        positions[i].offset = partitions[i].topic == 0 ? seen.begin : KAFKA_OFFSET_END;
        if (partitions[i].topic == 0) {
            seen.next[partitions[i].partition] = seen.begin;
        }
    }
    seen.assigned = (int)count;
    ck_assert_int_eq(kafka_consumer_assign(seen.consumer, positions, count, &err), ERROR_NONE);
}

static void take_revoked(void *user, const struct kafka_position *partitions, size_t count,
                         bool is_lost)
{
    (void)user;
    (void)partitions;
    (void)is_lost;
    ck_assert_int_eq((int)count, seen.assigned);
    kafka_consumer_unassign(seen.consumer);
    seen.assigned = 0;
    if (seen.wanted < 0) {
        loop_stop(mock.loop);
    }
}

static void take_committed(void *user, const struct kafka_position *positions, size_t count)
{
    (void)user;
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(positions[0].partition, 1);
    seen.committed = positions[0].offset;
    loop_stop(mock.loop);
}

static void take_partition_error(void *user, const struct kafka_position *where,
                                 const struct error *err)
{
    (void)user;
    (void)where;
    seen.partition_error = err->kind;
    loop_stop(mock.loop);
}

static void take_survey(void *user, const struct kafka_survey_place *places, size_t count,
                        const struct error *err)
{
    (void)user;
    seen.surveyed = err == NULL ? (int)count : -1;
    seen.surveyed_ends = 0;
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(places[i].end, places[i].topic == 0 ? RECORDS : 0);
        seen.surveyed_ends += places[i].end;
    }
    loop_stop(mock.loop);
}

static void take_closed(void *user)
{
    (void)user;
    seen.is_closed = true;
    loop_stop(mock.loop);
}

static const struct kafka_consumer_callbacks EVENTS = {
    .on_records = take_records,
    .on_end = take_end,
    .on_assigned = take_assigned,
    .on_revoked = take_revoked,
    .on_partition_error = take_partition_error,
    .on_committed = take_committed,
    .on_surveyed = take_survey,
    .on_closed = take_closed,
};

void open_consumer_with(const char *group_id, const struct kafka_property *properties, size_t count)
{
    const struct kafka_consumer_options options = {
        .config = {.brokers = mock.brokers,
                   .client_id = "test",
                   .properties = properties,
                   .property_count = count},
        .group_id = group_id,
        .topics = TOPICS,
        .topic_count = 2,
        .max_batch = 100,
        .events = &EVENTS,
    };
    struct error err;
    ck_assert_int_eq(kafka_consumer_new(mock.loop, &options, &seen.consumer, &err), ERROR_NONE);
}

void open_consumer(const char *group_id)
{
    open_consumer_with(group_id, NULL, 0);
}

void begin_all_at(int64_t offset)
{
    struct kafka_position positions[PARTITIONS];
    struct error err;
    for (int partition = 0; partition < PARTITIONS; partition++) {
        positions[partition] = (struct kafka_position){0, partition, offset};
        seen.next[partition] = offset;
    }
    seen.assigned = PARTITIONS;
    ck_assert_int_eq(kafka_consumer_assign(seen.consumer, positions, PARTITIONS, &err), ERROR_NONE);
}
