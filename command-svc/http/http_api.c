/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/http_api.h"

#include "command-svc/batch/lanes.h"
#include "command-svc/http/command_json.h"
#include "command-svc/http/headers.h"
#include "command-svc/http/id_source.h"
#include "command-svc/http/identity.h"
#include "command-svc/metrics.h"
#include "common/base/cleanup.h"
#include "common/base/embedded_text.h"
#include "common/base/id_form.h"
#include "common/base/must.h"
#include "common/contract/json.h"
#include "common/contract/shard.h"
#include "common/io/digest.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "common/run/auth.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { DETAIL_MAX = 256, LOCATION_MAX = 4096 };

extern const struct embedded_text COMMAND_OPENAPI[];

struct http_api {
    struct http_api_options options;
    struct strview query_base; /* without a slash at its end */
    struct digest *digest;
    struct id_source ids;
};

/* A request on its way to a decision; lives in the request's arena. */
struct asking {
    struct http_api *api;
    struct http_request *request;
    const struct principal *principal; /* valid only while the head is judged */
    struct strview identity;           /* "<role>:<subject>", 0, key: whose key it is */
    struct submission submission;
};

/* ---- who may, and where the id stands ------------------------------------------------------ */

enum id_place { ID_IN_BODY = 0, ID_IN_PATH, UUID_IN_PATH };

#define BY_AGENT      ROLE_BIT(ROLE_AGENT)
#define BY_BUYER      (ROLE_BIT(ROLE_CUSTOMER) | ROLE_BIT(ROLE_AGENT))
#define BY_PAYMENT    ROLE_BIT(ROLE_PAYMENT)
#define BY_FULFILMENT ROLE_BIT(ROLE_FULFILMENT)

/* Each command once. */
#define DOORS(X)                                                                                   \
    X(REGISTER_CUSTOMER, "/v1/customers", BY_AGENT, ID_IN_BODY)                                    \
    X(ADD_PRODUCT, "/v1/products", BY_AGENT, ID_IN_BODY)                                           \
    X(RECEIVE_STOCK, "/v1/products/{sku}/receive-stock", BY_AGENT, ID_IN_PATH)                     \
    X(PLACE_ORDER, "/v1/orders", BY_BUYER, ID_IN_BODY)                                             \
    X(AUTHORIZE_PAYMENT, "/v1/orders/{id}/authorize-payment", BY_PAYMENT, UUID_IN_PATH)            \
    X(SHIP_ORDER, "/v1/orders/{id}/ship", BY_FULFILMENT, UUID_IN_PATH)                             \
    X(DELIVER_ORDER, "/v1/orders/{id}/deliver", BY_FULFILMENT, UUID_IN_PATH)                       \
    X(CANCEL_ORDER, "/v1/orders/{id}/cancel", BY_BUYER, UUID_IN_PATH)

/* As many as there are commands, and none twice, which the compiler refuses by itself. */
#define DOOR_ENTRY(KIND, path, roles, place) DOOR_##KIND,
enum { DOORS(DOOR_ENTRY) DOOR_COUNT };
static_assert((int)DOOR_COUNT == (int)COMMAND_KIND_COUNT, "every command needs a door");

#define DOOR_ROW(KIND, path, roles, place) [COMMAND_##KIND] = {roles, place},
static const struct {
    unsigned roles;
    enum id_place id_place;
} OPENED[] = {DOORS(DOOR_ROW)};

static http_check on_head;
static http_handler on_command;
static http_handler on_openapi;

