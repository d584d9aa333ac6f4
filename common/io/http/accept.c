/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/accept.h"

#include "common/io/http/connection.h"
#include "common/io/http/internal.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    ACCEPT_BURST = 64, /* connections taken in one turn, so that others get theirs */
    GRACE_MS = 250,    /* a request that was sent at once has been seen by then */
};

/* Only before its first request: afterwards a client may be sending the next one just now. */
static bool drop_oldest_fresh(struct http_server *server)
{
    const struct http_member *oldest = http_crowd_first(&server->crowd, HTTP_FRESH);
    if (oldest == NULL || loop_now_ms() - oldest->since_ms < GRACE_MS) {
        return false;
    }
    server->stats.dropped++;
    http_connection_close(oldest->connection);
    return true;
}

static bool has_place(struct http_server *server)
{
    const struct http_options *options = &server->options;
    return server->stats.connections - server->spares < options->max_connections ||
           drop_oldest_fresh(server) || server->spares < options->spare_connections;
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
