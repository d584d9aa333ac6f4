/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare_commands - the statements by which command-svc places a batch of orders, without the
 * service: no HTTP, no rules, no JSON, a loop of libpq calls for each lane.
 *
 *     bare_commands URL LANES BATCH SECONDS uniform|zipf|hot
 *
 * Why: it is what the service could reach on this PostgreSQL if it cost nothing. The SQL is the
 * service's own (batch_sql.h), so it cannot drift; which statements a batch of orders needs, and in
 * which order, stands in LOADS and SAVES, as batch_load.c and batch_save.c have it. The database
 * must have an order that the service placed. Prints "RESULT orders-a-second orders batches".
 */
#include "command-svc/batch/batch_rows.h"
#include "common/base/parse.h"
#include "common/contract/shard.h"
#include "common/io/postgres/pgserver.h"
#include "tests/bench/bare_commands/orders.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LANES_MAX = 16, NAME_LEN = 16, ARGS = 6, SECONDS_MAX = 3600 };

static const enum batch_statement LOADS[] = {LOAD_RECEIPTS, LOAD_CUSTOMERS, LOAD_PRODUCTS,
                                             LOAD_STOCK};
static const enum batch_statement SAVES[] = {INSERT_ORDERS, INSERT_LINES, INSERT_OUTBOX,
                                             INSERT_RECEIPTS, UPDATE_STOCK};

struct lane {
    PGconn *conn;
    struct orders orders;
    size_t batch;
    int shards[SHARDS_MAX];
    size_t shard_count;
    int steps; /* statements of the trip */
    int64_t batches;
    pthread_t thread;
};

static atomic_bool is_over;

static _Noreturn void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "bare_commands: %s: %s\n", what, why);
    exit(1);
}

static int number_of(const char *text, int64_t most)
{
    int64_t number;
    if (!parse_i64(strview_of(text), &number) || number < 1 || number > most) {
        give_up(text, "is no number, or too large");
    }
    return (int)number;
}

/* ---- one trip ------------------------------------------------------------------------------ */

static void send(struct lane *lane, enum batch_statement statement)
{
    struct strview columns[BATCH_COLUMNS_MAX];
    const char *params[BATCH_COLUMNS_MAX];
    int lengths[BATCH_COLUMNS_MAX];
    int formats[BATCH_COLUMNS_MAX];
    char name[NAME_LEN];
    const size_t count = BATCH_COLUMNS[statement].count;
    if (count > 0 && !batch_columns_close(&lane->orders.columns, columns)) {
        give_up("columns", "too large");
    }
    for (size_t i = 0; i < count; i++) {
        params[i] = columns[i].data;
        lengths[i] = (int)columns[i].len;
        formats[i] = 1;
    }
    (void)snprintf(name, sizeof name, "%d", (int)statement);
    if (PQsendQueryPrepared(lane->conn, name, (int)count, params, lengths, formats, 0) != 1) {
        give_up("sending", PQerrorMessage(lane->conn));
    }
    lane->steps++;
}

static void send_columns(struct lane *lane, enum batch_statement statement)
{
    orders_put(&lane->orders, statement);
    send(lane, statement);
}

static void take_result(struct lane *lane)
{
    PGresult *result = PQgetResult(lane->conn);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        give_up("a statement failed", PQerrorMessage(lane->conn));
    }
    PQclear(result);
    PQclear(PQgetResult(lane->conn)); /* NULL: the statement's end */
}

static void end_trip(struct lane *lane)
{
    if (PQpipelineSync(lane->conn) != 1) {
        give_up("sending", PQerrorMessage(lane->conn));
    }
    for (; lane->steps > 0; lane->steps--) {
        take_result(lane);
    }
    PQclear(PQgetResult(lane->conn)); /* the sync */
}

static void send_locks(struct lane *lane)
{
    batch_columns_open(&lane->orders.columns, TRY_SHARDS);
    for (size_t i = 0; i < lane->shard_count; i++) {
        batch_columns_i64(&lane->orders.columns, 0, lane->shards[i]);
    }
    send(lane, TRY_SHARDS);
    send(lane, READ_GROUND);
}

static void run_batch(struct lane *lane)
{
    orders_draw(&lane->orders, lane->batch, lane->shards, lane->shard_count);
    send(lane, BEGIN_BATCH);
    send_locks(lane);
    for (size_t i = 0; i < sizeof LOADS / sizeof LOADS[0]; i++) {
        send_columns(lane, LOADS[i]);
    }
    end_trip(lane);
    for (size_t i = 0; i < sizeof SAVES / sizeof SAVES[0]; i++) {
        send_columns(lane, SAVES[i]);
    }
    send(lane, COMMIT_BATCH);
    end_trip(lane);
    lane->batches++;
}

static void *run_lane(void *user)
{
    struct lane *lane = user;
    while (!atomic_load(&is_over)) {
        run_batch(lane);
    }
    return NULL;
}

