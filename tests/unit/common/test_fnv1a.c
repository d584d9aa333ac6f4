/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fnv1a.h"
#include "tests/support/check_main.h"

/* The vectors are those of the draft. */
START_TEST(a_text_has_the_hash_that_is_published)
{
    ck_assert_uint_eq(fnv1a(FNV1A_BASIS, STRVIEW("")), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(fnv1a(FNV1A_BASIS, STRVIEW("a")), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(fnv1a(FNV1A_BASIS, STRVIEW("foobar")), UINT64_C(0x85944171f73967e8));
}
END_TEST

START_TEST(what_comes_in_parts_has_the_hash_of_the_whole)
{
    const uint64_t first = fnv1a(FNV1A_BASIS, STRVIEW("foo"));
    ck_assert_uint_eq(fnv1a(first, STRVIEW("bar")), fnv1a(FNV1A_BASIS, STRVIEW("foobar")));
    ck_assert_uint_eq(fnv1a(first, (struct strview){.data = NULL}), first);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/fnv1a");
    TCase *hashes = tcase_create("hashes");
    tcase_add_test(hashes, a_text_has_the_hash_that_is_published);
    tcase_add_test(hashes, what_comes_in_parts_has_the_hash_of_the_whole);
    suite_add_tcase(suite, hashes);
    return check_main(suite);
}
