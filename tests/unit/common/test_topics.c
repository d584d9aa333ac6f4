/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/topics.h"
#include "tests/support/check_main.h"

START_TEST(names_are_the_published_ones)
{
    char name[TOPIC_NAME_MAX + 1];
    ck_assert(topic_name("", STRVIEW("order"), name));
    ck_assert_str_eq(name, "order.events");
    ck_assert(topic_name("", STRVIEW("customer"), name));
    ck_assert_str_eq(name, "customer.events");
    ck_assert(topic_name("eu-1.", STRVIEW("product"), name));
    ck_assert_str_eq(name, "eu-1.product.events");
}
END_TEST

START_TEST(aggregates_are_found_by_name)
{
    for (unsigned i = 0; i < AGGREGATE_COUNT; i++) {
        enum aggregate_type type = AGGREGATE_COUNT;
        const char *name = aggregate_name((enum aggregate_type)i);
        ck_assert(aggregate_from_name(strview_of(name), &type));
        ck_assert_uint_eq(type, i);
    }
    enum aggregate_type type = AGGREGATE_COUNT;
    ck_assert(!aggregate_from_name(STRVIEW("Order"), &type));
    ck_assert(!aggregate_from_name(STRVIEW(""), &type));
    ck_assert_uint_eq(type, AGGREGATE_COUNT);
}
END_TEST

START_TEST(names_kafka_would_refuse_are_refused_here)
{
    char name[TOPIC_NAME_MAX + 1] = "untouched";
    char too_long[TOPIC_NAME_MAX];
    memset(too_long, 'x', sizeof too_long);

    ck_assert(!topic_name("", STRVIEW(""), name));
    ck_assert(!topic_name("", STRVIEW("a/b"), name));
    ck_assert(!topic_name("", STRVIEW("a b"), name));
    ck_assert(!topic_name("\xc3\xa9.", STRVIEW("order"), name));
    ck_assert(!topic_name("eu/", STRVIEW("order"), name));
    ck_assert(!topic_name("", STRVIEW("a\0b"), name));
    ck_assert(!topic_name("", (struct strview){.data = too_long, .len = sizeof too_long}, name));
    ck_assert(!topic_name("", (struct strview){.data = too_long, .len = SIZE_MAX}, name));
    ck_assert_str_eq(name, "untouched");
}
END_TEST

START_TEST(the_longest_name_is_249_bytes)
{
    char name[TOPIC_NAME_MAX + 1];
    char aggregate[TOPIC_NAME_MAX];
    memset(aggregate, 'x', sizeof aggregate);
    const size_t rest = sizeof ".events" - 1;

    ck_assert(topic_name("", (struct strview){.data = aggregate, .len = 249 - rest}, name));
    ck_assert_uint_eq(strlen(name), 249);
    ck_assert(!topic_name("", (struct strview){.data = aggregate, .len = 250 - rest}, name));
}
END_TEST

START_TEST(a_topic_is_named_after_its_type)
{
    static const char *const TYPES[] = {"order", "backorder", "back.order", "not a name"};
    static const struct {
        const char *topic;
        int type;
    } CASES[] = {
        {"order.events", 0},       {"again.order.events", 0},
        {".order.events", 0},      {"again.order.order.events", 0},
        {"backorder.events", 1},   {"again.back.order.events", 2},
        {"reorder.events", -1},    {"again-order.events", -1},
        {"order.events.old", -1},  {"order.event", -1},
        {"ORDER.events", -1},      {"events", -1},
        {".events", -1},           {"", -1},
        {"not a name.events", -1}, {"a b.order.events", -1},
        {"a/.order.events", -1},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        ck_assert_msg(topic_type_of(CASES[i].topic, TYPES, 4) == CASES[i].type, "%s",
                      CASES[i].topic);
    }
    ck_assert_int_eq(topic_type_of("order.events", TYPES, 0), -1);
}
END_TEST

START_TEST(a_topic_is_as_long_as_kafka_allows)
{
    static const char *const TYPES[] = {"order"};
    static const char END[] = ".order.events";
    char topic[TOPIC_NAME_MAX + 2];
    memset(topic, 'x', sizeof topic);

    memcpy(topic + TOPIC_NAME_MAX + 1 - (sizeof END - 1), END, sizeof END);
    ck_assert_int_eq(topic_type_of(topic, TYPES, 1), -1);
    ck_assert_int_eq(topic_type_of(topic + 1, TYPES, 1), 0);
}
END_TEST

START_TEST(a_sequence_is_written_so_that_it_sorts)
{
    char text[TOPICS_SEQUENCE_DIGITS + 1];
    ck_assert(strview_is(topics_write_sequence(STRVIEW("9"), text), "00000000000000000009"));
    ck_assert_str_eq(text, "00000000000000000009");
    ck_assert(strview_is(topics_write_sequence(STRVIEW("9223372036854775807"), text),
                         "09223372036854775807"));
    ck_assert(strview_is(topics_write_sequence(STRVIEW("12345678901234567890"), text),
                         "12345678901234567890"));
}
END_TEST

START_TEST(a_sequence_is_read_with_zeros_before_it_and_without)
{
    int64_t seq = -1;
    ck_assert(topics_read_sequence(STRVIEW("0"), &seq) && seq == 0);
    ck_assert(topics_read_sequence(STRVIEW("56077"), &seq) && seq == 56077);
    ck_assert(topics_read_sequence(STRVIEW("00000000000000056077"), &seq) && seq == 56077);
    ck_assert(topics_read_sequence(STRVIEW("00000000000000000000"), &seq) && seq == 0);
    ck_assert(topics_read_sequence(STRVIEW("09223372036854775807"), &seq) && seq == INT64_MAX);

    seq = 7;
    static const char *const REFUSED[] = {
        "",
        "-1",
        "-0",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "0x1",
        "000000000000000056077",
        "09223372036854775808",
    };
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        ck_assert(!topics_read_sequence(strview_of(REFUSED[i]), &seq));
    }
    ck_assert_int_eq(seq, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/topics");
    TCase *names = tcase_create("names");
    tcase_add_test(names, names_are_the_published_ones);
    tcase_add_test(names, aggregates_are_found_by_name);
    tcase_add_test(names, names_kafka_would_refuse_are_refused_here);
    tcase_add_test(names, the_longest_name_is_249_bytes);
    tcase_add_test(names, a_topic_is_named_after_its_type);
    tcase_add_test(names, a_topic_is_as_long_as_kafka_allows);
    tcase_add_test(names, a_sequence_is_written_so_that_it_sorts);
    tcase_add_test(names, a_sequence_is_read_with_zeros_before_it_and_without);
    suite_add_tcase(suite, names);
    return check_main(suite);
}
