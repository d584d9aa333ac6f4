/* SPDX-License-Identifier: Apache-2.0 */
/* Checked tokens: found until they expire, never more than 4,096, the newest used stay. */
#include "common/run/jwt_memory.h"
#include "tests/support/check_main.h"

#include <stdio.h>

static struct jwt_memory *memory;

static void setup(void)
{
    memory = jwt_memory_new();
}

static void teardown(void)
{
    jwt_memory_free(memory);
}

/* As SHA-256 would: every number another hash. set: the bytes that choose among the sets. */
static const uint8_t *hash_of(unsigned set, unsigned number)
{
    static uint8_t hash[JWT_MEMORY_HASH_LEN];
    hash[0] = (uint8_t)(set >> 8);
    hash[1] = (uint8_t)set;
    memcpy(hash + 2, &number, sizeof number);
    return hash;
}

static void add(unsigned set, unsigned number, int64_t until_ms)
{
    struct principal who = {.role = ROLE_AGENT, .until_ms = until_ms};
    (void)snprintf(who.subject, sizeof who.subject, "s%u-%u", set, number);
    ck_assert_str_eq(jwt_memory_add(memory, hash_of(set, number), &who)->subject, who.subject);
}

START_TEST(a_token_is_found_until_it_expires)
{
    add(1, 1, 1000);

    const struct principal *found = jwt_memory_find(memory, hash_of(1, 1), 999);

    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->subject, "s1-1");
    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(1, 1), 1000));
    ck_assert_uint_eq(jwt_memory_count(memory), 0);
    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(1, 1), 999));
}
END_TEST

START_TEST(another_token_is_not_found)
{
    add(1, 1, 1000);

    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(1, 2), 0));
    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(2, 1), 0));
}
END_TEST

START_TEST(a_token_is_kept_once)
{
    add(1, 1, 1000);
    add(1, 1, 2000);

    ck_assert_uint_eq(jwt_memory_count(memory), 1);
    ck_assert_ptr_nonnull(jwt_memory_find(memory, hash_of(1, 1), 1500));
}
END_TEST

START_TEST(there_are_never_more_than_4096)
{
    for (unsigned i = 0; i < 5 * JWT_MEMORY_MAX; i++) {
        add(i & 0xffff, i, 1000);
    }

    ck_assert_uint_eq(jwt_memory_count(memory), JWT_MEMORY_MAX);
}
END_TEST

START_TEST(the_one_used_longest_ago_gives_way)
{
    for (unsigned i = 0; i < 4; i++) {
        add(7, i, 1000);
    }
    ck_assert_ptr_nonnull(jwt_memory_find(memory, hash_of(7, 0), 0));

    add(7, 4, 1000);

    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(7, 1), 0));
    for (unsigned i = 0; i < 5; i++) {
        ck_assert(i == 1 || jwt_memory_find(memory, hash_of(7, i), 0) != NULL);
    }
}
END_TEST

START_TEST(with_other_keys_all_are_forgotten)
{
    add(1, 1, 1000);

    jwt_memory_forget(memory);

    ck_assert_ptr_null(jwt_memory_find(memory, hash_of(1, 1), 0));
    ck_assert_uint_eq(jwt_memory_count(memory), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/jwt_memory");
    TCase *tcase = tcase_create("memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_token_is_found_until_it_expires);
    tcase_add_test(tcase, another_token_is_not_found);
    tcase_add_test(tcase, a_token_is_kept_once);
    tcase_add_test(tcase, there_are_never_more_than_4096);
    tcase_add_test(tcase, the_one_used_longest_ago_gives_way);
    tcase_add_test(tcase, with_other_keys_all_are_forgotten);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
