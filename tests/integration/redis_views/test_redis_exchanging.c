/* SPDX-License-Identifier: Apache-2.0 */
/* Two copies of the views that change places; the live one is database 9, the spare one 10. */
#include "projector-svc/rebuild/exchange.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct exchange exchange = {.live = "9", .spare = "10", .run = {.text = "one"}};

/* Words behind the first are the function's. */
static const char *ask(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX] = {{.data = NULL}};
    char name[32];
    (void)split(line, words);
    (void)snprintf(name, sizeof name, "%.*s", STRVIEW_ARG(words[0]));
    ck_assert_int_eq(exchange_ask(&exchange, name, words + 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    return f.text;
}

/* A command in the spare database. */
static const char *spare(const char *line)
{
    static char text[TEXT_MAX];
    (void)redis("SELECT 10");
    (void)snprintf(text, sizeof text, "%s", redis(line));
    (void)redis("SELECT 9");
    return text;
}

static const char *begin(void)
{
    return ask("begin fill v1 t*");
}

static void as(const char *run)
{
    (void)snprintf(exchange.run.text, sizeof exchange.run.text, "%-36s", run);
}

/* Both at the same position, the spare one begun by us. */
static void begin_even(void)
{
    (void)redis("HSET projection:position t/0 7");
    (void)redis("HSET projection:status end:t/0 live");
    (void)redis("SET who live");
    ck_assert_str_eq(begin(), "ok 2 new ");
    (void)spare("HSET projection:position t/0 7");
    (void)spare("SET who spare");
}

static void set_up(void)
{
    struct error err;
    setup();
    exchange.conn = f.conn;
    as("one");
    (void)spare("FLUSHDB");
    ck_assert_int_eq(exchange_load(&exchange, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
}

static void tear_down(void)
{
    (void)spare("FLUSHDB");
    teardown();
}

/* --- beginning */

START_TEST(a_spare_is_begun_beside_the_live_views_with_what_was_decided)
{
    (void)redis("HSET projection:decided order:o1 [1]");
    ck_assert_str_eq(begin(), "ok 2 new ");
    ck_assert_str_eq(spare("HGET projection:status generation"), "2 ");
    ck_assert_str_eq(spare("HGET projection:decided order:o1"), "[1] ");
    ck_assert_str_eq(redis("HGET projection:status generation"), "1 ");
    ck_assert_str_eq(spare("HGET projection:status times"), "rfc3339 ");
    ck_assert_str_eq(redis("HGET projection:status times"), "- ");
    (void)spare("HDEL projection:status times");
    ck_assert_str_eq(begin(), "ok 3 continued ");
    ck_assert_str_eq(spare("HGET projection:status times"), "- ");
    ck_assert_str_eq(ask("begin fill v2 t*"), "begun-otherwise v1 t* ");
    ck_assert_str_eq(ask("begin fill v1 t*,u"), "begun-otherwise v1 t* ");
    ck_assert_str_eq(ask("begin back v1 t*"), "nothing-back ");
}
END_TEST

START_TEST(nothing_but_what_a_rebuild_wrote_is_ever_emptied)
{
    (void)spare("SET somebody else");
    ck_assert_str_eq(begin(), "foreign 1 ");
    ck_assert_str_eq(ask("begin fresh v1 t*"), "foreign 1 ");
    ck_assert_str_eq(spare("GET somebody"), "else ");
    (void)spare("FLUSHDB");

    ck_assert_str_eq(begin(), "ok 2 new ");
    (void)spare("SET half filled");
    ck_assert_str_eq(ask("begin fresh v2 t*"), "ok 3 new ");
    ck_assert_str_eq(spare("EXISTS half"), "0 ");
}
END_TEST

static const struct {
    const char *name;
    const char *begin;
} RIGHTS[] = {
    {"dbsize", "begin fill v1 t*"},   {"copy", "begin fill v1 t*"},
    {"swapdb", "begin fill v1 t*"},   {"move", "begin fill v1 t*"},
    {"flushdb", "begin fresh v1 t*"},
};

START_TEST(a_right_that_is_missing_is_told_before_anything_is_filled)
{
    char line[128];
    char wanted[32];
    (void)snprintf(line, sizeof line, "ACL SETUSER limited reset on >x ~* &* +@all -%s",
                   RIGHTS[_i].name);
    (void)redis(line);
    (void)redis("AUTH limited x");
    (void)snprintf(line, sizeof line, "%s", ask(RIGHTS[_i].begin));
    (void)redis("ACL SETUSER limited +@all");

    (void)snprintf(wanted, sizeof wanted, "right %s ", RIGHTS[_i].name);
    ck_assert_int_eq(strcasecmp(line, wanted), 0);
    ck_assert_str_eq(spare("EXISTS projection:rebuild projection:status"), "0 ");
}
END_TEST

START_TEST(a_marker_that_no_rebuild_wrote_is_somebody_elses)
{
    (void)spare("SET projection:rebuild else");
    ck_assert_str_eq(ask("begin fresh v1 t*"), "foreign 1 ");
    ck_assert_str_eq(ask("begin back v1 t*"), "foreign 1 ");
    ck_assert_str_eq(spare("GET projection:rebuild"), "else ");
}
END_TEST

START_TEST(databases_that_are_mixed_up_are_refused)
{
    (void)redis("SET who live");
    const struct exchange right = exchange;
    (void)snprintf(exchange.spare, sizeof exchange.spare, "9");
    ck_assert_str_eq(ask("begin fresh v1 t*"), "same ");
    exchange = right;
    ck_assert_str_eq(begin(), "ok 2 new ");
    (void)snprintf(exchange.live, sizeof exchange.live, "10");
    (void)snprintf(exchange.spare, sizeof exchange.spare, "9");
    ck_assert_str_eq(ask("begin fresh v1 t*"), "not-live ");
    exchange = right;
    ck_assert_str_eq(redis("GET who"), "live ");

    (void)redis("HDEL projection:status generation");
    ck_assert_str_eq(begin(), "no-views ");
}
END_TEST

START_TEST(a_redis_without_room_for_two_copies_is_left_alone)
{
    char before[TEXT_MAX];
    char line[TEXT_MAX];
    (void)redis("SET who live");
    (void)snprintf(before, sizeof before, "CONFIG SET %s", redis("CONFIG GET maxmemory"));
    before[strlen(before) - 1] = '\0';
    f.kind = ERROR_TRANSIENT; /* as long as it is full already */
    for (int most = 500000; f.kind == ERROR_TRANSIENT; most += most / 4) {
        (void)snprintf(line, sizeof line, "CONFIG SET maxmemory %d", most);
        (void)redis(line);
        (void)snprintf(line, sizeof line, "%s", begin());
    }
    (void)redis(before);
    ck_assert_msg(strncmp(line, "memory ", 7) == 0, "%s", line);
    ck_assert_str_eq(spare("DBSIZE"), "0 ");
}
END_TEST

/* --- exchanging */

START_TEST(the_two_change_places_with_stream_ends_and_a_way_back)
{
    begin_even();
    (void)redis("XADD stream:orders 1-1 a b");
    (void)spare("HSET projection:position gone/0 3");
    (void)spare("HSET projection:identity gone/0 x");
    ck_assert_str_eq(ask("swap 0"), "not-held ");
    ck_assert_str_eq(ask("look"), "ok t/0 7 t/0 7 gone/0 3 0 ");
    ck_assert_str_eq(ask("hold 5000"), "ok t/0 7 t/0 7 gone/0 3 0 ");
    ck_assert_str_eq(ask("swap 0"), "ok 2 ");

    ck_assert_str_eq(redis("GET who"), "spare ");
    ck_assert_str_eq(redis("HGET projection:status generation"), "2 ");
    ck_assert_str_eq(redis("HGET projection:status end:t/0"), "live ");
    ck_assert_str_eq(redis("XLEN stream:orders"), "1 ");
    ck_assert_str_eq(redis("HGETALL projection:position"), "t/0 7 ");
    ck_assert_str_eq(redis("EXISTS projection:rebuild projection:held projection:identity"), "0 ");
    ck_assert_str_eq(spare("GET who"), "live ");
    ck_assert_str_eq(spare("EXISTS stream:orders projection:held"), "0 ");
    ck_assert_str_eq(spare("HGET projection:rebuild state"), "previous ");

    ck_assert_str_eq(begin(), "previous ");
    ck_assert_str_eq(ask("begin back v1 t*"), "ok 3 continued ");
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("swap 0"), "ok 3 ");
    ck_assert_str_eq(redis("GET who"), "live ");
    ck_assert_str_eq(redis("XLEN stream:orders"), "1 ");
}
END_TEST

START_TEST(held_views_take_no_batch_and_no_decision_and_go_on_by_themselves)
{
    begin_even();
    (void)ask("hold 60000");
    add(WRITE_SET, "k", "v");
    (void)redis("HSET projection:position t/0 7");
    save("1", 7, 8);
    ck_assert_int_eq(f.kind, ERROR_CONFLICT);
    ck_assert_str_eq(redis("EXISTS k"), "0 ");
    (void)redis("HSET projection:frozen order:o1 {a}");
    (void)redis("HSET projection:decided order:o1 [0]");
    ck_assert_str_eq(redis("FCALL orderspine_decide 4 projection:frozen projection:decided "
                           "projection:draining p order:o1 {a} [0] [1] t/0"),
                     "held ");

    (void)ask("hold 1"); /* and whoever held them has died */
    while (strcmp(redis("EXISTS projection:held"), "0 ") != 0) {
    }
    save("1", 7, 8);
    ck_assert_int_eq(f.kind, ERROR_NONE);
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("release"), "ok ");
    ck_assert_str_eq(redis("EXISTS projection:held"), "0 ");
    ck_assert_str_eq(ask("swap 0"), "not-held ");
}
END_TEST

START_TEST(copies_that_differ_stay_where_they_are)
{
    begin_even();
    (void)ask("hold 5000");
    (void)spare("HSET projection:position t/0 6");
    ck_assert_str_eq(ask("swap 0"), "behind t/0 6 ");
    (void)spare("HSET projection:position t/0 8"); /* ahead: nobody was told of it */
    ck_assert_str_eq(ask("swap 1"), "behind t/0 8 ");
    (void)redis("HSET projection:position t/1 3");
    (void)spare("HSET projection:position t/0 7 t/1 5");
    (void)spare("HSET projection:rebuild first:t/1 4");
    ck_assert_str_eq(ask("swap 0"), "behind t/1 5 ");
    (void)spare("HSET projection:rebuild first:t/1 5"); /* Kafka has nothing between them */

    (void)spare("HSET projection:draining order:o1 t/0");
    ck_assert_str_eq(ask("swap 0"), "draining ");
    (void)spare("DEL projection:draining");

    (void)redis("ZADD idx:status:placed 1 a 2 b");
    (void)spare("ZADD idx:status:shipped 1 a");
    ck_assert_str_eq(ask("swap 0"), "fewer 1 2 ");
    (void)spare("ZADD idx:status:placed 1 b");
    (void)redis("ZADD orders:recent 1 a");
    ck_assert_str_eq(ask("swap 0"), "fewer 0 1 ");
    (void)spare("ZADD orders:recent 1 a");
    (void)redis("HSET projection:status applied 12"); /* customers, products and stock, too */
    (void)spare("HSET projection:status applied 11");
    ck_assert_str_eq(ask("swap 0"), "fewer-events 11 12 ");
    ck_assert_str_eq(redis("GET who"), "live ");
    ck_assert_str_eq(ask("swap 1"), "ok 2 ");
}
END_TEST

START_TEST(topics_of_a_prefix_that_was_given_up_stay_behind_when_accepted)
{
    begin_even();
    (void)redis("HSET projection:position old/0 9");
    (void)redis("HSET projection:status end:old/0 x end:t/1 empty");
    (void)redis("HSET projection:recovering old/0 9 t/0 7");
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("swap 0"), "behind old/0  ");
    ck_assert_str_eq(ask("swap 1"), "ok 2 ");
    ck_assert_str_eq(redis("HGETALL projection:position"), "t/0 7 ");
    ck_assert_str_eq(redis("HMGET projection:status end:t/0 end:t/1 end:old/0"), "live empty - ");
    ck_assert_str_eq(redis("HGETALL projection:recovering"), "t/0 7 ");
}
END_TEST

