/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of brokers: which are some, and what is said of the others. */
#include "common/io/kafka/kafka_config.h"
#include "tests/support/check_main.h"

static const char *const GOOD[] = {
    "kafka",
    "kafka:9092",
    "kafka:1",
    "kafka:65535",
    "k1:9092,k2:9093",
    " k1:9092, k2:9093 ",
    "127.0.0.1:9092",
    "[::1]",
    "[2001:db8::1]:9092",
    "SSL://kafka:9093,sasl_ssl://[::1]:9093",
    "PLAINTEXT://kafka:9092/path",
    "k1:9092,", /* as librdkafka takes it: the same without its end, and what follows */
    "k1:9092,k2:9092, ,\n",
    "kafka:9092\n",
    "kafka:9092 \r\n",
    "k1:9092\n,k2:9092\r\n",
    "::1",
    "fd00::5,fd00::6",
    "SSL://2001:db8::1",
    "fe80::1%eth0",
    "kafka:09092",
    "[::1]:00001",
};

START_TEST(addresses_are_taken)
{
    struct error err = {.kind = ERROR_NONE};

    ck_assert_int_eq(kafka_config_check_brokers(GOOD[_i], &err), ERROR_NONE);
}
END_TEST

#define FORM                                                                                       \
    "; write host:port, several with commas between, an IPv6 address in brackets: [::1]:9092"
#define NO_PORT "the port is no number from 1 to 65535" FORM
#define NO_HOST "it names no host" FORM
#define IN_HOST "a blank or an end of line is part of the host" FORM
#define EMPTY   "an entry is empty" FORM

static const struct {
    const char *brokers;
    const char *says;
} BAD[] = {
    {"h:99999", "\"h:99999\": " NO_PORT},
    {"h:65536", "\"h:65536\": " NO_PORT},
    {"h:0", "\"h:0\": " NO_PORT},
    {"h:-1", "\"h:-1\": " NO_PORT},
    {"h:", "\"h:\": " NO_PORT},
    {"h:9092x", "\"h:9092x\": " NO_PORT},
    {"a:1,h:kafka", "\"h:kafka\": " NO_PORT},
    {"SSL://h:0", "\"SSL://h:0\": " NO_PORT},
    {"h:00", "\"h:00\": " NO_PORT},
    {"h:065536", "\"h:065536\": " NO_PORT},
    {"h:1:2", "\"h:1:2\": " NO_PORT},
    {"fd00::5::6", "\"fd00::5::6\": " NO_PORT},
    {":9092", "\":9092\": " NO_HOST},
    {"[::1", "\"[::1\": " NO_HOST},
    {"[]:9092", "\"[]:9092\": " NO_HOST},
    {"[::1]9092", "\"[::1]9092\": " NO_HOST},
    {"a:1 b:1", "\"a:1 b:1\": " NO_PORT},
    {"a b:1", "\"a b:1\": " IN_HOST},
    {"kafka\n", "\"kafka\": " IN_HOST},
    {"a:1,\nb:1", "\"b:1\": " IN_HOST},
    {"fd00::5\n", "\"fd00::5\": " IN_HOST},
    {"%eth0:1:", "\"%eth0:1:\": " NO_PORT},
    {",", "\"\": " EMPTY},
    {" ", "\"\": " EMPTY},
    {"\n", "\"\": " EMPTY},
    {",\n,", "\"\": " EMPTY},
    {",a:1", "\"\": " EMPTY},
    {"a:1,,b:1,", "\"\": " EMPTY},
    {"a:1, ,b:1", "\"\": " EMPTY},
    {"SSL://", "\"SSL://\": " EMPTY},
};

START_TEST(what_is_no_address_is_named_with_the_form_of_one)
{
    struct error err = {.kind = ERROR_NONE};

    ck_assert_int_eq(kafka_config_check_brokers(BAD[_i].brokers, &err), ERROR_INVALID);
    ck_assert_str_eq(err.text, BAD[_i].says);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/kafka/kafka_config");
    TCase *brokers = tcase_create("brokers");
    tcase_add_loop_test(brokers, addresses_are_taken, 0, sizeof GOOD / sizeof GOOD[0]);
    tcase_add_loop_test(brokers, what_is_no_address_is_named_with_the_form_of_one, 0,
                        sizeof BAD / sizeof BAD[0]);
    suite_add_tcase(suite, brokers);
    return check_main(suite);
}
