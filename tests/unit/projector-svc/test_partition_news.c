/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a partition says of its troubles: how often.
 */
#include "tests/unit/projector-svc/partition_fixture.h"

/* A batch that Redis refuses; the partition is opened again. */
static void fail_batch_by(enum error_kind kind)
{
    let_loop_turn();
    answer(kind);
    open_at(0, VIEW_POSITIONS_NONE);
}

START_TEST(each_kind_of_failure_is_said_at_once_and_then_once_a_minute)
{
    struct news *refused = &partition[0]->troubles[ERROR_INVALID];
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    fail_batch_by(ERROR_INVALID);
    ck_assert(refused->was_said);
    ck_assert_uint_eq(refused->unsaid, 0);
    fail_batch_by(ERROR_INVALID);
    fail_batch_by(ERROR_INVALID);
    ck_assert_uint_eq(refused->unsaid, 2);
    fail_batch_by(ERROR_TRANSIENT);
    ck_assert(partition[0]->troubles[ERROR_TRANSIENT].was_said);
    ck_assert_uint_eq(partition[0]->troubles[ERROR_TRANSIENT].unsaid, 0);
    ck_assert_uint_eq(refused->unsaid, 2);
    refused->said_ms -= NEWS_EVERY_MS;
    fail_batch_by(ERROR_INVALID);
    ck_assert_uint_eq(refused->unsaid, 0);
}
END_TEST

START_TEST(another_owners_write_is_no_trouble_to_speak_of)
{
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    fail_batch_by(ERROR_CONFLICT);
    ck_assert(!partition[0]->troubles[ERROR_CONFLICT].was_said);
    ck_assert_int_eq(partition[0]->trouble.kind, ERROR_NONE);
}
END_TEST

/* As while a rebuild holds the views. */
START_TEST(conflicts_are_said_at_once_and_then_once_a_minute)
{
    struct news *conflicts = &partition[0]->conflicts;
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    fail_batch_by(ERROR_CONFLICT);
    ck_assert(conflicts->was_said);
    ck_assert_uint_eq(conflicts->unsaid, 0);
    fail_batch_by(ERROR_CONFLICT);
    fail_batch_by(ERROR_CONFLICT);
    ck_assert_uint_eq(conflicts->unsaid, 2);
    conflicts->said_ms -= NEWS_EVERY_MS;
    fail_batch_by(ERROR_CONFLICT);
    ck_assert_uint_eq(conflicts->unsaid, 0);
}
END_TEST

/* The first batch freezes it, which is told whenever it happens. */
START_TEST(foreign_records_that_come_again_and_again_are_said_once_a_minute)
{
    const struct news *foreign = &context.unread.foreign;
    open_at(0, VIEW_POSITIONS_NONE);
    take(0, 0);
    pass_batch();
    ck_assert(!foreign->was_said);
    is_frozen_already = true;
    take(0, 1);
    pass_batch();
    ck_assert(foreign->was_said);
    ck_assert_uint_eq(foreign->unsaid, 0);
    take(0, 2);
    take(0, 3);
    pass_batch();
    ck_assert_uint_eq(foreign->unsaid, 2);
    ck_assert(!context.unread.unreadable.was_said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/partition_news");
    TCase *courses = tcase_create("courses");
    tcase_add_checked_fixture(courses, set_up, tear_down);
    tcase_add_test(courses, each_kind_of_failure_is_said_at_once_and_then_once_a_minute);
    tcase_add_test(courses, another_owners_write_is_no_trouble_to_speak_of);
    tcase_add_test(courses, conflicts_are_said_at_once_and_then_once_a_minute);
    tcase_add_test(courses, foreign_records_that_come_again_and_again_are_said_once_a_minute);
    suite_add_tcase(suite, courses);
    return check_main(suite);
}
