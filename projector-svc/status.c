/* SPDX-License-Identifier: Apache-2.0 */
/* `projector-svc status`: the running projector's /v1/freshness as a table. */
#include "common/base/parse.h"
#include "common/run/ask.h"
#include "projector-svc/app.h"
#include "projector-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>

static const char UNKNOWN[] = "?";

/* What nobody reported is null. */
static const char *number(const struct json_value *of, const char *name,
                          char text[static NUMBER_TEXT_SIZE])
{
    const struct json_value *value = json_member(of, name);
    if (value == NULL || value->type == JSON_NULL) {
        return UNKNOWN;
    }
    return format_i64(json_integer(of, name, 0), text);
}

/* False where it is not known how far its views are behind. */
static bool print_partition(const struct json_value *at)
{
    char texts[4][NUMBER_TEXT_SIZE];
    const char *lag_ms = number(at, "lag_ms", texts[3]);
    (void)printf("%-24.*s %9s %14s %14s %10s %9s\n", STRVIEW_ARG(json_text(at, "topic")),
                 number(at, "partition", (char[NUMBER_TEXT_SIZE]){0}),
                 number(at, "position", texts[0]), number(at, "end_offset", texts[1]),
                 number(at, "lag_events", texts[2]), lag_ms);
    return lag_ms != UNKNOWN;
}

static bool print_partitions(const struct json_value *status)
{
    bool is_known = true;
    const struct json_value *partitions = json_member(status, "partitions");
    (void)printf("%-24s %9s %14s %14s %10s %9s\n", "topic", "partition", "position", "end",
                 "behind", "lag ms");
    for (const struct json_value *at = partitions == NULL ? NULL : partitions->first; at != NULL;
         at = at->next) {
        is_known = print_partition(at) && is_known;
    }
    return is_known;
}

static void print_order_bytes(const struct json_value *status)
{
    const struct json_value *of = json_member(status, "order_bytes");
    if (of == NULL) {
        (void)printf("%-12s %s\n", "order bytes", UNKNOWN);
        return;
    }
    (void)printf("%-12s %" PRId64 " (hash %" PRId64 ", details %" PRId64 ", timeline %" PRId64
                 ", its part of lists, lookups and indexes %" PRId64 "; mean of %" PRId64 ")\n",
                 "order bytes", json_integer(of, "total", 0), json_integer(of, "hash", 0),
                 json_integer(of, "details", 0), json_integer(of, "timeline", 0),
                 json_integer(of, "shared", 0), json_integer(of, "orders", 0));
}

static bool print_status(const struct json_value *status)
{
    static const char *const COUNTERS[] = {"applied", "duplicates", "gaps",   "forks",
                                           "parked",  "dead",       "retries"};
    const struct json_value *topics = json_member(status, "not_followed");
    const struct json_value *recovering = json_member(status, "recovering");
    const bool is_recovering = recovering != NULL && recovering->boolean;
    char text[24];
    (void)printf("%-12s %.*s%s\n", "generation", STRVIEW_ARG(json_text(status, "generation")),
                 is_recovering ? ", filled again after a loss" : "");
    (void)printf("%-12s %s ms\n", "lag", number(status, "lag_ms", text));
    for (size_t i = 0; i < sizeof COUNTERS / sizeof COUNTERS[0]; i++) {
        (void)printf("%-12s %s\n", COUNTERS[i], number(status, COUNTERS[i], text));
    }
    (void)printf(
        "%-12s %s%s\n", "dead letters", number(status, "dead_letters", text),
        json_integer(status, "dead_letters", 0) > 0 ? "; see projector-svc dead-letters list" : "");
    print_order_bytes(status);
    for (const struct json_value *at = topics == NULL ? NULL : topics->first; at != NULL;
         at = at->next) {
        (void)printf("%-12s %.*s\n", "not followed", STRVIEW_ARG(at->text));
    }
    return print_partitions(status) && !is_recovering && topics == NULL;
}

int app_status(const struct service_call *call)
{
    const struct projector_settings *settings = call->values;
    return ask_run(call, &(struct ask){.url = settings->url,
                                       .path = "/v1/freshness",
                                       .token = settings->token,
                                       .print = print_status});
}
