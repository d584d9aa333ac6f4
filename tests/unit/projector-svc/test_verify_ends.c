/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/verify_internal.h"
#include "tests/support/check_main.h"

#include <stdlib.h>

static struct verify *verify_of_two_shards(void)
{
    struct verify *verify = calloc(1, sizeof *verify);
    ck_assert_ptr_nonnull(verify);
    verify->shard_count = 2;
    verify->shards[0].head = 7;
    return verify;
}

static const struct kafka_survey_place ALL[] = {
    {.topic = 0, .partition = 0, .end = 4},
    {.topic = 1, .partition = 0, .end = 0},
    {.topic = 2, .partition = 0, .end = 5},
    {.topic = 3, .partition = 0, .end = 6},
};

START_TEST(only_what_the_broker_says_is_empty_is_empty)
{
    struct verify *verify = verify_of_two_shards();
    const struct kafka_survey_place places[] = {
        {.topic = 0, .partition = 0, .end = 4},
        {.topic = 0, .partition = 1, .end = -1}, /* no leader, or no right */
        {.topic = 1, .partition = 0, .end = 0},
        {.topic = 0, .partition = 2, .end = 9}, /* beyond the shards */
    };

    verify_take_ends(verify, places, 4);

    ck_assert_int_eq(verify->shards[0].end[0], 4);
    ck_assert_int_eq(verify->shards[1].end[0], -1);
    ck_assert_int_eq(verify->shards[0].end[1], 0);
    ck_assert_int_eq(verify->shards[1].end[1], -1);
    ck_assert_int_eq(verify->shards[0].end[2], -1); /* a topic that gave no places */
    free(verify);
}
END_TEST

START_TEST(ends_are_known_when_every_shard_with_events_has_them)
{
    struct verify *verify = verify_of_two_shards();

    verify_take_ends(verify, ALL, 3);
    ck_assert(!verify_knows_ends(verify));
    verify_take_ends(verify, ALL, 4);
    ck_assert(verify_knows_ends(verify));
    verify->shards[1].head = 8;
    ck_assert(!verify_knows_ends(verify));
    free(verify);
}
END_TEST

START_TEST(a_later_answer_stands_alone)
{
    struct verify *verify = verify_of_two_shards();

    verify_take_ends(verify, ALL, 4);
    verify_take_ends(verify, NULL, 0);
    ck_assert_int_eq(verify->shards[0].end[0], -1);
    free(verify);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/verify/ends");
    TCase *tests = tcase_create("ends");
    tcase_add_test(tests, only_what_the_broker_says_is_empty_is_empty);
    tcase_add_test(tests, ends_are_known_when_every_shard_with_events_has_them);
    tcase_add_test(tests, a_later_answer_stands_alone);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
