/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_group_wire.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_MAX = 4096 };

static char told[TOLD_MAX];

static void on_partition(void *user, struct strview topic, int32_t partition)
{
    (void)user;
    const size_t len = strlen(told);
    ck_assert_int_gt(
        snprintf(told + len, sizeof told - len, "%.*s/%d ", STRVIEW_ARG(topic), (int)partition), 0);
}

/* From memory of exactly that size: whoever reads on is seen by the address sanitizer. */
static const char *read_bytes(const char *bytes, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes, len);
    told[0] = '\0';
    kafka_group_wire_read((struct strview){exact, len}, on_partition, NULL);
    free(exact);
    return told;
}

/* Version 1; a/0, a/258; order/2; what a later version adds. */
static const char WHOLE[] = "\0\1\0\0\0\2"
                            "\0\1a\0\0\0\2\0\0\0\0\0\0\1\2"
                            "\0\5order\0\0\0\1\0\0\0\2"
                            "\0\0\0\4more";

START_TEST(each_partition_of_each_topic_is_told)
{
    ck_assert_str_eq(read_bytes(WHOLE, sizeof WHOLE - 1), "a/0 a/258 order/2 ");
}
END_TEST

START_TEST(what_is_cut_is_told_as_far_as_it_goes)
{
    static const char ALL[] = "a/0 a/258 order/2 ";
    for (size_t len = 0; len < sizeof WHOLE; len++) {
        const char *part = read_bytes(WHOLE, len);
        ck_assert_int_eq(strncmp(ALL, part, strlen(part)), 0);
    }
    for (size_t len = 0; len + strlen("....more") < sizeof WHOLE - 1; len++) {
        told[0] = '\0'; /* what stands behind the cut would be an order's partition */
        kafka_group_wire_read((struct strview){WHOLE, len}, on_partition, NULL);
        ck_assert_ptr_null(strstr(told, "order"));
    }
    ck_assert_str_eq(read_bytes(WHOLE, 17), "a/0 ");
    ck_assert_str_eq(read_bytes(WHOLE, 20), "a/0 ");
    ck_assert_str_eq(read_bytes(WHOLE, 21), "a/0 a/258 ");
}
END_TEST

#define ENTRY(bytes, partitions)                                                                   \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, partitions                                                       \
    }

static const struct {
    const char *bytes;
    size_t len;
    const char *partitions;
} LIES[] = {
    ENTRY("", ""),
    ENTRY("\0\1", ""),
    ENTRY("\0\1\0\0\0\0\0\1a\0\0\0\1\0\0\0\7", ""),                     /* no topic */
    ENTRY("\0\1\x7f\xff\xff\xff\0\1a\0\0\0\1\0\0\0\7", "a/7 "),         /* 2^31 of them */
    ENTRY("\0\1\xff\xff\xff\xff\0\1a\0\0\0\1\0\0\0\7", ""),             /* -1 of them */
    ENTRY("\0\1\0\0\0\1\0\1a\x7f\xff\xff\xff\0\0\0\7", "a/7 "),         /* 2^31 partitions */
    ENTRY("\0\1\0\0\0\1\0\1a\xff\xff\xff\xff\0\0\0\7", ""),             /* -1 of them */
    ENTRY("\0\1\0\0\0\1\0\1a\0\0\0\2\xff\xff\xff\xff\0\0\0\7", "a/7 "), /* its number is -1 */
    ENTRY("\0\1\0\0\0\2\xff\xff\0\0\0\1\0\0\0\7", ""),                  /* a name of -1 bytes */
    ENTRY("\0\1\0\0\0\1\0\xfa"
          "a\0\0\0\1\0\0\0\7",
          ""), /* of more than there are */
    ENTRY("\0\1\0\0\0\2\0\0\0\0\0\1\0\0\0\7\0\1a\0\0\0\1\0\0\0\x8", "/7 a/8 "), /* of none */
};

START_TEST(counts_and_lengths_are_not_believed)
{
    ck_assert_str_eq(read_bytes(LIES[_i].bytes, LIES[_i].len), LIES[_i].partitions);
}
END_TEST

START_TEST(a_name_longer_than_a_topics_is_none)
{
    char bytes[6 + 2 + 251 + 8] = "\0\1\0\0\0\1\0\xf9";
    memset(bytes + 8, 'n', 249);
    memcpy(bytes + 8 + 249, "\0\0\0\1\0\0\0\7", 8);
    ck_assert_uint_eq(strlen(read_bytes(bytes, 8 + 249 + 8)), 249 + strlen("/7 "));
    bytes[7] = '\xfa';
    bytes[8 + 249] = 'n';
    memcpy(bytes + 8 + 250, "\0\0\0\1\0\0\0\7", 8);
    ck_assert_str_eq(read_bytes(bytes, 8 + 250 + 8), "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/kafka/kafka_group_wire");
    TCase *tests = tcase_create("reading");
    tcase_add_test(tests, each_partition_of_each_topic_is_told);
    tcase_add_test(tests, what_is_cut_is_told_as_far_as_it_goes);
    tcase_add_loop_test(tests, counts_and_lengths_are_not_believed, 0,
                        sizeof LIES / sizeof LIES[0]);
    tcase_add_test(tests, a_name_longer_than_a_topics_is_none);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
