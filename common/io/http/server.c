/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/server.h"

#include "common/base/must.h"
#include "common/io/http/accept.h"
#include "common/io/http/connection.h"
#include "common/io/http/exchange_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ANSWER_HEAD_MAX = 16384,
    BACKLOG = 1024,
    TRIM_MS = 10000,         /* memory is given back to the system this often at most */
    TRIM_BYTES = 1 << 20,    /* and only when so much more was held before */
    CONNECTION_BYTES = 4096, /* what one costs beside its requests, roughly */
};

const struct http_options HTTP_DEFAULTS = {
    .address = "127.0.0.1",
    .max_connections = 4096,
    .spare_connections = 32,
    .max_head_bytes = 16384,
    .max_body_bytes = 262144,
    .max_total_bytes = 8 << 20,
    .max_arena_bytes = 4194304,
    .first_timeout_ms = 10000,
    .head_timeout_ms = 10000,
    .body_timeout_ms = 30000,
    .idle_timeout_ms = 75000,
};

static void on_sweep(void *user);

/* --- server ---------------------------------------------------------------- */

struct http_server *http_server_new(struct loop *loop, const struct http_options *options)
{
    struct http_server *server = must_allocate(1, sizeof *server);
    server->loop = loop;
    server->options = *options;
    server->listen_fd = -1;
    strbuf_init(&server->head, ANSWER_HEAD_MAX);
    strbuf_init(&server->more, ANSWER_HEAD_MAX);
    struct error err;
    if (options->origins != NULL &&
        http_cors_read(options->origins, &server->cors, &err) != ERROR_NONE) {
        abort(); /* whoever gives them has asked before */
    }
    http_budget_init(&server->budget, options->max_total_bytes);
    server->sweep = loop_timer_new(loop, on_sweep, server);
    return server;
}

void http_server_route(struct http_server *server, const struct http_route *routes, void *user)
{
    http_router_add(&server->router, routes, user);
}

void http_server_on_unrouted(struct http_server *server, http_check *check, void *user)
{
    server->unrouted = check;
    server->unrouted_user = user;
}

void http_server_put_in_problems(struct http_server *server, http_members *put_members,
                                 const void *user)
{
    server->put_members = put_members;
    server->members_user = user;
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
    server->listener = loop_fd_new(server->loop, fd, http_accept, server);
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

size_t http_server_held_bytes(const struct http_server *server)
{
    return server->options.max_total_bytes - server->budget.room;
}

size_t http_server_standing(const struct http_server *server, enum http_standing standing)
{
    return http_crowd_count(&server->crowd, standing);
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

typedef void connection_fn(struct http_connection *connection);

/* The function may close the connection it is given, and no other. */
static void each_connection(struct http_server *server, connection_fn *visit)
{
    for (int standing = 0; standing < HTTP_GONE; standing++) {
        struct http_member *next = NULL;
        for (struct http_member *each =
                 http_crowd_first(&server->crowd, (enum http_standing)standing);
             each != NULL; each = next) {
            next = each->next;
            visit(each->connection);
        }
    }
}

void http_server_drain(struct http_server *server)
{
    server->is_draining = true;
    stop_listening(server);
    each_connection(server, http_connection_drain);
}

bool http_server_is_drained(const struct http_server *server)
{
    return server->is_draining && server->stats.connections == 0 && server->pending == NULL;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    stop_listening(server);
    http_exchange_free_pending(server); /* first: closing would tell those who wait */
    each_connection(server, http_connection_close);
    for (struct http_member *each = NULL;
         (each = http_crowd_first(&server->crowd, HTTP_GONE)) != NULL;) {
        http_connection_free(each->connection);
    }
    assert(server->stats.connections == 0 && http_server_held_bytes(server) == 0 &&
           server->parties.count == 0);
    loop_timer_free(server->sweep);
    strbuf_done(&server->head);
    strbuf_done(&server->more);
    free(server);
}

/* --- deadlines --------------------------------------------------------------- */

/* Whether the C library keeps pages that nobody needs any more. */
static bool must_trim(struct http_server *server)
{
    const size_t bytes =
        http_server_held_bytes(server) + server->stats.connections * CONNECTION_BYTES;
    if (bytes > server->peak_bytes) {
        server->peak_bytes = bytes;
    }
    return server->peak_bytes - bytes >= TRIM_BYTES;
}

/* free() alone leaves what a burst took with the process for good. */
static void trim(struct http_server *server)
{
    if (loop_now_ms() - server->trimmed_ms < TRIM_MS) {
        return;
    }
    server->trimmed_ms = loop_now_ms();
    server->peak_bytes = 0;
    (void)malloc_trim(0);
}

static void on_sweep(void *user)
{
    struct http_server *server = user;
    each_connection(server, http_connection_check_deadline);
    if (server->listener != NULL) {
        loop_fd_want(server->listener, true, false);
    }
    if (must_trim(server)) {
        trim(server);
    }
    if (server->stats.connections > 0 || must_trim(server)) {
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
}
