/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/runner.h"

#include "common/base/arena.h"
#include "common/base/backoff.h"
#include "common/base/parse.h"
#include "common/contract/json.h"
#include "common/io/http/client.h"
#include "common/io/loop.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    HOST_SIZE = 64,
    ANSWER_MAX = 1 << 20,
    BEARER_SIZE = 8192,
    FIRST_PAUSE_MS = 50,
    LONGEST_PAUSE_MS = 5000,
    LONGEST_RETRY_AFTER_S = 60,
    PROGRESS_TERMINAL_MS = 200,
    PROGRESS_PLAIN_MS = 10000,
};

static const char *const TOKEN_NAMES[ROLE_COUNT] = {
    [ROLE_AGENT] = "TOKEN_AGENT",
    [ROLE_PAYMENT] = "TOKEN_PAYMENT",
    [ROLE_FULFILMENT] = "TOKEN_FULFILMENT",
};

struct runner;

/* One connection and the command it has in hand. */
struct worker {
    struct runner *runner;
    struct http_client *client;
    struct loop_timer *pause;
    struct plan_command *command; /* NULL: none */
    struct request request;
    struct backoff backoff;
    int64_t begun_ms; /* when the command was first tried */
    int64_t tried_us; /* when it was tried last */
};

struct runner {
    const struct runner_options *options;
    struct loop *loop;
    struct report *report;
    struct worker *workers;
    struct arena arena; /* of the answer being read */
    char bearers[ROLE_COUNT][BEARER_SIZE];
    const struct plan_chains *chains;
    size_t next_chain;
    size_t busy; /* workers with a command in hand */
    uint64_t random;
    struct loop_timer *progress;
    bool is_terminal;
    int64_t begun_us;
    int64_t planned;
    struct error failure;
};

const char *runner_token_name(enum request_role role)
{
    return TOKEN_NAMES[role];
}

static void try_command(struct worker *worker);

static void give_up(struct runner *runner, const struct error *why)
{
    if (runner->failure.kind == ERROR_NONE) {
        runner->failure = *why;
        loop_stop(runner->loop);
    }
}

/* ---- the next command ------------------------------------------------------------------- */

static bool lacks_order(const struct plan_command *command)
{
    return command->order != NULL && command->kind != PLAN_PLACE_ORDER &&
           command->order->id[0] == '\0';
}

/* The next command of the chain in hand, else the first one of the next chain, else NULL. */
static struct plan_command *next_command(struct worker *worker)
{
    struct runner *runner = worker->runner;
    struct plan_command *command = worker->command == NULL ? NULL : worker->command->next;
    for (;;) {
        while (command != NULL && lacks_order(command)) {
            runner->report->withheld++;
            command = command->next;
        }
        if (command != NULL || runner->next_chain == runner->chains->count) {
            return command;
        }
        command = runner->chains->items[runner->next_chain++].first;
    }
}

static void begin_next(struct worker *worker)
{
    struct runner *runner = worker->runner;
    worker->command = next_command(worker);
    if (worker->command == NULL) {
        if (--runner->busy == 0) {
            loop_stop(runner->loop);
        }
        return;
    }
    request_write(&worker->request, worker->command);
    backoff_reset(&worker->backoff);
    worker->begun_ms = loop_now_ms();
    try_command(worker);
}

/* ---- trying again ------------------------------------------------------------------------ */

static uint64_t draw(struct runner *runner)
{
    runner->random ^= runner->random << 13U;
    runner->random ^= runner->random >> 7U;
    runner->random ^= runner->random << 17U;
    return runner->random;
}

static void on_pause_over(void *user)
{
    try_command(user);
}

static void try_later(struct worker *worker, int64_t at_least_ms, const char *why)
{
    struct runner *runner = worker->runner;
    const int64_t waited_ms = loop_now_ms() - worker->begun_ms;
    if (waited_ms > runner->options->give_up_ms) {
        struct error err;
        (void)error_set(&err, ERROR_TRANSIENT,
                        "no final answer to %s %s in %" PRId64 " s; last: %s",
                        request_command_name(worker->command->kind),
                        strbuf_cstr(&worker->request.key), waited_ms / 1000, why);
        give_up(runner, &err);
        return;
    }
    const int64_t pause_ms = backoff_next_ms(&worker->backoff, draw(runner));
    loop_timer_start(worker->pause, at_least_ms + pause_ms);
}

static int64_t retry_after_ms(const struct http_client_answer *answer)
{
    int64_t seconds;
    if (!parse_i64(http_client_header(answer, "Retry-After"), &seconds) || seconds < 0) {
        return 0;
    }
    return (seconds > LONGEST_RETRY_AFTER_S ? LONGEST_RETRY_AFTER_S : seconds) * 1000;
}

