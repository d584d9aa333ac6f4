/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens is told, however it listens; where nobody does, nothing is published. */
#include "common/base/parse.h"
#include "common/io/redis/redisurl.h"
#include "projector-svc/views/view_positions.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum { CHANNELS = 20, LIMIT_S = 60, HEARD_MAX = 4 * CHANNELS };

/* --- another connection, by plain calls */

static redisContext *other;

static redisReply *take_reply(void)
{
    void *reply = NULL;
    ck_assert_msg(redisGetReply(other, &reply) == REDIS_OK, "%s", other->errstr);
    return reply;
}

static void ask_other(const char *line)
{
    struct strview words[WORDS_MAX];
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    const size_t count = split(line, words);
    for (size_t i = 0; i < count; i++) {
        argv[i] = words[i].data;
        lens[i] = words[i].len;
    }
    ck_assert_int_eq(redisAppendCommandArgv(other, (int)count, argv, lens), REDIS_OK);
    redisReply *reply = take_reply();
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
    freeReplyObject(reply);
}

static void connect_other(void)
{
    struct redisurl url;
    struct error err;
    char line[sizeof url.user + sizeof url.password + sizeof "AUTH  "];
    ck_assert_int_eq(redisurl_read(getenv("TEST_REDIS_URL"), &url, &err), ERROR_NONE);
    const struct timeval limit = {.tv_sec = LIMIT_S};
    other = redisConnectWithTimeout(url.host, url.port, limit);
    ck_assert_msg(other != NULL && other->err == 0, "%s", other == NULL ? "" : other->errstr);
    ck_assert_int_eq(redisSetTimeout(other, limit), REDIS_OK);
    (void)snprintf(line, sizeof line, "AUTH %s %s", url.user, url.password);
    ask_other(line);
}

static void setup_other(void)
{
    setup();
    connect_other();
    (void)redis("CONFIG RESETSTAT");
}

static void teardown_other(void)
{
    redisFree(other);
    teardown();
}

/* What it was told, as "channel=text" with a blank behind, until this test says that that is all.
 */
static const char *heard_by_other(void)
{
    static char heard[HEARD_MAX * 16];
    size_t len = 0;
    (void)redis("PUBLISH end -");
    for (;;) {
        redisReply *reply = take_reply();
        const size_t at = reply->elements - 2; /* a pattern stands before them */
        const char *channel = reply->element[at]->str;
        const char *text = reply->element[at + 1]->str;
        const bool is_end = strcmp(channel, "end") == 0;
        if (!is_end) {
            len += (size_t)snprintf(heard + len, sizeof heard - len, "%s=%s ", channel, text);
            ck_assert_uint_lt(len, sizeof heard);
        }
        freeReplyObject(reply);
        if (is_end) {
            heard[len] = '\0';
            return heard;
        }
    }
}

/* --- what a call publishes */

static int64_t published;

static void on_statistics(void *user, const struct redisconn_reply *reply,
                          const struct error *failure)
{
    static const char BEFORE[] = "cmdstat_publish:calls=";
    const struct strview text = redisconn_reply_text(reply);
    const char *at = text.len == 0 ? NULL : strstr(text.data, BEFORE);
    (void)user;
    published = 0;
    if (at != NULL) {
        struct strview rest = strview_of(at + sizeof BEFORE - 1);
        ck_assert(parse_i64(strview_take(&rest, ','), &published));
    }
    end_with(failure);
}

static int64_t count_published(void)
{
    const struct strview info[] = {STRVIEW("INFO"), STRVIEW("commandstats")};
    struct error err;
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){info, 2}, on_statistics, NULL, &err),
        ERROR_NONE);
    await();
    return published;
}

/* Two texts on one channel, one on each of the others. */
static void save_messages(int64_t from, int64_t to)
{
    char channel[16];
    write_set_init(&f.set, &f.arena);
    add(WRITE_SET, "string", "value");
    for (int i = 0; i < CHANNELS; i++) {
        (void)snprintf(channel, sizeof channel, "c%d", i);
        const struct strview name = arena_view(&f.arena, strview_of(channel));
        write_set_append(&f.set, WRITE_PUBLISH, name, write_set_number(&f.set, i));
    }
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c7"), STRVIEW("last"));
    save("1", from, to);
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}

START_TEST(nothing_is_published_where_nobody_listens)
{
    ask_other("SUBSCRIBE elsewhere");
    save_messages(VIEW_POSITIONS_NONE, 1);

    ck_assert_int_eq(count_published(), 0);
}
END_TEST

