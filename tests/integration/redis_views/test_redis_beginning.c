/* SPDX-License-Identifier: Apache-2.0 */
/* Views where there are none: in which form their documents have times, and who may write to them.
 */
#include "projector-svc/views/view_positions.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <string.h>

#define BEGIN   "FCALL orderspine_begin 2 projection:status projection:position"
#define NAMES   "HMGET projection:status generation times"
#define PROJECT "FCALL orderspine_project 3 projection:status projection:position hash t/0 1"

static enum json_times told;

static void on_positions(void *user, const struct view_positions *reading,
                         const struct error *failure)
{
    if (failure == NULL) {
        told = reading->times;
    }
    on_done(user, failure);
}

static enum json_times read_times(void)
{
    const struct strview slots[] = {STRVIEW("t/0")};
    struct error err;
    ck_assert_int_eq(view_positions_ask(f.conn, slots, 1, on_positions, NULL, &err), ERROR_NONE);
    await();
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    return told;
}

START_TEST(views_that_begin_have_times_as_text)
{
    (void)redis("DEL projection:status");
    view_positions_begin(f.conn);
    ck_assert_int_eq(read_times(), JSON_TIMES_TEXT);
    ck_assert_str_eq(redis(NAMES), "1 rfc3339 ");

    (void)redis("HSET projection:status generation 2");
    ck_assert_str_eq(redis(BEGIN), "ok ");
    ck_assert_str_eq(redis(NAMES), "2 rfc3339 ");
}
END_TEST

START_TEST(views_that_an_older_version_began_keep_numbers)
{
    view_positions_begin(f.conn);
    ck_assert_int_eq(read_times(), JSON_TIMES_NUMBERS);
    ck_assert_str_eq(redis(NAMES), "1 - ");
}
END_TEST

/* Somebody has deleted what said so; an older version may be writing there. */
START_TEST(views_of_which_nobody_knows_who_began_them_have_numbers)
{
    (void)redis("DEL projection:status");
    (void)redis("HSET projection:position t/0 7");
    view_positions_begin(f.conn);
    ck_assert_int_eq(read_times(), JSON_TIMES_NUMBERS);
    ck_assert_str_eq(redis(NAMES), "1 - ");
}
END_TEST

START_TEST(where_times_are_text_nobody_writes_who_cannot_read_them)
{
    (void)redis("DEL projection:status");
    ck_assert_str_eq(redis(BEGIN), "ok ");

    const char *said = redis(PROJECT "  1 HSET 3 2 a 1");
    ck_assert_msg(strncmp(said, "times projection:status ", 24) == 0, "%s", said);
    ck_assert_ptr_nonnull(strstr(said, "0.2.0"));
    ck_assert_str_eq(redis("EXISTS hash projection:position"), "0 ");

    add(WRITE_HSET, "hash", "a 1");
    save("1", VIEW_POSITIONS_NONE, 1);
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/beginning");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, views_that_begin_have_times_as_text);
    tcase_add_test(server, views_that_an_older_version_began_keep_numbers);
    tcase_add_test(server, views_of_which_nobody_knows_who_began_them_have_numbers);
    tcase_add_test(server, where_times_are_text_nobody_writes_who_cannot_read_them);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
