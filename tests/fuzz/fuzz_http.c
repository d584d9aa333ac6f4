/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole connection of the HTTP server, over a socket:
 *   - the requests seen and the answers given do not depend on how the bytes arrive, nor on how
 * many the kernel takes;
 *   - each request that a handler saw is answered 200, and no other is;
 *   - when the peer has gone nothing is held for it any more.
 *
 * A request with the header X-Refuse is refused on its head, before its body is taken; one with
 * X-Later is answered some turns later.
 */
#include "common/base/strbuf.h"
#include "common/io/http/exchange.h"
#include "common/io/http/internal.h"
#include "common/io/http/server.h"
#include "common/io/loop.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    TEXT_BYTES = 8 << 20,
    HEAD_MAX = 2048,
    BODY_MAX = 4096,
    CHUNK = 4096,
    LATER_TURNS = 20,
    PATIENCE_MS = 3600000, /* of the server: a machine that stands still is no fault */
};

/* Other programs look for their servers at 127.0.0.1, and the peers come from below this one. */
#define ADDRESS "127.255.255.1"

/* ---- the server ---- */

static struct loop *loop;
static struct http_server *server;
static size_t strangers_room; /* of nothing held */
static struct strbuf seen;
static size_t seen_count;
static struct http_request *waiting; /* to be answered later */
static struct loop_timer *turn;
static int turns_left;

static void respond(struct http_request *request)
{
    http_respond(request, &(struct http_answer){
                              .status = 200,
                              .body = STRVIEW("1"),
                              .body_stays = http_request_method(request) == HTTP_GET,
                          });
}

static void respond_to_waiting(void *user)
{
    struct http_request *request = waiting;
    (void)user;
    waiting = NULL;
    loop_timer_stop(turn);
    respond(request);
}

static void on_turn(void *user)
{
    if (--turns_left > 0) {
        loop_timer_start(turn, 0);
    } else {
        respond_to_waiting(user);
    }
}

static void respond_later(struct http_request *request)
{
    EXPECT(waiting == NULL);
    waiting = request;
    turns_left = LATER_TURNS;
    loop_timer_start(turn, 0);
    http_request_on_gone(request, respond_to_waiting, NULL);
}

static void on_request(struct http_request *request, void *user)
{
    (void)user;
    const struct strview body = http_request_body(request);
    strbuf_printf(&seen, "%d %.*s %zu ", (int)http_request_method(request),
                  STRVIEW_ARG(http_request_path(request)), body.len);
    strbuf_append(&seen, body);
    strbuf_append_char(&seen, '\n');
    seen_count++;
    if (http_request_header(request, "X-Later").data != NULL) {
        respond_later(request);
    } else {
        respond(request);
    }
}

static bool on_head(struct http_request *request, void *user)
{
    (void)user;
    if (http_request_header(request, "X-Refuse").data == NULL) {
        return true;
    }
    http_refuse(request, 403, "forbidden", "refused on its head");
    return false;
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/", on_request, .on_head = on_head},
    {HTTP_GET, "/{a}", on_request, .on_head = on_head},
    {HTTP_POST, "/", on_request, .on_head = on_head},
    {HTTP_POST, "/{a}", on_request, .on_head = on_head},
    {HTTP_PUT, "/{a}", on_request, .on_head = on_head},
    {.pattern = NULL},
};

static void start_server(void)
{
    struct http_options options = HTTP_DEFAULTS;
    struct error err;
    options.address = ADDRESS;
    options.port = 0;
    options.max_head_bytes = HEAD_MAX;
    options.max_body_bytes = BODY_MAX;
    options.first_timeout_ms = options.head_timeout_ms = PATIENCE_MS;
    options.body_timeout_ms = options.idle_timeout_ms = PATIENCE_MS;
    EXPECT(loop_new(&loop, &err) == ERROR_NONE);
    turn = loop_timer_new(loop, on_turn, NULL);
    server = http_server_new(loop, &options);
    http_server_route(server, ROUTES, NULL);
    EXPECT(http_server_listen(server, &err) == ERROR_NONE);
    strangers_room = server->budget.strangers_room;
    strbuf_init(&seen, TEXT_BYTES);
}

