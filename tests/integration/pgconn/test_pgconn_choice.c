/* SPDX-License-Identifier: Apache-2.0 */
/* Which server and which session will do: hosts, names, and what is asked of them. */
#include "common/io/postgres/pgsession.h"
#include "tests/integration/pgconn/pgconn_fixture.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_bool name_server_answers;

/* What the database or the role sets for its sessions must not change ours. */
START_TEST(a_session_has_what_we_rely_on)
{
    ck_assert_int_eq(setenv("PGOPTIONS",
                            "-c idle_session_timeout=50"
                            " -c default_transaction_isolation=serializable"
                            " -c array_nulls=off -c standard_conforming_strings=off",
                            1),
                     0);
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    wait_until_ready();
    query(SHOW, "idle_session_timeout");
    query(SHOW, "default_transaction_isolation");
    query(SHOW, "client_connection_check_interval");
    query(SHOW, "array_nulls");
    query(SHOW, "standard_conforming_strings");
    run_trip();

    ck_assert_str_eq(f.seen[0].value, "0");
    ck_assert_str_eq(f.seen[1].value, "read committed");
    ck_assert_str_eq(f.seen[2].value, "2s");
    ck_assert_str_eq(f.seen[3].value, "on");
    ck_assert_str_eq(f.seen[4].value, "on");
}
END_TEST

START_TEST(a_session_that_may_only_read_is_refused_until_it_may_write)
{
    ck_assert_int_eq(setenv("PGOPTIONS", "-c default_transaction_read_only=on", 1), 0);
    const struct pgconn_options options = options_for(url_of_server());
    connect_with(&options);
    while (strstr(pgconn_last_error(f.conn), "may only read") == NULL) {
        turn();
    }
    ck_assert_int_eq(f.ready, 0);

    ck_assert_int_eq(unsetenv("PGOPTIONS"), 0);
    wait_until_ready();
    ck_assert_int_eq(f.lost, 0);
}
END_TEST

static enum error_kind refuse_once(void *user, const struct pgconn_result *result,
                                   struct error *err)
{
    (void)user;
    ck_assert(strview_is(pgconn_value(result, 0, 0), "1s"));
    f.checked++;
    return f.checked == 1 ? error_set(err, ERROR_TRANSIENT, "not this one") : ERROR_NONE;
}

START_TEST(a_server_that_its_user_refuses_is_left)
{
    struct pgconn_options options = options_for(url_of_server());
    options.check_setup = refuse_once;
    connect_with(&options);
    wait_until_ready();

    ck_assert_int_eq(f.checked, 2);
    ck_assert_int_eq(f.ready, 1);
}
END_TEST

/* The server's URL with other hosts in front of its own. */
static const char *url_behind(const char *hosts, const char *query)
{
    static char url[1024];
    const char *own = url_of_server();
    const char *at = strchr(own, '@');
    ck_assert_ptr_nonnull(at);
    (void)snprintf(url, sizeof url, "%.*s@%s%s%s", (int)(at - own), own, hosts, at + 1, query);
    return url;
}

/* A port that takes connections and never answers. */
static int silent_port(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

START_TEST(a_host_that_hangs_costs_its_share_only)
{
    char hosts[64];
    (void)snprintf(hosts, sizeof hosts, "127.0.0.1:%d,", silent_port());
    const struct pgconn_options options = options_for(url_behind(hosts, "?connect_timeout=1"));
    connect_with(&options);
    wait_until_ready();
}
END_TEST

/* Stands for the name server: slow.test is not answered until it may be. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    typedef int getaddrinfo_fn(const char *, const char *, const struct addrinfo *,
                               struct addrinfo **);
    getaddrinfo_fn *real = NULL;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
    (void)memcpy(&real, &symbol, sizeof real);
    if (name == NULL || strstr(name, ".test") == NULL || (hints->ai_flags & AI_NUMERICHOST) != 0) {
        return real(name, service, hints, ret);
    }
    if (strcmp(name, "none.test") == 0) {
        return EAI_NONAME;
    }
    while (!atomic_load(&name_server_answers)) {
        (void)usleep(1000);
    }
    return real("127.0.0.1", service, hints, ret);
}

START_TEST(a_silent_name_server_does_not_stop_the_loop)
{
    const char *own = url_of_server();
    char url[1024];
    const char *host = strstr(own, "127.0.0.1");
    ck_assert_ptr_nonnull(host);
    (void)snprintf(url, sizeof url, "%.*sslow.test%s", (int)(host - own), own,
                   host + strlen("127.0.0.1"));
    const struct pgconn_options options = options_for(url);
    connect_with(&options);
    for (int i = 0; i < 20; i++) {
        turn();
    }
    ck_assert(!pgconn_is_ready(f.conn));

    atomic_store(&name_server_answers, true);
    wait_until_ready();
}
END_TEST

START_TEST(a_name_that_is_not_found_leads_to_the_next_host)
{
    const struct pgconn_options options = options_for(url_behind("none.test,slow.test,", ""));
    connect_with(&options);
    wait_until_ready(); /* while slow.test is still being looked up */
    pgconn_free(f.conn);
    atomic_store(&name_server_answers, true);

    const char *alone = "postgresql://u:p@none.test/x";
    const struct pgconn_options missing = options_for(alone);
    connect_with(&missing);
    while (strstr(pgconn_last_error(f.conn), "cannot be looked up") == NULL) {
        turn();
    }
    ck_assert_ptr_null(strstr(pgconn_last_error(f.conn), "none.test"));
}
END_TEST

START_TEST(a_database_that_cannot_hold_our_texts_is_refused)
{
    ask("DROP DATABASE IF EXISTS test_pgconn_latin1");
    ask("CREATE DATABASE test_pgconn_latin1 ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C'"
        " LC_CTYPE 'C'");
    const char *own = url_of_server();
    char url[1024];
    (void)snprintf(url, sizeof url, "%.*s/test_pgconn_latin1", (int)(strrchr(own, '/') - own), own);
    struct error err;
    struct pgsession *session;
    ck_assert_int_eq(pgsession_open(url, "test", &session, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "LATIN1"));

    const struct pgconn_options options = options_for(url);
    connect_with(&options);
    while (strstr(pgconn_last_error(f.conn), "must be UTF8") == NULL) {
        turn();
    }
    ck_assert_int_eq(f.ready, 0);
    pgconn_free(f.conn);
    f.conn = NULL;
    ask("DROP DATABASE test_pgconn_latin1 WITH (FORCE)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres: choice");
    TCase *server = tcase_create("server");
    tcase_set_timeout(server, 100);
    tcase_add_checked_fixture(server, setup_alone, teardown);
    tcase_add_test(server, a_session_has_what_we_rely_on);
    tcase_add_test(server, a_session_that_may_only_read_is_refused_until_it_may_write);
    tcase_add_test(server, a_server_that_its_user_refuses_is_left);
    tcase_add_test(server, a_host_that_hangs_costs_its_share_only);
    tcase_add_test(server, a_silent_name_server_does_not_stop_the_loop);
    tcase_add_test(server, a_name_that_is_not_found_leads_to_the_next_host);
    tcase_add_test(server, a_database_that_cannot_hold_our_texts_is_refused);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
