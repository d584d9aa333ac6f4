/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the keys: others read them, so they are written out here. */
#include "projector-svc/core/keys.h"
#include "tests/support/check_main.h"

static struct arena arena;

static void open_arena(void)
{
    arena_init(&arena, 4096);
}

static void close_arena(void)
{
    arena_done(&arena);
}

static void ck_key(struct strview key, const char *expected)
{
    ck_assert_msg(strview_is(key, expected), "\"%.*s\" is not \"%s\"", STRVIEW_ARG(key), expected);
}

START_TEST(each_view_has_its_key)
{
    ck_key(keys_order(&arena, 7, STRVIEW("o1")), "order:o1");
    ck_key(keys_order_details(&arena, 7, STRVIEW("o1")), "order:o1:details");
    ck_key(keys_order_timeline(&arena, 7, STRVIEW("o1")), "order:o1:timeline");
    ck_key(keys_order_channel(&arena, STRVIEW("o1")), "orders:o1");
    ck_key(keys_customer(&arena, 7, STRVIEW("c1")), "customer:c1");
    ck_key(keys_customer_orders(&arena, 7, STRVIEW("c1")), "customer:c1:orders");
    ck_key(keys_product(&arena, 7, STRVIEW("s1")), "product:s1");
}
END_TEST

START_TEST(what_somebody_chose_is_encoded)
{
    ck_key(keys_lookup_tracking(&arena, 7, STRVIEW("aZ0._-")), "lookup:tracking:aZ0._-");
    ck_key(keys_lookup_payment(&arena, 7, STRVIEW("a:b/\xc3\xa9 %")),
           "lookup:payment:a%3Ab%2F%C3%A9%20%25");
    ck_key(keys_encode(&arena, STRVIEW("[`{@")), "%5B%60%7B%40");
    ck_key(keys_encode(&arena, STRVIEW("")), "");
}
END_TEST

START_TEST(an_aggregates_view_is_found_by_its_type)
{
    ck_key(keys_view(&arena, 7, AGGREGATE_ORDER, STRVIEW("o1")), "order:o1");
    ck_key(keys_view(&arena, 7, AGGREGATE_CUSTOMER, STRVIEW("c1")), "customer:c1");
    ck_key(keys_view(&arena, 7, AGGREGATE_PRODUCT, STRVIEW("s1")), "product:s1");
    ck_key(keys_frozen_field(&arena, AGGREGATE_PRODUCT, STRVIEW("s1")), "product:s1");
    ck_key(keys_parked(&arena, 7, AGGREGATE_ORDER, STRVIEW("o1")), "projection:parked:order:o1");
}
END_TEST

START_TEST(each_partition_has_its_fields)
{
    const struct strview slot = keys_slot(&arena, STRVIEW("order.events"), 11);
    ck_key(slot, "order.events/11");
    ck_key(keys_status_last(&arena, slot), "last:order.events/11");
    ck_key(keys_status_end(&arena, slot), "end:order.events/11");
    ck_key(keys_rebuild_first(&arena, slot), "first:order.events/11");
    ck_key(keys_slot(&arena, STRVIEW("t"), INT32_MIN), "t/-2147483648");
}
END_TEST

START_TEST(no_id_leaves_the_rest_of_the_name)
{
    ck_key(keys_order(&arena, 7, (struct strview){.data = NULL, .len = 0}), "order:");
}
END_TEST

START_TEST(a_full_arena_is_said)
{
    struct arena nothing;
    arena_init(&nothing, 0);
    ck_assert_ptr_null(keys_order(&nothing, 7, STRVIEW("o1")).data);
    ck_assert_ptr_null(keys_lookup_tracking(&nothing, 7, STRVIEW("T1")).data);
    arena_done(&nothing);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/keys");
    TCase *names = tcase_create("names");
    tcase_add_checked_fixture(names, open_arena, close_arena);
    tcase_add_test(names, each_view_has_its_key);
    tcase_add_test(names, what_somebody_chose_is_encoded);
    tcase_add_test(names, an_aggregates_view_is_found_by_its_type);
    tcase_add_test(names, each_partition_has_its_fields);
    tcase_add_test(names, no_id_leaves_the_rest_of_the_name);
    tcase_add_test(names, a_full_arena_is_said);
    suite_add_tcase(suite, names);
    return check_main(suite);
}
