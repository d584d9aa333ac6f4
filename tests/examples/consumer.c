/* SPDX-License-Identifier: Apache-2.0 */
/* consumer.c - see README.md. cc consumer.c -o c $(pkg-config --cflags --libs rdkafka libpq) */
#include <err.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

static PGconn *database;

/* A transaction. What it answers lives until the next one. */
static const char *ask(const char *sql, int count, const char *const *values)
{
    static PGresult *result;
    PQclear(result);
    result = PQexecParams(database, sql, count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        errx(1, "%s", PQerrorMessage(database));
    }
    return PQgetvalue(result, 0, 0);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    const char *sql = "SELECT coalesce(max(next), 0) FROM reader_offset WHERE partition = $1";
    (void)opaque;
    for (int i = 0; i < list->cnt; i++) {
        char number[16];
        (void)snprintf(number, sizeof number, "%d", (int)list->elems[i].partition);
        list->elems[i].offset = strtoll(ask(sql, 1, (const char *[]){number}), NULL, 10);
    }
    (void)rd_kafka_assign(rk, code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? list : NULL);
}

static void take(const rd_kafka_message_t *message)
{
    static char partition[16], offset[24], key[128], payload[1 << 20];
    const char *values[] = {partition, offset, key, NULL, NULL, NULL, payload};
    const char *names[] = {"ce_aggregateversion", "ce_id", "ce_type"};
    rd_kafka_headers_t *headers;
    size_t size;
    if (message->err != 0) {
        errx(1, "%s", rd_kafka_message_errstr(message));
    }
    (void)snprintf(partition, sizeof partition, "%d", (int)message->partition);
    (void)snprintf(offset, sizeof offset, "%lld", (long long)message->offset);
    (void)snprintf(key, sizeof key, "%.*s", (int)message->key_len, (char *)message->key);
    (void)snprintf(payload, sizeof payload, "%.*s", (int)message->len, (char *)message->payload);
    for (int i = 0; i < 3 && rd_kafka_message_headers(message, &headers) == 0; i++) {
        (void)rd_kafka_header_get_last(headers, names[i], (const void **)&values[3 + i], &size);
    }
    if (*ask("SELECT reader_apply($1, $2, $3, $4, $5, $6, $7)", 7, values) == 't') {
        (void)printf("%s %s %s\n", values[5], key, values[3]);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        errx(2, "usage: consumer BROKERS GROUP TOPIC DATABASE");
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], NULL, 0);
    (void)rd_kafka_conf_set(conf, "group.id", argv[2], NULL, 0);
    (void)rd_kafka_conf_set(conf, "session.timeout.ms", "6000", NULL, 0);
    (void)rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    (void)rd_kafka_topic_partition_list_add(topics, argv[3], RD_KAFKA_PARTITION_UA);
    (void)rd_kafka_subscribe(rk, topics);
    database = PQconnectdb(argv[4]);
    rd_kafka_message_t *message;
    while ((message = rd_kafka_consumer_poll(rk, -1)) != NULL) {
        take(message); /* ended at any moment, reading goes on behind the last transaction */
        rd_kafka_message_destroy(message);
    }
}
