/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommand doctor: what it makes of what it sees. */
#include "common/base/strbuf.h"
#include "common/contract/json.h"
#include "common/run/auth.h"
#include "common/run/doctor.h"
#include "common/run/doctor_auth.h"
#include "common/run/doctor_database.h"
#include "common/run/doctor_kafka.h"
#include "common/run/settings.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct patient {
    int looks;
    int ill; /* the look that finds something, from 1 */
};

static enum error_kind look(void *part, struct strbuf *told, struct error *err)
{
    struct patient *patient = part;
    patient->looks++;
    if (patient->looks == patient->ill) {
        return error_set(err, ERROR_INVALID, "it \"hurts\"");
    }
    strbuf_append_cstr(told, "fine");
    return ERROR_NONE;
}

static const struct doctor_check CHECKS[] = {
    {"first", NULL, 0, look, "mend the first"},
    {"second", "first", 0, look, "mend the second"},
    {"third", "second", 0, look, "mend the third"},
    {"other", NULL, 0, look, "mend the other"},
};
enum { CHECK_COUNT = sizeof CHECKS / sizeof CHECKS[0] };

static struct doctor_finding findings[CHECK_COUNT];
static struct strbuf text;

START_TEST(all_is_well)
{
    struct patient patient = {.ill = 0};

    ck_assert(doctor_look(CHECKS, CHECK_COUNT, &patient, findings));
    ck_assert_int_eq(patient.looks, CHECK_COUNT);
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        ck_assert_int_eq(findings[i].state, DOCTOR_WELL);
        ck_assert_str_eq(findings[i].says, "fine");
    }
}
END_TEST

START_TEST(what_needs_something_that_is_ill_is_not_looked_at)
{
    struct patient patient = {.ill = 1};

    ck_assert(!doctor_look(CHECKS, CHECK_COUNT, &patient, findings));
    ck_assert_int_eq(patient.looks, 2);
    ck_assert_int_eq(findings[0].state, DOCTOR_ILL);
    ck_assert_str_eq(findings[0].says, "it \"hurts\"");
    ck_assert_int_eq(findings[1].state, DOCTOR_SKIPPED);
    ck_assert_int_eq(findings[2].state, DOCTOR_SKIPPED);
    ck_assert_str_eq(findings[2].says, "needs second");
    ck_assert_int_eq(findings[3].state, DOCTOR_WELL);
}
END_TEST

START_TEST(the_table_has_the_line_that_mends)
{
    struct patient patient = {.ill = 2};

    (void)doctor_look(CHECKS, CHECK_COUNT, &patient, findings);
    strbuf_init(&text, 4096);
    doctor_put_table(CHECKS, findings, CHECK_COUNT, &text);

    ck_assert_str_eq(strbuf_cstr(&text), "ok    first       fine\n"
                                         "FAIL  second      it \"hurts\"\n"
                                         "                  => mend the second\n"
                                         "-     third       needs second\n"
                                         "ok    other       fine\n");
    strbuf_done(&text);
}
END_TEST

static enum error_kind look_and_tell_the_line(void *part, struct strbuf *told, struct error *err)
{
    (void)part;
    strbuf_append_cstr(told, "ALTER ROLE a RESET b");
    return error_set(err, ERROR_INVALID, "b is set");
}

START_TEST(a_look_may_tell_the_line_itself)
{
    static const struct doctor_check TOLD[] = {{"told", NULL, 0, look_and_tell_the_line, NULL}};
    struct patient patient = {.ill = 0};

    (void)doctor_look(TOLD, 1, &patient, findings);
    strbuf_init(&text, 4096);
    doctor_put_table(TOLD, findings, 1, &text);
    doctor_put_json("some-svc", TOLD, findings, 1, &text);

    ck_assert_str_eq(strbuf_cstr(&text),
                     "FAIL  told        b is set\n"
                     "                  => ALTER ROLE a RESET b\n"
                     "{\"service\":\"some-svc\",\"is_well\":false,\"checks\":["
                     "{\"name\":\"told\",\"state\":\"failed\",\"says\":\"b is set\","
                     "\"mends\":\"ALTER ROLE a RESET b\"}]}\n");
    strbuf_done(&text);
}
END_TEST

START_TEST(the_document_says_the_same)
{
    struct patient patient = {.ill = 4};

    (void)doctor_look(CHECKS, CHECK_COUNT, &patient, findings);
    strbuf_init(&text, 4096);
    doctor_put_json("some-svc", CHECKS, findings, CHECK_COUNT, &text);

    ck_assert_str_eq(strbuf_cstr(&text),
                     "{\"service\":\"some-svc\",\"is_well\":false,\"checks\":["
                     "{\"name\":\"first\",\"state\":\"ok\",\"says\":\"fine\"},"
                     "{\"name\":\"second\",\"state\":\"ok\",\"says\":\"fine\"},"
                     "{\"name\":\"third\",\"state\":\"ok\",\"says\":\"fine\"},"
                     "{\"name\":\"other\",\"state\":\"failed\",\"says\":\"it \\\"hurts\\\"\","
                     "\"mends\":\"mend the other\"}]}\n");
    strbuf_done(&text);
}
END_TEST

