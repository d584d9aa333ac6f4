/* SPDX-License-Identifier: Apache-2.0 */
/* Which Redis is fit for the views, as it is or once it is mended. */
#include "common/base/embedded_text.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_read.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
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

/* The library as another version left it, with something else in place of some of its text. */
static void load_other_functions(const char *ours, const char *theirs)
{
    static char code[1 << 20];
    const char *whole = PROJECTOR_FUNCTIONS[0].text;
    const char *at = strstr(whole, ours);
    struct error err;
    ck_assert_ptr_nonnull(at);
    (void)snprintf(code, sizeof code, "%.*s%s%s", (int)(at - whole), whole, theirs,
                   at + strlen(ours));
    const struct strview load[] = {STRVIEW("FUNCTION"), STRVIEW("LOAD"), STRVIEW("REPLACE"),
                                   strview_of(code)};
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){load, 4}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
}

static bool is_loaded(const char *text)
{
    return strstr(redis("FUNCTION LIST LIBRARYNAME orderspine WITHCODE"), text) != NULL;
}

START_TEST(functions_that_do_not_know_a_write_yet_are_said_and_loaded_again)
{
    load_other_functions("SADD = {'set'", "SOLD = {'set'");
    add(WRITE_SADD, "set", "member");
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_NOT_FOUND);

    check_fitness();
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_NONE);
}
END_TEST

START_TEST(functions_of_a_newer_release_stay)
{
    load_other_functions("\n-- number ", "\n-- number 7777");
    check_fitness();
    const struct redis_facts seen = facts;
    const enum error_kind kind = f.kind;
    const bool is_there = is_loaded("-- number 7777");
    add(WRITE_SET, "string", "value");
    save("1", VIEW_POSITIONS_NONE, 9);
    const enum error_kind saved = f.kind;
    (void)redis("FUNCTION DELETE orderspine"); /* for the tests behind this one */

    ck_assert_int_eq(kind, ERROR_NONE);
    ck_assert_int_ge(seen.newer, 77770);
    ck_assert(!seen.has_library);
    ck_assert(is_there);
    ck_assert_int_eq(saved, ERROR_NONE);
}
END_TEST

START_TEST(functions_of_an_older_release_or_of_none_give_way)
{
    static const char *const OLDER[] = {"\n-- number 0", "\n-- none ", "\n-- number x"};
    for (size_t i = 0; i < sizeof OLDER / sizeof OLDER[0]; i++) {
        load_other_functions("\n-- number ", OLDER[i]);
        ck_assert(is_loaded(OLDER[i]));
        check_fitness();
        ck_assert_int_eq(f.kind, ERROR_NONE);
        ck_assert_int_eq(facts.newer, 0);
        ck_assert(!is_loaded(OLDER[i]));
    }
}
END_TEST

START_TEST(functions_that_do_not_know_a_question_yet_are_said_and_loaded_again)
{
    struct error err;
    struct strview words[WORDS_MAX];
    const struct redisconn_command command = {words, split("HEADS 9 nothing 9", words)};
    load_other_functions("HEADS = heads,", "");

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
    ck_assert(!facts.is_bounded);
    (void)redis("CONFIG SET maxmemory 1gb");
    check_fitness();
    ck_assert(facts.is_bounded);
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
    tcase_add_test(server, functions_that_do_not_know_a_write_yet_are_said_and_loaded_again);
    tcase_add_test(server, functions_of_a_newer_release_stay);
    tcase_add_test(server, functions_of_an_older_release_or_of_none_give_way);
    tcase_add_test(server, a_redis_that_evicts_is_refused);
    tcase_add_test(server, a_redis_without_a_bound_is_told_apart);
    tcase_add_test(server, a_replica_is_refused_until_it_is_a_master);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
