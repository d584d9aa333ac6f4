/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_main.h - the main() of a test program: run one suite, say by the exit code how it went.
 *
 * Why: otherwise the same six lines end every test file.
 */
#ifndef TESTS_SUPPORT_CHECK_MAIN_H
#define TESTS_SUPPORT_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the sanitizer's name */
/* Under the address sanitizer, too, malloc() says that there is no memory. */
const char *__asan_default_options(void) __attribute__((weak));
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
/* NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming) */

/* Takes the suite. CK_RUN_CASE, CK_FORK and CK_VERBOSITY of the environment are obeyed. */
static inline int check_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
