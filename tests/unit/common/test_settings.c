/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration from the environment: values, all faults at once, and what is shown. */
#include "common/base/strbuf.h"
#include "common/io/kafka/kafka_config.h"
#include "common/run/settings.h"
#include "tests/support/check_main.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEST_SETTING_ROWS(X)                                                                       \
    X(STRING, database_url, "DATABASE_URL", "PostgreSQL.",                                         \
      SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                               \
    X(INT, lanes, "COMMAND_LANES", "Lanes.", SETTING_WITHIN("2", 1, 16, "lanes"))                  \
    X(DURATION_MS, wait_ms, "COMMAND_WAIT", "Wait.", SETTING_WITHIN("1500ms", 100, 3600000, NULL)) \
    X(BYTES, budget, "COMMAND_BUDGET", "Budget.", SETTING_WITHIN("16MiB", 1024, 1073741824, NULL)) \
    X(BOOL, is_eager, "COMMAND_EAGER", "Eager.", SETTING_DEFAULT("off"))                           \
    X(ENUM, flavour, "COMMAND_FLAVOUR", "Flavour.", SETTING_ONE_OF("plain", FLAVOURS))

struct values {
    struct common_settings common; /* first */
    TEST_SETTING_ROWS(SETTING_MEMBER)
};

static const char *const FLAVOURS[] = {"plain", "salted", NULL};
static const char *const PREFIXES[] = {SETTINGS_COMMON_PREFIXES, "COMMAND_", NULL};

#define ROW(TYPE, field, ...) SETTING_ROW(struct values, TYPE, field, __VA_ARGS__)
static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("8080") TEST_SETTING_ROWS(ROW)};

static const struct settings_schema SCHEMA = {
    .service = "command-svc",
    .rows = ROWS,
    .count = sizeof ROWS / sizeof ROWS[0],
    .prefixes = PREFIXES,
    .pass_through = "KAFKA_",
};

static struct values values;
static struct settings *settings;
static struct strbuf text;

static void setup(void)
{
    settings = NULL;
    strbuf_init(&text, 65536);
}

static void teardown(void)
{
    settings_free(settings);
    strbuf_done(&text);
}

static void load(const char *const *entries)
{
    char *env[32] = {NULL};
    for (size_t i = 0; entries[i] != NULL; i++) {
        env[i] = strdup(entries[i]);
    }
    settings = settings_load(&SCHEMA, env, &values);
    for (size_t i = 0; env[i] != NULL; i++) {
        free(env[i]);
    }
}

#define LOAD(...) load((const char *const[]){__VA_ARGS__, NULL})

static size_t property_count(void)
{
    size_t count;
    (void)settings_properties(settings, &count);
    return count;
}

static struct kafka_property property(size_t index)
{
    size_t count;
    const struct kafka_property *properties = settings_properties(settings, &count);
    ck_assert_uint_lt(index, count);
    return properties[index];
}

static bool has_fault(const char *fault)
{
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        if (strcmp(settings_fault(settings, i), fault) == 0) {
            return true;
        }
    }
    return false;
}

START_TEST(what_is_not_set_has_its_default)
{
    LOAD("DATABASE_URL=postgres://x", "PATH=/bin", "COMMAND_LANES=");

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_str_eq(values.database_url, "postgres://x");
    ck_assert_str_eq(values.common.listen_address, "127.0.0.1");
    ck_assert_int_eq(values.common.listen_port, 8080);
    ck_assert_int_eq(values.common.shutdown_timeout_ms, 10000);
    ck_assert_ptr_null(values.common.auth_tokens_file);
    ck_assert_int_eq(values.lanes, 2);
    ck_assert_int_eq(values.wait_ms, 1500);
    ck_assert_int_eq(values.budget, 16777216);
    ck_assert(!values.is_eager);
    ck_assert_int_eq(values.flavour, 0);
}
END_TEST

