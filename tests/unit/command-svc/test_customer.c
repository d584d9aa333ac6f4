/* SPDX-License-Identifier: Apache-2.0 */
/* A customer is registered once. */
#include "command-svc/core/customer.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

enum { NOW = 5000 };

static struct customer_event event;
static struct rejection rejection;

START_TEST(a_new_customer_is_active_with_what_it_was_registered_with)
{
    struct customer customer = {.version = 0};
    const struct command command = a_registration("c-1");

    ck_assert(customer_decide(&customer, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, CUSTOMER_REGISTERED);
    ck_assert_int_eq(event.envelope.version, 1);
    ck_assert_int_eq(event.envelope.occurred_at_ms, NOW);
    ck_assert(strview_is(event.envelope.aggregate_id, "c-1"));
    customer_apply(&customer, &event);

    ck_assert_int_eq(customer.version, 1);
    ck_assert(customer.is_active);
    ck_assert(strview_is(customer.name, "Ada Lovelace"));
    ck_assert(strview_is(customer.email, "ada@example.org"));
    ck_assert_uint_eq(customer.phone.len, 0);
}
END_TEST

START_TEST(a_customer_is_registered_once)
{
    const struct customer customer = {.version = 3, .is_active = false};
    const struct command command = a_registration("c-1");

    ck_assert(!customer_decide(&customer, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_ALREADY_EXISTS);
}
END_TEST

START_TEST(expecting_a_version_of_a_new_customer_is_a_conflict)
{
    const struct customer customer = {.version = 0};
    struct command command = a_registration("c-1");
    command.expected_version = 1;

    ck_assert(!customer_decide(&customer, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_VERSION_CONFLICT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/customer");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_new_customer_is_active_with_what_it_was_registered_with);
    tcase_add_test(rules, a_customer_is_registered_once);
    tcase_add_test(rules, expecting_a_version_of_a_new_customer_is_a_conflict);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
