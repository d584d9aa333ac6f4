/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/http/operator_api.h"

#include "common/base/must.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/auth.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/relay.h"

#include <stdlib.h>

enum { STATUS_MAX = 4 << 20 };

struct operator_api {
    const struct relay *relay;
    struct auth *auth;
};

static void put_topics(struct json_writer *json, const struct shard_log *log)
{
    json_key(json, "topics");
    json_open_array(json);
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

static void put_shard(struct json_writer *json, const struct relay *relay, int index)
{
    const struct shard_log *log = &relay->shards[index].log;
    json_open_object(json);
    json_put_member_integer(json, "shard", index);
    json_put_member_string(json, "state", strview_of(shard_state_name(log->state)));
    if (shard_log_is_owned(log)) {
        json_put_member_string(json, "owner", strview_of(relay->options.owner));
        json_put_member_integer(json, "epoch", log->epoch);
        json_put_member_integer(json, "position", log->position);
        json_put_member_integer(json, "marked", log->marked);
        json_put_member_integer(json, "read", log->read);
        json_put_member_integer(json, "in_flight", shard_log_in_flight(log));
        json_put_member_text(json, "reason", strview_of(log->reason));
        put_topics(json, log);
    }
    json_close_object(json);
}

static void put_probe(struct json_writer *json, const char *name, const struct relay *relay,
                      enum error_kind (*probe)(void *user, struct error *err))
{
    struct error err;
    /* A probe only reads; its signature is that of every health probe. */
    const enum error_kind kind = probe((void *)(uintptr_t)relay, &err);
    json_put_member_string(json, name, strview_of(kind == ERROR_NONE ? "ok" : err.text));
}

static void put_status(struct json_writer *json, const struct relay *relay)
{
    json_open_object(json);
    json_put_member_string(json, "owner", strview_of(relay->options.owner));
    put_probe(json, "postgresql", relay, relay_probe_database);
    put_probe(json, "kafka", relay, relay_probe_kafka);
    put_probe(json, "publishing", relay, relay_probe_shards);
    put_probe(json, "progress", relay, relay_probe_progress);
    put_probe(json, "work", relay, relay_probe_work);
    if (relay->is_running) {
        json_put_member_integer(json, "members", leases_members(relay->leases));
        json_put_member_integer(json, "in_flight", (int64_t)publisher_in_flight(relay->publisher));
    }
    json_key(json, "shards");
    json_open_array(json);
    for (int i = 0; relay->is_running && i < relay->shard_count; i++) {
        put_shard(json, relay, i);
    }
    json_close_array(json);
    json_close_object(json);
}

static void show_status(struct http_request *request, void *user)
{
    const struct operator_api *api = user;
    if (auth_require(api->auth, request, ROLE_BIT(ROLE_OPERATOR)) == NULL) {
        return;
    }
    struct strbuf body;
    struct json_writer json;
    strbuf_init(&body, STATUS_MAX);
    json_writer_init(&json, &body);
    put_status(&json, api->relay);
    if (json_writer_done(&json) && strbuf_ok(&body)) {
        http_respond(request, &(struct http_answer){.status = 200, .body = strbuf_view(&body)});
    } else {
        http_refuse(request, 500, "internal", "the status could not be written");
    }
    strbuf_done(&body);
}

static const struct http_route ROUTES[] = {
    {.method = HTTP_GET, .pattern = "/v1/status", .handler = show_status},
    {.pattern = NULL},
};

struct operator_api *operator_api_new(struct relay *relay, struct auth *auth,
                                      struct http_server *server)
{
    struct operator_api *api = must_allocate(1, sizeof *api);
    *api = (struct operator_api){.relay = relay, .auth = auth};
    http_server_route(server, ROUTES, api);
    return api;
}

void operator_api_free(struct operator_api *api)
{
    free(api);
}
