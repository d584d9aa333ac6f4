/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swarm - many clients of command-svc in one thread: orders of two lines, each with a key of its
 * own.
 *
 *     swarm PORT TOKEN SECONDS CONNECTIONS RATE [orders|surplus|patient|slow] [SURPLUS]
 *
 * RATE 0: each connection sends as soon as it was answered. Else so many requests a second are
 * due, whatever becomes of them, and one for which no connection is free is left out ("unsent").
 *   surplus  of RATE, so many as SURPLUS are questions to /healthz instead
 *   slow     each connection sends a byte of a head a second, and comes again when it is closed;
 *            prints how many a second did either
 *   patient  a connection that was refused waits as Retry-After says
 *
 * Why not wrk: it has no rate, and no latency of accepted requests alone.
 *
 * Prints: accepted/s, accepted, refused, refused without Retry-After, other answers, connections
 * lost, unsent, and of the accepted the latency in ms: median, 99 %.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Between looks at all connections: thousands cost time that the service wants. And how many ask
 * at one look: who has thousands ask before it reads any answer makes those wait that were first.
 */
enum { LOOK_US = 2000, PORTION = 64 };
enum { BUFFER = 8192, REQUEST_MAX = 2048, EVENTS = 512, LATENCIES = 1 << 23, PRODUCTS = 1000 };

struct client {
    int fd; /* -1: none */
    bool is_asking;
    bool is_order;
    int64_t sent_us;
    int64_t free_us; /* not before */
    size_t len;
    char input[BUFFER];
};

static struct {
    uint64_t accepted, refused, unexplained, other, lost, unsent;
} counts;

static struct client *clients;
static size_t client_count;
static uint32_t *latencies;
static int poller;
static in_port_t port;
static bool is_patient;
static double surplus_part; /* of the requests that are no orders */
static double surplus_debt;
static const char *token;
static uint64_t sent;
static long run_id;

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- one connection ------------------------------------------------------------------------ */

static void leave(struct client *client)
{
    if (client->fd >= 0) {
        (void)close(client->fd);
    }
    client->fd = -1;
    client->is_asking = false;
    client->len = 0;
}

/* Something went wrong: a tenth of a second later it connects again. */
static void lose(struct client *client)
{
    counts.lost++;
    leave(client);
    client->free_us = now_us() + 100000;
}

static bool join(struct client *client)
{
    const int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    return epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event) == 0;
}

static int write_order(char *text)
{
    char body[REQUEST_MAX / 2];
    const unsigned sku = (unsigned)(random() % PRODUCTS + 1);
    const int len = snprintf(
        body, sizeof body,
        "{\"customer_id\":\"demo\",\"currency\":\"GBP\",\"lines\":[{\"sku\":\"sku-%u\","
        "\"quantity\":1},"
        "{\"sku\":\"sku-%u\",\"quantity\":2}],\"shipping_address\":{\"name\":\"Demo\",\"line1\":"
        "\"1 High Street\",\"city\":\"Dover\",\"postal_code\":\"CT16\",\"region\":\"Kent\","
        "\"country\":\"GB\"},\"payment\":{\"provider\":\"demo\",\"method\":\"card\"}}",
        sku, sku % PRODUCTS + 1);
    return snprintf(text, REQUEST_MAX,
                    "POST /v1/orders HTTP/1.1\r\nHost: swarm\r\nAuthorization: Bearer %s\r\n"
                    "Content-Type: application/json\r\nIdempotency-Key: %ld-%llu\r\n"
                    "Content-Length: %d\r\n\r\n%s",
                    token, run_id, (unsigned long long)sent, len, body);
}

static void ask(struct client *client)
{
    char text[REQUEST_MAX];
    int len;
    if (client->fd < 0 && !join(client)) {
        lose(client);
        return;
    }
    surplus_debt += surplus_part;
    client->is_order = surplus_debt < 1;
    if (client->is_order) {
        len = write_order(text);
    } else {
        surplus_debt -= 1;
        len = snprintf(text, sizeof text, "GET /healthz HTTP/1.1\r\nHost: swarm\r\n\r\n");
    }
    sent++;
    client->is_asking = true;
    client->len = 0;
    client->sent_us = now_us();
    if (send(client->fd, text, (size_t)len, MSG_NOSIGNAL) != len) {
        lose(client);
    }
}