START_TEST(a_stream_that_lacks_what_came_by_a_replay_begins_anew)
{
    begin_even();
    (void)redis("XADD stream:orders 1-1 a b");
    (void)spare("HSET projection:position t/0 9");
    (void)spare("HSET projection:rebuild first:t/0 9");
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("swap 0"), "ok 2 ");
    ck_assert_str_eq(redis("EXISTS stream:orders"), "0 ");
    ck_assert_str_eq(spare("EXISTS stream:orders"), "0 ");
}
END_TEST

START_TEST(what_stands_still_only_when_rebuilt_keeps_them_apart)
{
    begin_even();
    (void)ask("hold 5000");
    (void)redis("HSET projection:frozen order:o1 {\"reason\":\"gap\",\"waits_for\":4}");
    (void)spare("HSET projection:frozen order:o1 {\"reason\":\"gap\",\"waits_for\":3}");
    ck_assert_str_eq(ask("swap 0"), "standing order:o1 ");
    (void)spare("HSET projection:frozen order:o1 {\"reason\":\"gap\",\"waits_for\":4}");
    (void)spare("HSET projection:frozen order:o2 {\"reason\":\"gap\",\"waits_for\":1}");
    ck_assert_str_eq(ask("swap 0"), "standing order:o2 ");
    (void)spare("HDEL projection:frozen order:o2");
    (void)spare("HSET projection:frozen order:- {\"reason\":\"unidentified\",\"waits_for\":1}");
    ck_assert_str_eq(ask("swap 0"), "ok 2 ");
}
END_TEST

