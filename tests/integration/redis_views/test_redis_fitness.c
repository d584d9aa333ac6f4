/* SPDX-License-Identifier: Apache-2.0 */
/* Which Redis is fit for the views, as it is or once it is mended. */
#include "common/base/embedded_text.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_read.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdlib.h>
#include <string.h>

extern const struct embedded_text PROJECTOR_FUNCTIONS[];

START_TEST(a_missing_function_is_said_and_loaded_again)
{
    add(WRITE_SET, "string", "value");
    (void)redis("FUNCTION DELETE orderspine");

    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_NOT_FOUND);

    check_fitness();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_NONE);
}
END_TEST

/* The library as a version before this one's left it, which knows one question less. */
static void load_older_functions(void)
{
    static const char KNOWN[] = "HEADS = heads,";
    struct error err;
    char *code = strdup(PROJECTOR_FUNCTIONS[0].text);
    char *at = code == NULL ? NULL : strstr(code, KNOWN);
    ck_assert_ptr_nonnull(at);
    memset(at, ' ', sizeof KNOWN - 1);
    const struct strview load[] = {STRVIEW("FUNCTION"), STRVIEW("LOAD"), STRVIEW("REPLACE"),
                                   strview_of(code)};
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){load, 4}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    free(code);
    ck_assert_int_eq(f.kind, ERROR_NONE);
}

START_TEST(functions_that_do_not_know_a_question_yet_are_said_and_loaded_again)
{
    struct error err;
    struct strview words[WORDS_MAX];
    const struct redisconn_command command = {words, split("HEADS 9 nothing 9", words)};
    load_older_functions();

    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NOT_FOUND);

    check_fitness();
    ck_assert_str_eq(find("HEADS 9 nothing 9"), "0 ");
}
END_TEST

START_TEST(a_redis_that_evicts_is_refused)
{
    (void)redis("CONFIG SET maxmemory-policy allkeys-lru");
    check_fitness();
    const enum error_kind kind = f.kind;
    (void)redis("CONFIG SET maxmemory-policy noeviction");

    ck_assert_int_eq(kind, ERROR_FATAL);
}
END_TEST

START_TEST(a_redis_without_a_bound_is_told_apart)
{
    (void)redis("CONFIG SET maxmemory 0");
    check_fitness();
    ck_assert(!is_bounded);
    (void)redis("CONFIG SET maxmemory 1gb");
    check_fitness();
    ck_assert(is_bounded);
}
END_TEST

START_TEST(a_replica_is_refused_until_it_is_a_master)
{
    (void)redis("REPLICAOF 127.0.0.1 1");
    check_fitness();
    const enum error_kind kind = f.kind;
    (void)redis("REPLICAOF NO ONE");
    check_fitness();

    ck_assert_int_eq(kind, ERROR_TRANSIENT);
    ck_assert_int_eq(f.kind, ERROR_NONE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/fitness");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, a_missing_function_is_said_and_loaded_again);
    tcase_add_test(server, functions_that_do_not_know_a_question_yet_are_said_and_loaded_again);
    tcase_add_test(server, a_redis_that_evicts_is_refused);
    tcase_add_test(server, a_redis_without_a_bound_is_told_apart);
    tcase_add_test(server, a_replica_is_refused_until_it_is_a_master);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
