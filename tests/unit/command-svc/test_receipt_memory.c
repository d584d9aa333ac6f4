/* SPDX-License-Identifier: Apache-2.0 */
/* The newest receipts at hand: whole, by their key, and never more than fits. */
#include "command-svc/core/receipt_memory.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { MANY = 30000, BODY_LEN = 700 };

static struct receipt_memory *memory;
static char body[RECEIPT_MEMORY_BYTES];
static uint8_t hash[REQUEST_HASH_LEN];

static void open_memory(void)
{
    memory = receipt_memory_new();
    ck_assert_ptr_nonnull(memory);
    memset(body, 'x', sizeof body);
    memset(hash, 7, sizeof hash);
}

static void close_memory(void)
{
    receipt_memory_free(memory);
}

static struct uuid key_of(unsigned number)
{
    struct uuid key;
    (void)snprintf(key.text, sizeof key.text, "00000000-0000-0000-0000-0000%08x",
                   number * 2654435761U);
    return key;
}

static void put(unsigned number, size_t body_len)
{
    const struct uuid key = key_of(number);
    const struct remembered receipt = {.request_hash = hash,
                                       .status = 201,
                                       .version = (int64_t)number,
                                       .location = STRVIEW("/v1/orders/x"),
                                       .body = {body, body_len}};
    receipt_memory_put(memory, &key, &receipt);
}

static bool find(unsigned number, struct remembered *ret)
{
    const struct uuid key = key_of(number);
    return receipt_memory_find(memory, &key, ret);
}

START_TEST(a_receipt_is_found_as_it_was_put)
{
    struct remembered found;
    put(1, 5);
    put(2, 0);

    ck_assert(find(1, &found));
    ck_assert_int_eq(found.status, 201);
    ck_assert_int_eq(found.version, 1);
    ck_assert(strview_is(found.location, "/v1/orders/x"));
    ck_assert(strview_is(found.body, "xxxxx"));
    ck_assert_mem_eq(found.request_hash, hash, REQUEST_HASH_LEN);
    ck_assert(find(2, &found));
    ck_assert_uint_eq(found.body.len, 0);
    ck_assert(!find(3, &found));
}
END_TEST

START_TEST(the_newest_stay_and_the_oldest_go)
{
    struct remembered found;
    size_t kept = 0;
    for (unsigned i = 1; i <= MANY; i++) {
        put(i, BODY_LEN);
        ck_assert(find(i, &found));
        ck_assert_int_eq(found.version, i);
    }
    for (unsigned i = 1; i <= MANY; i++) {
        if (find(i, &found)) {
            ck_assert_int_eq(found.version, i);
            ck_assert_uint_eq(found.body.len, BODY_LEN);
            kept++;
        }
    }
    ck_assert(!find(1, &found));
    ck_assert_uint_gt(kept, 1000);
    ck_assert_uint_lt(kept, RECEIPT_MEMORY_BYTES / BODY_LEN);
}
END_TEST

START_TEST(sizes_of_all_kinds_fill_the_ring_to_its_end)
{
    struct remembered found;
    for (unsigned i = 1; i <= MANY / 10; i++) {
        const size_t len = (size_t)i * 7919 % 20000;
        put(i, len);
        ck_assert(find(i, &found));
        ck_assert_uint_eq(found.body.len, len);
    }
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
    struct remembered found;
    put(1, 10);
    put(2, RECEIPT_MEMORY_BYTES / 2);

    ck_assert(!find(2, &found));
    ck_assert(find(1, &found));
}
END_TEST

START_TEST(it_can_forget_all)
{
    struct remembered found;
    put(1, 10);
    receipt_memory_clear(memory);

    ck_assert(!find(1, &found));
    put(2, 10);
    ck_assert(find(2, &found));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/receipt_memory");
    TCase *ring = tcase_create("ring");
    tcase_add_checked_fixture(ring, open_memory, close_memory);
    tcase_add_test(ring, a_receipt_is_found_as_it_was_put);
    tcase_add_test(ring, the_newest_stay_and_the_oldest_go);
    tcase_add_test(ring, sizes_of_all_kinds_fill_the_ring_to_its_end);
    tcase_add_test(ring, what_is_too_large_is_not_kept);
    tcase_add_test(ring, it_can_forget_all);
    suite_add_tcase(suite, ring);
    return check_main(suite);
}