START_TEST(what_is_set_is_read_by_its_type)
{
    LOAD("DATABASE_URL=x", "COMMAND_LANES=16", "COMMAND_WAIT=1h", "COMMAND_BUDGET=1KiB",
         "COMMAND_EAGER=yes", "COMMAND_FLAVOUR=salted", "LOG_LEVEL=debug");

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_int_eq(values.lanes, 16);
    ck_assert_int_eq(values.wait_ms, 3600000);
    ck_assert_int_eq(values.budget, 1024);
    ck_assert(values.is_eager);
    ck_assert_int_eq(values.flavour, 1);
    ck_assert_int_eq(values.common.log_level, 3);
}
END_TEST

START_TEST(all_faults_are_listed)
{
    LOAD("COMMAND_LANES=17", "COMMAND_WAIT=10", "COMMAND_BUDGET=big", "COMMAND_EAGER=maybe",
         "COMMAND_FLAVOUR=sweet", "COMMAND_LANE=3", "LISTEN_PORT=70000",
         "AUTH_TOKENS_FILE=/nowhere/tokens");

    ck_assert(has_fault("DATABASE_URL is not set: PostgreSQL."));
    ck_assert(has_fault("COMMAND_LANES: \"17\" is not a number of lanes from 1 to 16"));
    ck_assert(has_fault("COMMAND_WAIT: \"10\" is not a duration (300ms, 2s, 5m, 1h, 30d) from "
                        "100ms to 1h"));
    ck_assert(has_fault("COMMAND_BUDGET: \"big\" is not a size (4096, 16KiB, 1MiB) from 1KiB to "
                        "1GiB"));
    ck_assert(has_fault("COMMAND_EAGER: \"maybe\" is not on or off"));
    ck_assert(has_fault("COMMAND_FLAVOUR: \"sweet\" is not one of plain, salted"));
    ck_assert(has_fault("COMMAND_LANE is not a setting of command-svc"));
    ck_assert(has_fault("LISTEN_PORT: \"70000\" is not a number from 0 to 65535"));
    ck_assert(has_fault("AUTH_TOKENS_FILE: cannot read /nowhere/tokens: No such file or "
                        "directory: name a file that this user may read"));
    ck_assert_uint_eq(settings_fault_count(settings), 9);
}
END_TEST

START_TEST(names_of_others_are_none_of_our_business)
{
    LOAD("DATABASE_URL=x", "RELAY_POLL=3", "HOME=/", "COMMAND_SVC_SERVICE_HOST=10.0.0.1",
         "COMMAND_SVC_PORT=tcp://10.0.0.1:8080", "COMMAND_SVC_PORT_8080_TCP_ADDR=10.0.0.1",
         "KAFKA_SERVICE_PORT=9092", "KAFKA_PORT_9092_TCP=tcp://x");

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_uint_eq(property_count(), 0);
}
END_TEST

START_TEST(links_to_named_ports_are_none_of_our_business_either)
{
    LOAD("DATABASE_URL=x", "KAFKA_SERVICE_PORT_TCP_CLIENT=9092", "AUTH_SERVICE_PORT_GRPC=9000",
         "LOG_SERVICE_PORT_HTTP=80");

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_uint_eq(property_count(), 0);
}
END_TEST

START_TEST(a_name_like_a_link_without_a_port_is_no_link)
{
    LOAD("DATABASE_URL=x", "AUTH_SERVICE_PORT_GRPC=tokens");

    ck_assert(has_fault("AUTH_SERVICE_PORT_GRPC is not a setting of command-svc"));
}
END_TEST

static void load_as_client(void)
{
    struct settings_schema schema = SCHEMA;
    char lanes[] = "COMMAND_LANES=none";
    char *env[] = {lanes, NULL};
    schema.is_for_client = true;
    settings = settings_load(&schema, env, &values);
}

START_TEST(a_client_needs_nothing_but_what_it_sets_must_be_sound)
{
    load_as_client();

    ck_assert_uint_eq(settings_fault_count(settings), 1);
    ck_assert(has_fault("COMMAND_LANES: \"none\" is not a number of lanes from 1 to 16"));
    ck_assert_ptr_null(values.database_url);
}
END_TEST

static const char *write_secret(const char *content)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/orderspine-secret-XXXXXX");
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(close(fd), 0);
    return path;
}