/* The number behind that header of ours; -1: it is not there. */
static int64_t header_number(const char *head, const char *name)
{
    const char *at = strcasestr(head, name);
    int64_t number = 0;
    if (at == NULL) {
        return -1;
    }
    for (at += strlen(name); *at == ' ' || (*at >= '0' && *at <= '9'); at++) {
        number = *at == ' ' ? number : 10 * number + (*at - '0');
    }
    return number;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void count_refusal(struct client *client, const char *head)
{
    const int64_t after_s = header_number(head, "\r\nRetry-After:");
    counts.refused++;
    if (after_s < 0) {
        counts.unexplained++;
    } else if (is_patient) {
        client->free_us = now_us() + 1000000 * after_s;
    }
}

static void count_answer(struct client *client, const char *head)
{
    const int64_t status = header_number(head, "HTTP/1.1");
    if (!client->is_order && status == 200) {
        return;
    }
    if (status == 201) {
        if (counts.accepted < LATENCIES) {
            latencies[counts.accepted] = (uint32_t)(now_us() - client->sent_us);
        }
        counts.accepted++;
    } else if (status == 429 || status == 503) {
        count_refusal(client, head);
    } else {
        counts.other++;
    }
}

/* True when the whole answer is there. */
static bool is_whole(struct client *client)
{
    client->input[client->len] = '\0';
    char *end = strstr(client->input, "\r\n\r\n");
    if (end == NULL) {
        return false;
    }
    *end = '\0';
    const int64_t body = header_number(client->input, "\r\nContent-Length:");
    const size_t whole = (size_t)(end - client->input) + 4 + (body > 0 ? (size_t)body : 0);
    const bool is_there = client->len >= whole;
    if (!is_there) {
        *end = '\r';
    }
    return is_there;
}

/* True when it is free again. */
static bool hear(struct client *client)
{
    const ssize_t len =
        recv(client->fd, client->input + client->len, BUFFER - 1 - client->len, MSG_DONTWAIT);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (len <= 0) {
        if (client->is_asking) {
            lose(client);
        } else {
            leave(client); /* idle for too long */
        }
        return false;
    }
    client->len += (size_t)len;
    if (!is_whole(client)) {
        return false;
    }
    const bool closes = strcasestr(client->input, "\r\nConnection: close") != NULL;
    count_answer(client, client->input);
    client->is_asking = false;
    if (closes) {
        leave(client);
    }
    return true;
}

/* ---- all of them --------------------------------------------------------------------------- */

static bool is_free(const struct client *client, int64_t at_us)
{
    return !client->is_asking && client->free_us <= at_us;
}

/* Asks with up to `due` of those that are free, in turn; returns how many there were. */
static uint64_t ask_some(uint64_t due, int64_t at_us)
{
    static size_t next;
    uint64_t asked = 0;
    for (size_t i = 0; i < client_count && asked < due; i++) {
        struct client *client = &clients[next];
        next = (next + 1) % client_count;
        if (is_free(client, at_us)) {
            ask(client);
            asked++;
        }
    }
    return asked;
}

/* Before the clock runs: one thread connects thousands in tenths of a second, in which it would
 * read nothing and none would ask. */
static void join_all(void)
{
    for (size_t i = 0; i < client_count; i++) {
        if (!join(&clients[i])) {
            lose(&clients[i]);
        }
    }
}

static void run(double seconds, double rate)
{
    static struct epoll_event events[EVENTS];
    const int64_t start_us = now_us();
    const int64_t end_us = start_us + (int64_t)(seconds * 1e6);
    int64_t look_us = start_us;
    uint64_t done = 0;
    for (int64_t at_us = start_us; at_us < end_us; at_us = now_us()) {
        const int count = epoll_wait(poller, events, EVENTS, 1);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client->fd >= 0 && hear(client) && rate == 0 && is_free(client, now_us())) {
                ask(client);
            }
        }
        if (at_us < look_us) {
            continue;
        }
        look_us = at_us + LOOK_US;
        if (rate == 0) {
            look_us = ask_some(PORTION, at_us) < PORTION ? look_us : at_us;
            continue;
        }
        const uint64_t due = (uint64_t)((double)(at_us - start_us) / 1e6 * rate) - done;
        counts.unsent += due - ask_some(due, at_us);
        done += due;
    }
}

