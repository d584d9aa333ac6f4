/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets a place at the HTTP server, and room for what is not yet a request. */
#include "common/io/http/internal.h"

#include <errno.h>
#include <sys/socket.h>

enum {
    ACCEPT_BURST = 64, /* connections taken in one turn, so that others get theirs */
    GRACE_MS = 250,    /* a request that was sent at once has been seen by then */
};

/* --- lists ------------------------------------------------------------------- */

void http_list_append(struct http_connection *connection, enum http_list_kind list)
{
    struct http_list *into = &connection->server->lists[list];
    connection->list = list;
    connection->next = NULL;
    connection->previous = into->last;
    if (into->last != NULL) {
        into->last->next = connection;
    } else {
        into->first = connection;
    }
    into->last = connection;
}

void http_list_remove(struct http_connection *connection)
{
    struct http_list *from = &connection->server->lists[connection->list];
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        from->first = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    } else {
        from->last = connection->previous;
    }
}

/* --- places ------------------------------------------------------------------ */

/* Only before its first request: afterwards a client may be sending the next one just now. */
static bool drop_oldest_fresh(struct http_server *server)
{
    struct http_connection *oldest = server->lists[HTTP_FRESH].first;
    if (oldest == NULL || loop_now_ms() - oldest->opened_ms < GRACE_MS) {
        return false;
    }
    server->stats.dropped++;
    http_connection_close(oldest);
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

/* --- room -------------------------------------------------------------------- */

static size_t held_as_stranger(const struct http_connection *connection)
{
    return connection->in_cap +
           (connection->out_holder == HTTP_HOLDER_STRANGER ? connection->out_held : 0);
}

/* Who waits for a handler is not closed: its request may be doing something. */
static struct http_connection *largest_stranger(const struct http_server *server)
{
    struct http_connection *largest = NULL;
    for (int list = 0; list < HTTP_LIST_COUNT; list++) {
        for (struct http_connection *each = server->lists[list].first; each != NULL;
             each = each->next) {
            const bool is_idle =
                each->state == CONNECTION_HEAD || each->state == CONNECTION_WRITING;
            if (is_idle && !each->is_feeding && held_as_stranger(each) > 0 &&
                (largest == NULL || held_as_stranger(each) > held_as_stranger(largest))) {
                largest = each;
            }
        }
    }
    return largest;
}

bool http_take_input(struct http_connection *connection, size_t bytes)
{
    struct http_server *server = connection->server;
    while (!http_budget_take(&server->budget, HTTP_HOLDER_STRANGER, bytes)) {
        struct http_connection *largest = largest_stranger(server);
        if (largest == NULL || largest == connection ||
            held_as_stranger(largest) < connection->in_cap + bytes) {
            return false;
        }
        server->stats.dropped++;
        http_connection_close(largest);
    }
    return true;
}
