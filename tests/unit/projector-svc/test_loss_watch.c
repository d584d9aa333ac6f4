/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a Redis that nobody has reached yet. */
#include "common/io/loop.h"
#include "projector-svc/query/loss_watch.h"
#include "tests/support/check_main.h"

static const char NOBODY[] = "redis://127.0.0.1:1";

START_TEST(before_the_first_connection_no_answer_says_recovering_nor_does_the_metric)
{
    const struct redisconn_options options = {.url = NOBODY};
    struct error err;
    struct redisconn *reader = NULL;
    struct loop *loop = NULL;
    ck_assert_int_eq(loop_new(&loop, &err), ERROR_NONE);
    ck_assert_int_eq(redisconn_new(loop, &options, &reader, &err), ERROR_NONE);
    struct loss_watch *watch = loss_watch_new(loop, reader, NOBODY);

    ck_assert(loss_watch_is_recovering(watch)); /* whatever is read first */
    ck_assert(!loss_watch_is_told(watch));
    loss_watch_on_ready(watch);
    ck_assert(loss_watch_is_told(watch));

    redisconn_free(reader);
    loss_watch_free(watch);
    loop_free(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/query/loss_watch");
    TCase *metric = tcase_create("metric");
    tcase_add_test(metric,
                   before_the_first_connection_no_answer_says_recovering_nor_does_the_metric);
    suite_add_tcase(suite, metric);
    return check_main(suite);
}
