/* SPDX-License-Identifier: Apache-2.0 */
/* Customers, products and the one spelling of contacts. */
#include "projector-svc/core/contact.h"
#include "projector-svc/core/customer_view.h"
#include "projector-svc/core/product_view.h"
#include "projector-svc/core/stock_view.h"
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

START_TEST(a_full_arena_gives_no_spelling)
{
    arena_init(&arena, 0);
    ck_assert_ptr_null(contact_email(&arena, STRVIEW("ada@b")).data);
    ck_assert_ptr_null(contact_phone(&arena, STRVIEW("44")).data);
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

static struct customer_view customer_after(struct customer_view view, struct customer_event event)
{
    struct error err;
    event.envelope = (struct envelope){.aggregate_id = STRVIEW("c1"), .version = view.version + 1};
    ck_assert_int_eq(customer_view_apply(&view, &event, STRVIEW("e"), &err), ERROR_NONE);
    return view;
}

START_TEST(a_changed_contact_replaces_the_whole_of_it)
{
    const struct customer_view before = {.version = 1,
                                         .name = STRVIEW("Ada"),
                                         .email = STRVIEW("a@b"),
                                         .phone = STRVIEW("+44 1"),
                                         .is_active = false};

    const struct customer_view view = customer_after(
        before, (struct customer_event){
                    .kind = CUSTOMER_CONTACT_CHANGED,
                    .contact_changed = {.name = STRVIEW("Ada L."), .email = STRVIEW("ada@b")}});

    ck_assert_int_eq(view.version, 2);
    ck_assert(strview_is(view.name, "Ada L."));
    ck_assert(strview_is(view.email, "ada@b"));
    ck_assert_uint_eq(view.phone.len, 0);
    ck_assert(!view.is_active);
}
END_TEST

START_TEST(a_customer_is_deactivated_and_reactivated)
{
    const struct customer_view before = {
        .version = 1, .name = STRVIEW("Ada"), .email = STRVIEW("a@b"), .is_active = true};

    const struct customer_view gone =
        customer_after(before, (struct customer_event){.kind = CUSTOMER_DEACTIVATED});
    const struct customer_view back =
        customer_after(gone, (struct customer_event){.kind = CUSTOMER_REACTIVATED});

    ck_assert(!gone.is_active);
    ck_assert(strview_is(gone.email, "a@b"));
    ck_assert(back.is_active);
    ck_assert_int_eq(back.version, 3);
}
END_TEST

static struct product_view product_after(struct product_view view, struct product_event event)
{
    struct error err;
    event.envelope = (struct envelope){.aggregate_id = STRVIEW("PEN"), .version = view.version + 1};
    ck_assert_int_eq(product_view_apply(&view, &event, STRVIEW("e"), &err), ERROR_NONE);
    return view;
}

START_TEST(a_product_changes_its_price_and_ends)
{
    const struct product_view before = {
        .version = 2, .name = STRVIEW("Pen"), .unit_price_minor = 125, .currency = STRVIEW("GBP")};

    const struct product_view dearer =
        product_after(before, (struct product_event){.kind = PRODUCT_PRICE_CHANGED,
                                                     .price_changed = {150, STRVIEW("GBP")}});
    const struct product_view counted = product_after(
        dearer, (struct product_event){.kind = PRODUCT_STOCK_ADJUSTED, .stock_adjusted = {-1}});
    const struct product_view gone =
        product_after(counted, (struct product_event){.kind = PRODUCT_DISCONTINUED});

    ck_assert_int_eq(dearer.unit_price_minor, 150);
    ck_assert(!counted.is_discontinued);
    ck_assert_int_eq(counted.version, 4);
    ck_assert(gone.is_discontinued);
    ck_assert_int_eq(gone.unit_price_minor, 150);
    ck_assert(strview_is(gone.currency, "GBP"));
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

START_TEST(the_newest_level_is_what_is_shown)
{
    const struct stock_event five = {.envelope = {.aggregate_id = STRVIEW("PEN"), .version = 1},
                                     .level_changed = {5}};
    const struct stock_event none = {.envelope = {.aggregate_id = STRVIEW("PEN"), .version = 2},
                                     .level_changed = {0}};
    const struct stock_event debt = {.envelope = {.aggregate_id = STRVIEW("PEN"), .version = 3},
                                     .level_changed = {-1}};
    struct stock_view view = {.version = 0};
    struct error err;

    ck_assert_int_eq(stock_view_apply(&view, &five, STRVIEW("e1"), &err), ERROR_NONE);
    ck_assert_int_eq(stock_view_apply(&view, &none, STRVIEW("e2"), &err), ERROR_NONE);
    ck_assert_int_eq(stock_view_apply(&view, &debt, STRVIEW("e3"), &err), ERROR_INVALID);

    ck_assert_int_eq(view.available, 0);
    ck_assert_int_eq(view.version, 2);
    ck_assert(strview_is(view.last_event_id, "e2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/party_views");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, an_email_has_one_spelling, 0, sizeof EMAILS / sizeof EMAILS[0]);
    tcase_add_loop_test(rules, a_phone_number_has_one_spelling, 0,
                        sizeof PHONES / sizeof PHONES[0]);
    tcase_add_test(rules, a_full_arena_gives_no_spelling);
    tcase_add_test(rules, a_registered_customer_is_active);
    tcase_add_test(rules, nobody_is_registered_twice);
    tcase_add_test(rules, a_changed_contact_replaces_the_whole_of_it);
    tcase_add_test(rules, a_customer_is_deactivated_and_reactivated);
    tcase_add_test(rules, a_product_changes_its_price_and_ends);
    tcase_add_test(rules, stock_counts_as_a_version_of_the_product_and_shows_nothing);
    tcase_add_test(rules, stock_of_a_product_nobody_added_has_no_meaning);
    tcase_add_test(rules, the_newest_level_is_what_is_shown);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
