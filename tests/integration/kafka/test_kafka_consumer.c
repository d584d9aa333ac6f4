/* SPDX-License-Identifier: Apache-2.0 */
/* The consumer: where it begins, how it ends, what pausing keeps, and how it leaves its group. */
#include "common/base/parse.h"
#include "common/io/kafka/kafka_consumer.h"
#include "tests/integration/kafka/mock_kafka.h"
#include "tests/support/check_main.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { PARTITIONS = 2, RECORDS = 2000 };

static const char *const TOPICS[] = {"orders", "products"};

static struct mock_kafka mock;

/* What the callbacks have seen. */
static struct {
    struct kafka_consumer *consumer;
    struct kafka_producer *producer;
    int delivered;
    int64_t next[PARTITIONS]; /* offset expected */
    int records;
    int wanted;    /* stop after so many records */
    int ends;      /* partitions whose end was reached */
    int pauses;    /* pause and resume after every so many records; 0: never */
    int64_t begin; /* where an assignment begins */
    int assigned;
    int64_t committed;
    bool is_closed;
    enum error_kind partition_error;
    int surveyed;          /* partitions; -1: Kafka did not answer */
    int64_t surveyed_ends; /* their sum */
} seen;

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

static void open_all(void)
{
    memset(&seen, 0, sizeof seen);
    mock_open(&mock);
    mock_topic(&mock, TOPICS[0], PARTITIONS);
    mock_topic(&mock, TOPICS[1], PARTITIONS);
    fill();
}

static void close_all(void)
{
    kafka_consumer_free(seen.consumer);
    mock_close(&mock);
}

/* --- the callbacks ------------------------------------------------------------------ */

static void check_record(const struct kafka_record *record)
{
    char key[32];
    const char *name;
    struct strview value;
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
    ck_assert(kafka_record_header_at(record, 0, &name, &value));
    ck_assert_str_eq(name, "ce_type");
    ck_assert(strview_is(value, "First"));
    ck_assert(!kafka_record_header_at(record, 3, &name, &value));
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

static void open_consumer_with(const char *group_id, const struct kafka_property *properties,
                               size_t count)
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

static void open_consumer(const char *group_id)
{
    open_consumer_with(group_id, NULL, 0);
}

/* As a member: all of it once more. */
static void begin_all_at(int64_t offset)
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

static void start(int partition, int64_t offset, int64_t expected)
{
    const struct kafka_position from = {0, partition, offset};
    struct error err;
    seen.next[partition] = expected;
    ck_assert_int_eq(kafka_consumer_start(seen.consumer, &from, &err), ERROR_NONE);
}

/* --- tests -------------------------------------------------------------------------- */

START_TEST(alone_it_reads_from_where_it_is_told_to_the_end)
{
    open_consumer(NULL);
    start(0, kafka_offset_tail(3), RECORDS - 3);
    start(1, KAFKA_OFFSET_BEGINNING, 0);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, RECORDS + 3);
    ck_assert_int_eq(kafka_consumer_end_offset(seen.consumer, 0, 1), RECORDS);
    ck_assert_int_eq(kafka_consumer_first_offset(seen.consumer, 0, 1), 0);
}
END_TEST

START_TEST(after_a_stop_it_begins_elsewhere)
{
    open_consumer(NULL);
    start(0, 5, 5);
    seen.wanted = 200;
    mock_run(&mock);
    kafka_consumer_stop(seen.consumer, 0, 0);
    seen.wanted = 0;
    seen.records = 0;
    seen.ends = PARTITIONS - 1;
    start(0, RECORDS - 7, RECORDS - 7);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, 7);
}
END_TEST

START_TEST(a_member_begins_at_the_caller_s_positions)
{
    open_consumer("readers");
    seen.begin = 1500;
    seen.wanted = PARTITIONS * (RECORDS - 1500);
    mock_run(&mock);

    ck_assert_int_eq(seen.assigned, 2 * PARTITIONS);
    ck_assert_int_eq(seen.records, seen.wanted);
}
END_TEST

