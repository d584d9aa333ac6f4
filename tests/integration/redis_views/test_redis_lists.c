/* SPDX-License-Identifier: Apache-2.0 */
/* Timelines and what waits are lists: how much of one is taken, from which end, at what cost to
 * Redis. */
#include "common/base/parse.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *question;
    const char *answer;
} HEADS[] = {
    {"HEAD list 9 100", "4 aa bb cccccc d "}, /* of earlier versions, which run beside this one */
    {"HEAD list 2 100", "4 aa bb "},
    {"HEAD list 9 4", "4 aa bb "},
    {"HEAD list 9 1", "4 aa "},
    {"HEAD nothing 9 100", "0 "},
    {"HEADS 100 list 9", "4 aa bb cccccc d "},
    {"HEADS 100 list 2", "4 aa bb "},
    {"HEADS 4 list 9", "4 aa bb "},
    {"HEADS 9 list 9", "4 aa bb "},
    {"HEADS 1 list 9", "4 aa "}, /* one at least */
    {"HEADS 100 nothing 9", "0 "},
    {"HEADS 100 list 2 nothing 9 list 1", "4 aa bb 0 4 aa "},
    {"HEADS 5 list 2 list 9", "4 aa bb 4 "},
    {"HEADS 6 list 2 list 9", "4 aa bb 4 aa "},
    {"HEADS 1 nothing 9 list 9 list 9", "0 4 aa 4 "}, /* one of all of them */
    {"TAIL list 0 9 100", "4 d cccccc bb aa "},
    {"TAIL list 0 2 100", "4 d cccccc "},
    {"TAIL list 4 2 100", "4 cccccc bb "},
    {"TAIL list 9 2 100", "4 d cccccc "},
    {"TAIL list 0 9 7", "4 d cccccc "},
    {"TAIL list 4 9 1", "4 cccccc "},
    {"TAIL list 2 9 100", "4 aa "},
    {"TAIL list 1 9 100", "4 "},
    {"TAIL nothing 0 9 100", "0 "},
};

START_TEST(a_list_is_taken_from_an_end_as_far_as_number_and_bytes_allow)
{
    (void)redis("RPUSH list aa bb cccccc d");

    ck_assert_str_eq(find(HEADS[_i].question), HEADS[_i].answer);
}
END_TEST

START_TEST(a_list_goes_on_where_its_first_portion_ended)
{
    (void)redis("RPUSH list 1a 2b 3c 4d 5e 6f 7g 8h 9i 0j 1k 2l 3m 4n 5o 6p 7q 8r 9s 0t");

    ck_assert_str_eq(find("HEAD list 11 999"), "20 1a 2b 3c 4d 5e 6f 7g 8h 9i 0j 1k ");
    ck_assert_str_eq(find("HEAD list 20 21"), "20 1a 2b 3c 4d 5e 6f 7g 8h 9i 0j ");
    ck_assert_str_eq(find("TAIL list 0 11 999"), "20 0t 9s 8r 7q 6p 5o 4n 3m 2l 1k 0j ");
    ck_assert_str_eq(find("TAIL list 12 20 18"), "20 1k 0j 9i 8h 7g 6f 5e 4d 3c ");
    ck_assert_str_eq(find("TAIL list 12 20 999"), "20 1k 0j 9i 8h 7g 6f 5e 4d 3c 2b 1a ");
}
END_TEST

/* A number that INFO tells, by what stands before it. */
static int64_t told_by_info(const char *section, const char *before)
{
    char script[TEXT_MAX];
    struct error err;
    int64_t number;
    (void)snprintf(script, sizeof script,
                   "return string.match(redis.call('INFO','%s'),'%s(%%d+)')or'0'", section, before);
    const struct strview words[] = {STRVIEW("EVAL"), strview_of(script), STRVIEW("0")};
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, 3}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    ck_assert(parse_i64((struct strview){f.text, strcspn(f.text, " ")}, &number));
    return number;
}

static int64_t calls_of(const char *command)
{
    char before[64];
    (void)snprintf(before, sizeof before, "cmdstat_%s:calls=", command);
    return told_by_info("commandstats", before);
}

/* No two are alike: Lua keeps those once. */
static void plant_elements(unsigned count, unsigned bytes)
{
    char script[TEXT_MAX];
    (void)snprintf(script, sizeof script,
                   "for i=1,%u do redis.call('RPUSH','list',i..('x'):rep(%u))end", count, bytes);
    struct error err;
    const struct strview words[] = {STRVIEW("EVAL"), strview_of(script), STRVIEW("0")};
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, 3}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}

/* Redis goes through the list to where each begins. */
START_TEST(a_long_list_is_taken_in_few_portions)
{
    plant_elements(1000, 8);
    (void)redis("CONFIG RESETSTAT");

    (void)find("TAIL list 500 200 524288");
    ck_assert_int_le(calls_of("lrange"), 8);
    (void)find("HEAD list 1000 1048576");

    ck_assert_int_le(calls_of("lrange"), 8 + 18);
    ck_assert_int_eq(calls_of("lindex"), 0);
}
END_TEST

/* What a function reads stays in the memory of its Lua until that is tidied up. */
START_TEST(of_long_elements_behind_short_ones_no_more_is_read_than_fits)
{
    enum { MIB = 1 << 20 };
    plant_elements(8, 8);
    plant_elements(1000, 16384);
    const int64_t before = told_by_info("memory", "used_memory_vm_functions:");

    (void)find("HEAD list 1000 1048576");

    ck_assert_int_gt(before, 0);
    ck_assert_int_lt(told_by_info("memory", "used_memory_vm_functions:") - before, 6 * MIB);
    (void)redis("CONFIG RESETSTAT");
    (void)find("HEAD list 1000 1048576");
    ck_assert_int_le(calls_of("lrange"), 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/lists");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_loop_test(server, a_list_is_taken_from_an_end_as_far_as_number_and_bytes_allow, 0,
                        sizeof HEADS / sizeof HEADS[0]);
    tcase_add_test(server, a_list_goes_on_where_its_first_portion_ended);
    tcase_add_test(server, a_long_list_is_taken_in_few_portions);
    tcase_add_test(server, of_long_elements_behind_short_ones_no_more_is_read_than_fits);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