/* ---- before and after ---------------------------------------------------------------------- */

static PGresult *check(PGconn *conn, const char *sql, PGresult *result)
{
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0) {
        give_up(sql, PQntuples(result) == 0 ? "no row" : PQerrorMessage(conn));
    }
    return result;
}

static PGresult *ask(PGconn *conn, const char *sql)
{
    return check(conn, sql, PQexec(conn, sql));
}

static void prepare(PGconn *conn)
{
    char pid[PGSERVER_PID_LEN];
    pgserver_put_pid(PQbackendPID(conn), pid);
    PQclear(check(
        conn, BATCH_SETUP_SQL,
        PQexecParams(conn, BATCH_SETUP_SQL, 1, NULL, (const char *const[]){pid}, NULL, NULL, 0)));
    for (int i = 0; i < BATCH_STATEMENT_COUNT; i++) {
        char name[NAME_LEN];
        (void)snprintf(name, sizeof name, "%d", i);
        PGresult *result = PQprepare(conn, name, BATCH_STATEMENTS[i].sql, 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            give_up(BATCH_STATEMENTS[i].sql, PQerrorMessage(conn));
        }
        PQclear(result);
    }
    if (PQenterPipelineMode(conn) != 1) {
        give_up("pipeline", PQerrorMessage(conn));
    }
}

static PGconn *connect_to(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK) {
        give_up("connecting", PQerrorMessage(conn));
    }
    return conn;
}

/* The texts live until the process ends. */
static int read_ground(const char *url, struct load *load)
{
    PGconn *conn = connect_to(url);
    PGresult *found = ask(conn, "SELECT payload, body, location, shards FROM installation,"
                                " (SELECT payload, aggregateid FROM outbox WHERE shard = 0"
                                " AND type = 'OrderPlaced' ORDER BY seq DESC LIMIT 1) o,"
                                " (SELECT body, location FROM receipt WHERE status = 201"
                                " AND location LIKE '%/v1/orders/%' LIMIT 1) r");
    load->payload = strdup(PQgetvalue(found, 0, 0));
    load->body = strdup(PQgetvalue(found, 0, 1));
    load->location = strdup(PQgetvalue(found, 0, 2));
    const int shards = number_of(PQgetvalue(found, 0, 3), SHARDS_MAX);
    PQclear(found);
    PQfinish(conn);
    return shards;
}

static void start_lane(struct lane *lane, const char *url, int number, int lanes, int shards)
{
    lane->conn = connect_to(url);
    prepare(lane->conn);
    batch_columns_init(&lane->orders.columns);
    lane->orders.random =
        ((uint64_t)getpid() << 32 ^ (uint64_t)time(NULL)) * LANES_MAX + (uint64_t)number + 1;
    for (int shard = number; shard < shards; shard += lanes) {
        lane->shards[lane->shard_count++] = shard;
    }
    if (lane->shard_count == 0 || pthread_create(&lane->thread, NULL, run_lane, lane) != 0) {
        give_up("a lane", "more lanes than shards, or no thread");
    }
}

static int64_t clock_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void run(struct lane *lanes, int count, int64_t seconds)
{
    const int64_t began_us = clock_us();
    int64_t batches = 0;
    (void)sleep((unsigned)seconds);
    atomic_store(&is_over, true);
    for (int i = 0; i < count; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
        batches += lanes[i].batches;
        PQfinish(lanes[i].conn);
        batch_columns_done(&lanes[i].orders.columns);
    }
    const int64_t orders = batches * (int64_t)lanes[0].batch;
    printf("RESULT %lld %lld %lld\n", (long long)(orders * 1000000 / (clock_us() - began_us)),
           (long long)orders, (long long)batches);
}

static enum load_kind kind_of(const char *name)
{
    return strcmp(name, "zipf") == 0  ? LOAD_ZIPF
           : strcmp(name, "hot") == 0 ? LOAD_HOT
                                      : LOAD_UNIFORM;
}

int main(int argc, char **argv)
{
    static struct lane lanes[LANES_MAX];
    static struct load load;
    if (argc != ARGS) {
        give_up("usage", "bare_commands URL LANES BATCH SECONDS uniform|zipf|hot");
    }
    const int lane_count = number_of(argv[2], LANES_MAX);
    const int batch = number_of(argv[3], ORDERS_MAX);
    load_init(&load, kind_of(argv[5]));
    const int shards = read_ground(argv[1], &load);
    for (int i = 0; i < lane_count; i++) {
        lanes[i].orders.load = &load;
        lanes[i].batch = (size_t)batch;
        start_lane(&lanes[i], argv[1], i, lane_count, shards);
    }
    run(lanes, lane_count, number_of(argv[4], SECONDS_MAX));
    free(load.payload);
    free(load.body);
    free(load.location);
    return 0;
}
