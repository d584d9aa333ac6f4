/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visible - places orders at a fixed rate and asks for each view as soon as its order was answered.
 *
 *     visible RATE SECONDS [FILE]      addresses and TOKEN_AGENT from the environment
 *
 * Open loop: an order is due at its time whether earlier ones have been answered or not, and its
 * latency counts from then. Each client does one order at a time: POST, then GET with min_version=1
 * and a wait. Prints two lines: due -> 201, and 201 -> view answered. With FILE it asks for no
 * view, and writes each order's id and when it was answered, in microseconds since 1970.
 */
#include "common/base/parse.h"
#include "common/contract/json.h"
#include "common/io/http/client.h"
#include "common/io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CLIENTS_MAX = 256,
    BODY_MAX = 1024,
    TEXT_MAX = 256,
    ARENA_MAX = 65536,
    TIMEOUT_MS = 20000,
    PRODUCTS = 1000,
};

struct bench;

struct worker {
    struct bench *bench;
    struct http_client *command;
    struct http_client *query;
    bool is_busy;
    int64_t due_us;
    int64_t answered_us;
};

struct series {
    int64_t *values_us;
    size_t count;
};

struct bench {
    struct loop *loop;
    struct loop_timer *tick;
    struct worker workers[CLIENTS_MAX];
    int64_t rate;
    int64_t started_us;
    size_t wanted;
    size_t begun;
    size_t ended;
    size_t failed;
    size_t late; /* due while every client was busy */
    struct series accepted;
    struct series visible;
    char authorization[TEXT_MAX];
    long run;
    FILE *answered; /* NULL: views are asked for */
};

static void on_tick(void *user);

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "visible: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void end_one(struct worker *worker, bool failed)
{
    struct bench *bench = worker->bench;
    worker->is_busy = false;
    bench->failed += failed ? 1 : 0;
    if (++bench->ended == bench->wanted) {
        loop_stop(bench->loop);
    }
}

static void on_view(const struct http_client_answer *answer, void *user)
{
    struct worker *worker = user;
    struct bench *bench = worker->bench;
    if (answer->status == 200) {
        bench->visible.values_us[bench->visible.count++] = loop_now_us() - worker->answered_us;
    }
    end_one(worker, answer->status != 200);
}

static bool write_answered(struct worker *worker, struct strview id)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)fprintf(worker->bench->answered, "%.*s %lld\n", STRVIEW_ARG(id),
                  (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    end_one(worker, false);
    return true;
}

static bool ask_view(struct worker *worker, struct strview id)
{
    char path[TEXT_MAX];
    struct error err;
    (void)snprintf(path, sizeof path, "/v1/orders/%.*s?min_version=1&wait=10s", STRVIEW_ARG(id));
    const struct http_header headers[] = {{"Authorization", worker->bench->authorization},
                                          {NULL, NULL}};
    const struct http_client_request request = {
        .method = HTTP_GET, .path = path, .headers = headers};
    return http_client_send(worker->query, &request, on_view, worker, &err) == ERROR_NONE;
}

static bool take_receipt(struct worker *worker, struct strview body)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const struct json_value *receipt;
    struct error err;
    bool ok = json_parse(body, &arena, &receipt, &err) == ERROR_NONE;
    if (ok) {
        const struct strview id = json_text(json_member(receipt, "aggregate"), "id");
        ok = worker->bench->answered == NULL ? ask_view(worker, id) : write_answered(worker, id);
    }
    arena_done(&arena);
    return ok;
}

static void on_receipt(const struct http_client_answer *answer, void *user)
{
    struct worker *worker = user;
    struct bench *bench = worker->bench;
    worker->answered_us = loop_now_us();
    if (answer->status != 201) {
        end_one(worker, true);
        return;
    }
    bench->accepted.values_us[bench->accepted.count++] = worker->answered_us - worker->due_us;
    if (!take_receipt(worker, answer->body)) {
        end_one(worker, true);
    }
}

static void place(struct worker *worker, int64_t due_us)
{
    struct bench *bench = worker->bench;
    char key[TEXT_MAX];
    char body[BODY_MAX];
    const size_t number = bench->begun++;
    (void)snprintf(key, sizeof key, "visible-%ld-%zu", bench->run, number);
    (void)snprintf(body, sizeof body,
                   "{\"customer_id\":\"demo\",\"currency\":\"GBP\",\"lines\":[{\"sku\":\"sku-%zu\","
                   "\"quantity\":1},{\"sku\":\"sku-%zu\",\"quantity\":2}],\"shipping_address\":"
                   "{\"name\":\"Demo\",\"line1\":\"1 High Street\",\"city\":\"Dover\","
                   "\"postal_code\":\"CT16\",\"region\":\"Kent\",\"country\":\"GB\"},"
                   "\"payment\":{\"provider\":\"demo\",\"method\":\"card\"}}",
                   number % PRODUCTS + 1, (number + PRODUCTS / 2) % PRODUCTS + 1);
    const struct http_header headers[] = {{"Authorization", bench->authorization},
                                          {"Content-Type", "application/json"},
                                          {"Idempotency-Key", key},
                                          {NULL, NULL}};
    const struct http_client_request request = {
        .method = HTTP_POST, .path = "/v1/orders", .headers = headers, .body = strview_of(body)};
    struct error err;
    worker->is_busy = true;
    worker->due_us = due_us;
    if (http_client_send(worker->command, &request, on_receipt, worker, &err) != ERROR_NONE) {
        end_one(worker, true);
    }
}

