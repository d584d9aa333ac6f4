/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/accept.h"

#include "common/io/http/connection.h"
#include "common/io/http/internal.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    ACCEPT_BURST = 64, /* connections taken in one turn, so that others get theirs */
};

static bool has_room(const struct http_server *server)
{
    return server->stats.connections - server->spares < server->options.max_connections;
}

static const struct http_member *dispensable(const struct http_server *server)
{
    return http_crowd_dispensable(&server->crowd, loop_now_ms());
}

static bool has_place(const struct http_server *server)
{
    return has_room(server) || dispensable(server) != NULL ||
           server->spares < server->options.spare_connections;
}

/* Only for one that has come: nobody goes for a place that stays empty. */
static void make_room(struct http_server *server)
{
    const struct http_member *member = has_room(server) ? NULL : dispensable(server);
    if (member != NULL) {
        server->stats.dropped++;
        http_connection_close(member->connection);
    }
}

static bool accept_one(struct http_server *server)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    const int fd =
        accept4(server->listen_fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        make_room(server);
        http_connection_open(server, fd, &address);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        loop_fd_want(server->listener, false, false); /* until the sweep or a close */
        loop_timer_start(server->sweep, HTTP_SWEEP_MS);
    }
    return errno == EINTR || errno == ECONNABORTED;
}

void http_accept(void *user, bool readable, bool writable)
{
    struct http_server *server = user;
    (void)readable;
    (void)writable;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        if (!has_place(server)) {
            loop_fd_want(server->listener, false, false); /* until one closes, or the sweep */
            return;
        }
        if (!accept_one(server)) {
            return;
        }
    }
}
