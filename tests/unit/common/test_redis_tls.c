/* SPDX-License-Identifier: Apache-2.0 */
/* What is said before anything is connected: that this build has no TLS, or that a CA file is none.
 */
#include "common/io/redis/redisconn.h"
#include "tests/support/check_main.h"

#include <string.h>

START_TEST(a_url_with_tls_is_refused_in_words)
{
    struct error err;
    const char *why = HAS_REDIS_TLS ? "/nowhere/ca.pem" : "Debian 12";

    ck_assert_int_eq(redisconn_check_url("rediss://u:pass@h?ssl_ca_certs=/nowhere/ca.pem", &err),
                     HAS_REDIS_TLS ? ERROR_TRANSIENT : ERROR_INVALID);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
    ck_assert(strstr(err.text, "pass@") == NULL);
}
END_TEST

START_TEST(the_systems_cas_do_without_a_file)
{
    struct error err;

    ck_assert_int_eq(redisconn_check_url("rediss://h", &err),
                     HAS_REDIS_TLS ? ERROR_NONE : ERROR_INVALID);
    ck_assert_int_eq(redisconn_check_url("redis://h", &err), ERROR_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/redis/redisconn_tls");
    TCase *urls = tcase_create("urls");
    tcase_add_test(urls, a_url_with_tls_is_refused_in_words);
    tcase_add_test(urls, the_systems_cas_do_without_a_file);
    suite_add_tcase(suite, urls);
    return check_main(suite);
}
