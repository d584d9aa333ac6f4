/* SPDX-License-Identifier: Apache-2.0 */
/* What a service tells the manager that started it. */
#include "common/io/loop.h"
#include "common/run/notify.h"
#include "tests/support/check_main.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct loop *loop;
static int manager;
static char name[64]; /* begins with @: no file */

static void setup(void)
{
    struct error err;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = 60};
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    (void)snprintf(name, sizeof name, "@orderspine-test-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(manager, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    ck_assert_int_eq(setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void teardown(void)
{
    (void)close(manager);
    loop_free(loop);
}

static const char *heard(int flags)
{
    static char text[64];
    const ssize_t len = recv(manager, text, sizeof text - 1, flags);
    text[len < 0 ? 0 : len] = '\0';
    return text;
}

START_TEST(ready_and_stopping_are_told)
{
    struct notify *notify = notify_new(loop);

    ck_assert_str_eq(heard(MSG_DONTWAIT), "");
    notify_ready(notify);
    ck_assert_str_eq(heard(0), "READY=1");
    notify_stopping(notify);
    ck_assert_str_eq(heard(0), "STOPPING=1");
    ck_assert_str_eq(heard(MSG_DONTWAIT), ""); /* nobody wants signs of life */
    notify_free(notify);
}
END_TEST

START_TEST(nobody_is_told_where_nobody_asks)
{
    static const char *const NAMES[] = {NULL, "", "/", "relative", "@"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (NAMES[i] == NULL) {
            (void)unsetenv("NOTIFY_SOCKET");
        } else {
            (void)setenv("NOTIFY_SOCKET", NAMES[i], 1);
        }
        struct notify *notify = notify_new(loop);
        notify_ready(notify);
        notify_stopping(notify);
        notify_free(notify);
    }
    ck_assert_str_eq(heard(MSG_DONTWAIT), "");
}
END_TEST

static void stop(void *user)
{
    (void)user;
    loop_stop(loop);
}

/* Runs the loop for a moment. */
static void run_shortly(void)
{
    struct loop_timer *timer = loop_timer_new(loop, stop, NULL);
    loop_timer_start(timer, 20);
    loop_run(loop);
    loop_timer_free(timer);
}

START_TEST(signs_of_life_come_from_the_loop)
{
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    (void)setenv("WATCHDOG_USEC", "6000", 1);
    (void)setenv("WATCHDOG_PID", pid, 1);
    struct notify *notify = notify_new(loop);

    notify_ready(notify);
    ck_assert_str_eq(heard(0), "READY=1");
    ck_assert_str_eq(heard(0), "WATCHDOG=1");
    ck_assert_str_eq(heard(MSG_DONTWAIT), ""); /* a loop that stands still sends none */
    run_shortly();
    ck_assert_str_eq(heard(0), "WATCHDOG=1");
    notify_free(notify);
}
END_TEST

START_TEST(somebody_elses_watchdog_is_left_alone)
{
    (void)setenv("WATCHDOG_USEC", "6000", 1);
    (void)setenv("WATCHDOG_PID", "1", 1);
    struct notify *notify = notify_new(loop);

    notify_ready(notify);
    ck_assert_str_eq(heard(0), "READY=1");
    run_shortly();
    ck_assert_str_eq(heard(MSG_DONTWAIT), "");
    notify_free(notify);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/notify");
    TCase *telling = tcase_create("telling");
    tcase_add_checked_fixture(telling, setup, teardown);
    tcase_add_test(telling, ready_and_stopping_are_told);
    tcase_add_test(telling, nobody_is_told_where_nobody_asks);
    tcase_add_test(telling, signs_of_life_come_from_the_loop);
    tcase_add_test(telling, somebody_elses_watchdog_is_left_alone);
    suite_add_tcase(suite, telling);
    return check_main(suite);
}
