/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/http/operator_api.h"

#include "common/base/must.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/auth.h"
#include "relay-svc/shards/shards.h"

#include <stdlib.h>

struct operator_api {
    struct operator_source source;
    struct auth *auth;
};

static void put_topics(struct json_writer *json, const struct shard_log *log)
{
    json_open_member_array(json, "topics");
    for (int i = 0; i < log->topic_count; i++) {
        const struct shard_topic *topic = &log->topics[i];
        json_open_object(json);
        json_put_member_string(json, "topic", strview_of(log->topic_names[i]));
        json_put_member_string(json, "state", strview_of(shard_topic_state_name(topic->state)));
        json_put_member_integer(json, "in_flight", topic->in_flight);
        json_put_member_integer(json, "complete_to", shard_log_complete_to(log, i));
        if (topic->known.sent.exists) {
            json_put_member_integer(json, "sent_seq", topic->known.sent.seq);
            json_put_member_string(json, "sent_id", uuid_view(&topic->known.sent.id));
        }
        if (topic->known.acked.exists) {
            json_put_member_integer(json, "offset", topic->known.acked.offset);
        }
        json_close_object(json);
    }
    json_close_array(json);
}

static void put_shard(struct json_writer *json, const char *owner, const struct shard *shard)
{
    const struct shard_log *log = &shard->log;
    const struct shard_stand *stand = &shard->stand;
    json_open_object(json);
    json_put_member_integer(json, "shard", log->shard);
    json_put_member_string(json, "state", strview_of(shard_state_name(log->state)));
    if (shard_log_is_owned(log)) {
        json_put_member_string(json, "owner", strview_of(owner));
        json_put_member_integer(json, "epoch", log->epoch);
        json_put_member_integer(json, "position", log->position);
        json_put_member_integer(json, "marked", log->marked);
        json_put_member_integer(json, "read", log->read);
        json_put_member_integer(json, "in_flight", shard_log_in_flight(log));
        json_put_member_text(json, "reason", strview_of(log->reason));
        put_topics(json, log);
    } else {
        json_put_member_integer(json, "position", stand->position);
    }
    /* The stand is of the last look; what was published since is newer than its newest row. */
    const bool is_further = shard_log_is_owned(log) && log->position > stand->newest;
    json_put_member_integer(json, "newest", is_further ? log->position : stand->newest);
    json_put_member_integer(json, "rows_behind", stand->rows_behind);
    json_put_member_integer(json, "seconds_behind", stand->oldest_age_ms / 1000);
    json_put_member_integer(json, "events_per_second", shards_rate(shard));
    json_close_object(json);
}

static void put_probes(struct json_writer *json, const struct operator_source *source)
{
    for (size_t i = 0; i < source->probe_count; i++) {
        struct error err;
        const enum error_kind kind = source->probes[i].probe(source->user, &err);
        json_put_member_string(json, source->probes[i].name,
                               strview_of(kind == ERROR_NONE ? "ok" : err.text));
    }
}

static void put_status(struct json_writer *json, const void *user)
{
    const struct operator_source *source = user;
    struct operator_report report;
    const bool is_running = source->report(source->user, &report);
    json_put_member_string(json, "owner", strview_of(source->owner));
    put_probes(json, source);
    if (is_running) {
        json_put_member_integer(json, "members", report.members);
        json_put_member_integer(json, "in_flight", (int64_t)report.in_flight);
    }
    json_open_member_array(json, "shards");
    for (int i = 0; is_running && i < report.shards->count; i++) {
        put_shard(json, source->owner, &report.shards->all[i]);
    }
    json_close_array(json);
}

static void on_status(struct http_request *request, void *user)
{
    const struct operator_api *api = user;
    if (auth_require(api->auth, request, ROLE_BIT(ROLE_OPERATOR)) != NULL) {
        http_respond_json(request, 200, put_status, &api->source);
    }
}

static const struct http_route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/v1/status", .handler = on_status},
    {.pattern = NULL},
};

struct operator_api *operator_api_new(const struct operator_source *source, struct auth *auth,
                                      struct http_server *server)
{
    struct operator_api *api = must_allocate(1, sizeof *api);
    *api = (struct operator_api){.source = *source, .auth = auth};
    http_server_route(server, ROUTES, api);
    return api;
}

void operator_api_free(struct operator_api *api)
{
    free(api);
}