/* A byte of each in a second. */
static void dawdle(double seconds)
{
    static const char HEAD[] = "POST /v1/orders HTTP/1.1\r\nHost: swarm\r\nX-Slow: "
                               "0123456789012345678901234567890123456789";
    const int64_t end_us = now_us() + (int64_t)(seconds * 1e6);
    while (now_us() < end_us) {
        const int64_t start_us = now_us();
        for (size_t i = 0; i < client_count; i++) {
            struct client *client = &clients[i];
            const char *byte = &HEAD[client->len++ % (sizeof HEAD - 1)];
            if (client->fd < 0 ? !join(client) : send(client->fd, byte, 1, MSG_NOSIGNAL) != 1) {
                lose(client);
            } else {
                sent++;
            }
            if (i % 50 == 49) { /* not all at once */
                (void)usleep(800000 / (unsigned)(client_count / 50 + 1));
            }
        }
        const int64_t left_us = 1000000 - (now_us() - start_us);
        (void)usleep(left_us > 0 ? (unsigned)left_us : 0);
    }
    (void)printf("%.0f\n", (double)sent / seconds);
}

static int compare(const void *one, const void *other)
{
    const uint32_t a = *(const uint32_t *)one;
    const uint32_t b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static double at_part(double part)
{
    const uint64_t count = counts.accepted < LATENCIES ? counts.accepted : LATENCIES;
    return count == 0 ? 0 : latencies[(uint64_t)((double)(count - 1) * part)] / 1e3;
}

static void report(double seconds)
{
    const uint64_t count = counts.accepted < LATENCIES ? counts.accepted : LATENCIES;
    qsort(latencies, count, sizeof latencies[0], compare);
    (void)printf("%.0f %llu %llu %llu %llu %llu %llu %.1f %.1f\n",
                 (double)counts.accepted / seconds, (unsigned long long)counts.accepted,
                 (unsigned long long)counts.refused, (unsigned long long)counts.unexplained,
                 (unsigned long long)counts.other, (unsigned long long)counts.lost,
                 (unsigned long long)counts.unsent, at_part(0.5), at_part(0.99));
}

static bool prepare(void)
{
    const struct rlimit files = {65536, 65536};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    run_id = (long)now_us();
    srandom((unsigned)run_id);
    poller = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc(client_count, sizeof *clients);
    latencies = malloc(LATENCIES * sizeof *latencies);
    for (size_t i = 0; clients != NULL && i < client_count; i++) {
        clients[i].fd = -1;
    }
    return clients != NULL && latencies != NULL && poller >= 0;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fprintf(stderr, "usage: swarm PORT TOKEN SECONDS CONNECTIONS RATE "
                              "[orders|surplus|patient|slow] [SURPLUS]\n");
        return 2;
    }
    const double seconds = strtod(argv[3], NULL);
    const double rate = strtod(argv[5], NULL);
    const char *mode = argc > 6 ? argv[6] : "orders";
    port = (in_port_t)strtod(argv[1], NULL);
    token = argv[2];
    client_count = (size_t)strtod(argv[4], NULL);
    is_patient = strcmp(mode, "patient") == 0;
    surplus_part = argc > 7 && rate > 0 ? strtod(argv[7], NULL) / rate : 0;
    if (!prepare()) {
        return 1;
    }
    if (strcmp(mode, "slow") == 0) {
        dawdle(seconds);
    } else {
        join_all();
        run(seconds, rate);
        report(seconds);
    }
    return 0;
}
