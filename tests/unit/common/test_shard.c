/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shard rule, against values the Java client computed.
 *
 * Each row was printed by org.apache.kafka.common.utils.Utils (kafka-clients
 * 4.2.0): murmur2() and toPositive() modulo 12. The rows up to "abc" that are
 * words are also the vectors of Kafka's own UtilsTest.
 */
#include "common/contract/shard.h"
#include "tests/support/check_main.h"

#include <stdio.h>

static const struct {
    const char *key;
    int32_t murmur2;
    int shard_of_12;
    int shard_of_7;
} JAVA[] = {
    {"21", -973932308, 0, 3},
    {"foobar", -790332482, 6, 0},
    {"a-little-bit-long-string", -985981536, 8, 1},
    {"a-little-bit-longer-string", -1486304829, 11, 0},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 5, 3},
    {"abc", 479470107, 3, 4},
    {"", 275646681, 9, 2},
    {"a", -1563381124, 4, 5},
    {"ab", 316155434, 2, 0},
    {"abcd", -1323649548, 8, 5},
    {"abcde", 461995741, 1, 4},
    {"c12345", -1869220645, 7, 4},
    {"guest", 1235690374, 10, 2},
    {"85123A", -757207140, 8, 5},
    {"0190a5b0-7c4e-7def-8123-456789abcdef", 345669610, 10, 6},
    {"caf\xc3\xa9-\xe2\x98\x83-\xf0\x9f\x98\x80", -2135211182, 6, 3},
};
enum { JAVA_COUNT = sizeof JAVA / sizeof JAVA[0] };

START_TEST(murmur2_is_what_java_computes)
{
    ck_assert_int_eq((int32_t)shard_murmur2(strview_of(JAVA[_i].key)), JAVA[_i].murmur2);
}
END_TEST

START_TEST(a_shard_is_the_partition_java_would_choose)
{
    const struct strview key = strview_of(JAVA[_i].key);

    ck_assert_int_eq(shard_of(key, 12), JAVA[_i].shard_of_12);
    ck_assert_int_eq(shard_of(key, 7), JAVA[_i].shard_of_7);
    ck_assert_int_eq(shard_of(key, 1), 0);
}
END_TEST

START_TEST(an_ending_leads_to_the_shard_of_the_whole)
{
    const struct strview key = strview_of(JAVA[_i].key);
    if (key.len > 0 && key.len % 4 == 0) {
        ck_assert_int_eq(shard_of_ending(shard_stem(key), key.data + key.len - 4, 12),
                         JAVA[_i].shard_of_12);
    }
}
END_TEST

START_TEST(bytes_above_127_are_unsigned)
{
    char all[256];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (char)i;
    }

    const struct strview key = {.data = all, .len = sizeof all};

    ck_assert_int_eq((int32_t)shard_murmur2(key), -1948347274);
    ck_assert_int_eq((int32_t)shard_murmur2(STRVIEW("\xff\xfe\x80")), -160726397);
}
END_TEST

START_TEST(every_shard_is_used)
{
    int hits[SHARDS_DEFAULT] = {0};
    for (int i = 0; i < 1200; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "c%d", i);
        hits[shard_of(strview_of(key), SHARDS_DEFAULT)]++;
    }

    for (int shard = 0; shard < SHARDS_DEFAULT; shard++) {
        ck_assert_int_gt(hits[shard], 50); /* 100 are expected */
        ck_assert_int_lt(hits[shard], 150);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/shard");
    TCase *rule = tcase_create("rule");
    tcase_add_loop_test(rule, murmur2_is_what_java_computes, 0, JAVA_COUNT);
    tcase_add_loop_test(rule, a_shard_is_the_partition_java_would_choose, 0, JAVA_COUNT);
    tcase_add_loop_test(rule, an_ending_leads_to_the_shard_of_the_whole, 0, JAVA_COUNT);
    tcase_add_test(rule, bytes_above_127_are_unsigned);
    tcase_add_test(rule, every_shard_is_used);
    suite_add_tcase(suite, rule);
    return check_main(suite);
}
