/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the lanes say of locks that somebody else has, to /readyz and to the metrics. Their database
 * is not there: nothing but what is noted here is known to them.
 */
#include "command-svc/batch/lanes.h"
#include "command-svc/metrics.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { LOOK_MS = 20, LIMIT_MS = 30000 };

static struct loop *loop;
static struct lanes *lanes;
static struct metrics *metrics;
static struct loop_timer *look;
static int64_t limit_ms;
static struct error err;

static void note(void)
{
    const int64_t now_ms = loop_now_ms();
    (void)held_note(lanes_held(lanes), HELD_ORDER, STRVIEW("o-1"), now_ms, now_ms);
}

/* Until the metrics have it: they are set once a second. */
static void on_look(void *user)
{
    (void)user;
    note();
    ck_assert_msg(loop_now_ms() < limit_ms, "it is never counted");
    if (metrics_get(metrics, METRIC_LOCKS_HELD, HELD_ORDER) == 1) {
        loop_stop(loop);
    } else {
        loop_timer_start(look, LOOK_MS);
    }
}

static void open_lanes(void)
{
    log_setup("command-svc", LOG_LEVEL_COUNT);
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    metrics = metrics_new(COMMAND_METRICS, COMMAND_METRIC_COUNT);
    const struct lanes_options options = {.database_url = "postgresql://127.0.0.1:1/none",
                                          .count = 1,
                                          .command_timeout_ms = 1000,
                                          .queue_floor = 1,
                                          .metrics = metrics};
    ck_assert_int_eq(lanes_new(loop, &options, &lanes, &err), ERROR_NONE);
    look = loop_timer_new(loop, on_look, NULL);
    limit_ms = loop_now_ms() + LIMIT_MS;
}

static void close_lanes(void)
{
    lanes_free(lanes);
    loop_timer_free(look);
    metrics_free(metrics);
    loop_free(loop);
}

START_TEST(a_lock_whose_holder_nobody_knows_is_told_without_one)
{
    ck_assert_int_eq(lanes_lock_probe(lanes, &err), ERROR_NONE);
    note();
    ck_assert_int_eq(lanes_lock_probe(lanes, &err), ERROR_TRANSIENT);
    ck_assert_str_eq(err.text, "1 locks are held elsewhere: order o-1 for 0 s");
}
END_TEST

START_TEST(and_counted)
{
    ck_assert(metrics_get(metrics, METRIC_LOCKS_HELD, HELD_ORDER) == 0);
    loop_timer_start(look, 0);
    loop_run(loop);
    ck_assert(metrics_get(metrics, METRIC_LOCKS_HELD, HELD_STOCK) == 0);
}
END_TEST

START_TEST(one_whose_holder_is_known_is_told_with_him)
{
    const struct holder holder = {.pid = 7, .user = "mallory", .application = "psql"};
    note();
    held_by(lanes_held(lanes), HELD_ORDER, STRVIEW("o-1"), &holder);
    ck_assert_int_eq(lanes_lock_probe(lanes, &err), ERROR_TRANSIENT);
    ck_assert_str_eq(err.text,
                     "1 locks are held elsewhere: order o-1 for 0 s by pid 7, user mallory, psql");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/lanes");
    TCase *tcase = tcase_create("locks");
    tcase_add_checked_fixture(tcase, open_lanes, close_lanes);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_lock_whose_holder_nobody_knows_is_told_without_one);
    tcase_add_test(tcase, and_counted);
    tcase_add_test(tcase, one_whose_holder_is_known_is_told_with_him);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