/* ---- a kernel with little room ---- */

static size_t room; /* bytes it takes at once, but each other time none; 0: all */
static bool is_full;

static void shorten(struct iovec *parts, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        parts[i].iov_len = parts[i].iov_len < len ? parts[i].iov_len : len;
        len -= parts[i].iov_len;
    }
}

/* The server's own, in place of the C library's. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    enum { PARTS = 2 };
    struct iovec parts[PARTS];
    struct msghdr part = *message;
    EXPECT(message->msg_iovlen == PARTS);
    memcpy(parts, message->msg_iov, sizeof parts);
    part.msg_iov = parts;
    if (room > 0) {
        is_full = !is_full;
        if (is_full) {
            errno = EAGAIN;
            return -1;
        }
        shorten(parts, PARTS, room);
    }
    return syscall(SYS_sendmsg, fd, &part, flags);
}

/* ---- a peer on the same loop ---- */

/* How bytes travel. */
struct way {
    size_t step; /* of what the peer says, bytes at a time; 0: all */
    size_t room; /* for what it is told, as above */
};

struct peer {
    struct strview left; /* to be sent */
    size_t step;
    struct strbuf answers;
    struct loop_fd *watch;
    struct loop_timer *timer;
    int fd;
};

static void await_peace(void *user)
{
    struct peer *peer = user;
    if (http_server_stats(server)->connections == 0) {
        loop_stop(loop);
    } else {
        loop_timer_start(peer->timer, 0);
    }
}

static void leave(struct peer *peer)
{
    loop_fd_free(peer->watch);
    peer->watch = NULL;
    (void)close(peer->fd);
    await_peace(peer);
}

/* False once the other side has closed. */
static bool receive(struct peer *peer)
{
    char bytes[CHUNK];
    const ssize_t len = recv(peer->fd, bytes, sizeof bytes, 0);
    if (len > 0) {
        strbuf_append(&peer->answers, (struct strview){bytes, (size_t)len});
    }
    return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
}

static void send_some(struct peer *peer)
{
    const size_t len = peer->step == 0 || peer->step > peer->left.len ? peer->left.len : peer->step;
    const ssize_t sent = send(peer->fd, peer->left.data, len, MSG_NOSIGNAL);
    if (sent > 0) {
        peer->left.data += sent;
        peer->left.len -= (size_t)sent;
    } else if (errno != EAGAIN && errno != EINTR) {
        peer->left.len = 0;
    }
    if (peer->left.len == 0) {
        (void)shutdown(peer->fd, SHUT_WR);
        loop_fd_want(peer->watch, true, false);
    }
}

static void on_socket(void *user, bool readable, bool writable)
{
    struct peer *peer = user;
    if (readable && !receive(peer)) {
        leave(peer);
        return;
    }
    if (writable && peer->left.len > 0) {
        send_some(peer);
    }
}

static struct sockaddr_in address_of(in_addr_t host, uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = host};
}

/* libFuzzer's alarm may come while it waits; what was begun then goes on by itself (POSIX,
 * connect()). */
static void await_connected(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof error;
    while (poll(&ready, 1, -1) < 0) {
        EXPECT(errno == EINTR);
    }
    EXPECT(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0);
    errno = error;
    EXPECT(error == 0);
}

/* Each time from another address of the loopback net: one would run out of ports, as each stays
 * taken for a minute. */
