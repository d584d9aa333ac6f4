/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/http_api.h"

#include "command-svc/http/asking.h"
#include "command-svc/http/asking_read.h"
#include "command-svc/http/headers.h"
#include "command-svc/http/refusal_log.h"
#include "common/base/cleanup.h"
#include "common/base/embedded_text.h"
#include "common/base/must.h"
#include "common/io/digest.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/auth.h"
#include "common/run/front_page.h"

enum { PLACE_MAX = 4096 + 32 }; /* a location, and a version before it */

extern const struct embedded_text COMMAND_OPENAPI[];

struct http_api {
    const struct auth *auth;
    struct asking_means means;
};

/* ---- who may ------------------------------------------------------------------------------- */

#define DOOR_ROW(KIND, kind, name, path, roles, ...) [COMMAND_##KIND] = roles,
static const unsigned MAY[] = {COMMANDS(DOOR_ROW)};

static http_check on_head;
static http_handler on_command;

#define ROUTE_ROW(KIND, kind, name, path, ...)                                                     \
    {HTTP_POST, path, on_command, COMMAND_##KIND, .on_head = on_head},
static const struct http_route ROUTES[] = {
    COMMANDS(ROUTE_ROW){.pattern = NULL},
};
static const struct http_route OPEN_ROUTES[] = {
    {HTTP_GET, "/openapi.json", http_send_document, .tag = 0},
    {HTTP_GET, "/", front_page_send, .tag = 0},
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
    api->auth = options->auth;
    api->means = (struct asking_means){.lanes = options->lanes,
                                       .metrics = options->metrics,
                                       .refund_window_ms = options->refund_window_ms,
                                       .query_base = without_slash(strview_of(options->query_url))};
    id_source_init(&api->means.ids);
    rate_init(&api->means.rate, options->rate_limit, options->rate_window_ms);
    const enum error_kind kind = digest_new(&api->means.digest, err);
    if (kind != ERROR_NONE) {
        rate_done(&api->means.rate);
        return kind;
    }
    *ret_api = TAKE_PTR(api);
    return ERROR_NONE;
}

void http_api_free(struct http_api *api)
{
    if (api != NULL) {
        digest_free(api->means.digest);
        rate_done(&api->means.rate);
        free(api);
    }
}

struct strview http_api_query_base(const struct http_api *api)
{
    return api->means.query_base;
}

void http_api_serve(struct http_api *api, struct http_server *server)
{
    http_server_route(server, ROUTES, api);
    http_server_route(server, OPEN_ROUTES, (void *)(uintptr_t)COMMAND_OPENAPI[0].text);
}

/* ---- the answer on its way back ------------------------------------------------------------ */

static void append_header(struct http_header *headers, size_t *count, const char *name,
                          const char *value)
{
    headers[(*count)++] = (struct http_header){name, value};
}

/* A 500 has its line already: command_failed. */
static void log_if_refused(const struct asking *asking, const struct answer *answer)
{
    if (answer->status >= 400 && answer->status != 500) {
        asking_log_refusal(asking, answer->status, refusal_slug_of(answer->body),
                           answer->is_replayed);
    }
}

/* The trace goes back to who began it, as it went on to Kafka. */
static void append_trace(struct http_header *headers, size_t *count, const struct command *command,
                         char text[static TRACEPARENT_LEN + 1])
{
    if (command->traceparent.len == TRACEPARENT_LEN) {
        memcpy(text, command->traceparent.data, TRACEPARENT_LEN);
        text[TRACEPARENT_LEN] = '\0';
        append_header(headers, count, "traceparent", text);
    }
}

/* A client that reads them slows down before it is refused. */
static void append_rate(struct http_header *headers, size_t *count, const struct asking *asking,
                        struct asking_rate *said)
{
    if (rate_is_limited(&asking->means->rate)) {
        asking_say_rate(asking, said);
        append_header(headers, count, "RateLimit-Policy", said->policy);
        append_header(headers, count, "RateLimit", said->left);
    }
}

/* Both in one buffer, a NUL between them, where printf() would be half of what an answer costs. */
static void append_place(struct http_header *headers, size_t *count, const struct asking *asking,
                         const struct answer *answer, struct strbuf *texts)
{
    if (answer->version > 0) {
        strbuf_append(texts, STRVIEW("\"v"));
        strbuf_append_i64(texts, answer->version);
        strbuf_append(texts, STRVIEW("\"\0"));
    }
    const size_t location_at = texts->len;
    if (answer->location.len > 0) {
        strbuf_append(texts, asking->means->query_base);
        strbuf_append(texts, answer->location);
    }
    const char *text = strbuf_cstr(texts);
    if (location_at > 0) {
        append_header(headers, count, "ETag", text);
    }
    if (texts->len > location_at && strbuf_ok(texts)) { /* half of it would lead somewhere else */
        append_header(headers, count, "Location", text + location_at);
    }
}

static void on_answer(void *user, const struct answer *answer)
{
    const struct asking *asking = user;
    struct http_header headers[8] = {{NULL, NULL}};
    size_t count = 0;
    char trace[TRACEPARENT_LEN + 1];
    struct asking_rate rate;
    struct strbuf texts = STRBUF(PLACE_MAX);
    append_place(headers, &count, asking, answer, &texts);
    if (answer->is_replayed) {
        append_header(headers, &count, "Idempotent-Replayed", "true");
    }
    append_rate(headers, &count, asking, &rate);
    append_trace(headers, &count, &asking->submission.command, trace);
    log_if_refused(asking, answer);
    http_respond(asking->request,
                 &(struct http_answer){.status = answer->status,
                                       .content_type = answer->status >= 400
                                                           ? "application/problem+json"
                                                           : "application/json",
                                       .headers = headers,
                                       .body = answer->body});
    strbuf_done(&texts);
}

static void submit(struct asking *asking)
{
    asking->submission.on_answer = on_answer;
    asking->submission.user = asking;
    asking->submission.bytes = http_request_body(asking->request).len;
    const enum lanes_verdict verdict = lanes_submit(asking->means->lanes, &asking->submission);
    if (verdict == LANES_OVERLOADED) {
        (void)asking_refuse_busy(asking, DOOR_OVERLOADED, "overloaded", "queue-full",
                                 "too many commands are waiting: try again with the same "
                                 "Idempotency-Key");
    } else if (verdict == LANES_OVER_SHARE) {
        (void)asking_refuse_share(asking, "queue-full",
                                  "others wait, too, and most of what waits is yours: try again "
                                  "with the same Idempotency-Key");
    } else if (verdict == LANES_UNAVAILABLE) {
        (void)asking_refuse_unavailable(asking);
    }
}

/* ---- handlers ------------------------------------------------------------------------------ */

static bool on_head(struct http_request *request, void *user)
{
    struct http_api *api = user;
    const enum command_kind kind = (enum command_kind)http_request_tag(request);
    const struct principal *principal = auth_require(api->auth, request, MAY[kind]);
    if (principal == NULL) {
        asking_count_refusal(&api->means, DOOR_UNAUTHORIZED);
        return false;
    }
    struct asking *asking = arena_alloc(http_request_arena(request), sizeof *asking);
    if (asking == NULL) {
        return asking_refuse_memory(
            &(struct asking){.means = &api->means, .request = request, .kind = kind});
    }
    *asking = (struct asking){
        .means = &api->means, .request = request, .kind = kind, .principal = principal};
    http_request_keep(request, asking);
    return asking_read_head(asking);
}

static void on_command(struct http_request *request, void *user)
{
    (void)user;
    struct asking *asking = http_request_kept(request);
    asking->principal = NULL; /* tokens may have been read again while the body came */
    if (asking_read_body(asking)) {
        submit(asking);
    }
}