#define ROUTE_ROW(KIND, path, roles, place)                                                        \
    {HTTP_POST, path, on_command, COMMAND_##KIND, .on_head = on_head},
static const struct http_route ROUTES[] = {
    DOORS(ROUTE_ROW){HTTP_GET, "/openapi.json", on_openapi, .tag = 0},
    {.pattern = NULL},
};

/* ---- life ---------------------------------------------------------------------------------- */

static struct strview without_slash(struct strview url)
{
    while (url.len > 0 && url.data[url.len - 1] == '/') {
        url.len--;
    }
    return url;
}

enum error_kind http_api_new(const struct http_api_options *options, struct http_api **ret_api,
                             struct error *err)
{
    CLEANUP(cleanup_free) struct http_api *api = must_allocate(1, sizeof *api);
    api->options = *options;
    api->query_base = without_slash(strview_of(options->query_url));
    id_source_init(&api->ids);
    const enum error_kind kind = digest_new(&api->digest, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret_api = TAKE_PTR(api);
    return ERROR_NONE;
}

void http_api_free(struct http_api *api)
{
    if (api != NULL) {
        digest_free(api->digest);
        free(api);
    }
}

struct strview http_api_query_base(const struct http_api *api)
{
    return api->query_base;
}

void http_api_serve(struct http_api *api, struct http_server *server)
{
    http_server_route(server, ROUTES, api);
}

/* ---- refusing ------------------------------------------------------------------------------ */

static void count_refusal(const struct http_api *api, enum door_refusal why)
{
    if (api->options.metrics != NULL) {
        metrics_add(api->options.metrics, METRIC_COMMANDS_REFUSED, why, 1);
    }
}

/* Returns false, so that a step can end with it; the request and asking are gone then. */
static bool refuse(const struct asking *asking, int status, const char *slug, const char *detail)
{
    count_refusal(asking->api, DOOR_INVALID);
    http_refuse(asking->request, status, slug, detail);
    return false;
}

static bool refuse_busy(const struct asking *asking, enum door_refusal why, const char *slug,
                        const char *reason, const char *detail)
{
    count_refusal(asking->api, why);
    http_problem(asking->request, &(struct http_problem){.status = 503,
                                                         .slug = slug,
                                                         .detail = detail,
                                                         .put_members = http_problem_put_reason,
                                                         .members_user = reason});
    return false;
}

/* Too much for one request stays too much; what all of them hold will be less in a moment. */
static bool refuse_memory(const struct asking *asking)
{
    if (http_request_is_crowded(asking->request)) {
        return refuse_busy(asking, DOOR_OVERLOADED, "overloaded", "memory",
                           "too many requests are waiting: try again with the same "
                           "Idempotency-Key");
    }
    return refuse(asking, 413, "too-large", "the request needs more memory than one may have");
}

static void put_errors(struct json_writer *writer, const void *user)
{
    const struct command_faults *faults = user;
    json_key(writer, "errors");
    json_open_array(writer);
    for (const struct command_fault *fault = faults->first; fault != NULL; fault = fault->next) {
        json_open_object(writer);
        json_put_member_string(writer, "pointer", strview_of(fault->pointer));
        json_put_member_string(writer, "detail", strview_of(fault->detail));
        json_close_object(writer);
    }
    json_close_array(writer);
}

static bool refuse_faults(const struct asking *asking, const struct command_faults *faults)
{
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof detail, "the body has %zu fault%s, listed in errors%s",
                   faults->count, faults->count == 1 ? "" : "s",
                   faults->count > COMMAND_FAULTS_MAX ? " as far as there is room" : "");
    count_refusal(asking->api, DOOR_INVALID);
    http_problem(asking->request, &(struct http_problem){.status = 422,
                                                         .slug = "invalid-command",
                                                         .detail = detail,
                                                         .put_members = put_errors,
                                                         .members_user = faults});
    return false;
}

/* ---- the steps to a command: each goes on with true, or has answered ----------------------- */

typedef bool step_fn(struct asking *asking);

static bool check_form(struct asking *asking)
{
    static const char *const NO_PARAMETERS[] = {NULL};
    const struct http_api *api = asking->api; /* outlives the request, where asking lives */
    if (!http_request_check_form(asking->request) ||
        !http_request_query_only(asking->request, NO_PARAMETERS)) {
        count_refusal(api, DOOR_INVALID);
        return false;
    }
    if (!headers_is_json(http_request_header(asking->request, "Content-Type"))) {
        return refuse(asking, 415, "unsupported-media-type",
                      "send the body as Content-Type: application/json, in UTF-8");
    }
    return true;
}

/* Whoever holds another token has other keys. */
static bool read_key(struct asking *asking)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t key_len;
    const struct strview value = http_request_header(asking->request, "Idempotency-Key");
    if (!headers_read_key(value, key, &key_len)) {
        return refuse(asking, 400, "idempotency-key-missing",
                      "send an Idempotency-Key of 1 to 255 visible ASCII characters: one key per "
                      "intent, the same again for a retry");
    }
    asking->identity = identity_make(http_request_arena(asking->request), asking->principal,
                                     (struct strview){key, key_len});
    return asking->identity.data != NULL || refuse_memory(asking);
}

static bool read_conditions(struct asking *asking)
{
    struct command *command = &asking->submission.command;
    const struct strview if_match = http_request_header(asking->request, "If-Match");
    const struct strview trace = http_request_header(asking->request, "traceparent");
    command->expected_version = EXPECT_ANY_VERSION;
    if (if_match.data != NULL && !headers_read_version(if_match, &command->expected_version)) {
        return refuse(asking, 400, "malformed-request",
                      "If-Match must be one ETag as this service gives them, such as \"v3\" with "
                      "its quotes");
    }
    command->traceparent = headers_is_traceparent(trace) ? trace : STRVIEW("");
    return true;
}