static struct worker *idle_worker(struct bench *bench)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (!bench->workers[i].is_busy) {
            return &bench->workers[i];
        }
    }
    return NULL;
}

static void on_tick(void *user)
{
    struct bench *bench = user;
    while (bench->begun < bench->wanted) {
        const int64_t due_us = bench->started_us + (int64_t)bench->begun * 1000000 / bench->rate;
        if (due_us > loop_now_us()) {
            break;
        }
        struct worker *worker = idle_worker(bench);
        if (worker == NULL) {
            bench->late++;
            break;
        }
        place(worker, due_us);
    }
    if (bench->begun < bench->wanted) {
        loop_timer_start(bench->tick, 1);
    }
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_series(const char *name, struct series *series)
{
    qsort(series->values_us, series->count, sizeof *series->values_us, compare);
    if (series->count == 0) {
        (void)printf("%-18s none\n", name);
        return;
    }
    const double p50 = (double)series->values_us[series->count / 2] / 1e3;
    const double p99 = (double)series->values_us[series->count * 99 / 100] / 1e3;
    const double max = (double)series->values_us[series->count - 1] / 1e3;
    (void)printf("%-18s %zu orders, p50 %.1f ms, p99 %.1f ms, max %.1f ms\n", name, series->count,
                 p50, p99, max);
}

static struct http_client *connect_to(struct loop *loop, const char *variable)
{
    const char *url = getenv(variable);
    char host[TEXT_MAX];
    uint16_t port;
    struct error err;
    struct http_client *client;
    if (url == NULL) {
        die(variable, "not set");
    }
    if (http_client_parse_url(url, host, sizeof host, &port, &err) != ERROR_NONE ||
        http_client_new(loop, host, port, TIMEOUT_MS, &client, &err) != ERROR_NONE) {
        die(variable, err.text);
    }
    return client;
}

static void open_bench(struct bench *bench)
{
    struct error err;
    if (loop_new(&bench->loop, &err) != ERROR_NONE) {
        die("loop", err.text);
    }
    const char *token = getenv("TOKEN_AGENT");
    if (token == NULL) {
        die("TOKEN_AGENT", "not set");
    }
    (void)snprintf(bench->authorization, sizeof bench->authorization, "Bearer %s", token);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        bench->workers[i] = (struct worker){
            .bench = bench,
            .command = connect_to(bench->loop, "COMMAND_URL"),
            .query = bench->answered != NULL ? NULL : connect_to(bench->loop, "QUERY_URL")};
    }
    bench->accepted.values_us = calloc(bench->wanted, sizeof(int64_t));
    bench->visible.values_us = calloc(bench->wanted, sizeof(int64_t));
    if (bench->accepted.values_us == NULL || bench->visible.values_us == NULL) {
        die("memory", "too many orders");
    }
    bench->run = (long)loop_wall_ms();
    bench->tick = loop_timer_new(bench->loop, on_tick, bench);
}

static void close_bench(struct bench *bench)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        http_client_free(bench->workers[i].command);
        http_client_free(bench->workers[i].query);
    }
    loop_timer_free(bench->tick);
    loop_free(bench->loop);
    free(bench->accepted.values_us);
    free(bench->visible.values_us);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    int64_t seconds;
    if (argc < 3 || argc > 4 || !parse_i64(strview_of(argv[1]), &bench.rate) ||
        !parse_i64(strview_of(argv[2]), &seconds) || bench.rate < 1 || seconds < 1 ||
        bench.rate > 100000 || seconds > 3600) {
        (void)fprintf(stderr, "usage: visible RATE SECONDS [FILE]\n");
        return EXIT_FAILURE;
    }
    if (argc == 4 && (bench.answered = fopen(argv[3], "w")) == NULL) {
        die(argv[3], "cannot be written");
    }
    bench.wanted = (size_t)(bench.rate * seconds);
    open_bench(&bench);
    bench.started_us = loop_now_us();
    on_tick(&bench);
    loop_run(bench.loop);
    print_series("due -> 201", &bench.accepted);
    if (bench.answered == NULL) {
        print_series("201 -> view", &bench.visible);
    } else {
        (void)fclose(bench.answered);
    }
    (void)printf("%zu failed, %zu times every client was busy\n", bench.failed, bench.late);
    const int code = bench.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    close_bench(&bench);
    return code;
}
