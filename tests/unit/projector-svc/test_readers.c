/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads what, written down by role from the contract; the table is by what is read. */
#include "projector-svc/core/readers.h"
#include "tests/support/check_main.h"

enum { ENTRIES_MAX = 15 };

static const struct {
    enum role role;
    struct {
        enum readable readable;
        enum reading reading;
    } reads[ENTRIES_MAX]; /* all else: nothing */
    size_t count;
} ROLES[] = {
    {ROLE_CUSTOMER,
     {{READABLE_PRODUCT, READING_ALL},
      {READABLE_ORDER, READING_OWN},
      {READABLE_ORDER_LIST, READING_OWN},
      {READABLE_CUSTOMER, READING_OWN},
      {READABLE_FRESHNESS, READING_ALL},
      {READABLE_RECIPIENT, READING_OWN},
      {READABLE_STREAM, READING_OWN},
      {READABLE_STREAM_CUSTOMER, READING_OWN}},
     8},
    {ROLE_AGENT,
     {{READABLE_PRODUCT, READING_ALL},
      {READABLE_ORDER, READING_ALL},
      {READABLE_ORDER_LIST, READING_ALL},
      {READABLE_CUSTOMER, READING_ALL},
      {READABLE_SEARCH, READING_ALL},
      {READABLE_BY_TRACKING, READING_ALL},
      {READABLE_BY_PAYMENT, READING_ALL},
      {READABLE_OPS, READING_ALL},
      {READABLE_FRESHNESS, READING_ALL},
      {READABLE_RECIPIENT, READING_ALL},
      {READABLE_STAFF, READING_ALL},
      {READABLE_INTERNAL, READING_ALL},
      {READABLE_FRESHNESS_IDS, READING_ALL},
      {READABLE_STREAM, READING_ALL},
      {READABLE_STREAM_CUSTOMER, READING_ALL}},
     15},
    {ROLE_PAYMENT,
     {{READABLE_PRODUCT, READING_ALL},
      {READABLE_ORDER, READING_ALL},
      {READABLE_BY_PAYMENT, READING_ALL},
      {READABLE_FRESHNESS, READING_ALL},
      {READABLE_STAFF, READING_ALL},
      {READABLE_INTERNAL, READING_ALL},
      {READABLE_FRESHNESS_IDS, READING_ALL}},
     7},
    {ROLE_FULFILMENT,
     {{READABLE_PRODUCT, READING_ALL},
      {READABLE_ORDER, READING_ALL},
      {READABLE_BY_TRACKING, READING_ALL},
      {READABLE_FRESHNESS, READING_ALL},
      {READABLE_RECIPIENT, READING_ALL},
      {READABLE_STAFF, READING_ALL},
      {READABLE_INTERNAL, READING_ALL},
      {READABLE_FRESHNESS_IDS, READING_ALL}},
     8},
    {ROLE_OPERATOR,
     {{READABLE_PRODUCT, READING_ALL},
      {READABLE_OPS, READING_ALL},
      {READABLE_FRESHNESS, READING_ALL},
      {READABLE_FRESHNESS_IDS, READING_ALL},
      {READABLE_DEAD_LETTERS, READING_ALL},
      {READABLE_STREAM, READING_ALL}},
     6},
};

static enum reading expected(size_t row, enum readable readable)
{
    for (size_t i = 0; i < ROLES[row].count; i++) {
        if (ROLES[row].reads[i].readable == readable) {
            return ROLES[row].reads[i].reading;
        }
    }
    return READING_NOTHING;
}

START_TEST(each_role_reads_what_the_contract_gives_it_and_nothing_else)
{
    const size_t row = (size_t)_i;
    for (unsigned i = 0; i < READABLE_COUNT; i++) {
        const enum readable readable = (enum readable)i;
        ck_assert_msg(readers_reading(ROLES[row].role, readable) == expected(row, readable),
                      "%s, %u", role_name(ROLES[row].role), i);
    }
}
END_TEST

START_TEST(a_route_is_open_to_the_roles_that_read_anything_there)
{
    ck_assert_uint_eq(readers_of(READABLE_ORDER), ROLE_BIT(ROLE_CUSTOMER) | ROLE_BIT(ROLE_AGENT) |
                                                      ROLE_BIT(ROLE_PAYMENT) |
                                                      ROLE_BIT(ROLE_FULFILMENT));
    ck_assert_uint_eq(readers_of(READABLE_SEARCH), ROLE_BIT(ROLE_AGENT));
    ck_assert_uint_eq(readers_of(READABLE_FRESHNESS), ROLE_BIT(ROLE_COUNT) - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/readers");
    TCase *table = tcase_create("table");
    tcase_add_loop_test(table, each_role_reads_what_the_contract_gives_it_and_nothing_else, 0,
                        sizeof ROLES / sizeof ROLES[0]);
    tcase_add_test(table, a_route_is_open_to_the_roles_that_read_anything_there);
    suite_add_tcase(suite, table);
    return check_main(suite);
}
