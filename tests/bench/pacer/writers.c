/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "tests/bench/pacer/pacer.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 16, ACK_POLL_MS = 1, DRAIN_MS = 30000 };

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

/* As an element of an array: in quotes, and what is one in it escaped. */
static size_t quote(const char *payload, char *out)
{
    size_t len = 0;
    out[len++] = '"';
    for (; *payload != '\0'; payload++) {
        if (*payload == '"') {
            out[len++] = '\\';
        }
        out[len++] = *payload;
    }
    out[len++] = '"';
    return len;
}

/* One aggregate's, so that all of a transaction are in one shard, and no two wait for each other.
 */
static void write_group(struct run *run, PGconn *database, size_t first)
{
    char key[KEY_MAX];
    char payloads[GROUP_MAX * 2 * PAYLOAD_MAX];
    size_t len = 0;
    pacer_key(first / run->group, key);
    for (size_t i = first; i < first + run->group; i++) {
        char payload[PAYLOAD_MAX];
        (void)pacer_payload(run, i, payload);
        payloads[len++] = i == first ? '{' : ',';
        len += quote(payload, payloads + len);
    }
    payloads[len++] = '}';
    payloads[len] = '\0';
    const char *values[] = {key, payloads};
    const int64_t begun_us = pacer_now_us();
    must(database, PQexecPrepared(database, "append", 2, values, NULL, NULL, 0), PGRES_TUPLES_OK);
    const int64_t answered_us = pacer_now_us();
    for (size_t i = first; i < first + run->group; i++) {
        run->events[i].begun_us = begun_us;
        run->events[i].answered_us = answered_us;
    }
    atomic_fetch_add(&run->answered, run->group);
    (void)sem_post(&run->bell);
}

static void *write_rows(void *user)
{
    struct run *run = user;
    PGconn *database = connect_to(run);
    must(database,
         PQprepare(database, "append",
                   "SELECT outbox_append('pace', $1, 'Paced', e) FROM unnest($2::json[]) e", 2,
                   NULL),
         PGRES_COMMAND_OK);
    for (size_t i = pacer_take(run); i < run->count; i = pacer_take(run)) {
        write_group(run, database, i);
    }
    PQfinish(database);
    return NULL;
}

/* As command-svc rings it: beside the transactions, whose commits NOTIFY would put in a row, and
 * without waiting for a log that holds nothing. */
static void *ring_bell(void *user)
{
    struct run *run = user;
    PGconn *database = connect_to(run);
    must(database, PQexec(database, "SET synchronous_commit = off"), PGRES_COMMAND_OK);
    while (atomic_load(&run->answered) < run->count) {
        (void)sem_wait(&run->bell);
        while (sem_trywait(&run->bell) == 0) {
        }
        must(database, PQexec(database, "SELECT pg_notify('outbox', '')"), PGRES_TUPLES_OK);
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
        int64_t number;
        int64_t commit_us;
        if (!parse_i64(strview_of(PQgetvalue(rows, i, 0)), &number) ||
            !parse_i64(strview_of(PQgetvalue(rows, i, 1)), &commit_us) || number < 0 ||
            (size_t)number >= run->count) {
            pacer_die("reading the commits", "not as they were written");
        }
        run->events[number].commit_us = commit_us;
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
    (void)sem_init(&run->bell, 0, 0);
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
                                       {"max.in.flight", "1"},
                                       {"linger.ms", linger == NULL ? "0" : linger}};
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

static void send_event(struct run *run, rd_kafka_t *producer, size_t number)
{
    char key[KEY_MAX];
    char payload[PAYLOAD_MAX];
    pacer_key(number / run->group, key);
    const size_t len = pacer_payload(run, number, payload);
    run->events[number].begun_us = run->events[number].commit_us = pacer_now_us();
    if (rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(run->topic), RD_KAFKA_V_KEY(key, strlen(key)),
                          RD_KAFKA_V_VALUE(payload, len), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_OPAQUE((void *)(uintptr_t)number),
                          RD_KAFKA_V_END) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        pacer_die("sending", "the producer refuses");
    }
}

void writers_to_kafka(struct run *run)
{
    pthread_t answers;
    rd_kafka_t *producer = open_producer(run);
    (void)pthread_create(&answers, NULL, take_answers, producer);
    for (size_t i = pacer_take(run); i < run->count; i = pacer_take(run)) {
        for (size_t member = i; member < i + run->group; member++) {
            send_event(run, producer, member);
        }
    }
    (void)rd_kafka_flush(producer, DRAIN_MS);
    (void)pthread_join(answers, NULL);
    rd_kafka_destroy(producer);
}