START_TEST(a_statement_is_explained_without_its_parameters)
{
    strbuf_init(&text, 4096);

    ck_assert(
        doctor_database_explain("SELECT a FROM b WHERE c = $1::int AND d = ANY($12) -- $", &text));

    ck_assert_str_eq(strbuf_cstr(&text),
                     "BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '10s'; "
                     "EXPLAIN SELECT a FROM b WHERE c = "
                     "NULL::int AND d = ANY(NULL) -- $");
    strbuf_done(&text);
}
END_TEST

START_TEST(what_is_no_question_is_not_explained)
{
    static const char *const OTHERS[] = {"BEGIN", "LISTEN outbox", "SET LOCAL a = 1", "COMMIT", ""};
    strbuf_init(&text, 4096);
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        ck_assert(!doctor_database_explain(OTHERS[i], &text));
    }
    ck_assert_str_eq(strbuf_cstr(&text), "");
    strbuf_done(&text);
}
END_TEST

#define HASH "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"
/* RFC 8410's. */
#define KEY                                                                                        \
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"   \
    "-----END PUBLIC KEY-----\n"

static const struct {
    enum error_kind (*look)(void *part, struct strbuf *told, struct error *err);
    const char *holds;
    enum error_kind kind;
    const char *before; /* the file's name in what it says */
    const char *behind;
} FILES[] = {
    {doctor_auth_tokens, HASH " agent anna\n", ERROR_NONE, "", " can be used"},
    {doctor_auth_tokens, "", ERROR_FATAL, "", ": no token at all"},
    {doctor_auth_tokens, "# nobody\n\n", ERROR_FATAL, "", ": no token at all"},
    {doctor_auth_tokens, HASH " agent anna\nanna\n", ERROR_FATAL, "",
     ": line 2: no SHA-256 in lower-case hexadecimal"},
    {doctor_auth_tokens, HASH " wizard anna\n", ERROR_FATAL, "", ": line 1: unknown role"},
    {doctor_auth_keys, KEY, ERROR_NONE, "", " can be used"},
    {doctor_auth_keys, "", ERROR_FATAL, "AUTH_JWT_KEY_FILE: ",
     ": no key for RS256, PS256, ES256 or EdDSA: give a JWK set or PEM blocks BEGIN PUBLIC KEY"},
    {doctor_auth_keys, "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", ERROR_FATAL,
     "AUTH_JWT_KEY_FILE: ", ": it holds a private or symmetric key: only public ones belong here"},
};

/* Each beside one of the other kind that is damaged, too, and is not what it tells of. */
START_TEST(files_of_who_may_ask_are_read)
{
    char path[] = "/tmp/orderspine-doctor-XXXXXX";
    char says[ERROR_TEXT_MAX];
    const bool is_about_tokens = FILES[_i].look == doctor_auth_tokens;
    struct error err = {.kind = ERROR_NONE};
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(FILES[_i].holds, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    const struct common_settings common = {.auth = AUTH_TOKENS,
                                           .auth_tokens_file = is_about_tokens ? path : "/dev/null",
                                           .auth_jwt_key_file =
                                               is_about_tokens ? "/dev/null" : path,
                                           .auth_jwt_audience = "orderspine"};
    const struct common_settings *part = &common;
    strbuf_init(&text, 4096);

    const enum error_kind kind = FILES[_i].look(&part, &text, &err);
    (void)unlink(path);

    (void)snprintf(says, sizeof says, "%s%s%s", FILES[_i].before, path, FILES[_i].behind);
    ck_assert_int_eq(kind, FILES[_i].kind);
    ck_assert_str_eq(kind == ERROR_NONE ? strbuf_cstr(&text) : err.text, says);
    strbuf_done(&text);
}
END_TEST

START_TEST(files_that_are_not_set_are_not_read)
{
    const struct common_settings common = {.auth = AUTH_TOKENS};
    const struct common_settings *part = &common;
    struct error err;
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_auth_tokens(&part, &text, &err), ERROR_NONE);
    ck_assert_int_eq(doctor_auth_keys(&part, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text), "no file is setno file is set");
    strbuf_done(&text);
}
END_TEST

START_TEST(a_file_that_is_empty_on_purpose_is_told)
{
    const struct common_settings common = {.auth = AUTH_TOKENS, .auth_tokens_file = "/dev/null"};
    const struct common_settings *part = &common;
    struct error err;
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_auth_tokens(&part, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text),
                     "none: AUTH_TOKENS_FILE=/dev/null, with which it cannot serve");
    strbuf_done(&text);
}
END_TEST

START_TEST(without_tokens_no_file_is_read)
{
    const struct common_settings common = {.auth = AUTH_OFF, .auth_tokens_file = "/nowhere"};
    const struct common_settings *part = &common;
    struct error err;
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_auth_tokens(&part, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text), "none: AUTH=off");
    strbuf_done(&text);
}
END_TEST

