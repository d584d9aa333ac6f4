/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A broker refuses requests of a fresh producer: whatever it refuses and however often, the
 * partition holds every row, first occurrences in order.
 *
 * The parts are the relay's own (step machine, publisher, tail reader); the outbox is ROWS
 * made-up rows, always there.
 */
#include "common/base/parse.h"
#include "common/io/kafka/kafka_consumer.h"
#include "relay-svc/core/shard_log.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/tail/tail_reader.h"
#include "tests/integration/kafka/mock_kafka.h"
#include "tests/support/check_main.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 400, SHARD = 0, TOPIC = 0, LEASE_MS = 3600 * 1000, API_PRODUCE = 0 };

static const char *const TOPICS[] = {"orders"};
static const int64_t NO_LIMIT[] = {0};

static struct mock_kafka mock;
static struct shard_log rows;
static unsigned first_effects; /* of owning it: carried out once the broker is as wanted */
static struct publisher *publisher;
static struct tail_reader *tails;
static struct loop_deferred *pump;
static int lost;     /* producers */
static int failures; /* of deliveries */

static struct uuid id_of(int64_t seq)
{
    char text[64];
    struct uuid id = {.text = ""};
    (void)snprintf(text, sizeof text, "00000000-0000-7000-8000-%012" PRId64, seq);
    ck_assert(uuid_parse(strview_of(text), &id));
    return id;
}

/* --- the relay in small ------------------------------------------------------------- */

static bool offer(int64_t seq)
{
    char number[32];
    const int len = snprintf(number, sizeof number, "%lld", (long long)seq);
    const struct window_row wanted = {.seq = seq, .bytes = 10, .topic = TOPIC, .id = id_of(seq)};
    const struct outbox_row row = {
        .shard = SHARD,
        .seq = seq,
        .seq_text = {number, (size_t)len},
        .id = wanted.id,
        .aggregate_id = STRVIEW("a"),
        .type = STRVIEW("Tested"),
        .payload = STRVIEW("{}"),
        .version = {number, (size_t)len},
        .occurred_at = STRVIEW("2026-01-02 03:04:05.6+00"),
    };
    const struct publisher_tag tag = {
        .shard = SHARD, .run = rows.run, .ticket = shard_log_next_ticket(&rows, WAY_LOG)};
    struct error err;
    const enum shard_offer answer = shard_log_offer(&rows, &wanted, loop_now_ms());
    if (answer != OFFER_SEND) {
        return answer == OFFER_SKIP;
    }
    const enum error_kind kind = publisher_send(publisher, TOPIC, &row, &tag, &err);
    if (kind == ERROR_NONE) {
        (void)shard_log_sent(&rows, &wanted, loop_now_ms());
    }
    return kind == ERROR_NONE;
}

static void send_all(void *user)
{
    (void)user;
    while (rows.state == SHARD_RUNNING && rows.read < ROWS && offer(rows.read + 1)) {
    }
    if (rows.position == ROWS) {
        loop_stop(mock.loop);
    }
}

static void carry_out(unsigned effects)
{
    struct error err;
    if ((effects & SHARD_CHECK_TAILS) != 0) {
        ck_assert_int_eq(tail_reader_ask(tails, TOPIC, SHARD, &err), ERROR_NONE);
    }
    ck_assert_msg((effects & SHARD_TELL_STOPPED) == 0, "stopped: %s", rows.reason);
    if ((effects & SHARD_READ) != 0) {
        loop_deferred_schedule(pump);
    }
}

static void take_found(void *user, int topic, int partition, const struct tail_found *found)
{
    (void)user;
    (void)partition;
    enum tail_verdict verdict = tail_compare(&rows.topics[topic].known, found);
    if (verdict == TAIL_NEWER || verdict == TAIL_OLDER) {
        const struct tail_mark in_outbox = {
            .exists = true, .seq = found->record.seq, .id = id_of(found->record.seq)};
        verdict = tail_confirm(verdict, found, &in_outbox);
    }
    carry_out(shard_log_judge(&rows, topic, verdict, found));
}

static void take_missing(void *user, int topic, int partition, const struct error *err)
{
    (void)user;
    (void)topic;
    (void)partition;
    ck_abort_msg("missing: %s", err->text);
}

static void take_answer(void *user, const struct publisher_tag *tag,
                        const struct kafka_delivery *answer)
{
    const struct error *error = answer->error;
    const struct shard_delivery delivery = {.run = tag->run,
                                            .ticket = tag->ticket,
                                            .offset = answer->offset,
                                            .is_acknowledged = error == NULL,
                                            .failure = error == NULL ? NULL : error->text};
    int topic;
    (void)user;
    failures += error == NULL ? 0 : 1;
    carry_out(shard_log_delivered(&rows, &delivery, loop_now_ms(), &topic));
}

static void take_answers_taken(void *user)
{
    (void)user;
    loop_deferred_schedule(pump);
}

static void take_lost(void *user, const struct error *error)
{
    (void)user;
    (void)error;
    lost++;
    carry_out(shard_log_producer_lost(&rows));
}

static void take_renewed(void *user)
{
    (void)user;
    loop_deferred_schedule(pump);
}

/* Small requests to a slow broker, so that several are in flight when one is refused. */
static const struct kafka_property PROPERTIES[] = {
    {"batch.num.messages", "10"}, {"linger.ms", "0"}, {"max.in.flight", "5"}};