/* ---- answers ------------------------------------------------------------------------------ */

static const struct json_value *read_body(struct runner *runner, struct strview body)
{
    const struct json_value *value = NULL;
    struct error ignored;
    arena_reset(&runner->arena);
    if (json_parse(body, &runner->arena, &value, &ignored) != ERROR_NONE) {
        return NULL;
    }
    return value;
}

/* "urn:problem:overloaded" -> "overloaded"; "status-418" where there is no such type. */
static struct strview problem_slug(struct runner *runner, const struct http_client_answer *answer)
{
    const struct strview prefix = STRVIEW("urn:problem:");
    struct strview type = json_text(read_body(runner, answer->body), "type");
    if (type.len > prefix.len && memcmp(type.data, prefix.data, prefix.len) == 0) {
        return (struct strview){.data = type.data + prefix.len, .len = type.len - prefix.len};
    }
    char *text = arena_alloc(&runner->arena, sizeof "status-2147483647");
    if (text == NULL) {
        return STRVIEW("status-unknown");
    }
    (void)snprintf(text, sizeof "status-2147483647", "status-%d", answer->status);
    return strview_of(text);
}

static enum error_kind keep_order_id(struct runner *runner, struct plan_order *order,
                                     struct strview body, struct error *err)
{
    const struct json_value *receipt = read_body(runner, body);
    const struct strview id = json_text(json_member(receipt, "aggregate"), "id");
    if (id.len == 0 || id.len > PLAN_ORDER_ID_MAX) {
        return error_set(err, ERROR_FATAL, "the receipt of invoice %.*s names no order: %.*s",
                         STRVIEW_ARG(order->invoice), STRVIEW_ARG(body));
    }
    memcpy(order->id, id.data, id.len);
    order->id[id.len] = '\0';
    return ERROR_NONE;
}

static bool is_put_off(int status)
{
    return status == 408 || status == 429 || status >= 500;
}

static void put_off(struct worker *worker, const struct http_client_answer *answer)
{
    char why[128];
    (void)snprintf(why, sizeof why, "%d %.*s", answer->status,
                   STRVIEW_ARG(problem_slug(worker->runner, answer)));
    worker->runner->report->put_off++;
    try_later(worker, retry_after_ms(answer), why);
}

static void stop_at_door(struct worker *worker, int status)
{
    struct error err;
    (void)error_set(&err, ERROR_FATAL, "%s is answered %d: is %s right?",
                    request_command_name(worker->command->kind), status,
                    TOKEN_NAMES[worker->request.role]);
    give_up(worker->runner, &err);
}

static void finish_command(struct worker *worker, const struct http_client_answer *answer)
{
    struct runner *runner = worker->runner;
    struct report_answer counted = {
        .is_accepted = answer->status >= 200 && answer->status < 300,
        .is_replayed = strview_is(http_client_header(answer, "Idempotent-Replayed"), "true"),
        .latency_us = loop_now_us() - worker->tried_us,
    };
    if (!counted.is_accepted) {
        counted.reason = problem_slug(runner, answer);
    } else if (worker->command->kind == PLAN_PLACE_ORDER) {
        struct error err;
        if (keep_order_id(runner, worker->command->order, answer->body, &err) != ERROR_NONE) {
            give_up(runner, &err);
            return;
        }
    }
    report_count(runner->report, worker->command, &counted);
    begin_next(worker);
}

static void on_answer(const struct http_client_answer *answer, void *user)
{
    struct worker *worker = user;
    if (answer->status == 0) {
        worker->runner->report->lost++;
        try_later(worker, 0, answer->failure);
    } else if (answer->status == 401 || answer->status == 403) {
        stop_at_door(worker, answer->status);
    } else if (is_put_off(answer->status)) {
        put_off(worker, answer);
    } else {
        finish_command(worker, answer);
    }
}

static void try_command(struct worker *worker)
{
    struct request *request = &worker->request;
    const struct http_header headers[] = {
        {"Authorization", worker->runner->bearers[request->role]},
        {"Content-Type", "application/json"},
        {"Idempotency-Key", strbuf_cstr(&request->key)},
        {NULL, NULL},
    };
    const struct http_client_request http = {
        .method = HTTP_POST,
        .path = strbuf_cstr(&request->path),
        .headers = headers,
        .body = strbuf_view(&request->body),
    };
    struct error err;
    worker->tried_us = loop_now_us();
    if (http_client_send(worker->client, &http, on_answer, worker, &err) != ERROR_NONE) {
        try_later(worker, 0, err.text);
    }
}

