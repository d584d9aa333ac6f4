/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/client.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/loop.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { HOST_MAX = 256, ANSWER_BODY_MAX = 16 << 20, ANSWER_HEAD_MAX = 65536 };

struct http_client {
    struct loop *loop;
    char host[HOST_MAX];
    char authority[HOST_MAX + 16]; /* what Host: says */
    uint16_t port;
    int64_t timeout_ms;
    struct evhttp_connection *connection;
    struct evhttp_request *request; /* in flight, or NULL */
    const char *failure;
    http_client_callback *callback;
    void *user;
};

#define COMMAND_ROW(METHOD) [HTTP_##METHOD] = EVHTTP_REQ_##METHOD,
static const enum evhttp_cmd_type COMMANDS[] = {HTTP_METHODS(COMMAND_ROW)};

enum error_kind http_client_new(struct loop *loop, const char *host, uint16_t port,
                                int64_t timeout_ms, struct http_client **ret_client,
                                struct error *err)
{
    struct http_client *client = must_allocate(1, sizeof *client);
    /* evhttp resolves names only with a resolver of its own, which nothing here needs. */
    const char *address = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    const int len = snprintf(client->host, sizeof client->host, "%s", address);
    if (len < 0 || (size_t)len >= sizeof client->host) {
        free(client);
        return error_set(err, ERROR_INVALID, "the host name is too long");
    }
    (void)snprintf(client->authority, sizeof client->authority, "%s:%u", host, (unsigned)port);
    client->loop = loop;
    client->port = port;
    client->timeout_ms = timeout_ms;
    *ret_client = client;
    return ERROR_NONE;
}

static void close_connection(struct http_client *client)
{
    if (client->connection != NULL) {
        evhttp_connection_free(client->connection);
        client->connection = NULL;
    }
}

void http_client_free(struct http_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->request != NULL) {
        evhttp_cancel_request(client->request);
    }
    close_connection(client);
    free(client);
}

static void turn_delay_off(struct evhttp_connection *connection)
{
    const int on = 1;
    const int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
    if (fd >= 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

static struct evhttp_connection *open_connection(struct http_client *client)
{
    const struct timeval limit = {.tv_sec = client->timeout_ms / 1000,
                                  .tv_usec = client->timeout_ms % 1000 * 1000};
    struct evhttp_connection *connection =
        evhttp_connection_base_new(loop_base(client->loop), NULL, client->host, client->port);
    if (connection != NULL) {
        evhttp_connection_set_timeout_tv(connection, &limit);
        evhttp_connection_set_max_headers_size(connection, ANSWER_HEAD_MAX);
        evhttp_connection_set_max_body_size(connection, ANSWER_BODY_MAX);
        evhttp_connection_set_retries(connection, 0);
    }
    return connection;
}

/* evhttp frees the request when this returns; the callback may start the next one. */
static void on_answer(struct evhttp_request *request, void *user)
{
    struct http_client *client = user;
    struct http_client_answer answer = {0};
    client->request = NULL;
    if (request == NULL || evhttp_request_get_response_code(request) == 0) {
        answer.failure = client->failure == NULL ? "no connection" : client->failure;
    } else {
        struct evbuffer *body = evhttp_request_get_input_buffer(request);
        const size_t len = evbuffer_get_length(body);
        answer.status = evhttp_request_get_response_code(request);
        answer.headers_ = evhttp_request_get_input_headers(request);
        answer.body = (struct strview){(const char *)evbuffer_pullup(body, -1), len};
        turn_delay_off(client->connection);
    }
    client->callback(&answer, client->user);
}

static void on_failure(enum evhttp_request_error error, void *user)
{
    static const char *const TEXTS[] = {
        [EVREQ_HTTP_TIMEOUT] = "no answer in time",
        [EVREQ_HTTP_EOF] = "the connection was closed",
        [EVREQ_HTTP_INVALID_HEADER] = "the answer's head is malformed",
        [EVREQ_HTTP_BUFFER_ERROR] = "reading or writing failed",
        [EVREQ_HTTP_REQUEST_CANCEL] = "cancelled",
        [EVREQ_HTTP_DATA_TOO_LONG] = "the answer is too large",
    };
    struct http_client *client = user;
    client->failure =
        (size_t)error < sizeof TEXTS / sizeof TEXTS[0] ? TEXTS[error] : "unknown failure";
}

static bool fill(struct evhttp_request *native, const struct http_client *client,
                 const struct http_client_request *request)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(native);
    bool is_ok = evhttp_add_header(headers, "Host", client->authority) == 0;
    for (const struct http_header *each = request->headers; each != NULL && each->name != NULL;
         each++) {
        is_ok = evhttp_add_header(headers, each->name, each->value) == 0 && is_ok;
    }
    if (request->body.len > 0) {
        is_ok = evbuffer_add(evhttp_request_get_output_buffer(native), request->body.data,
                             request->body.len) == 0 &&
                is_ok;
    }
    return is_ok;
}

enum error_kind http_client_send(struct http_client *client,
                                 const struct http_client_request *request,
                                 http_client_callback *callback, void *user, struct error *err)
{
    if (client->request != NULL) {
        return error_set(err, ERROR_CONFLICT, "a request is in flight");
    }
    if (client->connection == NULL) {
        client->connection = open_connection(client);
    }
    struct evhttp_request *native = evhttp_request_new(on_answer, client);
    if (client->connection == NULL || native == NULL || !fill(native, client, request)) {
        if (native != NULL) {
            evhttp_request_free(native);
        }
        return error_set(err, ERROR_EXHAUSTED, "the request could not be made");
    }
    evhttp_request_set_error_cb(native, on_failure);
    client->failure = NULL;
    client->callback = callback;
    client->user = user;
    client->request = native;
    /* Owns native from here on, also when it fails; then nothing calls back. */
    if (evhttp_make_request(client->connection, native, COMMANDS[request->method], request->path) !=
        0) {
        client->request = NULL;
        return error_set(err, ERROR_TRANSIENT, "cannot connect to %s", client->authority);
    }
    return ERROR_NONE;
}

struct strview http_client_header(const struct http_client_answer *answer, const char *name)
{
    const char *value =
        answer->headers_ == NULL ? NULL : evhttp_find_header(answer->headers_, name);
    return strview_of(value);
}

enum error_kind http_client_parse_url(const char *url, char *host, size_t host_size,
                                      uint16_t *ret_port, struct error *err)
{
    static const char SCHEME[] = "http://";
    int64_t port = 80;
    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0) {
        return error_set(err, ERROR_INVALID, "%s does not begin with http://", url);
    }
    struct strview rest = strview_of(url + sizeof SCHEME - 1);
    if (rest.len > 0 && rest.data[rest.len - 1] == '/') {
        rest.len--;
    }
    const struct strview name = strview_take_host(&rest);
    if (rest.data != NULL && (!parse_i64(rest, &port) || port < 1 || port > UINT16_MAX)) {
        return error_set(err, ERROR_INVALID, "%s is not http://host:port", url);
    }
    if (name.len == 0 || name.len >= host_size || memchr(name.data, '/', name.len) != NULL) {
        return error_set(err, ERROR_INVALID, "%s names no host", url);
    }
    memcpy(host, name.data, name.len);
    host[name.len] = '\0';
    *ret_port = (uint16_t)port;
    return ERROR_NONE;
}