enum { ROUND_TRIP_MS = 10 };

static void open_relay(void)
{
    const struct kafka_config config = {.brokers = mock.brokers,
                                        .client_id = "test",
                                        .properties = PROPERTIES,
                                        .property_count = 3};
    const struct publisher_options publishing = {.config = config,
                                                 .topics = TOPICS,
                                                 .topic_count = 1,
                                                 .message_max = NO_LIMIT,
                                                 .on_answer = take_answer,
                                                 .on_answers_taken = take_answers_taken,
                                                 .on_lost = take_lost,
                                                 .on_renewed = take_renewed};
    const struct tail_reader_options reading = {.config = config,
                                                .topics = TOPICS,
                                                .topic_count = 1,
                                                .partitions = 1,
                                                .on_found = take_found,
                                                .on_missing = take_missing};
    const struct shard_topic_mark nothing = {.complete_to = 0};
    struct error err;
    pump = loop_deferred_new(mock.loop, send_all, NULL);
    shard_log_init(&rows, SHARD, TOPICS, 1, ROWS);
    ck_assert_int_eq(publisher_new(mock.loop, &publishing, &publisher, &err), ERROR_NONE);
    tails = tail_reader_new(mock.loop, &reading);
    first_effects = shard_log_own(&rows, &(struct shard_lease){.epoch = 1,
                                                               .until_ms = loop_now_ms() + LEASE_MS,
                                                               .topics = &nothing});
}

static void open_all(void)
{
    lost = 0;
    failures = 0;
    mock_open(&mock);
    mock_topic(&mock, TOPICS[0], 1);
    (void)rd_kafka_mock_broker_set_rtt(mock.cluster, 1, ROUND_TRIP_MS);
    open_relay();
}

static void close_all(void)
{
    publisher_free(publisher);
    tail_reader_free(tails);
    shard_log_done(&rows);
    loop_deferred_free(pump);
    mock_close(&mock);
}

/* --- what is in the partition afterwards ----------------------------------------------- */

static struct kafka_consumer *reader;
static int64_t newest;
static int duplicates;

static void read_records(void *user, struct kafka_record *records, size_t count)
{
    (void)user;
    for (size_t i = 0; i < count; i++) {
        const struct strview version = kafka_record_header(&records[i], "ce_aggregateversion");
        int64_t seq = 0;
        ck_assert(parse_i64(version, &seq));
        ck_assert_msg(seq <= newest + 1, "row %lld follows row %lld", (long long)seq,
                      (long long)newest);
        duplicates += seq <= newest ? 1 : 0;
        newest = seq > newest ? seq : newest;
        kafka_record_done(&records[i]);
    }
}

static void read_end(void *user, const struct kafka_position *end)
{
    (void)user;
    (void)end;
    loop_stop(mock.loop);
}

static void read_error(void *user, const struct kafka_position *where, const struct error *err)
{
    (void)user;
    (void)where;
    ck_abort_msg("reading: %s", err->text);
}

static void read_partition(void)
{
    static const struct kafka_consumer_callbacks EVENTS = {
        .on_records = read_records, .on_end = read_end, .on_partition_error = read_error};
    const struct kafka_consumer_options options = {
        .config = {.brokers = mock.brokers, .client_id = "test"},
        .topics = TOPICS,
        .topic_count = 1,
        .events = &EVENTS,
    };
    const struct kafka_position beginning = {TOPIC, SHARD, KAFKA_OFFSET_BEGINNING};
    struct error err;
    newest = 0;
    duplicates = 0;
    ck_assert_int_eq(kafka_consumer_new(mock.loop, &options, &reader, &err), ERROR_NONE);
    ck_assert_int_eq(kafka_consumer_start(reader, &beginning, &err), ERROR_NONE);
    mock_run(&mock);
    kafka_consumer_free(reader);
    ck_assert_int_eq(newest, ROWS);
}

/* --- tests ------------------------------------------------------------------------------ */

/* What the broker answers, and whether that costs the producer its life. */
static const struct {
    rd_kafka_resp_err_t code;
    bool is_fatal;
} REFUSALS[] = {
    {RD_KAFKA_RESP_ERR_UNKNOWN, true},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, true},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, true},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, true},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, false},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, false},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, false},
};
enum { REFUSAL_COUNT = sizeof REFUSALS / sizeof REFUSALS[0] };

START_TEST(the_first_request_of_a_fresh_producer_is_refused)
{
    rd_kafka_mock_push_request_errors(mock.cluster, API_PRODUCE, 1, REFUSALS[_i].code);
    carry_out(first_effects);
    mock_run(&mock);

    ck_assert_int_eq(lost, REFUSALS[_i].is_fatal ? 1 : 0);
    read_partition();
    ck_assert_int_eq(duplicates, 0);
}
END_TEST

START_TEST(the_first_requests_of_several_producers_are_refused)
{
    rd_kafka_mock_push_request_errors(mock.cluster, API_PRODUCE, 3, REFUSALS[_i].code,
                                      REFUSALS[_i].code, REFUSALS[_i].code);
    carry_out(first_effects);
    mock_run(&mock);

    read_partition();
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("relay-svc without a gap");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_loop_test(tests, the_first_request_of_a_fresh_producer_is_refused, 0, REFUSAL_COUNT);
    tcase_add_loop_test(tests, the_first_requests_of_several_producers_are_refused, 0,
                        REFUSAL_COUNT);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
