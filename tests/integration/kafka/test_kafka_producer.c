/* SPDX-License-Identifier: Apache-2.0 */
/* A producer knows whether its cluster answers, also when nothing tells it, and why it does not
 * take what it is sent. */
#include "tests/integration/kafka/mock_kafka.h"
#include "tests/support/check_main.h"

#include <string.h>
#include <time.h>

enum { BROKER = 1, API_INIT_PRODUCER_ID = 22, PARTITIONS = 3 };

static const char *const TOPICS[] = {"orders"};

static struct mock_kafka mock;
static struct kafka_producer *producer;
static struct error death; /* kind ERROR_NONE: none is expected */
static int awaited;        /* deliveries before the loop stops */

static void take_delivery(void *user, const struct kafka_delivery *delivery)
{
    (void)user;
    ck_assert(delivery->error == NULL || death.kind != ERROR_NONE);
    if (--awaited <= 0) {
        loop_stop(mock.loop);
    }
}

static void take_fatal(void *user, const struct error *err)
{
    (void)user;
    ck_assert_msg(death.kind != ERROR_NONE, "fatal: %s", err->text);
    death = *err;
    loop_stop(mock.loop);
}

static void send_to(int partition)
{
    struct error err;
    const struct kafka_message message = {
        .topic = 0, .partition = partition, .value = STRVIEW("{}")};
    ck_assert_int_eq(kafka_producer_send(producer, &message, &err), ERROR_NONE);
    awaited++;
}

static void send_one(void)
{
    send_to(0);
}

static void setup(void)
{
    struct error err;
    mock_open(&mock);
    mock_topic(&mock, TOPICS[0], PARTITIONS);
    awaited = 0;
    const struct kafka_producer_options options = {
        .config = {.brokers = mock.brokers, .client_id = "test"},
        .topics = TOPICS,
        .topic_count = 1,
        .on_delivery = take_delivery,
        .on_fatal = take_fatal,
    };
    ck_assert_int_eq(kafka_producer_new(mock.loop, &options, &producer, &err), ERROR_NONE);
}

static void teardown(void)
{
    kafka_producer_free(producer);
    mock_close(&mock);
}

START_TEST(a_broker_that_only_takes_long_for_one_record_is_there)
{
    send_one();
    mock_run(&mock);
    ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(mock.cluster, BROKER, 1000),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    send_one();
    mock_run(&mock);

    struct error err;
    ck_assert_int_eq(kafka_producer_state(producer, &err), ERROR_NONE);
}
END_TEST

START_TEST(who_may_not_write_is_told_which_right_that_takes)
{
    death.kind = ERROR_FATAL;
    rd_kafka_mock_push_request_errors(mock.cluster, API_INIT_PRODUCER_ID, 1,
                                      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    send_one();
    while (strlen(death.text) == 0) {
        mock_run(&mock);
    }

    ck_assert_msg(strstr(death.text, "the right Write to the topics") != NULL, "%s", death.text);
}
END_TEST

static void send_everywhere(int count)
{
    for (int i = 0; i < count; i++) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            send_to(partition);
        }
    }
}

static double processor_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

/* What is behind it comes while it is on its way: librdkafka's thread does not ask without pause
 * whether it may be sent. */
START_TEST(a_slow_broker_is_waited_for_without_work)
{
    enum { SLOW_MS = 500, SHARE = 20 };
    send_everywhere(1);
    mock_run(&mock);
    ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(mock.cluster, BROKER, SLOW_MS),
                     RD_KAFKA_RESP_ERR_NO_ERROR);
    const int64_t began_ms = loop_now_ms();
    const double before_ms = processor_ms();
    for (int i = 0; i < 3; i++) {
        send_everywhere(50);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    mock_run(&mock);

    const double took_ms = processor_ms() - before_ms;
    const double waited_ms = (double)(loop_now_ms() - began_ms);
    ck_assert_msg(took_ms < waited_ms / SHARE, "%.0f ms of the processor in %.0f ms", took_ms,
                  waited_ms);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/kafka/kafka_producer");
    TCase *state = tcase_create("state");
    tcase_set_timeout(state, 120);
    tcase_add_checked_fixture(state, setup, teardown);
    tcase_add_test(state, a_broker_that_only_takes_long_for_one_record_is_there);
    tcase_add_test(state, a_slow_broker_is_waited_for_without_work);
    tcase_add_test(state, who_may_not_write_is_told_which_right_that_takes);
    suite_add_tcase(suite, state);
    return check_main(suite);
}