START_TEST(who_was_overtaken_is_refused_all_it_asks)
{
    begin_even();
    (void)ask("hold 5000");
    as("two");
    ck_assert_str_eq(begin(), "ok 3 continued "); /* what "one" still writes is refused */
    as("one");
    ck_assert_str_eq(ask("look"), "lost  ");
    ck_assert_str_eq(ask("hold 5000"), "lost  ");
    ck_assert_str_eq(ask("swap 1"), "lost  ");
    as("two");
    ck_assert_str_eq(ask("swap 1"), "not-held "); /* the other one's */
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("swap 1"), "ok 3 ");
    char lost[TEXT_MAX]; /* the answer was lost: it has been done, and by whom */
    (void)snprintf(lost, sizeof lost, "lost %-36s ", "two");
    ck_assert_str_eq(ask("swap 1"), lost);
}
END_TEST

START_TEST(of_two_spare_databases_one_is_exchanged_and_the_other_is_told_whose)
{
    char lost[TEXT_MAX];
    const struct exchange first = exchange;
    begin_even();
    (void)snprintf(exchange.spare, sizeof exchange.spare, "11");
    as("two");
    (void)redis("SELECT 11");
    (void)redis("FLUSHDB");
    ck_assert_str_eq(begin(), "ok 2 new ");
    (void)redis("HSET projection:position t/0 7");
    (void)ask("hold 5000");
    ck_assert_str_eq(ask("swap 1"), "ok 2 ");
    (void)redis("SELECT 11");
    (void)redis("FLUSHDB");
    (void)redis("SELECT 9");
    exchange = first;
    (void)snprintf(lost, sizeof lost, "lost %-36s ", "two");
    ck_assert_str_eq(ask("look"), lost);
    ck_assert_str_eq(begin(), "ok 3 continued ");
    ck_assert_str_eq(redis("HGET projection:position t/0"), "7 ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/exchanging");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, set_up, tear_down);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, a_spare_is_begun_beside_the_live_views_with_what_was_decided);
    tcase_add_test(server, nothing_but_what_a_rebuild_wrote_is_ever_emptied);
    tcase_add_loop_test(server, a_right_that_is_missing_is_told_before_anything_is_filled, 0,
                        sizeof RIGHTS / sizeof RIGHTS[0]);
    tcase_add_test(server, a_marker_that_no_rebuild_wrote_is_somebody_elses);
    tcase_add_test(server, databases_that_are_mixed_up_are_refused);
    tcase_add_test(server, a_redis_without_room_for_two_copies_is_left_alone);
    tcase_add_test(server, the_two_change_places_with_stream_ends_and_a_way_back);
    tcase_add_test(server, held_views_take_no_batch_and_no_decision_and_go_on_by_themselves);
    tcase_add_test(server, copies_that_differ_stay_where_they_are);
    tcase_add_test(server, topics_of_a_prefix_that_was_given_up_stay_behind_when_accepted);
    tcase_add_test(server, a_stream_that_lacks_what_came_by_a_replay_begins_anew);
    tcase_add_test(server, what_stands_still_only_when_rebuilt_keeps_them_apart);
    tcase_add_test(server, who_was_overtaken_is_refused_all_it_asks);
    tcase_add_test(server, of_two_spare_databases_one_is_exchanged_and_the_other_is_told_whose);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
