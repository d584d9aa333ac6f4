/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/receipt_api.h"

#include "command-svc/http/identity.h"
#include "command-svc/upkeep/control.h"
#include "common/base/ascii.h"
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/contract/json.h"
#include "common/io/digest.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/auth.h"

enum { LOCATION_MAX = 1 << 20, KEY_MAX = 255, ANYBODY = (1 << ROLE_COUNT) - 1 };

struct receipt_api {
    struct receipt_api_options options;
    struct digest *digest;
};

struct question {
    const struct receipt_api *api;
    struct http_request *request;
};

static http_handler on_ask;

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/v1/commands/{key}", on_ask, .tag = 0},
    {.pattern = NULL},
};

enum error_kind receipt_api_new(const struct receipt_api_options *options,
                                struct receipt_api **ret_api, struct error *err)
{
    struct receipt_api *api = must_allocate(1, sizeof *api);
    api->options = *options;
    const enum error_kind kind = digest_new(&api->digest, err);
    if (kind != ERROR_NONE) {
        free(api);
        return kind;
    }
    *ret_api = api;
    return ERROR_NONE;
}

void receipt_api_free(struct receipt_api *api)
{
    if (api != NULL) {
        digest_free(api->digest);
        free(api);
    }
}

void receipt_api_serve(struct receipt_api *api, struct http_server *server)
{
    http_server_route(server, ROUTES, api);
}

struct telling {
    struct strview query_base;
    const struct found_receipt *receipt;
};

static void put_receipt(struct json_writer *writer, const void *user)
{
    const struct telling *telling = user;
    const struct found_receipt *receipt = telling->receipt;
    json_put_member_integer(writer, "status", receipt->status);
    json_put_member_nonzero(writer, "version", receipt->version);
    if (receipt->location.len > 0) {
        struct strbuf whole = STRBUF(LOCATION_MAX);
        strbuf_append(&whole, telling->query_base);
        strbuf_append(&whole, receipt->location);
        json_put_member_string(writer, "location", strbuf_view(&whole));
        strbuf_done(&whole);
    }
    json_key(writer, "answer");
    json_put_raw(writer, receipt->body);
}

static void on_receipt(void *user, const struct found_receipt *receipt, const struct error *err)
{
    const struct question *question = user;
    if (err != NULL) {
        http_refuse(question->request, 503, "dependency-unavailable",
                    "the database cannot be asked at the moment: try again");
    } else if (receipt == NULL) {
        http_refuse(question->request, 404, "not-found",
                    "nothing is remembered under this key: the command was never decided, or its "
                    "receipt has expired; sending it again with the same key is safe");
    } else {
        http_respond_json(question->request, 200, put_receipt,
                          &(struct telling){question->api->options.query_base, receipt});
    }
}

static bool is_key(struct strview key)
{
    return key.len <= KEY_MAX && strview_has_only(key, ascii_is_visible);
}

static void on_ask(struct http_request *request, void *user)
{
    struct receipt_api *api = user;
    const struct principal *principal = auth_require(api->options.auth, request, ANYBODY);
    if (principal == NULL || !http_request_query_only(request, NULL)) {
        return;
    }
    const struct strview key = http_request_param(request, 0);
    if (!is_key(key)) {
        http_refuse(request, 404, "not-found", "no key looks like this");
        return;
    }
    struct question *question = arena_alloc(http_request_arena(request), sizeof *question);
    const struct strview identity = identity_make(http_request_arena(request), principal, key);
    struct uuid receipt_key;
    if (question == NULL || identity.data == NULL ||
        !identity_receipt_key(api->digest, identity, &receipt_key)) {
        http_refuse(request, 503, "overloaded", "no memory left for this request");
        return;
    }
    *question = (struct question){.api = api, .request = request};
    control_find_receipt(api->options.control, &receipt_key, on_receipt, question);
}
