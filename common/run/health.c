/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/health.h"

#include "common/base/must.h"
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/metrics.h"

#include <assert.h>
#include <stdlib.h>

enum { PROBES_MAX = 32, METRICS_MAX = 4 << 20 };

struct health {
    const char *service;
    const char *version;
    struct metrics *metrics;
    bool is_draining;
    struct {
        const char *name;
        health_probe *probe;
        void *user;
        bool is_advisory;
    } probes[PROBES_MAX];
    size_t count;
};

static void on_healthz(struct http_request *request, void *user);
static void on_readyz(struct http_request *request, void *user);
static void on_metrics(struct http_request *request, void *user);
static void on_version(struct http_request *request, void *user);

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/healthz", on_healthz, .is_vital = true},
    {HTTP_GET, "/readyz", on_readyz, .is_vital = true},
    {HTTP_GET, "/metrics", on_metrics, .is_vital = true},
    {HTTP_GET, "/version", on_version, .is_vital = true},
    {.pattern = NULL},
};

struct health *health_new(struct http_server *server, struct metrics *metrics, const char *service,
                          const char *version)
{
    struct health *health = must_allocate(1, sizeof *health);
    *health = (struct health){.service = service, .version = version, .metrics = metrics};
    http_server_route(server, ROUTES, health);
    return health;
}

void health_free(struct health *health)
{
    free(health);
}

void health_add(struct health *health, const char *name, health_probe *probe, void *user)
{
    assert(health->count < PROBES_MAX);
    health->probes[health->count].name = name;
    health->probes[health->count].probe = probe;
    health->probes[health->count].user = user;
    health->count++;
}

void health_add_advisory(struct health *health, const char *name, health_probe *probe, void *user)
{
    health_add(health, name, probe, user);
    health->probes[health->count - 1].is_advisory = true;
}

void health_set_draining(struct health *health)
{
    health->is_draining = true;
}

static bool ask(const struct health *health, size_t index, struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
    return health->probes[index].probe(health->probes[index].user, err) == ERROR_NONE;
}

bool health_is_ready(const struct health *health)
{
    struct error err;
    bool all_are = !health->is_draining;
    for (size_t i = 0; i < health->count; i++) {
        all_are = (ask(health, i, &err) || health->probes[i].is_advisory) && all_are;
    }
    return all_are;
}

static void put_check(struct json_writer *writer, const char *name, bool is_ok, bool is_advisory,
                      const char *detail)
{
    json_open_object(writer);
    json_put_member_string(writer, "name", strview_of(name));
    json_put_member_bool(writer, "ok", is_ok);
    if (is_advisory) {
        json_put_member_bool(writer, "required", false);
    }
    json_put_member_text(writer, "detail", strview_of(detail));
    json_close_object(writer);
}

static void put_checks(struct json_writer *writer, const struct health *health)
{
    struct error err;
    json_open_member_array(writer, "checks");
    for (size_t i = 0; i < health->count; i++) {
        const bool is_ok = ask(health, i, &err);
        put_check(writer, health->probes[i].name, is_ok, health->probes[i].is_advisory, err.text);
    }
    if (health->is_draining) {
        put_check(writer, "running", false, false, "shutting down");
    }
    json_close_array(writer);
}

static void put_alive(struct json_writer *writer, const void *user)
{
    (void)user;
    json_put_member_bool(writer, "alive", true);
}

static void on_healthz(struct http_request *request, void *user)
{
    http_respond_json(request, 200, put_alive, user);
}

/* Judged once: a probe may change its mind between two questions, and status and body would differ.
 */
struct readiness {
    const struct health *health;
    bool is_ready;
};

static void put_readiness(struct json_writer *writer, const void *user)
{
    const struct readiness *readiness = user;
    json_put_member_bool(writer, "ready", readiness->is_ready);
    put_checks(writer, readiness->health);
}

static void on_readyz(struct http_request *request, void *user)
{
    const struct readiness readiness = {.health = user, .is_ready = health_is_ready(user)};
    http_respond_json(request, readiness.is_ready ? 200 : 503, put_readiness, &readiness);
}

static void on_metrics(struct http_request *request, void *user)
{
    const struct health *health = user;
    struct strbuf body = STRBUF(METRICS_MAX);
    metrics_expose(health->metrics, &body);
    if (strbuf_ok(&body)) {
        http_respond(request, &(struct http_answer){.status = 200,
                                                    .content_type =
                                                        "text/plain; version=0.0.4; charset=utf-8",
                                                    .body = strbuf_view(&body)});
    } else {
        http_refuse(request, 500, "internal", "the metrics could not be written");
    }
    strbuf_done(&body);
}

static void put_version(struct json_writer *writer, const void *user)
{
    const struct health *health = user;
    json_put_member_string(writer, "service", strview_of(health->service));
    json_put_member_string(writer, "version", strview_of(health->version));
}

static void on_version(struct http_request *request, void *user)
{
    http_respond_json(request, 200, put_version, user);
}
