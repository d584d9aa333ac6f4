/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/log_match.h"
#include "tests/support/check_main.h"

#include <stdlib.h>

static const struct log_entry ROW = {
    .seq = 7, .version = 2, .id = "a-1", .aggregate = "pen", .digest = {1, 2, 3}};

static int judge(struct log_entry record)
{
    enum verdict verdict;
    return log_match_differs(&ROW, &record, &verdict) ? (int)verdict : VERDICT_COUNT;
}

START_TEST(a_record_is_its_row_s_event_with_the_same_contents)
{
    struct log_entry record = ROW;
    record.offset = 99;
    ck_assert_int_eq(judge(record), VERDICT_COUNT);
}
END_TEST

START_TEST(the_same_event_with_other_contents_was_edited)
{
    struct log_entry version = ROW;
    version.version = 3;
    struct log_entry key = ROW;
    key.aggregate[0] = 'h';
    struct log_entry payload = ROW;
    payload.digest[LOG_DIGEST_LEN - 1] = 1;

    ck_assert_int_eq(judge(version), VERDICT_EDITED);
    ck_assert_int_eq(judge(key), VERDICT_EDITED);
    ck_assert_int_eq(judge(payload), VERDICT_EDITED);
}
END_TEST

START_TEST(another_event_is_a_fork)
{
    struct log_entry other = ROW;
    other.id[0] = 'b';
    struct log_entry number = ROW;
    number.seq = 8;

    ck_assert_int_eq(judge(other), VERDICT_FORKED);
    ck_assert_int_eq(judge(number), VERDICT_FORKED);
}
END_TEST

static struct log_missing *missing_of(const int64_t *seqs, size_t count)
{
    struct log_missing *missing = calloc(1, sizeof *missing);
    ck_assert_ptr_nonnull(missing);
    for (size_t i = 0; i < count; i++) {
        log_missing_add(missing, &(struct log_entry){.seq = seqs[i], .version = (int64_t)i});
    }
    return missing;
}

START_TEST(what_comes_late_is_missing_no_more)
{
    static const int64_t SEQS[] = {3, 5, 9};
    struct log_missing *missing = missing_of(SEQS, 3);
    struct log_entry row;

    ck_assert(!log_missing_take(missing, 4, &row));
    ck_assert(!log_missing_take(missing, 10, &row));
    ck_assert(log_missing_take(missing, 5, &row));
    ck_assert_int_eq(row.version, 1);
    ck_assert(!log_missing_take(missing, 5, &row));
    ck_assert_int_eq((int)missing->count, 2);
    ck_assert(log_missing_take(missing, 9, &row));
    ck_assert(log_missing_take(missing, 3, &row));
    ck_assert_int_eq((int)missing->count, 0);
    free(missing);
}
END_TEST

START_TEST(beyond_its_bound_what_is_missing_is_counted)
{
    struct log_missing *missing = missing_of(NULL, 0);
    for (int64_t seq = 1; seq <= LOG_MISSING_MAX + 3; seq++) {
        log_missing_add(missing, &(struct log_entry){.seq = seq});
    }

    ck_assert_int_eq((int)missing->count, LOG_MISSING_MAX);
    ck_assert_int_eq(missing->untold, 3);
    free(missing);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/log_match");
    TCase *tests = tcase_create("log_match");
    tcase_add_test(tests, a_record_is_its_row_s_event_with_the_same_contents);
    tcase_add_test(tests, the_same_event_with_other_contents_was_edited);
    tcase_add_test(tests, another_event_is_a_fork);
    tcase_add_test(tests, what_comes_late_is_missing_no_more);
    tcase_add_test(tests, beyond_its_bound_what_is_missing_is_counted);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
