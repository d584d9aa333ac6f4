/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http.h"

#include "common/io/http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DRAIN_HEAD_MS = 1000, /* for a request that was coming in when draining began */
    ACCEPT_BURST = 64,    /* connections taken in one turn, so that others get theirs */
    ANSWER_HEAD_MAX = 16384,
    BACKLOG = 1024,
};

const struct http_options HTTP_DEFAULTS = {
    .address = "127.0.0.1",
    .max_connections = 4096,
    .max_head_bytes = 16384,
    .max_body_bytes = 262144,
    .max_total_bytes = 16777216,
    .max_arena_bytes = 4194304,
    .head_timeout_ms = 10000,
    .body_timeout_ms = 30000,
    .idle_timeout_ms = 75000,
};

static void on_acceptable(void *user, bool readable, bool writable);
static void on_sweep(void *user);

/* --- server ---------------------------------------------------------------- */

enum error_kind http_server_new(struct loop *loop, const struct http_options *options,
                                struct http_server **ret_server, struct error *err)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for the HTTP server");
    }
    server->loop = loop;
    server->options = *options;
    server->listen_fd = -1;
    strbuf_init(&server->head, ANSWER_HEAD_MAX);
    server->sweep = loop_timer_new(loop, on_sweep, server);
    *ret_server = server;
    return ERROR_NONE;
}

void http_server_route(struct http_server *server, const struct http_route *routes, void *user)
{
    if (server->table_count == HTTP_TABLES_MAX) {
        abort(); /* a mistake of ours, seen at the first start */
    }
    server->tables[server->table_count++] = (struct http_table){.routes = routes, .user = user};
}

static bool parse_address(const struct http_options *options, struct sockaddr_storage *ret,
                          socklen_t *ret_len)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
    if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(options->port);
        *ret_len = sizeof *v4;
        return true;
    }
    if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(options->port);
        *ret_len = sizeof *v6;
        return true;
    }
    return false;
}

enum error_kind http_server_listen(struct http_server *server, struct error *err)
{
    struct sockaddr_storage address = {0};
    socklen_t len = 0;
    const int on = 1;
    const struct http_options *options = &server->options;
    if (!parse_address(options, &address, &len)) {
        return error_set(err, ERROR_FATAL, "%s is not a numeric address", options->address);
    }
    const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return error_set(err, ERROR_FATAL, "socket: %s", strerror(errno));
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0) {
        const int why = errno;
        (void)close(fd);
        return error_set(err, ERROR_FATAL, "cannot listen on %s port %u: %s", options->address,
                         (unsigned)options->port, strerror(why));
    }
    server->listen_fd = fd;
    server->listener = loop_fd_new(server->loop, fd, on_acceptable, server);
    loop_fd_want(server->listener, true, false);
    return ERROR_NONE;
}

uint16_t http_server_port(const struct http_server *server)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_port = 0}};
    socklen_t len = sizeof address;
    if (getsockname(server->listen_fd, &address.any, &len) != 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

const struct http_stats *http_server_stats(const struct http_server *server)
{
    return &server->stats;
}

static void stop_listening(struct http_server *server)
{
    loop_fd_free(server->listener);
    server->listener = NULL;
    if (server->listen_fd >= 0) {
        (void)close(server->listen_fd);
        server->listen_fd = -1;
    }
}

void http_server_drain(struct http_server *server)
{
    server->is_draining = true;
    stop_listening(server);
    struct http_connection *next = NULL;
    for (struct http_connection *each = server->connections; each != NULL; each = next) {
        next = each->next;
        if (each->state == CONNECTION_HEAD && each->in_len == 0) {
            http_connection_close(each);
        } else if (each->state <= CONNECTION_BODY) {
            each->deadline_ms = loop_now_ms() + DRAIN_HEAD_MS;
        }
    }
}

bool http_server_is_drained(const struct http_server *server)
{
    return server->is_draining && server->connections == NULL && server->pending == NULL;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    stop_listening(server);
    while (server->connections != NULL) {
        http_connection_close(server->connections);
    }
    for (struct http_request *each = server->pending; each != NULL; each = each->next) {
        each->server = NULL;
    }
    loop_timer_free(server->sweep);
    strbuf_done(&server->head);
    free(server);
}

static bool accept_one(struct http_server *server)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    const int fd =
        accept4(server->listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        http_connection_open(server, fd, &address);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        loop_fd_want(server->listener, false, false); /* until the sweep or a close */
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
    return errno == EINTR || errno == ECONNABORTED;
}

static void on_acceptable(void *user, bool readable, bool writable)
{
    struct http_server *server = user;
    (void)readable;
    (void)writable;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        if (server->stats.connections >= server->options.max_connections) {
            loop_fd_want(server->listener, false, false); /* until one closes */
            return;
        }
        if (!accept_one(server)) {
            return;
        }
    }
}

/* --- deadlines --------------------------------------------------------------- */

static void on_sweep(void *user)
{
    struct http_server *server = user;
    const int64_t now_ms = loop_now_ms();
    struct http_connection *next = NULL;
    for (struct http_connection *each = server->connections; each != NULL; each = next) {
        next = each->next;
        if (each->deadline_ms <= now_ms) {
            http_connection_expire(each);
        }
    }
    if (server->listener != NULL && server->stats.connections < server->options.max_connections) {
        loop_fd_want(server->listener, true, false);
    }
    if (server->connections != NULL) {
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
}
