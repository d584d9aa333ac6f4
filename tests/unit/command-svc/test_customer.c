/* SPDX-License-Identifier: Apache-2.0 */
/* A customer is registered once, changes how it is reached, goes and comes back. */
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

static struct customer a_customer(bool is_active)
{
    return (struct customer){.version = 3,
                             .last_at_ms = NOW + 1,
                             .name = STRVIEW("Ada Lovelace"),
                             .email = STRVIEW("ada@example.org"),
                             .phone = STRVIEW("+44 20 7946 0000"),
                             .is_active = is_active};
}

START_TEST(what_a_change_of_contact_does_not_give_stays)
{
    struct customer customer = a_customer(true);
    const struct command command = a_change_of_contact("c-1");

    ck_assert(customer_decide(&customer, &command, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, CUSTOMER_CONTACT_CHANGED);
    ck_assert_int_eq(event.envelope.version, 4);
    ck_assert_int_eq(event.envelope.occurred_at_ms, NOW + 1); /* time does not go back */
    ck_assert(strview_is(event.contact_changed.name, "Ada Lovelace"));
    ck_assert(strview_is(event.contact_changed.email, "ada@example.net"));
    ck_assert(strview_is(event.contact_changed.phone, "+44 20 7946 0000"));
    customer_apply(&customer, &event);

    ck_assert_int_eq(customer.version, 4);
    ck_assert(strview_is(customer.email, "ada@example.net"));
    ck_assert(strview_is(customer.phone, "+44 20 7946 0000"));
    ck_assert(customer.is_active);
}
END_TEST

START_TEST(a_customer_changes_its_own_contact_only)
{
    const struct customer customer = a_customer(true);
    struct command command = a_change_of_contact("c-1");
    command.owner = STRVIEW("c-1");
    ck_assert(customer_decide(&customer, &command, NOW, &event, &rejection));
    command.owner = STRVIEW("c-2");
    command.expected_version = 1; /* wrong, which is not told either */

    ck_assert(!customer_decide(&customer, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_CUSTOMER_UNKNOWN);
}
END_TEST

START_TEST(a_customer_goes_and_comes_back_for_a_reason)
{
    struct customer customer = a_customer(true);
    const struct command leave = a_deactivation("c-1");
    const struct command come = a_reactivation("c-1");

    ck_assert(customer_decide(&customer, &leave, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, CUSTOMER_DEACTIVATED);
    ck_assert(strview_is(event.envelope.reason, "asked for it"));
    customer_apply(&customer, &event);
    ck_assert(!customer.is_active);
    ck_assert(strview_is(customer.email, "ada@example.org"));

    ck_assert(customer_decide(&customer, &come, NOW, &event, &rejection));
    ck_assert_int_eq(event.kind, CUSTOMER_REACTIVATED);
    ck_assert(strview_is(event.envelope.reason, "came back"));
    customer_apply(&customer, &event);
    ck_assert(customer.is_active);
    ck_assert_int_eq(customer.version, 5);
}
END_TEST

/* Every state and command, from the requirements: '-' unknown, '.' allowed, 'x' illegal. */
static const struct {
    const char *state;
    const char *change, *leave, *come;
    const char *allowed[ALLOWED_MAX];
} LIFE[] = {
    {"absent", "-", "-", "-", {NULL}},
    {"active", ".", ".", "x", {"change-contact", "deactivate", NULL}},
    {"inactive", ".", "x", ".", {"change-contact", "reactivate", NULL}},
};

static void assert_allows(const char *const *allowed)
{
    for (size_t i = 0; allowed[i] != NULL || rejection.allowed[i] != NULL; i++) {
        ck_assert_pstr_eq(rejection.allowed[i], allowed[i]);
    }
}

static void assert_decision(const struct customer *customer, const struct command *command,
                            size_t row, char expected)
{
    const bool is_accepted = customer_decide(customer, command, NOW, &event, &rejection);
    ck_assert_int_eq(is_accepted, expected == '.');
    if (expected == '-') {
        ck_assert_int_eq(rejection.kind, REJECTION_CUSTOMER_UNKNOWN);
    } else if (expected == 'x') {
        ck_assert_int_eq(rejection.kind, REJECTION_ILLEGAL_TRANSITION);
        ck_assert_str_eq(rejection.from, LIFE[row].state);
        ck_assert_str_eq(rejection.command, command_word(command->kind));
        assert_allows(LIFE[row].allowed);
    }
}

START_TEST(the_life_of_a_customer)
{
    const size_t row = (size_t)_i;
    const struct customer absent = {.version = 0};
    const struct customer present = a_customer(strcmp(LIFE[row].state, "active") == 0);
    const struct customer *customer = strcmp(LIFE[row].state, "absent") == 0 ? &absent : &present;
    const struct command change = a_change_of_contact("c-1");
    const struct command leave = a_deactivation("c-1");
    const struct command come = a_reactivation("c-1");

    assert_decision(customer, &change, row, LIFE[row].change[0]);
    assert_decision(customer, &leave, row, LIFE[row].leave[0]);
    assert_decision(customer, &come, row, LIFE[row].come[0]);
}
END_TEST

START_TEST(another_version_is_a_conflict_before_the_state_is_told)
{
    const struct customer customer = a_customer(false);
    struct command command = a_deactivation("c-1");
    command.expected_version = 2;

    ck_assert(!customer_decide(&customer, &command, NOW, &event, &rejection));

    ck_assert_int_eq(rejection.kind, REJECTION_VERSION_CONFLICT);
    ck_assert_int_eq(rejection.number, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/customer");
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_new_customer_is_active_with_what_it_was_registered_with);
    tcase_add_test(rules, a_customer_is_registered_once);
    tcase_add_test(rules, expecting_a_version_of_a_new_customer_is_a_conflict);
    tcase_add_test(rules, what_a_change_of_contact_does_not_give_stays);
    tcase_add_test(rules, a_customer_changes_its_own_contact_only);
    tcase_add_test(rules, a_customer_goes_and_comes_back_for_a_reason);
    tcase_add_loop_test(rules, the_life_of_a_customer, 0, sizeof LIFE / sizeof LIFE[0]);
    tcase_add_test(rules, another_version_is_a_conflict_before_the_state_is_told);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