START_TEST(a_secret_may_come_from_a_file)
{
    char entry[128];
    const char *path = write_secret("postgres://from-file\n");
    (void)snprintf(entry, sizeof entry, "DATABASE_URL_FILE=%s", path);

    LOAD(entry);
    ck_assert_int_eq(unlink(path), 0);

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_str_eq(values.database_url, "postgres://from-file");
}
END_TEST

static void load_from_file(const char *content)
{
    char entry[128];
    const char *path = write_secret(content);
    (void)snprintf(entry, sizeof entry, "DATABASE_URL_FILE=%s", path);
    LOAD(entry);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(what_editors_leave_behind_a_secret_is_dropped)
{
    load_from_file(" two words\t \r\n\n");

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_str_eq(values.database_url, " two words");
}
END_TEST

START_TEST(a_file_of_blanks_holds_no_secret)
{
    load_from_file(" \r\n\n");

    ck_assert_uint_eq(settings_fault_count(settings), 1);
}
END_TEST

/* A child writes the halves apart, so that the reader sees the first one alone. */
static void write_halves(const char *path)
{
    if (fork() != 0) {
        return;
    }
    const struct timespec pause = {.tv_nsec = 50000000};
    const int fd = open(path, O_WRONLY);
    const bool is_written = write(fd, "postgres://first", 16) == 16 &&
                            nanosleep(&pause, NULL) == 0 && write(fd, "-second", 7) == 7;
    _exit(is_written ? 0 : 1);
}

START_TEST(a_secret_may_come_in_pieces)
{
    static const char ENTRY[] = "DATABASE_URL_FILE=/tmp/orderspine-pipe-XXXXXX/pipe";
    char entry[sizeof ENTRY];
    char folder[] = "/tmp/orderspine-pipe-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(entry, sizeof entry, "DATABASE_URL_FILE=%s/pipe", folder);
    const char *path = strchr(entry, '/');
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    write_halves(path);

    LOAD(entry);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_str_eq(values.database_url, "postgres://first-second");
}
END_TEST

START_TEST(a_secret_in_place_of_its_file_is_not_repeated)
{
    LOAD("DATABASE_URL_FILE=postgresql://svc:hush@db/x", "KAFKA_SASL_PASSWORD_FILE=hush");

    ck_assert_uint_eq(settings_fault_count(settings), 2);
    for (size_t i = 0; i < settings_fault_count(settings); i++) {
        ck_assert_ptr_null(strstr(settings_fault(settings, i), "hush"));
    }
}
END_TEST

START_TEST(a_property_from_a_file_is_a_secret_whatever_its_name)
{
    char entry[128];
    const char *path = write_secret("hush");
    (void)snprintf(entry, sizeof entry, "KAFKA_SASL_USERNAME_FILE=%s", path);

    LOAD("DATABASE_URL=x", entry);
    ck_assert_int_eq(unlink(path), 0);
    settings_table(settings, &text);
    settings_json(settings, &text);

    ck_assert_str_eq(property(0).value, "hush");
    ck_assert_ptr_null(strstr(strbuf_cstr(&text), "hush"));
}
END_TEST

START_TEST(a_secret_from_two_places_is_a_fault)
{
    LOAD("DATABASE_URL=x", "DATABASE_URL_FILE=/nowhere");

    ck_assert(has_fault("DATABASE_URL and DATABASE_URL_FILE are both set"));
}
END_TEST

START_TEST(only_secrets_come_from_files)
{
    LOAD("DATABASE_URL=x", "COMMAND_LANES_FILE=/nowhere");

    ck_assert(has_fault("COMMAND_LANES_FILE is not a setting of command-svc"));
}
END_TEST

START_TEST(properties_are_handed_on_under_their_own_names)
{
    char entry[128];
    const char *path = write_secret("s3cret");
    (void)snprintf(entry, sizeof entry, "KAFKA_SASL_PASSWORD_FILE=%s", path);

    LOAD("DATABASE_URL=x", "KAFKA_SSL_CA_LOCATION=/etc/ca.pem", entry, "KAFKA_LINGER_MS=5");
    ck_assert_int_eq(unlink(path), 0);

    ck_assert_uint_eq(settings_fault_count(settings), 0);
    ck_assert_uint_eq(property_count(), 3);
    ck_assert_str_eq(property(0).name, "linger.ms");
    ck_assert_str_eq(property(1).name, "sasl.password");
    ck_assert_str_eq(property(1).value, "s3cret");
    ck_assert_str_eq(property(2).value, "/etc/ca.pem");
}
END_TEST

START_TEST(secrets_are_never_shown)
{
    LOAD("DATABASE_URL=hush", "KAFKA_SASL_PASSWORD=hush", "COMMAND_LANES=hush");

    settings_table(settings, &text);
    settings_json(settings, &text);

    /* Only in the fault about a value that is none. */
    ck_assert_ptr_null(strstr(strbuf_cstr(&text), "postgres"));
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&text), "***"));
    const char *json = strstr(strbuf_cstr(&text), "{\"service\"");
    ck_assert_ptr_nonnull(json);
    ck_assert_ptr_nonnull(
        strstr(json, "{\"name\":\"DATABASE_URL\",\"value\":\"***\",\"from\":\"environment\"}"));
    ck_assert_ptr_nonnull(strstr(json, "\"sasl.password\":\"***\""));
    ck_assert_ptr_nonnull(strstr(json, "\"name\":\"AUTH_TOKENS_FILE\",\"value\":null"));
}
END_TEST

