/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/fair_share.h"
#include "tests/support/check_main.h"

enum { SHARDS = 12 };

static int share(int alive, int others_reaching, bool reaches)
{
    const struct fair_members members = {
        .alive = alive, .others_reaching = others_reaching, .reaches = reaches};
    return fair_share(SHARDS, &members);
}

START_TEST(those_that_reach_kafka_share_evenly)
{
    ck_assert_int_eq(share(1, 0, true), 12);
    ck_assert_int_eq(share(2, 1, true), 6);
    ck_assert_int_eq(share(5, 4, true), 3); /* rounded up: none is left over */
}
END_TEST

START_TEST(one_that_lost_kafka_gives_its_part_to_those_that_have_it)
{
    ck_assert_int_eq(share(2, 1, false), 0);
    ck_assert_int_eq(share(3, 1, true), 6);
    ck_assert_int_eq(share(2, 0, true), 12);
}
END_TEST

START_TEST(when_nobody_reaches_kafka_everybody_keeps_its_part)
{
    ck_assert_int_eq(share(1, 0, false), 12);
    ck_assert_int_eq(share(3, 0, false), 4);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fair_share");
    tcase_add_test(tests, those_that_reach_kafka_share_evenly);
    tcase_add_test(tests, one_that_lost_kafka_gives_its_part_to_those_that_have_it);
    tcase_add_test(tests, when_nobody_reaches_kafka_everybody_keeps_its_part);
    Suite *suite = suite_create("relay-svc/core/fair_share");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
