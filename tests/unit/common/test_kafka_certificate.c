/* SPDX-License-Identifier: Apache-2.0 */
/* What is put before librdkafka's words. */
#include "common/io/kafka/kafka_certificate.h"
#include "tests/support/check_main.h"

#include <string.h>

START_TEST(a_librdkafka_that_cannot_do_scram_is_named)
{
    char cause[KAFKA_CERTIFICATE_WORDS_MAX];
    const char *words = kafka_certificate_words(
        "Authentication failed due to invalid credentials with SASL mechanism SCRAM-SHA-512",
        cause);

    ck_assert_int_eq(strstr(words, "Debian 12") == NULL, CAN_SCRAM);
}
END_TEST

START_TEST(a_time_that_kafka_refuses_is_said_to_be_ours)
{
    char cause[KAFKA_CERTIFICATE_WORDS_MAX];
    const char *words =
        kafka_certificate_words("1 message(s) failed: Broker: Invalid timestamp (broker 1)", cause);
    ck_assert_ptr_nonnull(strstr(words, "set this host's clock"));
    ck_assert_ptr_nonnull(strstr(words, "allows: ")); /* not cut */
}
END_TEST

START_TEST(what_it_is_not_about_stays_as_it_is)
{
    char cause[KAFKA_CERTIFICATE_WORDS_MAX];

    ck_assert_str_eq(
        kafka_certificate_words("invalid credentials with SASL mechanism PLAIN", cause), "");
    ck_assert_str_eq(kafka_certificate_words("certificate verify failed", cause),
                     ""); /* none seen */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/kafka/kafka_certificate");
    TCase *words = tcase_create("words");
    tcase_add_test(words, a_librdkafka_that_cannot_do_scram_is_named);
    tcase_add_test(words, a_time_that_kafka_refuses_is_said_to_be_ours);
    tcase_add_test(words, what_it_is_not_about_stays_as_it_is);
    suite_add_tcase(suite, words);
    return check_main(suite);
}
