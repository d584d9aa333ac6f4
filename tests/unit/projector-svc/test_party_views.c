/* SPDX-License-Identifier: Apache-2.0 */
/* Customers, products and the one spelling of contacts. */
#include "projector-svc/core/contact.h"
#include "projector-svc/core/customer_view.h"
#include "projector-svc/core/product_view.h"
#include "tests/support/check_main.h"

static struct arena arena;

static const struct {
    const char *typed;
    const char *email;
} EMAILS[] = {
    {"\xc2\xa0"
     "Ada@Example.org\xe2\x80\x8b",
     "ada@example.org"}, /* pasted from a page */
    {"ada@example.com", "ada@example.com"},
    {"  Ada@Example.COM\t\n", "ada@example.com"},
    {"\xc3\x84"
     "da@example.com",
     "\xc3\x84"
     "da@example.com"}, /* only ASCII changes case */
    {"a b@c", "a b@c"},
    {"", ""},
    {"   ", ""},
};

START_TEST(an_email_has_one_spelling)
{
    arena_init(&arena, 4096);
    const struct strview email = contact_email(&arena, strview_of(EMAILS[_i].typed));
    ck_assert_msg(strview_is(email, EMAILS[_i].email), "%.*s", STRVIEW_ARG(email));
    arena_done(&arena);
}
END_TEST

static const struct {
    const char *typed;
    const char *phone;
} PHONES[] = {
    {"+44 20 7946 0958", "442079460958"},
    {"0044 (20) 7946-0958", "442079460958"},
    {"442079460958", "442079460958"},
    {"+0012", "0012"}, /* a plus is a plus */
    {"00", "00"},
    {"ring twice", ""},
    {"", ""},
};

START_TEST(a_phone_number_has_one_spelling)
{
    arena_init(&arena, 4096);
    const struct strview phone = contact_phone(&arena, strview_of(PHONES[_i].typed));
    ck_assert_msg(strview_is(phone, PHONES[_i].phone), "%.*s", STRVIEW_ARG(phone));
    arena_done(&arena);
}
END_TEST

START_TEST(a_registered_customer_is_active)
{
    const struct customer_event event = {
        .kind = CUSTOMER_REGISTERED,
        .envelope = {.aggregate_id = STRVIEW("c1"), .version = 1},
        .registered = {STRVIEW("Ada"), STRVIEW("a@b"), STRVIEW("")},
    };
    struct customer_view view = {.version = 0};
    struct error err;

    ck_assert_int_eq(customer_view_apply(&view, &event, STRVIEW("e1"), &err), ERROR_NONE);

    ck_assert(view.is_active);
    ck_assert_int_eq(view.version, 1);
    ck_assert(strview_is(view.customer_id, "c1"));
    ck_assert(strview_is(view.name, "Ada"));
    ck_assert(strview_is(view.email, "a@b"));
    ck_assert(strview_is(view.last_event_id, "e1"));
}
END_TEST

START_TEST(nobody_is_registered_twice)
{
    const struct customer_event event = {
        .kind = CUSTOMER_REGISTERED,
        .envelope = {.aggregate_id = STRVIEW("c1"), .version = 2},
    };
    struct customer_view view = {.version = 1, .name = STRVIEW("Ada")};
    struct error err;

    ck_assert_int_eq(customer_view_apply(&view, &event, STRVIEW("e2"), &err), ERROR_INVALID);
    ck_assert(strview_is(view.name, "Ada"));
}
END_TEST

START_TEST(stock_counts_as_a_version_of_the_product_and_shows_nothing)
{
    const struct product_event added = {
        .kind = PRODUCT_ADDED,
        .envelope = {.aggregate_id = STRVIEW("PEN"), .version = 1},
        .added = {STRVIEW("Pen"), 125, STRVIEW("GBP")},
    };
    const struct product_event stock = {
        .kind = PRODUCT_STOCK_RECEIVED,
        .envelope = {.aggregate_id = STRVIEW("PEN"), .version = 2},
        .stock_received = {10},
    };
    struct product_view view = {.version = 0};
    struct error err;

    ck_assert_int_eq(product_view_apply(&view, &added, STRVIEW("e1"), &err), ERROR_NONE);
    ck_assert_int_eq(product_view_apply(&view, &stock, STRVIEW("e2"), &err), ERROR_NONE);

    ck_assert_int_eq(view.version, 2);
    ck_assert_int_eq(view.unit_price_minor, 125);
    ck_assert(strview_is(view.name, "Pen"));
    ck_assert(strview_is(view.last_event_id, "e2"));
}
END_TEST

START_TEST(stock_of_a_product_nobody_added_has_no_meaning)
{
    const struct product_event stock = {
        .kind = PRODUCT_STOCK_RECEIVED,
        .envelope = {.aggregate_id = STRVIEW("PEN"), .version = 1},
    };
    struct product_view view = {.version = 0};
    struct error err;

    ck_assert_int_eq(product_view_apply(&view, &stock, STRVIEW("e1"), &err), ERROR_INVALID);
    ck_assert_int_eq(view.version, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/party_views");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, an_email_has_one_spelling, 0, sizeof EMAILS / sizeof EMAILS[0]);
    tcase_add_loop_test(rules, a_phone_number_has_one_spelling, 0,
                        sizeof PHONES / sizeof PHONES[0]);
    tcase_add_test(rules, a_registered_customer_is_active);
    tcase_add_test(rules, nobody_is_registered_twice);
    tcase_add_test(rules, stock_counts_as_a_version_of_the_product_and_shows_nothing);
    tcase_add_test(rules, stock_of_a_product_nobody_added_has_no_meaning);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
