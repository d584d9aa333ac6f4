/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/pacer/pacer.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 16, BELL_LOOK_US = 250, ACK_POLL_MS = 1, DRAIN_MS = 30000 };

/* --- the outbox ------------------------------------------------------------------------ */

static PGconn *connect_to(const struct run *run)
{
    PGconn *database = PQconnectdb(run->database);
    if (PQstatus(database) != CONNECTION_OK) {
        pacer_die("PostgreSQL", PQerrorMessage(database));
    }
    return database;
}

static void must(PGconn *database, PGresult *result, ExecStatusType wanted)
{
    if (PQresultStatus(result) != wanted) {
        pacer_die("PostgreSQL", PQerrorMessage(database));
    }
    PQclear(result);
}

static void *write_rows(void *user)
{
    struct run *run = user;
    PGconn *database = connect_to(run);
    must(database,
         PQprepare(database, "append", "SELECT outbox_append('pace', $1, 'Paced', $2::json)", 2,
                   NULL),
         PGRES_COMMAND_OK);
    for (size_t i = pacer_take(run); i < run->count; i = pacer_take(run)) {
        char key[KEY_MAX];
        char payload[PAYLOAD_MAX];
        pacer_key(i, key);
        (void)pacer_payload(run, i, payload);
        const char *values[] = {key, payload};
        run->events[i].begun_us = pacer_now_us();
        must(database, PQexecPrepared(database, "append", 2, values, NULL, NULL, 0),
             PGRES_TUPLES_OK);
        run->events[i].answered_us = pacer_now_us();
        atomic_fetch_add(&run->answered, 1);
    }
    PQfinish(database);
    return NULL;
}

/* As command-svc rings it: beside the transactions, whose commits NOTIFY would put in a row. */
static void *ring_bell(void *user)
{
    struct run *run = user;
    PGconn *database = connect_to(run);
    size_t rung = 0;
    while (rung < run->count) {
        const size_t answered = atomic_load(&run->answered);
        if (answered > rung) {
            rung = answered;
            must(database, PQexec(database, "SELECT pg_notify('outbox', '')"), PGRES_TUPLES_OK);
        } else {
            (void)usleep(BELL_LOOK_US);
        }
    }
    PQfinish(database);
    return NULL;
}

static void read_commits(struct run *run)
{
    char query[REASON_MAX];
    PGconn *database = connect_to(run);
    (void)snprintf(query, sizeof query,
                   "SELECT payload->>'n', (extract(epoch FROM pg_xact_commit_timestamp(xmin)) *"
                   " 1000000)::bigint FROM outbox WHERE aggregatetype = 'pace'"
                   " AND payload->>'run' = '%lld'",
                   (long long)run->id);
    PGresult *rows = PQexec(database, query);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK || (size_t)PQntuples(rows) != run->count) {
        pacer_die("reading the commits", PQerrorMessage(database));
    }
    for (int i = 0; i < PQntuples(rows); i++) {
        const size_t number = strtoull(PQgetvalue(rows, i, 0), NULL, 10);
        run->events[number].commit_us = strtoll(PQgetvalue(rows, i, 1), NULL, 10);
    }
    PQclear(rows);
    PQfinish(database);
}

void writers_to_outbox(struct run *run)
{
    pthread_t threads[CONNECTIONS + 1];
    for (int i = 0; i < CONNECTIONS; i++) {
        (void)pthread_create(&threads[i], NULL, write_rows, run);
    }
    (void)pthread_create(&threads[CONNECTIONS], NULL, ring_bell, run);
    for (int i = 0; i <= CONNECTIONS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    read_commits(run);
}

/* --- Kafka alone ------------------------------------------------------------------------- */

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct run *run = opaque;
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        pacer_die("sending", rd_kafka_err2str(message->err));
    }
    run->events[(size_t)(uintptr_t)message->_private].answered_us = pacer_now_us();
    atomic_fetch_add(&run->answered, 1);
}

static rd_kafka_t *open_producer(struct run *run)
{
    /* As relay-svc's; PACER_LINGER to try others. */
    const char *linger = getenv("PACER_LINGER");
    const char *const settings[][2] = {{"bootstrap.servers", run->brokers},
                                       {"enable.idempotence", "true"},
                                       {"acks", "all"},
                                       {"compression.codec", "lz4"},
                                       {"socket.nagle.disable", "true"},
                                       {"linger.ms", linger == NULL ? "1" : linger}};
    char reason[REASON_MAX];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof reason) !=
            RD_KAFKA_CONF_OK) {
            pacer_die(settings[i][0], reason);
        }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, run);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (producer == NULL) {
        pacer_die("producer", reason);
    }
    return producer;
}

static void *take_answers(void *user)
{
    rd_kafka_t *producer = user;
    struct run *run = rd_kafka_opaque(producer);
    while (atomic_load(&run->answered) < run->count) {
        (void)rd_kafka_poll(producer, ACK_POLL_MS);
    }
    return NULL;
}

void writers_to_kafka(struct run *run)
{
    pthread_t answers;
    rd_kafka_t *producer = open_producer(run);
    (void)pthread_create(&answers, NULL, take_answers, producer);
    for (size_t i = pacer_take(run); i < run->count; i = pacer_take(run)) {
        char key[KEY_MAX];
        char payload[PAYLOAD_MAX];
        pacer_key(i, key);
        const size_t len = pacer_payload(run, i, payload);
        run->events[i].begun_us = run->events[i].commit_us = pacer_now_us();
        if (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(run->topic),
                              RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(payload, len),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_OPAQUE((void *)(uintptr_t)i),
                              RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            pacer_die("sending", "the producer refuses");
        }
    }
    (void)rd_kafka_flush(producer, DRAIN_MS);
    (void)pthread_join(answers, NULL);
    rd_kafka_destroy(producer);
}