static void set_actor(struct asking *asking, const char *subject)
{
    struct command *command = &asking->submission.command;
    const struct principal *principal = asking->principal;
    const bool is_customer = principal->role == ROLE_CUSTOMER && !principal->is_anyone;
    command->actor.role = strview_of(role_name(principal->role));
    command->actor.subject = strview_of(subject);
    command->owner = is_customer ? command->actor.subject : STRVIEW("");
    command->may_set_price = principal->is_anyone || principal->role == ROLE_AGENT;
}

static bool read_actor(struct asking *asking)
{
    const char *subject =
        arena_copy(http_request_arena(asking->request), strview_of(asking->principal->subject));
    if (subject == NULL) {
        return refuse_memory(asking);
    }
    set_actor(asking, subject);
    return true;
}

static bool read_uuid_in_path(struct asking *asking, struct strview id)
{
    struct uuid uuid;
    if (!uuid_parse(id, &uuid)) {
        return refuse(asking, 404, "not-found", "no order has such an id: it must be a UUID");
    }
    const struct strview copy = arena_view(http_request_arena(asking->request), uuid_view(&uuid));
    asking->submission.command.aggregate_id = copy;
    return copy.data != NULL || refuse_memory(asking);
}

static bool read_path(struct asking *asking)
{
    const enum id_place place = OPENED[http_request_tag(asking->request)].id_place;
    const struct strview id = http_request_param(asking->request, 0);
    if (place == UUID_IN_PATH) {
        return read_uuid_in_path(asking, id);
    }
    if (place == ID_IN_PATH && !id_form_fits(id)) {
        return refuse(asking, 404, "not-found",
                      "no product has such a sku: it must be " ID_FORM_RULE);
    }
    asking->submission.command.aggregate_id = place == ID_IN_PATH ? id : STRVIEW("");
    return true;
}

/* Big-endian, so that the hash is the same on every machine. */
static void spell_length(size_t len, char text[static sizeof(uint64_t)])
{
    for (size_t i = 0; i < sizeof(uint64_t); i++) {
        text[i] = (char)((uint64_t)len >> (8 * (sizeof(uint64_t) - 1 - i)) & 0xff);
    }
}

/* Each part behind its length: no two different requests give the same bytes. Runs before the
 * body is read, when aggregate_id is the path's. */
static bool hash_request(struct asking *asking)
{
    enum { PARTS = 4 };
    struct command *command = &asking->submission.command;
    const struct strview parts[PARTS] = {
        strview_of(command_name((enum command_kind)http_request_tag(asking->request))),
        command->aggregate_id,
        http_request_header(asking->request, "If-Match"),
        http_request_body(asking->request),
    };
    char lengths[PARTS][sizeof(uint64_t)];
    struct strview pieces[2 * PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        spell_length(parts[i].len, lengths[i]);
        pieces[2 * i] = (struct strview){lengths[i], sizeof lengths[i]};
        pieces[2 * i + 1] = parts[i];
    }
    static_assert((int)DIGEST_LEN == (int)REQUEST_HASH_LEN, "requests are told apart by SHA-256");
    return (digest_of(asking->api->digest, pieces, 2 * PARTS, command->request_hash) &&
            identity_receipt_key(asking->api->digest, asking->identity, &command->receipt_key)) ||
           refuse(asking, 500, "internal", "the request could not be hashed");
}

static bool read_body(struct asking *asking)
{
    char detail[DETAIL_MAX + ERROR_TEXT_MAX];
    struct command_faults faults = {.count = 0};
    struct error err;
    const enum error_kind kind = command_json_read(
        (enum command_kind)http_request_tag(asking->request), http_request_body(asking->request),
        http_request_arena(asking->request), &asking->submission.command, &faults, &err);
    if (kind == ERROR_EXHAUSTED) {
        return refuse_memory(asking);
    }
    if (kind != ERROR_NONE) {
        (void)snprintf(detail, sizeof detail, "the body is refused: %s", err.text);
        return refuse(asking, 400, "malformed-request", detail);
    }
    return faults.count == 0 || refuse_faults(asking, &faults);
}

static bool refuse_unavailable(const struct asking *asking)
{
    return refuse_busy(asking, DOOR_UNAVAILABLE, "dependency-unavailable", "postgresql",
                       "the database has not been reached yet: try again with the same "
                       "Idempotency-Key");
}

/* The client gave no order_id: one in the shard of the key, where a retry will look for it. */
static bool draw_order_id(struct asking *asking, int64_t now_ms)
{
    struct command *command = &asking->submission.command;
    const int shards = lanes_shards(asking->api->options.lanes);
    if (shards == 0) {
        return refuse_unavailable(asking);
    }
    const struct uuid id = id_source_next_in_shard(&asking->api->ids, now_ms,
                                                   shard_of(asking->identity, shards), shards);
    command->aggregate_id = arena_view(http_request_arena(asking->request), uuid_view(&id));
    command->place_order.id_is_ours = true;
    return command->aggregate_id.data != NULL || refuse_memory(asking);
}