/* ---- running ------------------------------------------------------------------------------ */

static void show_progress(struct runner *runner)
{
    report_progress(runner->report, runner->planned, loop_now_us() - runner->begun_us,
                    runner->is_terminal, stderr);
}

static void on_progress(void *user)
{
    struct runner *runner = user;
    show_progress(runner);
    loop_timer_start(runner->progress,
                     runner->is_terminal ? PROGRESS_TERMINAL_MS : PROGRESS_PLAIN_MS);
}

static enum error_kind run_chains(struct runner *runner, const struct plan_chains *chains,
                                  struct error *err)
{
    runner->chains = chains;
    runner->next_chain = 0;
    runner->busy = runner->options->connections;
    for (size_t i = 0; i < runner->options->connections; i++) {
        begin_next(&runner->workers[i]);
    }
    if (runner->busy > 0 && runner->failure.kind == ERROR_NONE) {
        loop_run(runner->loop);
    }
    if (runner->failure.kind != ERROR_NONE) {
        *err = runner->failure;
    }
    return runner->failure.kind;
}

static enum error_kind run_plan(struct runner *runner, const struct plan *plan, struct error *err)
{
    on_progress(runner);
    enum error_kind kind = run_chains(runner, &plan->setup, err);
    if (kind == ERROR_NONE) {
        const int64_t begun_us = loop_now_us();
        kind = run_chains(runner, &plan->sales, err);
        runner->report->sales_us = loop_now_us() - begun_us;
    }
    show_progress(runner);
    if (runner->is_terminal) {
        (void)fputc('\n', stderr);
    }
    return kind;
}

static enum error_kind init_workers(struct runner *runner, struct error *err)
{
    char host[HOST_SIZE];
    uint16_t port;
    enum error_kind kind =
        http_client_parse_url(runner->options->url, host, sizeof host, &port, err);
    for (size_t i = 0; i < runner->options->connections && kind == ERROR_NONE; i++) {
        struct worker *worker = &runner->workers[i];
        worker->runner = runner;
        worker->backoff = (struct backoff){.first_ms = FIRST_PAUSE_MS, .cap_ms = LONGEST_PAUSE_MS};
        worker->pause = loop_timer_new(runner->loop, on_pause_over, worker);
        request_init(&worker->request);
        kind = http_client_new(runner->loop, host, port, runner->options->request_timeout_ms,
                               &worker->client, err);
    }
    return kind;
}

static enum error_kind init_bearers(struct runner *runner, struct error *err)
{
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        const int len = snprintf(runner->bearers[role], BEARER_SIZE, "Bearer %s",
                                 runner->options->tokens[role]);
        if (len < 0 || len >= BEARER_SIZE) {
            return error_set(err, ERROR_FATAL, "%s is too long", TOKEN_NAMES[role]);
        }
    }
    return ERROR_NONE;
}

static void release(struct runner *runner)
{
    for (size_t i = 0; runner->workers != NULL && i < runner->options->connections; i++) {
        if (runner->workers[i].runner != NULL) {
            http_client_free(runner->workers[i].client);
            loop_timer_free(runner->workers[i].pause);
            request_done(&runner->workers[i].request);
        }
    }
    free(runner->workers);
    if (runner->progress != NULL) {
        loop_timer_free(runner->progress);
    }
    arena_done(&runner->arena);
    loop_free(runner->loop);
}

static enum error_kind init(struct runner *runner, struct error *err)
{
    arena_init(&runner->arena, ANSWER_MAX);
    enum error_kind kind = loop_new(&runner->loop, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    runner->workers = calloc(runner->options->connections, sizeof *runner->workers);
    if (runner->workers == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for the connections");
    }
    runner->progress = loop_timer_new(runner->loop, on_progress, runner);
    kind = init_bearers(runner, err);
    return kind == ERROR_NONE ? init_workers(runner, err) : kind;
}

enum error_kind runner_run(const struct runner_options *options, struct plan *plan,
                           struct report *report, struct error *err)
{
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL) {
        return error_set(err, ERROR_FATAL, "no memory");
    }
    runner->options = options;
    runner->report = report;
    runner->random = (uint64_t)loop_now_us() | 1U;
    runner->is_terminal = isatty(STDERR_FILENO) == 1;
    runner->begun_us = loop_now_us();
    runner->planned = (int64_t)(plan->setup.commands + plan->sales.commands);
    enum error_kind kind = init(runner, err);
    if (kind == ERROR_NONE) {
        kind = run_plan(runner, plan, err);
    }
    release(runner);
    free(runner);
    return kind;
}
