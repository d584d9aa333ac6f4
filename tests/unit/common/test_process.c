/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/process.h"
#include "tests/support/check_main.h"

#include <time.h>
#include <unistd.h>

/* Over more than a second, as clocks that are cut to seconds differ at one moment of each. The
 * clock of a machine may be set back in between: the start is not later than the later of two
 * looks. */
START_TEST(the_start_is_always_the_same)
{
    const double before = (double)time(NULL);
    const struct process_usage first = process_usage();
    const double after = (double)time(NULL);
    ck_assert_double_gt(first.start_time, 0);
    ck_assert_double_le(first.start_time, (before > after ? before : after) + 1);

    for (int i = 0; i < 110; i++) {
        ck_assert_double_eq(process_usage().start_time, first.start_time);
        (void)usleep(10000);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/process");
    TCase *usage = tcase_create("usage");
    tcase_add_test(usage, the_start_is_always_the_same);
    suite_add_tcase(suite, usage);
    return check_main(suite);
}