static bool draw_ids(struct asking *asking)
{
    struct command *command = &asking->submission.command;
    const int64_t now_ms = loop_wall_ms();
    command->command_id = id_source_next(&asking->api->ids, now_ms);
    command->event_id = id_source_next(&asking->api->ids, now_ms);
    return command->aggregate_id.len > 0 || draw_order_id(asking, now_ms);
}

/* ---- the answer on its way back ------------------------------------------------------------ */

static void append_header(struct http_header *headers, size_t *count, const char *name,
                          const char *value)
{
    headers[(*count)++] = (struct http_header){name, value};
}

static void on_answer(void *user, const struct answer *answer)
{
    const struct asking *asking = user;
    struct http_header headers[5] = {{NULL, NULL}};
    size_t count = 0;
    char etag[32];
    struct strbuf location;
    strbuf_init(&location, LOCATION_MAX);
    if (answer->version > 0) {
        (void)snprintf(etag, sizeof etag, "\"v%" PRId64 "\"", answer->version);
        append_header(headers, &count, "ETag", etag);
    }
    if (answer->location.len > 0) {
        strbuf_append(&location, asking->api->query_base);
        strbuf_append(&location, answer->location);
    }
    if (location.len > 0 && strbuf_ok(&location)) { /* half of it would lead somewhere else */
        append_header(headers, &count, "Location", strbuf_cstr(&location));
    }
    if (answer->is_replayed) {
        append_header(headers, &count, "Idempotent-Replayed", "true");
    }
    if (answer->status == 503) {
        append_header(headers, &count, "Retry-After", "1");
    }
    http_respond(asking->request,
                 &(struct http_answer){.status = answer->status,
                                       .content_type = answer->status >= 400
                                                           ? "application/problem+json"
                                                           : "application/json",
                                       .headers = headers,
                                       .body = answer->body});
    strbuf_done(&location);
}

static bool submit(struct asking *asking)
{
    asking->submission.on_answer = on_answer;
    asking->submission.user = asking;
    switch (lanes_submit(asking->api->options.lanes, &asking->submission)) {
    case LANES_OVERLOADED:
        return refuse_busy(asking, DOOR_OVERLOADED, "overloaded", "queue-full",
                           "too many commands are waiting: try again with the same "
                           "Idempotency-Key");
    case LANES_UNAVAILABLE:
        return refuse_unavailable(asking);
    case LANES_TAKEN:
    default:
        return true;
    }
}

/* ---- handlers ------------------------------------------------------------------------------ */

/* What the head decides, before a byte of the body is taken; then what needs the body. */
static step_fn *const HEAD_STEPS[] = {check_form, read_key, read_conditions, read_actor, read_path};
static step_fn *const BODY_STEPS[] = {hash_request, read_body, draw_ids, submit};

static bool take_steps(struct asking *asking, step_fn *const *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!steps[i](asking)) {
            return false;
        }
    }
    return true;
}

static bool on_head(struct http_request *request, void *user)
{
    struct http_api *api = user;
    const struct principal *principal =
        auth_require(api->options.auth, request, OPENED[http_request_tag(request)].roles);
    if (principal == NULL) {
        count_refusal(api, DOOR_UNAUTHORIZED);
        return false;
    }
    struct asking *asking = arena_alloc(http_request_arena(request), sizeof *asking);
    if (asking == NULL) {
        return refuse_memory(&(struct asking){.api = api, .request = request});
    }
    *asking = (struct asking){.api = api, .request = request, .principal = principal};
    http_request_keep(request, asking);
    return take_steps(asking, HEAD_STEPS, sizeof HEAD_STEPS / sizeof HEAD_STEPS[0]);
}

static void on_command(struct http_request *request, void *user)
{
    (void)user;
    struct asking *asking = http_request_kept(request);
    asking->principal = NULL; /* tokens may have been read again while the body came */
    (void)take_steps(asking, BODY_STEPS, sizeof BODY_STEPS / sizeof BODY_STEPS[0]);
}

static void on_openapi(struct http_request *request, void *user)
{
    static const char *const NO_PARAMETERS[] = {NULL};
    (void)user;
    if (http_request_query_only(request, NO_PARAMETERS)) {
        http_respond(request, &(struct http_answer){.status = 200,
                                                    .body = strview_of(COMMAND_OPENAPI[0].text),
                                                    .body_stays = true});
    }
}
