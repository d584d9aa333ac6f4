/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc status`: the running relay's /v1/status as a table. */
#include "common/run/ask.h"
#include "relay-svc/app.h"
#include "relay-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>

/* Of each shard, in this order. */
static const struct {
    const char *title;
    const char *member;
    int width;
} NUMBERS[] = {
    {"position", "position", 12},         {"newest row", "newest", 12},
    {"rows behind", "rows_behind", 11},   {"seconds", "seconds_behind", 8},
    {"events/s", "events_per_second", 8}, {"in flight", "in_flight", 9},
};

static void print_shard(const struct json_value *shard)
{
    (void)printf("%5" PRId64 "  %-9.*s", json_integer(shard, "shard", -1),
                 STRVIEW_ARG(json_text(shard, "state")));
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        (void)printf(" %*" PRId64, NUMBERS[i].width, json_integer(shard, NUMBERS[i].member, 0));
    }
    (void)printf("  %.*s\n", STRVIEW_ARG(json_text(shard, "reason")));
}

static bool print_status(const struct json_value *status)
{
    static const char *const LINES[] = {"owner",    "postgresql", "kafka",     "publishing",
                                        "progress", "work",       "quarantine"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        (void)printf("%-11s %.*s\n", LINES[i], STRVIEW_ARG(json_text(status, LINES[i])));
    }
    (void)printf("%-11s %" PRId64 "\n", "members", json_integer(status, "members", 0));
    (void)printf("%5s  %-9s", "shard", "state");
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        (void)printf(" %*s", NUMBERS[i].width, NUMBERS[i].title);
    }
    (void)printf("  reason\n");
    const struct json_value *shards = json_member(status, "shards");
    for (const struct json_value *shard = shards == NULL ? NULL : shards->first; shard != NULL;
         shard = shard->next) {
        print_shard(shard);
    }
    return strview_is(json_text(status, "publishing"), "ok");
}

int app_status(const struct service_call *call)
{
    const struct relay_settings *settings = call->values;
    return ask_run(call, &(struct ask){.url = settings->url,
                                       .path = "/v1/status",
                                       .token = settings->token,
                                       .print = print_status});
}
