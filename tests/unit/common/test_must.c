/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/must.h"
#include "tests/support/check_abort.h"
#include "tests/support/check_main.h"

#include <stdint.h>
#include <string.h>

START_TEST(memory_is_zeroed)
{
    static const char NOTHING[64];
    char *bytes = must_allocate(4, 16);
    ck_assert_mem_eq(bytes, NOTHING, sizeof NOTHING);
    free(bytes);
}
END_TEST

START_TEST(nothing_is_a_size_too)
{
    void *bytes = must_allocate(1, 0);
    ck_assert_ptr_nonnull(bytes);
    free(bytes);
}
END_TEST

START_TEST(without_memory_the_process_ends)
{
    free(must_allocate(SIZE_MAX / 2, 4));
}
END_TEST

int main(void)
{
    check_abort_counts();
    Suite *suite = suite_create("common/base/must");
    TCase *memory = tcase_create("memory");
    tcase_add_test(memory, memory_is_zeroed);
    tcase_add_test(memory, nothing_is_a_size_too);
    tcase_add_test_raise_signal(memory, without_memory_the_process_ends, SIGABRT);
    suite_add_tcase(suite, memory);
    return check_main(suite);
}
