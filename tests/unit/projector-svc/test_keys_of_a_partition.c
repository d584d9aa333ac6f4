/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a later mode of Redis Cluster needs: with a hash tag put there by keys.c, and by nobody
 * else, each key that a partition writes to is in its slot. keys.c is compiled anew with one:
 * KEYS_TAG.
 */
#include "projector-svc/core/keys.h"
#include "tests/unit/projector-svc/batch_fixture.h"

enum { PARTITION = 7 };
#define TAG "{7}"

static const struct view_moment LIMITED = {
    .projected_at_ms = 9999,
    .recent_cap = 100,
    .stream_cap = 1000,
    .limits = &(const struct order_limits){{[ORDER_STATUS_SHIPPED] = 1000}}};

static bool is_written(const char *key)
{
    for (size_t i = 0; i < set.count; i++) {
        if (strview_is(set.writes[i].key, key)) {
            return true;
        }
    }
    return false;
}

static void ck_all_tagged(void)
{
    ck_assert(write_set_ok(&set));
    for (size_t i = 0; i < set.count; i++) {
        ck_assert_msg(set.writes[i].kind == WRITE_PUBLISH || strview_begins(set.writes[i].key, TAG),
                      "\"%.*s\" is of no partition", STRVIEW_ARG(set.writes[i].key));
    }
}

START_TEST(all_keys_of_a_batch_have_its_tag)
{
    static const char *const KEYS[] = {
        TAG "order:" AN_ORDER_ID,
        TAG "order:" AN_ORDER_ID ":details",
        TAG "order:" AN_ORDER_ID ":timeline",
        TAG "customer:c1:orders",
        TAG "orders:recent",
        TAG "idx:status:shipped",
        TAG "idx:payment:authorized",
        TAG "idx:carrier:dhl",
        TAG "idx:risk:fraud",
        TAG "lookup:tracking:T1",
        TAG "lookup:payment:ref-1",
        TAG "ops:open",
        TAG "ops:minute:197001010000",
        TAG "stream:orders",
        TAG "projection:status",
        TAG "projection:frozen",
        TAG "projection:parked:product:PEN",
    };
    batch.partition = PARTITION;
    add(ORDER_PLACED, 1, "e1");
    add(ORDER_PAYMENT_AUTHORIZED, 2, "e2");
    add(ORDER_RISK_FLAGGED, 3, "e3");
    add(ORDER_SHIPPED, 4, "e4");
    add_product_event(PRODUCT_PRICE_CHANGED, 2, "p2"); /* the first one is missing */
    ck_assert(!look());
    ck_assert_int_eq(batch_fold(&batch, &err), ERROR_NONE);
    ck_assert_int_eq(batch_write(&batch, &LIMITED, &set, &err), ERROR_NONE);
    ck_all_tagged();
    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        ck_assert_msg(is_written(KEYS[i]), "nothing is written to %s", KEYS[i]);
    }
}
END_TEST

START_TEST(so_have_those_of_customers_and_products)
{
    const struct customer_view nobody = {.version = 0};
    const struct customer_view ada = {.version = 1,
                                      .customer_id = STRVIEW("c1"),
                                      .email = STRVIEW("ada@example.org"),
                                      .phone = STRVIEW("+44 1")};
    const struct product_view nothing = {.version = 0};
    const struct product_view pen = {
        .version = 1, .sku = STRVIEW("PEN"), .name = STRVIEW("Pen"), .currency = STRVIEW("GBP")};
    write_set_init(&set, &arena);
    set.partition = PARTITION;
    view_diff_customer(&nobody, &ada, &MOMENT, &set);
    view_diff_product(&nothing, &pen, &MOMENT, &set);
    ck_all_tagged();
    ck_assert(is_written(TAG "customer:c1"));
    ck_assert(is_written(TAG "lookup:email:ada@example.org"));
    ck_assert(is_written(TAG "lookup:phone:441"));
    ck_assert(is_written(TAG "product:PEN"));
    ck_assert(is_written(TAG "search:product:pen"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/keys, with a hash tag");
    TCase *names = tcase_create("names");
    tcase_add_checked_fixture(names, open_batch, close_batch);
    tcase_add_test(names, all_keys_of_a_batch_have_its_tag);
    tcase_add_test(names, so_have_those_of_customers_and_products);
    suite_add_tcase(suite, names);
    return check_main(suite);
}
