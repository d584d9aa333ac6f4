/* SPDX-License-Identifier: Apache-2.0 */
/* Held against librdkafka itself, which begins without any server. */
#include "projector-svc/consume/group_properties.h"
#include "tests/support/check_main.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 64 };

static char fetch_max[VALUE_MAX]; /* as librdkafka understood it */

/* NULL: it begins. */
static const char *begin_with(const struct kafka_property *given, size_t count)
{
    static char why[512];
    size_t all_count;
    size_t size = sizeof fetch_max;
    struct kafka_property *all = group_properties(given, count, &all_count);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    ck_assert_int_eq(rd_kafka_conf_set(conf, "group.id", "g", why, sizeof why), RD_KAFKA_CONF_OK);
    for (size_t i = 0; i < all_count; i++) {
        ck_assert_int_eq(rd_kafka_conf_set(conf, all[i].name, all[i].value, why, sizeof why),
                         RD_KAFKA_CONF_OK);
    }
    free(all);
    ck_assert_int_eq(rd_kafka_conf_get(conf, "fetch.max.bytes", fetch_max, &size),
                     RD_KAFKA_CONF_OK);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return why;
    }
    rd_kafka_destroy(rk);
    return NULL;
}

static const struct {
    size_t count;
    struct kafka_property given[2];
    const char *fetch_max; /* NULL: librdkafka's own */
} CASES[] = {
    {0, {{NULL, NULL}}, "262144"},
    {1, {{"fetch.max.bytes", "8000000"}}, "8000000"},
    {1, {{"message.max.bytes", "2000000"}}, NULL},
    {2, {{"fetch.max.bytes", "3000000"}, {"message.max.bytes", "2000000"}}, "3000000"},
    {1, {{"client.rack", "a"}}, "262144"},
};

START_TEST(it_begins_whatever_sizes_an_operator_names)
{
    const char *why = begin_with(CASES[_i].given, CASES[_i].count);
    ck_assert_msg(why == NULL, "%s", why);
    if (CASES[_i].fetch_max != NULL) {
        ck_assert_str_eq(fetch_max, CASES[_i].fetch_max);
    } else {
        ck_assert_str_ne(fetch_max, "262144");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/group_properties");
    TCase *cases = tcase_create("cases");
    tcase_add_loop_test(cases, it_begins_whatever_sizes_an_operator_names, 0,
                        sizeof CASES / sizeof CASES[0]);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