static const struct {
    int64_t theirs_ms;
    enum error_kind kind;
    const char *says;
} CLOCKS[] = {
    {1000000, ERROR_NONE, ""},
    {1000000 + 6000, ERROR_NONE, ""}, /* five seconds beyond our second look */
    {1000000 + 6001, ERROR_INVALID, "PostgreSQL's clock is 5 s ahead of ours"},
    {1000000 - 5000, ERROR_NONE, ""},
    {1000000 - 5001, ERROR_INVALID, "PostgreSQL's clock is 5 s behind ours"},
    {1000000 + 3601000, ERROR_INVALID, "PostgreSQL's clock is 3600 s ahead of ours"},
    {1000000 - 3600000, ERROR_INVALID, "PostgreSQL's clock is 3600 s behind ours"},
};

START_TEST(a_clock_that_is_off_is_told)
{
    struct error err = {.kind = ERROR_NONE};

    ck_assert_int_eq(
        doctor_compare_clocks("PostgreSQL", CLOCKS[_i].theirs_ms, 1000000, 1000000 + 1000, &err),
        CLOCKS[_i].kind);
    ck_assert(CLOCKS[_i].kind == ERROR_NONE || strcmp(err.text, CLOCKS[_i].says) == 0);
}
END_TEST

static const struct kafka_topic_found FOUND[] = {
    {.name = "a.events", .partitions = 12, .retention_ms = -1, .retention_bytes = -1},
    {.name = "b.events", .partitions = 12, .retention_ms = 7, .retention_bytes = -1},
    {.name = "c.events", .retention_ms = -1, .retention_bytes = -1, .is_compacted = true},
    {.name = "d.events", .partitions = 12, .retention_ms = -1, .retention_bytes = 0},
};

START_TEST(topics_that_forget_are_named)
{
    struct doctor_kafka kafka = {.wanted.topic_count = 4};
    const struct kafka_topics_report report = {
        .topics = FOUND, .topic_count = 4, .brokers = 2, .cluster = "x"};
    struct error err;

    doctor_kafka_note(&kafka, &report, NULL);
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_kafka_topics(&kafka, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text), "4, with 12 partitions each");
    ck_assert_int_eq(doctor_kafka_retention(&kafka, &text, &err), ERROR_INVALID);
    ck_assert_str_eq(err.text, "these do not keep all events: b.events, c.events, d.events");
    strbuf_done(&text);
}
END_TEST

START_TEST(what_a_look_at_topics_failed_with_is_told)
{
    struct doctor_kafka kafka = {.wanted.topic_count = 3};
    const struct kafka_topics_report report = {.brokers = 2, .cluster = "x"};
    struct error failure;
    struct error err;

    (void)error_set(&failure, ERROR_FATAL, "another number");
    doctor_kafka_note(&kafka, &report, &failure);
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_kafka_topics(&kafka, &text, &err), ERROR_FATAL);
    ck_assert_str_eq(err.text, "another number");
    strbuf_done(&text);
}
END_TEST

/* No client can be made, so nobody has answered. */
START_TEST(wrong_properties_are_no_answer)
{
    static const char *const TOPICS[] = {"a.events"};
    static const struct kafka_property PROPERTIES[] = {{"security.protocol", "ssl"},
                                                       {"ssl.ca.location", "/none/ca.pem"}};
    struct doctor_kafka kafka = {.wanted = {.config = {.brokers = "127.0.0.1:1",
                                                       .client_id = "test",
                                                       .properties = PROPERTIES,
                                                       .property_count = 2},
                                            .topics = TOPICS,
                                            .topic_count = 1}};
    struct error err = {.kind = ERROR_NONE};
    strbuf_init(&text, 4096);

    ck_assert_int_eq(doctor_kafka_reach(&kafka, &text, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "ssl.ca.location"));
    strbuf_done(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/doctor");
    TCase *checks = tcase_create("checks");
    tcase_add_test(checks, all_is_well);
    tcase_add_test(checks, what_needs_something_that_is_ill_is_not_looked_at);
    tcase_add_test(checks, the_table_has_the_line_that_mends);
    tcase_add_test(checks, the_document_says_the_same);
    tcase_add_test(checks, a_look_may_tell_the_line_itself);
    suite_add_tcase(suite, checks);
    TCase *parties = tcase_create("parties");
    tcase_add_test(parties, a_statement_is_explained_without_its_parameters);
    tcase_add_test(parties, what_is_no_question_is_not_explained);
    tcase_add_loop_test(parties, files_of_who_may_ask_are_read, 0, sizeof FILES / sizeof FILES[0]);
    tcase_add_test(parties, files_that_are_not_set_are_not_read);
    tcase_add_test(parties, a_file_that_is_empty_on_purpose_is_told);
    tcase_add_test(parties, without_tokens_no_file_is_read);
    tcase_add_loop_test(parties, a_clock_that_is_off_is_told, 0, sizeof CLOCKS / sizeof CLOCKS[0]);
    tcase_add_test(parties, topics_that_forget_are_named);
    tcase_add_test(parties, what_a_look_at_topics_failed_with_is_told);
    tcase_add_test(parties, wrong_properties_are_no_answer);
    suite_add_tcase(suite, parties);
    return check_main(suite);
}
