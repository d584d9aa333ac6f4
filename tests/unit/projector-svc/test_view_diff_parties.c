/* SPDX-License-Identifier: Apache-2.0 */
/* What is written when a customer, a product or its stock changes. */
#include "tests/unit/projector-svc/view_diff_fixture.h"

START_TEST(a_customer_is_found_by_normalised_contacts)
{
    const struct customer_view nothing = {.version = 0};
    const struct customer_view ada = {
        .customer_id = STRVIEW("c1"),
        .version = 1,
        .last_event_id = STRVIEW("e1"),
        .name = STRVIEW("Ada"),
        .email = STRVIEW(" Ada@B"),
        .phone = STRVIEW("+44 1"),
        .is_active = true,
    };
    begin();

    view_diff_customer(&nothing, &ada, &MOMENT, &set);

    ck_assert_str_eq(written(),
                     "HSET customer:c1 name Ada email  Ada@B phone +44 1 active 1 source_version 1"
                     " last_event_id e1 projected_at 9999\n"
                     "SADD lookup:email:ada@b c1\n"
                     "SADD lookup:phone:441 c1\n");
}
END_TEST

START_TEST(a_changed_contact_moves_the_lookup_and_an_equal_one_does_not)
{
    const struct customer_view before = {
        .customer_id = STRVIEW("c1"),
        .version = 1,
        .last_event_id = STRVIEW("e1"),
        .name = STRVIEW("Ada"),
        .email = STRVIEW("a@b"),
        .phone = STRVIEW("+44 1"),
        .is_active = true,
    };
    struct customer_view after = before;
    after.version = 2;
    after.last_event_id = STRVIEW("e2");
    after.email = STRVIEW("");
    after.phone = STRVIEW("0044 1");
    after.is_active = false;
    begin();

    view_diff_customer(&before, &after, &MOMENT, &set);

    ck_assert_str_eq(written(), "HDEL customer:c1 email\n"
                                "HSET customer:c1 phone 0044 1 active 0 source_version 2"
                                " last_event_id e2 projected_at 9999\n"
                                "SREM lookup:email:a@b c1\n");
}
END_TEST

START_TEST(a_free_product_still_has_a_price)
{
    const struct product_view nothing = {.version = 0};
    const struct product_view gift = {.sku = STRVIEW("GIFT"),
                                      .version = 1,
                                      .last_event_id = STRVIEW("e1"),
                                      .name = STRVIEW("Gift"),
                                      .currency = STRVIEW("GBP")};
    begin();

    view_diff_product(&nothing, &gift, &MOMENT, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT name Gift currency GBP unit_price_minor 0"
                                " source_version 1 last_event_id e1 projected_at 9999\n"
                                "SADD search:product:gift GIFT\n");
}
END_TEST

START_TEST(a_product_is_found_by_the_words_of_its_name)
{
    const struct product_view nothing = {.version = 0};
    const struct product_view ink = {
        .sku = STRVIEW("INK"),
        .version = 1,
        .name = STRVIEW(" Ink, blue-BLACK (50ml) K\xc3\xb6ln\xe2\x80\x83x")};
    begin();

    view_diff_product(&nothing, &ink, &MOMENT, &set);

    ck_assert_ptr_nonnull(strstr(written(), "SADD search:product:ink INK\n"
                                            "SADD search:product:blue INK\n"
                                            "SADD search:product:black INK\n"
                                            "SADD search:product:50ml INK\n"
                                            "SADD search:product:k%C3%B6ln INK\n"
                                            "SADD search:product:x INK\n"));
}
END_TEST

START_TEST(a_product_shows_what_changed_of_it)
{
    const struct product_view before = {.sku = STRVIEW("GIFT"),
                                        .version = 1,
                                        .last_event_id = STRVIEW("e1"),
                                        .name = STRVIEW("Gift"),
                                        .currency = STRVIEW("GBP")};
    struct product_view after = before;
    after.version = 3;
    after.last_event_id = STRVIEW("e3");
    after.unit_price_minor = 125;
    after.is_discontinued = true;
    begin();

    view_diff_product(&before, &after, &MOMENT, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT unit_price_minor 125 discontinued 1"
                                " source_version 3 last_event_id e3 projected_at 9999\n");
}
END_TEST

START_TEST(a_level_is_shown_in_the_products_hash_and_leaves_its_fields_alone)
{
    const struct stock_view nothing = {.version = 0};
    const struct stock_view none_left = {
        .sku = STRVIEW("GIFT"), .version = 1, .last_event_id = STRVIEW("e1"), .available = 0};
    struct stock_view again = none_left;
    again.version = 2;
    again.last_event_id = STRVIEW("e2");
    begin();

    view_diff_stock(&nothing, &none_left, &set);
    view_diff_stock(&none_left, &again, &set);

    ck_assert_str_eq(written(), "HSET product:GIFT available 0 stock_version 1 stock_event_id e1"
                                " stock_version 2 stock_event_id e2\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/view_diff_parties");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_customer_is_found_by_normalised_contacts);
    tcase_add_test(rules, a_changed_contact_moves_the_lookup_and_an_equal_one_does_not);
    tcase_add_test(rules, a_free_product_still_has_a_price);
    tcase_add_test(rules, a_product_is_found_by_the_words_of_its_name);
    tcase_add_test(rules, a_product_shows_what_changed_of_it);
    tcase_add_test(rules, a_level_is_shown_in_the_products_hash_and_leaves_its_fields_alone);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
