/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a database URL: which hosts it names, and that no fault repeats what may be a secret. */
#include "common/io/postgres/pgurl.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pgurl url;
static struct error err;

static void setup(void)
{
    static const char *const VARIABLES[] = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE",
                                            "PGCONNECT_TIMEOUT"};
    for (size_t i = 0; i < sizeof VARIABLES / sizeof VARIABLES[0]; i++) {
        ck_assert_int_eq(unsetenv(VARIABLES[i]), 0);
    }
    url = (struct pgurl){0};
    err = (struct error){.kind = ERROR_NONE};
}

static void teardown(void)
{
    pgurl_done(&url);
}

static const char *shown(const char *text)
{
    return text == NULL ? "-" : text;
}

/* name/address/port of each host, a blank behind each. */
static const char *hosts(void)
{
    static char text[1024];
    size_t len = 0;
    for (size_t i = 0; i < url.host_count; i++) {
        const struct pgurl_host *host = &url.hosts[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s/%s/%s ", shown(host->name),
                                shown(host->address), shown(host->port));
    }
    return text;
}

static const struct {
    const char *url;
    const char *hosts;
} READ[] = {
    {"postgresql://svc:pw@db/x", "db/-/5432 "},
    {"postgres://svc:p%40w%2F@db:6432/x", "db/-/6432 "},
    {"postgresql://svc:p?w:x@db/x", "db/-/5432 "},
    {"postgresql://a:1,b:2,[::1]:3/x", "a/-/1 b/-/2 ::1/-/3 "},
    {"host=a,b port=7 dbname=x", "a/-/7 b/-/7 "},
    {"host=a,b hostaddr=127.0.0.1,::1", "a/127.0.0.1/5432 b/::1/5432 "},
    {"hostaddr=127.0.0.1", "-/127.0.0.1/5432 "},
    {"host=/run/postgresql", "/run/postgresql/-/5432 "},
    {"host=a, dbname=x", "a/-/5432 -/-/5432 "},
    {"dbname=x", "-/-/- "},
    {"dbname='a@b' user='a/b'", "-/-/- "},
    {"postgresql:///x", "-/-/- "},
};

START_TEST(a_url_names_its_hosts_in_order)
{
    ck_assert_int_eq(pgurl_read(READ[_i].url, &url, &err), ERROR_NONE);
    ck_assert_str_eq(hosts(), READ[_i].hosts);
}
END_TEST

/* In each, S3cret stands for (a part of) the password; env files quote, people forget to escape. */
static const char *const SECRET_INSIDE[] = {
    "'postgresql://svc:S3cret@db/x'",
    "\"postgresql://svc:S3cret@db/x\"",
    " postgresql://svc:S3cret@db/x",
    "postgresql://svc:S3cret@db/x\r",
    "postgresql://svc:pw@db/S3cret \n",
    "jdbc:postgresql://db/x?user=svc&password=S3cret",
    "postgresql+psycopg://svc:S3cret@db/x",
    "postgres//svc:S3cret@db/x",
    "svc:S3cret@db/x",
    "postgresql://svc:S3cret%ZZpw@db/x",
    "postgresql://svc:S3cret%@db/x",
    "postgresql://svc:S3cret%00@db/x",
    "postgresql://svc:S3c/ret@db/x",
    "postgresql://svc:123/S3cret@db/x",
    "postgresql://svc:123/x@S3cret@db",
    "postgresql://svc:pw@S3cret@db/x",
    "postgresql://svc:p@@S3cret/db",
    "postgresql://svc:pw@S3cret,@db/x",
    "postgresql://svc:pw@S3cret#@db/x",
    "postgresql://svc:S3cret@[db/x",
    "postgresql://svc:S3cret@db:1:2/x",
    "postgresql://svc:pw@db:S3cret/x",
    "postgresql://svc:pw@db:0/x?application_name=S3cret",
    "postgresql://svc:pw@db/x?S3cret",
    "postgresql://svc:pw@db/x?S3cret=1",
    "postgresql://svc:pw@db/x?password=S3cret%",
    "postgresql://svc:pw@db/x?connect_timeout=S3cret",
    "host=db user=svc password=correct S3cret",
    "host=db user=svc password='S3cret",
    "host=db S3cret=1",
    "host=a,b,c port=1,2 password=S3cret",
    "host=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a password=S3cret",
};

START_TEST(no_fault_repeats_a_secret)
{
    ck_assert_msg(pgurl_check(SECRET_INSIDE[_i], &err) == ERROR_INVALID, "%s", SECRET_INSIDE[_i]);
    ck_assert_msg(strstr(err.text, "S3c") == NULL && strstr(err.text, "ret@") == NULL, "%s",
                  err.text);
    ck_assert_ptr_nonnull(strstr(err.text, "postgresql://user:password@host"));
}
END_TEST

START_TEST(a_connect_timeout_counts_for_each_host)
{
    ck_assert_int_eq(pgurl_read("postgresql://a,b/x?connect_timeout=3", &url, &err), ERROR_NONE);
    ck_assert_int_eq(url.connect_timeout_ms, 3000);
}
END_TEST

START_TEST(the_environment_fills_what_the_url_leaves_out)
{
    ck_assert_int_eq(setenv("PGHOST", "env-a,env-b", 1), 0);
    ck_assert_int_eq(setenv("PGPORT", "7000", 1), 0);
    ck_assert_int_eq(pgurl_read("dbname=x", &url, &err), ERROR_NONE);
    ck_assert_str_eq(hosts(), "env-a/-/7000 env-b/-/7000 ");
}
END_TEST

START_TEST(only_names_are_looked_up)
{
    const struct pgurl_host name = {.name = "db", .port = "1"};
    const struct pgurl_host known = {.name = "db", .address = "::1", .port = "1"};
    const struct pgurl_host path = {.name = "/run", .port = "1"};
    const struct pgurl_host fallback = {0};

    ck_assert(pgurl_needs_lookup(&name));
    ck_assert(!pgurl_needs_lookup(&known));
    ck_assert(!pgurl_needs_lookup(&path));
    ck_assert(!pgurl_needs_lookup(&fallback));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres/pgurl");
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, setup, teardown);
    tcase_add_loop_test(reading, a_url_names_its_hosts_in_order, 0,
                        (int)(sizeof READ / sizeof READ[0]));
    tcase_add_loop_test(reading, no_fault_repeats_a_secret, 0,
                        (int)(sizeof SECRET_INSIDE / sizeof SECRET_INSIDE[0]));
    tcase_add_test(reading, a_connect_timeout_counts_for_each_host);
    tcase_add_test(reading, the_environment_fills_what_the_url_leaves_out);
    tcase_add_test(reading, only_names_are_looked_up);
    suite_add_tcase(suite, reading);
    return check_main(suite);
}