START_TEST(who_listens_to_one_channel_is_told_what_comes_there_in_order)
{
    ask_other("SUBSCRIBE c7");
    ask_other("SUBSCRIBE end");
    save_messages(VIEW_POSITIONS_NONE, 1);

    ck_assert_int_eq(count_published(), 2);
    ck_assert_str_eq(heard_by_other(), "c7=7 c7=last ");
}
END_TEST

START_TEST(who_listens_to_a_pattern_is_told_all_of_it)
{
    char expected[CHANNELS * 16];
    size_t len = 0;
    for (int i = 0; i < CHANNELS; i++) {
        len += (size_t)snprintf(expected + len, sizeof expected - len, "c%d=%d ", i, i);
    }
    (void)snprintf(expected + len, sizeof expected - len, "c7=last ");
    ask_other("PSUBSCRIBE c*");
    ask_other("SUBSCRIBE end");
    save_messages(VIEW_POSITIONS_NONE, 1);

    ck_assert_str_eq(heard_by_other(), expected);
}
END_TEST

START_TEST(one_text_for_several_channels_reaches_each)
{
    ask_other("SUBSCRIBE c1");
    ask_other("SUBSCRIBE c2");
    ask_other("SUBSCRIBE end");
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c1"), STRVIEW("same"));
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c3"), STRVIEW("same"));
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c2"), STRVIEW("same"));
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c2"), STRVIEW("another"));
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("c1"), STRVIEW("another"));
    save("1", VIEW_POSITIONS_NONE, 1);

    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    ck_assert_str_eq(heard_by_other(), "c1=same c2=same c2=another c1=another ");
}
END_TEST

static const char *const QUESTIONS[] = {"info", "pubsub", "pubsub|numpat", "pubsub|numsub"};

START_TEST(who_may_not_ask_whether_anybody_listens_publishes_all)
{
    char user[128];
    (void)snprintf(user, sizeof user, "ACL SETUSER limited reset on >x ~* &* +@all -%s",
                   QUESTIONS[_i]);
    (void)redis(user);
    (void)redis("AUTH limited x");
    save_messages(VIEW_POSITIONS_NONE, 1);
    (void)redis("ACL SETUSER limited +@all");

    ck_assert_int_eq(count_published(), CHANNELS + 1);
}
END_TEST

static void wait_for(const char *line)
{
    for (int i = 0; i < 10 * LIMIT_S; i++) {
        const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
        if (strstr(redis("INFO replication"), line) != NULL) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    ck_abort_msg("no %s in: %s", line, f.text);
}

/* Who is subscribed to a replica is known there alone; cut off, the replica gets from the backlog
 * what it missed. */
START_TEST(all_is_published_while_a_replica_may_hand_it_on)
{
    const char *sync[] = {"SYNC"};
    ck_assert_int_eq(redisAppendCommandArgv(other, 1, sync, NULL), REDIS_OK);
    int is_done = 0;
    while (is_done == 0) {
        ck_assert_int_eq(redisBufferWrite(other, &is_done), REDIS_OK);
    }
    wait_for("connected_slaves:1");
    save_messages(VIEW_POSITIONS_NONE, 1);
    const int64_t attached = count_published();
    redisFree(other);
    connect_other();
    wait_for("connected_slaves:0");
    save_messages(1, 2);
    const int64_t cut_off = count_published();
    (void)redis("CONFIG SET repl-backlog-ttl 1");
    wait_for("repl_backlog_active:0");
    (void)redis("CONFIG SET repl-backlog-ttl 3600");
    save_messages(2, 3);

    ck_assert_int_eq(attached, CHANNELS + 1);
    ck_assert_int_eq(cut_off, 2 * attached);
    ck_assert_int_eq(count_published(), cut_off);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/telling");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup_other, teardown_other);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, nothing_is_published_where_nobody_listens);
    tcase_add_test(server, who_listens_to_one_channel_is_told_what_comes_there_in_order);
    tcase_add_test(server, who_listens_to_a_pattern_is_told_all_of_it);
    tcase_add_test(server, one_text_for_several_channels_reaches_each);
    tcase_add_loop_test(server, who_may_not_ask_whether_anybody_listens_publishes_all, 0,
                        sizeof QUESTIONS / sizeof QUESTIONS[0]);
    tcase_add_test(server, all_is_published_while_a_replica_may_hand_it_on);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