static int connect_to_server(void)
{
    static uint32_t number;
    const struct sockaddr_in from = address_of(htonl(INADDR_LOOPBACK + number++ % 0xffff00), 0);
    const struct sockaddr_in to = address_of(inet_addr(ADDRESS), http_server_port(server));
    const int yes = 1; /* each piece at once */
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT(fd >= 0);
    EXPECT(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
    EXPECT(bind(fd, (const struct sockaddr *)&from, sizeof from) == 0);
    EXPECT(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS);
    await_connected(fd);
    return fd;
}

/* Without what the clock decides. */
static void drop_dates(struct strbuf *answers)
{
    static const char DATE[] = "\r\nDate: ";
    char *from = answers->data;
    while (answers->len > 0 && (from = memmem(from, answers->len - (size_t)(from - answers->data),
                                              DATE, sizeof DATE - 1)) != NULL) {
        from += 2;
        memset(from, '-', strcspn(from, "\r"));
    }
}

/* "100 Continue" is needless once the body is there (RFC 9110, 10.1.1). */
static void drop_continues(struct strbuf *answers)
{
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const size_t len = sizeof CONTINUE - 1;
    char *at = NULL;
    while (answers->len > 0 && (at = memmem(answers->data, answers->len, CONTINUE, len)) != NULL) {
        memmove(at, at + len, answers->len - (size_t)(at - answers->data) - len);
        answers->len -= len;
    }
}

static size_t count_answers(struct strview answers, const char *status)
{
    size_t count = 0;
    const char *at = answers.data;
    while (at != NULL && (at = memmem(at, answers.len - (size_t)(at - answers.data), status,
                                      strlen(status))) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* Sends the bytes; afterwards seen and *ret_answers say what came of them. */
static void converse(struct strview bytes, struct way way, struct strbuf *ret_answers)
{
    struct peer peer = {.left = bytes, .step = way.step};
    room = way.room;
    is_full = false;
    strbuf_reset(&seen);
    seen_count = 0;
    strbuf_init(&peer.answers, TEXT_BYTES);
    peer.fd = connect_to_server();
    peer.watch = loop_fd_new(loop, peer.fd, on_socket, &peer);
    peer.timer = loop_timer_new(loop, await_peace, &peer);
    loop_fd_want(peer.watch, true, true);
    loop_run(loop);
    loop_timer_free(peer.timer);
    EXPECT(strbuf_ok(&seen) && strbuf_ok(&peer.answers));
    EXPECT(http_server_held_bytes(server) == 0);
    EXPECT(server->budget.strangers_room == strangers_room);
    EXPECT(http_server_stats(server)->body_bytes == 0);
    EXPECT(http_server_stats(server)->requests_pending == 0);
    EXPECT(count_answers(strbuf_view(&peer.answers), "HTTP/1.1 200 ") == seen_count);
    drop_dates(&peer.answers);
    drop_continues(&peer.answers);
    *ret_answers = peer.answers;
}

/* What differs is said: a run in which it happens may be the only one. */
static void expect_same(const char *what, const struct strbuf *at_once, const struct strbuf *other)
{
    const struct strview a = strbuf_view(at_once);
    const struct strview b = strbuf_view(other);
    if (!strview_equal(a, b)) {
        (void)fprintf(stderr, "%s: %.*s\n---- at once: %.*s\n", what, STRVIEW_ARG(b),
                      STRVIEW_ARG(a));
    }
    EXPECT(strview_equal(a, b));
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct way WAYS[] = {{.step = 1}, {.step = 11, .room = 7}};
    const struct strview bytes = fuzz_view(data, size);
    struct strbuf answers;
    if (server == NULL) {
        start_server();
    }
    if (size == 0) {
        return 0;
    }
    converse(bytes, (struct way){0}, &answers);
    struct strbuf seen_first = seen;
    strbuf_init(&seen, TEXT_BYTES);
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++) {
        struct strbuf other;
        converse(bytes, WAYS[i], &other);
        expect_same("seen", &seen_first, &seen);
        expect_same("answered", &answers, &other);
        strbuf_done(&other);
    }
    strbuf_done(&seen_first);
    strbuf_done(&answers);
    return 0;
}
