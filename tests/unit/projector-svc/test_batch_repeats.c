/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions that a batch has seen before: what is repeated, and what is another event.
 */
#include "tests/unit/projector-svc/batch_fixture.h"

START_TEST(a_repeated_event_writes_no_view)
{
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    store_life(2);
    ck_assert(!look()); /* the newest version's id is at hand */

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, 1);
    ck_assert_ptr_null(find(WRITE_HSET, "order:" AN_ORDER_ID));
    ck_assert(has_arg(find(WRITE_HINCRBY, "projection:status"), "duplicates"));
}
END_TEST

START_TEST(an_old_repeated_event_is_compared_with_the_timeline)
{
    add(ORDER_PLACED, 1, "e1");
    store_life(3);
    ck_assert(look());
    ck_assert_uint_eq(batch.aggregates[0]->old_count, 1);
    ck_assert_int_eq(batch.aggregates[0]->old_versions[0].version, 1);
    batch.aggregates[0]->old_versions[0].event_id = STRVIEW("e1");

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, 1);
    ck_assert_uint_eq(batch.counts.forks, 0);
}
END_TEST

START_TEST(another_event_under_an_old_version_is_a_fork)
{
    add(ORDER_PLACED, 1, "another");
    store_life(3);
    ck_assert(look());
    batch.aggregates[0]->old_versions[0].event_id = STRVIEW("e1");

    fold_and_write();

    ck_assert_uint_eq(batch.counts.forks, 1);
    ck_assert(has_arg(find(WRITE_HSET, "projection:frozen"),
                      "{\"reason\":\"forked\",\"waits_for\":4,\"since\":1001}"));
    ck_assert_ptr_nonnull(find(WRITE_RPUSH, "projection:parked:order:" AN_ORDER_ID));
}
END_TEST

/* A product of version 5, of which the ids of 3, 4 and 5 are known. */
static const struct {
    int64_t version;
    const char *event_id;
    size_t duplicates;
    size_t untold;
    size_t forks;
} OLD_VERSIONS[] = {
    {5, "e5", 1, 0, 0}, {5, "x", 0, 0, 1}, {4, "e4", 1, 0, 0}, {4, "x", 0, 0, 1},
    {3, "e3", 1, 0, 0}, {3, "x", 0, 0, 1}, {2, "x", 0, 1, 0},  {1, "e1", 0, 1, 0},
};

START_TEST(an_old_version_of_a_product_is_compared_as_far_as_ids_are_kept)
{
    add_product_event(PRODUCT_STOCK_RECEIVED, OLD_VERSIONS[_i].version, OLD_VERSIONS[_i].event_id);
    store_product(5, "e5", "e3 e4");
    (void)look();

    fold_and_write();

    ck_assert_uint_eq(batch.counts.duplicates, OLD_VERSIONS[_i].duplicates);
    ck_assert_uint_eq(batch.counts.untold, OLD_VERSIONS[_i].untold);
    ck_assert_uint_eq(batch.counts.forks, OLD_VERSIONS[_i].forks);
}
END_TEST

/* The amount behind a field of projection:status, or "". */
static struct strview counted(const char *field)
{
    const struct write *write = find(WRITE_HINCRBY, "projection:status");
    for (size_t i = 0; write != NULL && i + 1 < write->count; i += 2) {
        if (strview_is(write->args[i], field)) {
            return write->args[i + 1];
        }
    }
    return STRVIEW("");
}

START_TEST(what_nobody_can_tell_is_counted_by_both_its_names)
{
    add_product_event(PRODUCT_STOCK_RECEIVED, 1, "e1");
    add_product_event(PRODUCT_STOCK_RECEIVED, 2, "x");
    add_product_event(PRODUCT_STOCK_RECEIVED, 4, "e4");
    store_product(5, "e5", "e3 e4");
    (void)look();

    fold_and_write();

    ck_assert(strview_is(counted("stale"), "2"));
    ck_assert(strview_is(counted("untold"), "2"));
    ck_assert(strview_is(counted("duplicates"), "1"));
    ck_assert(strview_is(counted("applied"), ""));
}
END_TEST

START_TEST(the_ids_of_the_last_versions_are_kept)
{
    add_product_event(PRODUCT_STOCK_RECEIVED, 6, "e6");
    add_product_event(PRODUCT_STOCK_RECEIVED, 7, "e7");
    store_product(5, "e5", "e3 e4");
    (void)look();

    fold_and_write();

    ck_assert(has_arg(find(WRITE_HSET, "product:PEN"), "e3 e4 e5 e6"));
}
END_TEST

START_TEST(no_more_than_64_ids_are_kept)
{
    char before[64 * 3] = "";
    for (int i = 0; i < BATCH_IDS_KEPT - 1; i++) {
        memcpy(before + strlen(before), i == 0 ? "aa" : i == 1 ? " bb" : " cc", i == 0 ? 2 : 3);
    }
    add_product_event(PRODUCT_STOCK_RECEIVED, 101, "e101");
    store_product(100, "dd", before);
    (void)look();

    fold_and_write();

    const struct write *write = find(WRITE_HSET, "product:PEN");
    const size_t len = strlen(before);
    const struct strview ids = write->args[1];
    ck_assert_uint_eq(ids.len, len);
    ck_assert(memcmp(ids.data, "bb cc", 5) == 0);
    ck_assert(memcmp(ids.data + ids.len - 5, "cc dd", 5) == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/batch_repeats");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, open_batch, close_batch);
    tcase_add_test(rules, a_repeated_event_writes_no_view);
    tcase_add_test(rules, an_old_repeated_event_is_compared_with_the_timeline);
    tcase_add_test(rules, another_event_under_an_old_version_is_a_fork);
    tcase_add_loop_test(rules, an_old_version_of_a_product_is_compared_as_far_as_ids_are_kept, 0,
                        sizeof OLD_VERSIONS / sizeof OLD_VERSIONS[0]);
    tcase_add_test(rules, what_nobody_can_tell_is_counted_by_both_its_names);
    tcase_add_test(rules, the_ids_of_the_last_versions_are_kept);
    tcase_add_test(rules, no_more_than_64_ids_are_kept);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
