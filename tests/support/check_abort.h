/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_abort.h - for tests that end in abort(), as they should.
 *
 * Why: what a process has reached is written down when it exits (tests/coverage); abort() would
 * take it along.
 */
#ifndef TESTS_SUPPORT_CHECK_ABORT_H
#define TESTS_SUPPORT_CHECK_ABORT_H

#include <signal.h>

#ifdef COVERAGE
extern void __gcov_dump(void); /* libgcov's */

static inline void check_abort_dump(int number)
{
    __gcov_dump();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Before the suite runs. */
static inline void check_abort_counts(void)
{
    (void)signal(SIGABRT, check_abort_dump);
}
#else
static inline void check_abort_counts(void)
{
}
#endif

#endif