START_TEST(the_readme_table_comes_from_the_rows)
{
    settings_markdown(&SCHEMA, &text);

    const char *table = strbuf_cstr(&text);
    ck_assert_ptr_nonnull(
        strstr(table, "| `DATABASE_URL` or `DATABASE_URL_FILE` | required | text | PostgreSQL. |"));
    ck_assert_ptr_nonnull(
        strstr(table, "| `COMMAND_LANES` | 2 | a number of lanes from 1 to 16 | Lanes. |\n"));
    ck_assert_ptr_nonnull(strstr(table, "| `LISTEN_PORT` | 8080 | a number from 0 to 65535 |"));
}
END_TEST

START_TEST(rules_over_several_rows_add_faults_too)
{
    LOAD("DATABASE_URL=x");

    settings_add_fault(settings, "%s needs %s", "this", "that");

    ck_assert(has_fault("this needs that"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/settings");
    TCase *loading = tcase_create("loading");
    tcase_add_checked_fixture(loading, setup, teardown);
    tcase_add_test(loading, what_is_not_set_has_its_default);
    tcase_add_test(loading, what_is_set_is_read_by_its_type);
    tcase_add_test(loading, all_faults_are_listed);
    tcase_add_test(loading, names_of_others_are_none_of_our_business);
    tcase_add_test(loading, links_to_named_ports_are_none_of_our_business_either);
    tcase_add_test(loading, a_name_like_a_link_without_a_port_is_no_link);
    tcase_add_test(loading, a_client_needs_nothing_but_what_it_sets_must_be_sound);
    tcase_add_test(loading, a_secret_may_come_from_a_file);
    tcase_add_test(loading, what_editors_leave_behind_a_secret_is_dropped);
    tcase_add_test(loading, a_file_of_blanks_holds_no_secret);
    tcase_add_test(loading, a_secret_may_come_in_pieces);
    tcase_add_test(loading, a_secret_in_place_of_its_file_is_not_repeated);
    tcase_add_test(loading, a_property_from_a_file_is_a_secret_whatever_its_name);
    tcase_add_test(loading, a_secret_from_two_places_is_a_fault);
    tcase_add_test(loading, only_secrets_come_from_files);
    tcase_add_test(loading, properties_are_handed_on_under_their_own_names);
    tcase_add_test(loading, secrets_are_never_shown);
    tcase_add_test(loading, the_readme_table_comes_from_the_rows);
    tcase_add_test(loading, rules_over_several_rows_add_faults_too);
    suite_add_tcase(suite, loading);
    return check_main(suite);
}
