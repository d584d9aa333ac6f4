/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: who they belong to, what a bad file says, and when there need be none. */
#include "common/run/auth.h"
#include "common/run/settings.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BYTES(literal) literal, sizeof(literal) - 1

/* SHA-256 of "alpha" and of "beta". */
#define ALPHA          "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"
#define BETA           "f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753"

static char path[] = "/tmp/orderspine-tokens-XXXXXX";
static struct auth *auth;
static struct error err;

static void write_bytes(struct strview bytes)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_tokens(const char *text)
{
    write_bytes(strview_of(text));
}

static void setup(void)
{
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd), 0);
    auth = NULL;
}

static void teardown(void)
{
    auth_free(auth);
    (void)unlink(path);
}

static enum error_kind load_bytes(struct strview bytes)
{
    const struct common_settings common = {.auth = AUTH_TOKENS, .auth_tokens_file = path};
    write_bytes(bytes);
    return auth_new(&common, &auth, &err);
}

static enum error_kind load(const char *text)
{
    return load_bytes(strview_of(text));
}

START_TEST(a_token_gives_its_role_and_subject)
{
    ck_assert_int_eq(load("# people\n\n" ALPHA " customer c-1\n\t" BETA "  operator \t ops\r\n"),
                     ERROR_NONE);

    const struct principal *customer = auth_lookup(auth, STRVIEW("alpha"));
    const struct principal *operator= auth_lookup(auth, STRVIEW("beta"));

    ck_assert_ptr_nonnull(customer);
    ck_assert_int_eq(customer->role, ROLE_CUSTOMER);
    ck_assert_str_eq(customer->subject, "c-1");
    ck_assert(!customer->is_anyone);
    ck_assert_ptr_nonnull(operator);
    ck_assert_int_eq(operator->role, ROLE_OPERATOR);
    ck_assert_str_eq(operator->subject, "ops");
}
END_TEST

START_TEST(anything_else_gives_nobody)
{
    static const char *const STRANGERS[] = {"", "gamma", "alph", "alphaa", ALPHA};
    ck_assert_int_eq(load(ALPHA " agent a\n"), ERROR_NONE);

    for (size_t i = 0; i < sizeof STRANGERS / sizeof STRANGERS[0]; i++) {
        ck_assert_ptr_null(auth_lookup(auth, strview_of(STRANGERS[i])));
    }
}
END_TEST

START_TEST(every_faulty_line_is_named)
{
    ck_assert_int_eq(load(ALPHA " customer c-1\n"
                                "abc customer c-2\n" BETA " king c-3\n" BETA " agent\n" ALPHA
                                " agent c-4\n" BETA " agent a b\n"),
                     ERROR_FATAL);

    ck_assert_ptr_nonnull(strstr(err.text, "line 2: no SHA-256"));
    ck_assert_ptr_nonnull(strstr(err.text, "line 3: unknown role"));
    ck_assert_ptr_nonnull(strstr(err.text, "line 4: the subject"));
    ck_assert_ptr_nonnull(strstr(err.text, "line 5: a token"));
    ck_assert_ptr_nonnull(strstr(err.text, "line 6: text"));
}
END_TEST

START_TEST(a_subject_is_an_id)
{
    ck_assert_int_eq(load(ALPHA " customer -\n" BETA " customer ..\n"), ERROR_FATAL);

    ck_assert_ptr_nonnull(strstr(err.text, "line 1: the subject"));
    ck_assert_ptr_nonnull(strstr(err.text, "line 2: the subject"));
}
END_TEST

START_TEST(a_file_without_tokens_is_refused)
{
    ck_assert_int_eq(load("# nobody yet\n"), ERROR_FATAL);
}
END_TEST

START_TEST(a_comment_of_any_length_stays_a_comment)
{
    static char text[2048];
    for (size_t comment = 250; comment < 260; comment++) {
        (void)snprintf(text, sizeof text, "#%*s" ALPHA " operator evil\n" BETA " agent a\n",
                       (int)comment, "");

        ck_assert_int_eq(load(text), ERROR_NONE);

        ck_assert_ptr_null(auth_lookup(auth, STRVIEW("alpha")));
        ck_assert_ptr_nonnull(auth_lookup(auth, STRVIEW("beta")));
        auth_free(auth);
        auth = NULL;
    }
}
END_TEST

START_TEST(a_long_comment_is_one_line)
{
    static char text[2048];
    (void)snprintf(text, sizeof text, "#%*s\nabc agent a\n", 1000, "");

    ck_assert_int_eq(load(text), ERROR_FATAL);

    ck_assert_ptr_nonnull(strstr(err.text, "line 2: no SHA-256"));
}
END_TEST

