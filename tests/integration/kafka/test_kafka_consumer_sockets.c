/* SPDX-License-Identifier: Apache-2.0 */
/* A broker whose packets are dropped is noticed by its socket. */
#include "common/base/parse.h"
#include "tests/integration/kafka/consumer_fixture.h"
#include "tests/support/check_main.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* Sockets of this process to the mock broker whose peer may be silent for ten seconds at most;
 * *ret_others: those without such a limit. */
static int watched_sockets(int *ret_others)
{
    int64_t port = 0;
    ck_assert(parse_i64(strview_of(strchr(mock.brokers, ':') + 1), &port));
    int watched = 0;
    *ret_others = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in peer = {.sin_family = AF_UNSPEC};
        socklen_t len = sizeof peer;
        unsigned limit_ms = 0;
        int idle_s = 0;
        socklen_t size = sizeof limit_ms;
        if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 || peer.sin_family != AF_INET ||
            ntohs(peer.sin_port) != port) {
            continue;
        }
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, &size), 0);
        ck_assert_int_eq(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &size), 0);
        const bool is_watched = limit_ms == 10000 && idle_s <= 5;
        watched += is_watched ? 1 : 0;
        *ret_others += is_watched ? 0 : 1;
    }
    return watched;
}

START_TEST(a_broker_whose_packets_are_dropped_is_noticed_by_the_kernel)
{
    int others = 0;
    open_consumer("readers");
    seen.wanted = 1;
    mock_run(&mock);

    ck_assert_int_gt(watched_sockets(&others), 0);
    ck_assert_int_eq(others, 0);
}
END_TEST

START_TEST(an_operator_may_leave_that_to_the_system)
{
    static const struct kafka_property PROPERTIES[] = {{"socket.keepalive.enable", "false"}};
    int others = 0;
    open_consumer_with("readers", PROPERTIES, 1);
    seen.wanted = 1;
    mock_run(&mock);

    ck_assert_int_eq(watched_sockets(&others), 0);
    ck_assert_int_gt(others, 0);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 90 };
    Suite *suite = suite_create("common/io/kafka/kafka_consumer: sockets");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, a_broker_whose_packets_are_dropped_is_noticed_by_the_kernel);
    tcase_add_test(tests, an_operator_may_leave_that_to_the_system);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
