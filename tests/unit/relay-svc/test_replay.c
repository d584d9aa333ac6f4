/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/replay.h"
#include "relay-svc/core/shard_topic.h"
#include "tests/support/check_main.h"

enum { SHARDS = 2, TOPICS = 2, STEP = 1000 };

static const struct replay_range RANGES[SHARDS] = {{0, 5000}, {10, 20}};

static struct replay replay;

static void begin(void)
{
    replay_init(&replay, RANGES, SHARDS, TOPICS);
}

static void end(void)
{
    replay_done(&replay);
}

static uint32_t send_row(int shard, int topic, int64_t seq, int64_t now_ms)
{
    const uint32_t ticket = replay_ticket(&replay, shard);
    ck_assert(replay_takes(&replay, shard));
    replay_sent(&replay, shard, topic, seq, now_ms);
    return ticket;
}

static void assert_next(int shard, int64_t after, int64_t upto)
{
    struct replay_wish wish;
    ck_assert(replay_next(&replay, STEP, &wish));
    ck_assert_int_eq(wish.shard, shard);
    ck_assert_int_eq(wish.range.after, after);
    ck_assert_int_eq(wish.range.upto, upto);
    ck_assert_uint_gt(wish.rows, 0);
}

START_TEST(a_place_is_a_number_or_a_moment)
{
    static const struct {
        const char *text;
        bool is_sound;
        bool is_time;
        int64_t value;
    } CASES[] = {
        {"0", true, false, 0},
        {"4711", true, false, 4711},
        {"-1", false, false, 0},
        {"1970-01-02", true, true, 86400000},
        {"1970-01-01T00:00:07Z", true, true, 7000},
        {"1970-01-01T00:00:07.008Z", true, true, 7008},
        {"1970-01-01T00:00:07", false, false, 0},
        {"1970-13-01", false, false, 0},
        {"1970-01-01T01:00:07+01:00", true, true, 7000},
        {"1970-01-01T00:00:07.5-00:30", true, true, 1807500},
        {"1970-01-01T00:00:07+1", false, false, 0},
        {"1970-01-0x", false, false, 0},
        {"1970-01-01T00:00:07.008Z, and more than a time has", false, false, 0},
        {"", false, false, 0},
        {"yesterday", false, false, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct replay_bound bound = {.is_set = false};
        ck_assert_msg(replay_bound_parse(CASES[i].text, &bound) == CASES[i].is_sound, "%s",
                      CASES[i].text);
        if (CASES[i].is_sound) {
            ck_assert(bound.is_set && bound.is_time == CASES[i].is_time);
            ck_assert_int_eq(bound.value, CASES[i].value);
        }
    }
}
END_TEST

START_TEST(shards_take_turns_and_are_read_in_steps)
{
    assert_next(0, 0, STEP);
    assert_next(1, 10, 20);
    assert_next(0, 0, STEP);
    replay_read(&replay, 0, STEP);
    assert_next(1, 10, 20);
    assert_next(0, STEP, 2 * STEP);
}
END_TEST

START_TEST(the_first_record_of_a_partition_goes_alone)
{
    struct replay_wish wish;
    replay_read(&replay, 0, 5000);
    const uint32_t first = send_row(1, 0, 11, 0);

    ck_assert(!replay_takes(&replay, 1));
    ck_assert(!replay_next(&replay, STEP, &wish));
    replay_acknowledged(&replay, 1, first, 1);
    (void)send_row(1, 0, 12, 2);
    ck_assert(replay_takes(&replay, 1));
    const uint32_t other = send_row(1, 1, 13, 3); /* the first one of its own topic */
    ck_assert(!replay_takes(&replay, 1));
    replay_acknowledged(&replay, 1, other, 4);
    ck_assert(!replay_takes(&replay, 1)); /* which of the two that was is not asked */
}
END_TEST

START_TEST(so_does_one_after_an_hour)
{
    replay_acknowledged(&replay, 1, send_row(1, 0, 11, 0), 0);
    replay_acknowledged(&replay, 1, send_row(1, 0, 12, SHARD_SILENCE_MS - 1), SHARD_SILENCE_MS - 1);
    (void)send_row(1, 0, 13, 2 * SHARD_SILENCE_MS);

    ck_assert(!replay_takes(&replay, 1));
}
END_TEST

START_TEST(it_goes_on_from_what_is_acknowledged_without_a_break)
{
    replay_acknowledged(&replay, 1, send_row(1, 0, 11, 0), 0);
    replay_acknowledged(&replay, 1, send_row(1, 1, 12, 0), 0);
    const uint32_t early = send_row(1, 0, 13, 0);
    const uint32_t late = send_row(1, 1, 14, 0);
    replay_read(&replay, 0, 5000);
    replay_read(&replay, 1, 20);

    ck_assert_int_eq(replay_rest(&replay), 13);
    replay_acknowledged(&replay, 1, late, 0);
    replay_acknowledged(&replay, 1, late, 0); /* counts once */
    ck_assert_int_eq(replay_rest(&replay), 13);
    ck_assert(!replay_is_done(&replay));
    replay_acknowledged(&replay, 1, early, 0);
    ck_assert_int_eq(replay_rest(&replay), 0);
    ck_assert(replay_is_done(&replay));
    ck_assert_int_eq(replay.acknowledged, 4);
    ck_assert_uint_eq(replay.in_flight, 0);
}
END_TEST

START_TEST(it_tells_how_far_it_is)
{
    ck_assert_int_eq(replay_rest(&replay), 1);
    ck_assert_int_eq(replay_permille(&replay), 0);
    replay_read(&replay, 0, 2500);
    ck_assert_int_eq(replay_permille(&replay), 499);
    replay_read(&replay, 0, 5000);
    replay_read(&replay, 1, 20);
    ck_assert_int_eq(replay_permille(&replay), 1000);
}
END_TEST

START_TEST(nothing_to_do_is_done)
{
    static const struct replay_range NONE[SHARDS] = {{7, 7}, {0, 0}};
    struct replay none;
    replay_init(&none, NONE, SHARDS, TOPICS);

    ck_assert(replay_is_done(&none));
    ck_assert_int_eq(replay_permille(&none), 1000);
    ck_assert_int_eq(replay_rest(&none), 0);
    replay_done(&none);
}
END_TEST

START_TEST(a_full_window_waits)
{
    struct replay_wish wish;
    int64_t seq = 1;
    replay_read(&replay, 1, 20);
    replay_acknowledged(&replay, 0, send_row(0, 0, seq, 0), 0);
    while (replay_takes(&replay, 0)) {
        (void)send_row(0, 0, ++seq, 0);
    }

    ck_assert_int_lt(seq, 5000);
    ck_assert(!replay_next(&replay, STEP, &wish));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("replay");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_place_is_a_number_or_a_moment);
    tcase_add_test(tests, shards_take_turns_and_are_read_in_steps);
    tcase_add_test(tests, the_first_record_of_a_partition_goes_alone);
    tcase_add_test(tests, so_does_one_after_an_hour);
    tcase_add_test(tests, it_goes_on_from_what_is_acknowledged_without_a_break);
    tcase_add_test(tests, it_tells_how_far_it_is);
    tcase_add_test(tests, nothing_to_do_is_done);
    tcase_add_test(tests, a_full_window_waits);
    Suite *suite = suite_create("relay-svc/core/replay");
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