START_TEST(nothing_hides_behind_the_end_of_a_line)
{
    static const struct strview FILES[] = {
        {BYTES(ALPHA " agent a\r" BETA " agent b\n")},
        {BYTES(ALPHA " agent a\r# more\n")},
        {BYTES(ALPHA " agent a\0 b\n")},
        {BYTES(ALPHA " agent a\r\r\n")},
    };
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        ck_assert_int_eq(load_bytes(FILES[i]), ERROR_FATAL);
        ck_assert_ptr_null(auth);
    }
}
END_TEST

START_TEST(a_reload_takes_the_new_tokens)
{
    ck_assert_int_eq(load(ALPHA " agent a\n"), ERROR_NONE);
    write_tokens(BETA " agent b\n");

    ck_assert_int_eq(auth_reload(auth, &err), ERROR_NONE);

    ck_assert_ptr_null(auth_lookup(auth, STRVIEW("alpha")));
    ck_assert_ptr_nonnull(auth_lookup(auth, STRVIEW("beta")));
}
END_TEST

START_TEST(a_faulty_reload_keeps_the_old_tokens)
{
    ck_assert_int_eq(load(ALPHA " agent a\n"), ERROR_NONE);
    write_tokens("rubbish\n" BETA " agent b\n");

    ck_assert_int_eq(auth_reload(auth, &err), ERROR_FATAL);

    ck_assert_ptr_nonnull(auth_lookup(auth, STRVIEW("alpha")));
    ck_assert_ptr_null(auth_lookup(auth, STRVIEW("beta")));
}
END_TEST

START_TEST(without_tokens_everybody_is_anyone)
{
    const struct common_settings common = {.auth = AUTH_OFF};
    ck_assert_int_eq(auth_new(&common, &auth, &err), ERROR_NONE);

    const struct principal *principal = auth_lookup(auth, STRVIEW(""));

    ck_assert_ptr_nonnull(principal);
    ck_assert(principal->is_anyone);
}
END_TEST

static const struct {
    int auth;
    const char *address;
    const char *file;
    const char *keys;
    size_t faults;
} SETTINGS[] = {
    {AUTH_TOKENS, "0.0.0.0", "/x", NULL, 0}, {AUTH_TOKENS, "127.0.0.1", NULL, NULL, 1},
    {AUTH_TOKENS, "0.0.0.0", NULL, "/k", 0}, {AUTH_OFF, "127.0.0.1", NULL, NULL, 0},
    {AUTH_OFF, "127.8.0.1", NULL, NULL, 0},  {AUTH_OFF, "::1", NULL, NULL, 0},
    {AUTH_OFF, "0.0.0.0", NULL, NULL, 1},    {AUTH_OFF, "::", NULL, NULL, 1},
    {AUTH_OFF, "10.0.0.1", "/x", NULL, 2},   {AUTH_OFF, "127.0.0.1", "/x", NULL, 1},
    {AUTH_OFF, "127.0.0.1", NULL, "/k", 1},  {AUTH_OFF, "::1", "/x", "/k", 1},
};

START_TEST(no_tokens_is_for_loopback_only_and_beside_none)
{
    static const struct settings_schema EMPTY = {.service = "x"};
    char *env[] = {NULL};
    struct settings *settings = settings_load(&EMPTY, env, NULL);
    const struct common_settings common = {.auth = SETTINGS[_i].auth,
                                           .listen_address = SETTINGS[_i].address,
                                           .auth_tokens_file = SETTINGS[_i].file,
                                           .auth_jwt_key_file = SETTINGS[_i].keys,
                                           .auth_jwt_audience = SETTINGS[_i].keys};

    auth_check_settings(&common, settings);

    ck_assert_uint_eq(settings_fault_count(settings), SETTINGS[_i].faults);
    settings_free(settings);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/auth");
    TCase *tokens = tcase_create("tokens");
    tcase_add_checked_fixture(tokens, setup, teardown);
    tcase_add_test(tokens, a_token_gives_its_role_and_subject);
    tcase_add_test(tokens, anything_else_gives_nobody);
    tcase_add_test(tokens, every_faulty_line_is_named);
    tcase_add_test(tokens, a_subject_is_an_id);
    tcase_add_test(tokens, a_file_without_tokens_is_refused);
    tcase_add_test(tokens, a_comment_of_any_length_stays_a_comment);
    tcase_add_test(tokens, a_long_comment_is_one_line);
    tcase_add_test(tokens, nothing_hides_behind_the_end_of_a_line);
    tcase_add_test(tokens, a_reload_takes_the_new_tokens);
    tcase_add_test(tokens, a_faulty_reload_keeps_the_old_tokens);
    tcase_add_test(tokens, without_tokens_everybody_is_anyone);
    tcase_add_loop_test(tokens, no_tokens_is_for_loopback_only_and_beside_none, 0,
                        sizeof SETTINGS / sizeof SETTINGS[0]);
    suite_add_tcase(suite, tokens);
    return check_main(suite);
}