START_TEST(pausing_skips_and_repeats_nothing)
{
    open_consumer("readers");
    seen.pauses = 150;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
}
END_TEST

START_TEST(a_position_outside_the_log_is_reported)
{
    open_consumer("readers");
    seen.begin = RECORDS + 1000;
    mock_run(&mock);

    ck_assert_int_eq(seen.partition_error, ERROR_NOT_FOUND);
}
END_TEST

START_TEST(what_was_paused_flows_after_the_next_assignment)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    for (int partition = 0; partition < PARTITIONS; partition++) {
        kafka_consumer_pause(seen.consumer, 0, partition);
    }

    begin_all_at(0);
    seen.records = 0;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
}
END_TEST

START_TEST(after_a_position_outside_the_log_another_one_is_read)
{
    open_consumer("readers");
    seen.begin = RECORDS + 1000;
    mock_run(&mock);
    ck_assert_int_eq(seen.partition_error, ERROR_NOT_FOUND);

    /* The other partition's error may come behind the next assignment: then once more. */
    seen.wanted = PARTITIONS * 5;
    for (int begun = 0; begun < PARTITIONS && seen.records < seen.wanted; begun++) {
        seen.records = 0;
        begin_all_at(RECORDS - 5);
        mock_run(&mock);
    }

    ck_assert_int_eq(seen.records, PARTITIONS * 5);
}
END_TEST

START_TEST(who_left_the_group_comes_back_and_learns_what_was_committed)
{
    struct error err;
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_commit(seen.consumer, &(struct kafka_position){0, 1, 77}, 1);

    ck_assert_int_eq(kafka_consumer_leave(seen.consumer, &err), ERROR_NONE);
    seen.wanted = -1;
    mock_run(&mock);
    ck_assert_int_eq(seen.assigned, 0);
    ck_assert_int_eq(kafka_consumer_join(seen.consumer, &err), ERROR_NONE);
    seen.records = 0;
    seen.wanted = PARTITIONS * RECORDS;
    mock_run(&mock);
    kafka_consumer_ask_committed(seen.consumer, (struct kafka_position[]){{0, 0, 0}, {0, 1, 0}}, 2);
    mock_run(&mock);

    ck_assert_int_eq(seen.records, PARTITIONS * RECORDS);
    ck_assert_int_eq(seen.committed, 77);
}
END_TEST

/* Sockets of this process to the mock broker whose peer may be silent for ten seconds at most;
 * *ret_others: those without such a limit. */
static int watched_sockets(int *ret_others)
{
    int64_t port = 0;
    ck_assert(parse_i64(strview_of(strchr(mock.brokers, ':') + 1), &port));
    int watched = 0;
    *ret_others = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t len = sizeof peer;
        unsigned limit_ms = 0;
        int idle_s = 0;
        socklen_t size = sizeof limit_ms;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 || peer.sin_family != AF_INET ||
            ntohs(peer.sin_port) != port) {
            continue;
        }
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, &size), 0);
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &size), 0);
        const bool is_watched = limit_ms == 10000 && idle_s <= 5;
        watched += is_watched ? 1 : 0;
        *ret_others += is_watched ? 0 : 1;
    }
    return watched;
}

START_TEST(a_broker_whose_packets_are_dropped_is_noticed_by_the_kernel)
{
    int others = 0;
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);

    ck_assert_int_gt(watched_sockets(&others), 0);
    ck_assert_int_eq(others, 0);
}
END_TEST

START_TEST(an_operator_may_leave_that_to_the_system)
{
    static const struct kafka_property PROPERTIES[] = {{"socket.keepalive.enable", "false"}};
    int others = 0;
    open_consumer_with("readers", PROPERTIES, 1);
    seen.wanted = 1;
    mock_run(&mock);

    ck_assert_int_eq(watched_sockets(&others), 0);
    ck_assert_int_gt(others, 0);
}
END_TEST

