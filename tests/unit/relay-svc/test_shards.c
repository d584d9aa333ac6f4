/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/utf8.h"
#include "relay-svc/shards/shards.h"
#include "tests/support/check_main.h"

#include <string.h>

static const char *const TOPICS[] = {"order.events"};
static const char *const TYPES[] = {"order"};

static struct shards *shards;

static void follow(void *user, int shard, unsigned effects)
{
    (void)user;
    (void)shard;
    (void)effects;
}

static void open_shards(void)
{
    const struct shards_options options = {.count = 2,
                                           .window_rows = 8,
                                           .topics = TOPICS,
                                           .aggregate_types = TYPES,
                                           .topic_count = 1,
                                           .on_effects = follow};
    shards = shards_new(&options);
    shards->all[1].log.state = SHARD_RUNNING;
}

static void close_shards(void)
{
    shards_free(shards);
}

/* PostgreSQL takes no other, and would refuse to park the event for ever. */
START_TEST(the_reason_to_park_an_event_is_utf8_wherever_it_is_cut)
{
    char words[ERROR_TEXT_MAX];
    memset(words, 0, sizeof words);
    for (size_t i = 0; i + 2 < sizeof words; i += 2) {
        memcpy(words + i, "\xc3\xa9", 2);
    }
    const int heads = 4;
    for (int head = 0; head < heads; head++) {
        shards->all[1].log.pace = SHARD_FLOWS;

        shards_poison(shards, 1, WAY_LOG, "%.*s%s", head, "read", words);

        const char *why = shards->all[1].poison.why;
        ck_assert(utf8_is_valid(strview_of(why)));
        ck_assert_uint_ge(strlen(why), ERROR_TEXT_MAX - 2);
    }
}
END_TEST

START_TEST(of_what_it_met_first_it_keeps_the_reason)
{
    shards_poison(shards, 1, WAY_LOG, "one");
    shards_poison(shards, 1, WAY_FILL, "another");

    ck_assert_str_eq(shards->all[1].poison.why, "one");
    ck_assert_int_eq(shards->all[1].poison.way, WAY_LOG);
}
END_TEST

START_TEST(a_rate_is_of_the_last_five_seconds_and_nothing_once_they_are_over)
{
    struct shard *shard = &shards->all[1];
    ck_assert_int_eq(shards_rate(shard), 0);
    shard->stand.acknowledged = 1;
    shards_count_rates(shards);
    ck_assert_int_eq(shards_rate(shard), 1); /* little is not nothing */
    shard->stand.acknowledged = 99;
    ck_assert_int_eq(shards_rate(shard), 1); /* a second that is not over does not count */
    shards_count_rates(shards);
    for (int i = 1; i < SHARD_RATE_SECONDS; i++) {
        ck_assert_int_eq(shards_rate(shard), 20);
        shards_count_rates(shards);
    }
    ck_assert_int_eq(shards_rate(shard), 20);
    shards_count_rates(shards);
    ck_assert_int_eq(shards_rate(shard), 0);
    ck_assert_int_eq(shards_rate(&shards->all[0]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("relay-svc: shards");
    TCase *tests = tcase_create("poison");
    tcase_add_checked_fixture(tests, open_shards, close_shards);
    tcase_add_test(tests, the_reason_to_park_an_event_is_utf8_wherever_it_is_cut);
    tcase_add_test(tests, of_what_it_met_first_it_keeps_the_reason);
    suite_add_tcase(suite, tests);
    TCase *rate = tcase_create("rate");
    tcase_add_checked_fixture(rate, open_shards, close_shards);
    tcase_add_test(rate, a_rate_is_of_the_last_five_seconds_and_nothing_once_they_are_over);
    suite_add_tcase(suite, rate);
    return check_main(suite);
}
