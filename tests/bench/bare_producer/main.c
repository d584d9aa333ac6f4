/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare_producer - what librdkafka alone reaches with the relay's records: reads some of a topic
 * into memory and sends them to another one, idempotent, with the same keys, values, headers,
 * partitions.
 *
 *     bare_producer BROKERS FROM TO RECORDS     prints records a second
 *
 * The bound of any relay that uses librdkafka: there is no database, no order to keep between
 * partitions, nothing to wait for, and its queue is as long as it likes.
 */
#include "common/base/parse.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REASON_MAX = 512, TOPIC_WAIT_MS = 30000, POLL_MS = 100, QUIET_MAX = 300 };

static size_t acknowledged;
static size_t failed;

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bare_producer: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    acknowledged++;
    failed += message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
}

static rd_kafka_t *open_client(rd_kafka_type_t type, const char *const (*settings)[2])
{
    char reason[REASON_MAX];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; settings[i][0] != NULL; i++) {
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof reason) !=
            RD_KAFKA_CONF_OK) {
            die(settings[i][0], reason);
        }
    }
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
    rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client == NULL) {
        die("client", reason);
    }
    return client;
}

static void assign_all(rd_kafka_t *consumer, const char *topic)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    const rd_kafka_resp_err_t err =
        rd_kafka_metadata(consumer, 0, handle, &metadata, TOPIC_WAIT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die(topic, rd_kafka_err2str(err));
    }
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    (void)rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

static void read_records(rd_kafka_t *consumer, rd_kafka_message_t **records, size_t wanted)
{
    size_t count = 0;
    for (int quiet = 0; count < wanted && quiet < QUIET_MAX;) {
        rd_kafka_message_t *record = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (record == NULL) {
            quiet++;
        } else if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            records[count++] = record;
            quiet = 0;
        } else {
            rd_kafka_message_destroy(record);
        }
    }
    if (count < wanted) {
        die("reading", "there are not so many records");
    }
}

static void send_record(rd_kafka_t *producer, const char *topic, const rd_kafka_message_t *record)
{
    rd_kafka_headers_t *headers = NULL;
    rd_kafka_resp_err_t err;
    do {
        headers = NULL;
        if (rd_kafka_message_headers(record, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            headers = rd_kafka_headers_copy(headers);
        }
        err = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(record->partition),
            RD_KAFKA_V_KEY(record->key, record->key_len),
            RD_KAFKA_V_VALUE(record->payload, record->len), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            if (headers != NULL) {
                rd_kafka_headers_destroy(headers); /* ours still */
            }
            (void)rd_kafka_poll(producer, 1);
        }
    } while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("sending", rd_kafka_err2str(err));
    }
}

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    int64_t number;
    if (argc != 5 || !parse_i64(strview_of(argv[4]), &number) || number < 1) {
        (void)fprintf(stderr, "usage: bare_producer BROKERS FROM TO RECORDS\n");
        return EXIT_FAILURE;
    }
    const size_t wanted = (size_t)number;
    const char *const reading[][2] = {{"bootstrap.servers", argv[1]},
                                      {"group.id", "bare-producer"},
                                      {"enable.auto.commit", "false"},
                                      {NULL, NULL}};
    const char *const sending[][2] = {{"bootstrap.servers", argv[1]},
                                      {"enable.idempotence", "true"},
                                      {"acks", "all"},
                                      {"compression.codec", "lz4"},
                                      {"linger.ms", "5"},
                                      {"queue.buffering.max.kbytes", "65536"},
                                      {"queue.buffering.max.messages", "500000"},
                                      {NULL, NULL}};
    rd_kafka_message_t **records = calloc(wanted, sizeof *records);
    if (records == NULL) {
        die("memory", "too many records");
    }
    rd_kafka_t *consumer = open_client(RD_KAFKA_CONSUMER, reading);
    rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, sending);
    assign_all(consumer, argv[2]);
    read_records(consumer, records, wanted);
    (void)rd_kafka_assign(consumer, NULL);

    const double began_s = now_s();
    for (size_t i = 0; i < wanted; i++) {
        send_record(producer, argv[3], records[i]);
        (void)rd_kafka_poll(producer, 0);
    }
    while (acknowledged < wanted) {
        (void)rd_kafka_poll(producer, POLL_MS);
    }
    (void)printf("%.0f\n", (double)wanted / (now_s() - began_s));
    for (size_t i = 0; i < wanted; i++) {
        rd_kafka_message_destroy(records[i]);
    }
    free(records);
    rd_kafka_destroy(producer);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