START_TEST(a_survey_tells_the_ends_of_partitions_that_others_hold_and_that_kafka_is_silent)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_unassign(seen.consumer); /* as if others had them */
    kafka_consumer_survey(seen.consumer, false);
    mock_run(&mock);
    ck_assert_int_eq(seen.surveyed, 2 * PARTITIONS);
    ck_assert_int_eq(seen.surveyed_ends, (int64_t)PARTITIONS * RECORDS);

    enum { LONGER_THAN_A_SURVEY_MS = 20000 };
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, LONGER_THAN_A_SURVEY_MS);
    kafka_consumer_survey(seen.consumer, false);
    mock_run(&mock);
    ck_assert_int_eq(seen.surveyed, -1);
}
END_TEST

START_TEST(a_survey_has_patience_for_each_of_its_questions)
{
    enum {
        SLOW_MS = 1200
    }; /* as behind a fetch, on a slow machine; all together more than one may */
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, SLOW_MS);
    kafka_consumer_survey(seen.consumer, false);
    while (seen.surveyed == 0) { /* records stop the loop, too */
        mock_run(&mock);
    }

    ck_assert_int_eq(seen.surveyed, 2 * PARTITIONS);
}
END_TEST

START_TEST(a_member_leaves_without_waiting)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    kafka_consumer_commit(seen.consumer, &(struct kafka_position){0, 0, 1}, 1);
    kafka_consumer_close(seen.consumer);
    mock_run(&mock);

    ck_assert(seen.is_closed);
}
END_TEST

static bool is_dead;

/* Stands for librdkafka's, which refuses to close what has met a fatal error. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its own is not ours */
rd_kafka_error_t *rd_kafka_consumer_close_queue(rd_kafka_t *rk, rd_kafka_queue_t *queue)
{
    typedef rd_kafka_error_t *close_fn(rd_kafka_t *, rd_kafka_queue_t *);
    close_fn *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, "rd_kafka_consumer_close_queue");
    (void)memcpy(&real, &symbol, sizeof real);
    return is_dead ? rd_kafka_error_new(RD_KAFKA_RESP_ERR__FATAL, "dead") : real(rk, queue);
}

START_TEST(a_member_that_met_a_fatal_error_is_closed_from_the_loop)
{
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);
    is_dead = true;
    kafka_consumer_close(seen.consumer);
    ck_assert(!seen.is_closed); /* never from inside */
    while (!seen.is_closed) {
        mock_run(&mock);
    }
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("common/io/kafka/kafka_consumer");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, alone_it_reads_from_where_it_is_told_to_the_end);
    tcase_add_test(tests, after_a_stop_it_begins_elsewhere);
    tcase_add_test(tests, a_member_begins_at_the_caller_s_positions);
    tcase_add_test(tests, pausing_skips_and_repeats_nothing);
    tcase_add_test(tests, a_position_outside_the_log_is_reported);
    tcase_add_test(tests, what_was_paused_flows_after_the_next_assignment);
    tcase_add_test(tests, after_a_position_outside_the_log_another_one_is_read);
    tcase_add_test(tests, who_left_the_group_comes_back_and_learns_what_was_committed);
    tcase_add_test(tests, a_broker_whose_packets_are_dropped_is_noticed_by_the_kernel);
    tcase_add_test(tests, an_operator_may_leave_that_to_the_system);
    tcase_add_test(tests,
                   a_survey_tells_the_ends_of_partitions_that_others_hold_and_that_kafka_is_silent);
    tcase_add_test(tests, a_survey_has_patience_for_each_of_its_questions);
    tcase_add_test(tests, a_member_leaves_without_waiting);
    tcase_add_test(tests, a_member_that_met_a_fatal_error_is_closed_from_the_loop);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
