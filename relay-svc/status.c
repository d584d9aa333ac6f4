/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc status`: the running relay's /v1/status as a table. */
#include "common/run/ask.h"
#include "relay-svc/app.h"
#include "relay-svc/settings.h"

#include <inttypes.h>
#include <stdio.h>

static void print_shard(const struct json_value *shard)
{
    (void)printf("%5" PRId64 "  %-9.*s %20" PRId64 " %10" PRId64 "  %.*s\n",
                 json_integer(shard, "shard", -1), STRVIEW_ARG(json_text(shard, "state")),
                 json_integer(shard, "position", 0), json_integer(shard, "in_flight", 0),
                 STRVIEW_ARG(json_text(shard, "reason")));
}

static bool print_status(const struct json_value *status)
{
    static const char *const LINES[] = {"owner",    "postgresql", "kafka",     "publishing",
                                        "progress", "work",       "quarantine"};
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        (void)printf("%-11s %.*s\n", LINES[i], STRVIEW_ARG(json_text(status, LINES[i])));
    }
    (void)printf("%-11s %" PRId64 "\n", "members", json_integer(status, "members", 0));
    (void)printf("%5s  %-9s %20s %10s  %s\n", "shard", "state", "position", "in flight", "reason");
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
