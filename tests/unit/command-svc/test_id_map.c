/* SPDX-License-Identifier: Apache-2.0 */
/* Where ids are looked for: neighbours must not be in one place. */
#include "command-svc/core/id_map.h"
#include "tests/support/check_main.h"

#include <stdio.h>

enum { IDS = 1000, PLACES = 256, MOST_IN_ONE = 20 };

/* Ids that differ where their last eight bytes end, and elsewhere. */
static const struct {
    const char *before;
    int digits;
    const char *behind;
} FORMS[] = {{"SKU-", 4, ""},     {"", 1, ""},
             {"product-", 8, ""}, {"", 4, "-of-16-bytes"},
             {"sku-", 6, ""},     {"a-name-of-32-bytes--", 12, ""},
             {"", 8, "abcdefgh"}, {"0198c0de-0000-7000-8000-", 12, ""}};

START_TEST(ids_that_are_counted_up_are_spread_over_all_places)
{
    int counts[PLACES] = {0};
    for (int i = 0; i < IDS; i++) {
        char id[64];
        (void)snprintf(id, sizeof id, "%s%0*d%s", FORMS[_i].before, FORMS[_i].digits, i,
                       FORMS[_i].behind);
        const int count = ++counts[id_map_hash(strview_of(id)) % PLACES];
        ck_assert_int_le(count, MOST_IN_ONE);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/core/id_map");
    TCase *places = tcase_create("places");
    tcase_add_loop_test(places, ids_that_are_counted_up_are_spread_over_all_places, 0,
                        sizeof FORMS / sizeof FORMS[0]);
    suite_add_tcase(suite, places);
    return check_main(suite);
}
