/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - replay: a sales file becomes real orders, sent through a running system.
 *
 * Ends with 0 when every command got a final answer, 1 when not, 2 for a wrong
 * call or a file that cannot be read.
 */
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "tests/support/replay/runner.h"
#include "tests/support/replay/source.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

enum {
    EXIT_WRONG_CALL = 2,
    CONNECTIONS = 32,
    CONNECTIONS_MAX = 4096,
    INVENTED_INVOICES = 2000,
    INVENTED_SEED = 20110104,
    REQUEST_TIMEOUT_MS = 30000,
    GIVE_UP_S = 300,
};
static const size_t FILE_MAX = (size_t)1 << 30;
static const size_t PLAN_MAX = (size_t)8 << 30;

static const char USAGE[] =
    "usage: tests/replay [--connections N] [--limit N] [--give-up SECONDS] [FILE]\n"
    "\n"
    "Sends the sales in FILE (CSV, also gzipped) as orders through the running system, and says\n"
    "what came of them. Run again, it changes nothing: every answer is a replay.\n"
    "\n"
    "  FILE               default: ../shared/data/online-retail.csv.gz beside the checkout; where\n"
    "                     that is missing, 2,000 invented invoices\n"
    "  --connections N    requests in flight (32)\n"
    "  --limit N          the first N invoices only\n"
    "  --give-up SECONDS  without a final answer to a command (300)\n"
    "\n"
    "COMMAND_URL, TOKEN_AGENT, TOKEN_PAYMENT and TOKEN_FULFILMENT are read from the environment,\n"
    "else from var/env, which deploy/up writes.\n";

struct call {
    const char *file; /* NULL: invent */
    bool is_default;  /* file is not the caller's wish */
    size_t limit;
    struct runner_options options;
};

static bool parse_count(const char *text, int64_t max, int64_t *ret)
{
    int64_t value;
    if (!parse_i64(strview_of(text), &value) || value < 1 || value > max) {
        (void)fprintf(stderr, "replay: \"%s\" is not a number from 1 to %" PRId64 "\n", text, max);
        return false;
    }
    *ret = value;
    return true;
}

/* Returns the exit code of a call that ends here, or -1. */
static int read_options(int argc, char **argv, struct call *call)
{
    static const struct option LONG[] = {
        {"connections", required_argument, NULL, 'c'},
        {"limit", required_argument, NULL, 'l'},
        {"give-up", required_argument, NULL, 'g'},
        {"default-file", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int64_t connections = CONNECTIONS;
    int64_t limit = 0;
    int64_t give_up_s = GIVE_UP_S;
    bool good = true;
    int option;
    while (good && (option = getopt_long(argc, argv, "h", LONG, NULL)) != -1) {
        if (option == 'c') {
            good = parse_count(optarg, CONNECTIONS_MAX, &connections);
        } else if (option == 'l') {
            good = parse_count(optarg, INT32_MAX, &limit);
        } else if (option == 'g') {
            good = parse_count(optarg, INT32_MAX, &give_up_s);
        } else if (option == 'd') {
            call->file = optarg;
            call->is_default = true;
        } else if (option == 'h') {
            (void)fputs(USAGE, stdout);
            return EXIT_SUCCESS;
        } else {
            good = false;
        }
    }
    if (!good || argc - optind > 1) {
        (void)fputs(USAGE, stderr);
        return EXIT_WRONG_CALL;
    }
    if (optind < argc) {
        call->file = argv[optind];
        call->is_default = false;
    }
    call->limit = (size_t)limit;
    call->options.connections = (size_t)connections;
    call->options.give_up_ms = give_up_s * 1000;
    return -1;
}

static bool read_environment(struct runner_options *options)
{
    bool good = true;
    const struct {
        const char *name;
        const char **value;
    } settings[] = {
        {"COMMAND_URL", &options->url},
        {runner_token_name(ROLE_AGENT), &options->tokens[ROLE_AGENT]},
        {runner_token_name(ROLE_PAYMENT), &options->tokens[ROLE_PAYMENT]},
        {runner_token_name(ROLE_FULFILMENT), &options->tokens[ROLE_FULFILMENT]},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        *settings[i].value = getenv(settings[i].name);
        if (*settings[i].value == NULL) {
            (void)fprintf(stderr, "replay: %s is not set; deploy/up writes it to var/env\n",
                          settings[i].name);
            good = false;
        }
    }
    return good;
}

static enum error_kind read_source(const struct call *call, struct strbuf *text, struct error *err)
{
    enum error_kind kind = ERROR_NOT_FOUND;
    if (call->file != NULL) {
        kind = source_read(call->file, text, err);
    }
    if (kind == ERROR_NOT_FOUND && (call->file == NULL || call->is_default)) {
        (void)printf(
            "There is no data set at %s. It is \"Online Retail\" of the UCI Machine Learning "
            "Repository\n(Daqing Chen, 2015, CC BY 4.0; its CSV, gzipped). Replaying %d invented "
            "invoices instead.\n\n",
            call->file == NULL ? "all" : call->file, INVENTED_INVOICES);
        source_invent(INVENTED_SEED, INVENTED_INVOICES, text);
        return ERROR_NONE;
    }
    return kind;
}

static int replay(const struct call *call, struct plan *plan)
{
    struct error err = {.kind = ERROR_NONE};
    struct report report;
    report_init(&report, plan->setup.commands + plan->sales.commands);
    const enum error_kind kind = runner_run(&call->options, plan, &report, &err);
    report_print(&report, &plan->totals, stdout);
    report_done(&report);
    if (kind != ERROR_NONE) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "replay: given up: %s\n", err.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static enum error_kind read_plan(const struct call *call, struct strbuf *text, struct arena *arena,
                                 struct plan *plan, struct error *err)
{
    struct sales sales;
    enum error_kind kind = read_source(call, text, err);
    if (kind == ERROR_NONE) {
        kind = sales_read(text->data, text->len, arena, &sales, err);
    }
    if (kind == ERROR_NONE) {
        kind = plan_make(&sales, call->limit, arena, plan, err);
    }
    return kind;
}

int main(int argc, char **argv)
{
    struct call call = {.options.request_timeout_ms = REQUEST_TIMEOUT_MS};
    const int ended = read_options(argc, argv, &call);
    if (ended >= 0) {
        return ended;
    }
    if (!read_environment(&call.options)) {
        return EXIT_WRONG_CALL;
    }
    (void)signal(SIGPIPE, SIG_IGN);

    CLEANUP(strbuf_done) struct strbuf text;
    CLEANUP(arena_done) struct arena arena;
    struct plan plan;
    struct error err = {.kind = ERROR_NONE};
    strbuf_init(&text, FILE_MAX);
    arena_init(&arena, PLAN_MAX);
    if (read_plan(&call, &text, &arena, &plan, &err) != ERROR_NONE) {
        (void)fprintf(stderr, "replay: %s\n", err.text);
        return EXIT_WRONG_CALL;
    }
    return replay(&call, &plan);
}
