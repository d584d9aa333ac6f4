/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/queue.h"
#include "tests/support/check_main.h"

#include <signal.h>

/* In place of Kafka's: a record's message is how much its headers are. */
size_t kafka_record_header_bytes(const struct kafka_record *record)
{
    return record->message == NULL ? 0 : *(const size_t *)record->message;
}

static size_t all_bytes;
static struct queue queue;
static int64_t next_offset;

static void open_queue(void)
{
    all_bytes = 0;
    next_offset = 0;
    queue_init(&queue, &all_bytes);
}

static void close_queue(void)
{
    while (queue.count > 0) {
        (void)queue_take(&queue);
    }
    queue_done(&queue);
}

/* Its value is so long that the record counts as so many bytes. */
static void put(size_t bytes)
{
    const struct kafka_record record = {
        .offset = next_offset++,
        .value = {.data = "", .len = bytes - QUEUE_RECORD_OVERHEAD},
    };
    queue_put(&queue, &record);
}

START_TEST(records_come_out_in_their_order_around_the_ring)
{
    int64_t expected = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 7; i++) {
            put(QUEUE_RECORD_OVERHEAD);
        }
        for (int i = 0; i < 5; i++) {
            ck_assert_int_eq(queue_at(&queue, 1)->offset, expected + 1);
            ck_assert_int_eq(queue_take(&queue).offset, expected++);
        }
    }
    ck_assert_uint_eq(queue.count, 100);
    while (queue.count > 0) {
        ck_assert_int_eq(queue_take(&queue).offset, expected++);
    }
    ck_assert_uint_eq(queue.bytes, 0);
    ck_assert_uint_eq(all_bytes, 0);
}
END_TEST

START_TEST(a_record_counts_with_its_headers)
{
    size_t headers = 8;
    const struct kafka_record record = {.key = STRVIEW("k"), .value = STRVIEW("va")};
    struct kafka_record with = record;
    with.offset = 1;
    with.message = &headers;
    queue_put(&queue, &record);
    queue_put(&queue, &with);

    ck_assert_uint_eq(queue_bytes_at(&queue, 0), 1 + 2 + QUEUE_RECORD_OVERHEAD);
    ck_assert_uint_eq(queue_bytes_at(&queue, 1), 1 + 2 + 8 + QUEUE_RECORD_OVERHEAD);
    ck_assert_uint_eq(all_bytes, 2 * (1 + 2 + QUEUE_RECORD_OVERHEAD) + 8);
    headers = 0; /* whatever it would be later: what was counted is taken off */
}
END_TEST

START_TEST(what_a_large_batch_took_is_given_back_when_it_is_empty)
{
    enum { MANY = 1000 };
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            put(QUEUE_RECORD_OVERHEAD);
        }
        ck_assert_uint_ge(queue.cap, MANY);
        for (int i = 0; i < MANY; i++) {
            ck_assert_int_eq(queue_take(&queue).offset, round * MANY + i);
        }
        ck_assert_uint_eq(queue.cap, 0);
        ck_assert_ptr_null(queue.records);
    }
}
END_TEST

START_TEST(what_a_small_one_took_is_kept)
{
    put(QUEUE_RECORD_OVERHEAD);
    (void)queue_take(&queue);
    ck_assert_uint_gt(queue.cap, 0);
}
END_TEST

START_TEST(an_offset_that_does_not_rise_is_our_mistake)
{
    put(QUEUE_RECORD_OVERHEAD);
    next_offset = 0;
    put(QUEUE_RECORD_OVERHEAD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/queue");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_queue, close_queue);
    tcase_add_test(rules, records_come_out_in_their_order_around_the_ring);
    tcase_add_test(rules, a_record_counts_with_its_headers);
    tcase_add_test(rules, what_a_large_batch_took_is_given_back_when_it_is_empty);
    tcase_add_test(rules, what_a_small_one_took_is_kept);
    suite_add_tcase(suite, rules);
    TCase *mistakes = tcase_create("mistakes");
    tcase_add_checked_fixture(mistakes, open_queue, close_queue);
    tcase_add_test_raise_signal(mistakes, an_offset_that_does_not_rise_is_our_mistake, SIGABRT);
    suite_add_tcase(suite, mistakes);
    return check_main(suite);
}
