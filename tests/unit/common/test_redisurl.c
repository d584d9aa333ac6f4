/* SPDX-License-Identifier: Apache-2.0 */
/* Urls of Redis as people write them. */
#include "common/io/redis/redisurl.h"
#include "tests/support/check_main.h"

static const struct {
    const char *url;
    enum error_kind kind;
} URLS[] = {
    {"redis://localhost", ERROR_NONE},
    {"redis://localhost:6379/3", ERROR_NONE},
    {"redis://user:p%40ss@[::1]:6379/0", ERROR_NONE},
    {"redis://:only-password@h", ERROR_NONE},
    {"rediss://localhost", ERROR_NONE},
    {"rediss://u:p@h:6380/0?ssl_ca_certs=/etc/ca.pem", ERROR_NONE},
    {"rediss://h?ssl_ca_certs=%2Fetc%2Fca.pem", ERROR_NONE},
    {"rediss://h?ssl_ca_certs=", ERROR_INVALID},
    {"rediss://h?ssl_cert_reqs=none", ERROR_INVALID},
    {"redis://h?ssl_ca_certs=/etc/ca.pem", ERROR_INVALID}, /* it would not be looked at */
    {"redisss://h", ERROR_INVALID},
    {"localhost:6379", ERROR_INVALID},
    {"redis://", ERROR_INVALID},
    {"redis://h:99999", ERROR_INVALID},
    {"redis://h/x", ERROR_INVALID},
    {"redis://u:%zz@h", ERROR_INVALID},
    {"redis://u:%00@h", ERROR_INVALID},
    {"redis://[::1", ERROR_INVALID},
    {"redis://u:pa@ss%zz@h/0", ERROR_INVALID},
    {"redis://u:pa@ss@h/0", ERROR_INVALID}, /* the host would be told */
    {NULL, ERROR_INVALID},
};

START_TEST(a_url_is_understood_or_refused)
{
    struct redisurl url;
    struct error err = {.kind = ERROR_NONE};

    ck_assert_msg(redisurl_read(URLS[_i].url, &url, &err) == URLS[_i].kind, "%s", URLS[_i].url);
    ck_assert(URLS[_i].url == NULL || strstr(err.text, "%zz") == NULL); /* it may hold a password */
}
END_TEST

START_TEST(its_parts_are_decoded)
{
    struct redisurl url;
    struct error err;

    ck_assert_int_eq(redisurl_read("redis://us%3Aer:p%40ss@[::1]:6380/7", &url, &err), ERROR_NONE);
    ck_assert_str_eq(url.user, "us:er");
    ck_assert_str_eq(url.password, "p@ss");
    ck_assert_str_eq(url.host, "::1");
    ck_assert_int_eq(url.port, 6380);
    ck_assert_int_eq(url.database, 7);
    ck_assert(!url.is_tls);
    ck_assert_str_eq(url.ca_file, "");

    ck_assert_int_eq(redisurl_read("rediss://h/3?ssl_ca_certs=/etc/my%20ca.pem", &url, &err),
                     ERROR_NONE);
    ck_assert(url.is_tls);
    ck_assert_str_eq(url.ca_file, "/etc/my ca.pem");
    ck_assert_str_eq(url.host, "h");
    ck_assert_int_eq(url.database, 3);

    ck_assert_int_eq(redisurl_read("redis://h", &url, &err), ERROR_NONE);
    ck_assert_str_eq(url.user, "");
    ck_assert_str_eq(url.password, "");
    ck_assert_str_eq(url.host, "h");
    ck_assert_int_eq(url.port, 6379);
    ck_assert_int_eq(url.database, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/redis/redisurl");
    TCase *urls = tcase_create("urls");
    tcase_add_loop_test(urls, a_url_is_understood_or_refused, 0, sizeof URLS / sizeof URLS[0]);
    tcase_add_test(urls, its_parts_are_decoded);
    suite_add_tcase(suite, urls);
    return check_main(suite);
}
