/* SPDX-License-Identifier: Apache-2.0 */
/* A batch is saved whole or not at all, whatever stands in the way. */
#include "common/base/parse.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_read.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

START_TEST(every_kind_of_write_does_what_its_name_says)
{
    (void)redis("RPUSH list a");
    (void)redis("RPUSH gone x");
    (void)redis("HSET hash old 1 count 5");
    (void)redis("RPUSH waiting a b c");
    (void)redis("RPUSH capped a b");
    (void)redis("SADD set left");
    (void)redis("ZADD scores 1 one 2 two 3 three");
    add(WRITE_HSET, "hash", "new 2");
    add(WRITE_HDEL, "hash", "old");
    add(WRITE_HINCRBY, "hash", "count 3");
    add(WRITE_SET, "string", "value");
    add(WRITE_RPUSH_AT, "list", "1 b c");
    add(WRITE_RPUSH, "other", "x");
    write_set_del(&f.set, STRVIEW("gone"));
    add(WRITE_LTRIM_AT, "waiting", "3 2");
    add(WRITE_RPUSH, "capped", "c d");
    add(WRITE_LCAP, "capped", "3");
    add(WRITE_SADD, "set", "right");
    add(WRITE_SREM, "set", "left");
    add(WRITE_ZADD, "scores", "4 four");
    add(WRITE_ZREM, "scores", "three");
    add(WRITE_ZCAP, "scores", "2");
    add(WRITE_COUNT, "counts", "a:b:placed 2 a:b:shipped 1");
    add(WRITE_EXPIRE_AT, "counts", "2000000000");
    add(WRITE_XADD, "stream", "1000 2 type version Placed 1 Shipped 2");
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("orders"), STRVIEW("hello"));

    save("1", VIEW_POSITIONS_NONE, 7);

    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    ck_assert_str_eq(redis("HMGET hash old new count"), "- 2 8 ");
    ck_assert_str_eq(redis("GET string"), "value ");
    ck_assert_str_eq(redis("LRANGE list 0 -1"), "a b c ");
    ck_assert_str_eq(redis("LRANGE other 0 -1"), "x ");
    ck_assert_str_eq(redis("LRANGE waiting 0 -1"), "c ");
    ck_assert_str_eq(redis("LRANGE capped 0 -1"), "b c d ");
    ck_assert_str_eq(redis("EXISTS gone"), "0 ");
    ck_assert_str_eq(redis("SMEMBERS set"), "right ");
    ck_assert_str_eq(redis("ZRANGE scores 0 -1"), "two four ");
    ck_assert_str_eq(redis("HMGET counts a:b:placed a:b:shipped"), "2 1 ");
    ck_assert_str_eq(redis("EXPIRETIME counts"), "2000000000 ");
    ck_assert_str_eq(redis("XLEN stream"), "2 ");
    ck_assert_ptr_nonnull(strstr(redis("XRANGE stream - + COUNT 1"), " type Placed version 1 "));
    ck_assert_str_eq(redis("HGET projection:position t/0"), "7 ");
}
END_TEST

static const size_t LENGTHS[] = {0, 31, 32, 255, 256, 65535, 65536};

START_TEST(a_text_of_any_length_arrives_whole)
{
    enum { MORE = 300 }; /* writes, and arguments of one */
    static char bytes[65536];
    char expected[32];
    const size_t len = LENGTHS[_i];
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < MORE; i++) {
        write_set_append(&f.set, WRITE_SADD, STRVIEW("set"), write_set_number(&f.set, i));
        write_set_add(&f.set, WRITE_RPUSH, STRVIEW("list"), write_set_number(&f.set, i));
    }
    write_set_add(&f.set, WRITE_SET, STRVIEW("string"), (struct strview){bytes, len});

    save("1", VIEW_POSITIONS_NONE, 7);

    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    (void)snprintf(expected, sizeof expected, "%zu ", len);
    ck_assert_str_eq(redis("STRLEN string"), expected);
    ck_assert_str_eq(redis("SCARD set"), "300 ");
    ck_assert_str_eq(redis("LLEN list"), "300 ");
    ck_assert_str_eq(redis("LINDEX list -1"), "299 ");
}
END_TEST

START_TEST(a_call_as_0_1_0_makes_it_is_carried_out)
{
    ck_assert_str_eq(redis("FCALL orderspine_project 4 projection:status projection:position hash "
                           "list t/0 1  7 HSET 3 2 a 1 PUBLISH 0 2 orders hello RPUSHAT 4 2 0 x"),
                     "ok ");
    ck_assert_str_eq(redis("HGET hash a"), "1 ");
    ck_assert_str_eq(redis("LLEN list"), "1 ");
    ck_assert_str_eq(redis("HGET projection:position t/0"), "7 ");
    ck_assert_str_eq(redis("FCALL orderspine_project 3 projection:status projection:position hash "
                           "t/0 1 7 9 HSET 3 3 a 1"),
                     "malformed t/0 ");
    ck_assert_str_eq(redis("FCALL orderspine_project 3 projection:status projection:position hash "
                           "t/0 1 7 9 PUBLISH 0 2 orders hello HSET 0 2 a 1"),
                     "malformed t/0 ");
}
END_TEST

/* What is no MessagePack, or none of ours; what another program sends is no reason to fail. */
static const char *const UNFORMED[] = {"",
                                       "x",
                                       "\x92\x01",
                                       "\xc1",
                                       "\x91\x01",
                                       "\x91\x93\xa1H\x03\x90",
                                       "\x91\x93\xa4HSET\x03\x05",
                                       "\x91\x93\xa4HSET\x09\x92\xa1x\xa1y"};

START_TEST(writes_that_cannot_be_taken_apart_are_refused)
{
    const struct strview call[] = {STRVIEW("FCALL"),
                                   STRVIEW("orderspine_write"),
                                   STRVIEW("3"),
                                   STRVIEW("projection:status"),
                                   STRVIEW("projection:position"),
                                   STRVIEW("hash"),
                                   STRVIEW("t/0"),
                                   STRVIEW("1"),
                                   STRVIEW(""),
                                   STRVIEW("7"),
                                   strview_of(UNFORMED[_i])};
    struct error err;
    ck_assert_int_eq(redisconn_send(f.conn,
                                    (struct redisconn_command){call, sizeof call / sizeof call[0]},
                                    on_reply, NULL, &err),
                     ERROR_NONE);
    await();
    ck_assert_str_eq(f.text, "malformed t/0 ");
    ck_assert_str_eq(redis("HEXISTS projection:position t/0"), "0 ");
}
END_TEST

START_TEST(a_stream_keeps_the_newest_entries)
{
    struct write_set *set = &f.set;
    write_set_append(set, WRITE_XADD, STRVIEW("stream"), STRVIEW("1000"));
    write_set_add(set, WRITE_XADD, STRVIEW("stream"), STRVIEW("1"));
    write_set_add(set, WRITE_XADD, STRVIEW("stream"), STRVIEW("n"));
    for (int i = 1; i <= 2000; i++) {
        write_set_add(set, WRITE_XADD, STRVIEW("stream"), write_set_number(set, i));
    }

    save("1", VIEW_POSITIONS_NONE, 7);

    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    int64_t kept = 0;
    struct strview text = strview_of(redis("XLEN stream"));
    ck_assert(parse_i64(strview_take(&text, ' '), &kept));
    ck_assert_int_ge(kept, 1000);
    ck_assert_int_lt(kept, 1200); /* Redis cuts whole nodes of 100 entries */
}
END_TEST

START_TEST(a_hash_of_counters_takes_no_more_than_its_share)
{
    char line[64];
    for (int i = 0; i < 1536; i++) { /* 256 regions and providers, six statuses */
        (void)snprintf(line, sizeof line, "HSET counts r%d:p:placed 1", i);
        (void)redis(line);
    }
    add(WRITE_COUNT, "counts", "new:p:placed 2 r7:p:placed 3 new:p:shipped 1 more:p:placed 1");

    save("1", VIEW_POSITIONS_NONE, 7);

    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    ck_assert_str_eq(redis("HMGET counts new:p:placed r7:p:placed other:other:placed"), "- 4 3 ");
    ck_assert_str_eq(redis("HGET counts other:other:shipped"), "1 ");
    ck_assert_str_eq(redis("HLEN counts"), "1538 ");
}
END_TEST

static const struct {
    const char *generation;
    int64_t from;
} STRANGERS[] = {
    {"1", VIEW_POSITIONS_NONE}, {"1", 6}, {"1", 8}, {"2", 7}, {"", 7},
};

START_TEST(who_expects_another_position_or_generation_writes_nothing)
{
    (void)redis("HSET projection:position t/0 7");
    add(WRITE_SET, "string", "value");

    save(STRANGERS[_i].generation, STRANGERS[_i].from, 9);

    ck_assert_int_eq(f.kind, ERROR_CONFLICT);
    ck_assert_str_eq(redis("EXISTS string"), "0 ");
    ck_assert_str_eq(redis("HGET projection:position t/0"), "7 ");
}
END_TEST

/* A key of each type that a write cannot use. */
static const struct {
    enum write_kind kind;
    const char *args;
    const char *plant;
} OBSTACLES[] = {
    {WRITE_HSET, "a 1", "SET key x"},
    {WRITE_HDEL, "a", "SET key x"},
    {WRITE_HINCRBY, "a 1", "SADD key x"},
    {WRITE_SET, "v", "HSET key a 1"},
    {WRITE_RPUSH, "x", "SET key x"},
    {WRITE_RPUSH_AT, "0 x", "SET key x"},
    {WRITE_SADD, "x", "RPUSH key x"},
    {WRITE_SREM, "x", "SET key x"},
    {WRITE_ZADD, "1 x", "SADD key x"},
    {WRITE_ZREM, "x", "SET key x"},
    {WRITE_ZCAP, "5", "SET key x"},
    {WRITE_RPUSH_AT, "1 x", "DEL key"},
    {WRITE_RPUSH_AT, "1 x", "RPUSH key a b"},
    {WRITE_LTRIM_AT, "1 1", "RPUSH key a b"},
    {WRITE_LTRIM_AT, "1 1", "SET key x"},
    {WRITE_HINCRBY, "a 1", "HSET key a word"},
    {WRITE_XADD, "9 1 a x", "SET key x"},
    {WRITE_XADD, "9 1 a x", "XADD key 18446744073709551615-18446744073709551615 a x"},
    {WRITE_HINCRBY, "a 1", "HSET key a 007"},
    {WRITE_COUNT, "a 1", "HSET key a -0"},
    {WRITE_COUNT, "a 1", "HSET key a 1000000000000000000"},
};

START_TEST(what_cannot_be_written_stops_everything_before_the_first_write)
{
    add(WRITE_SET, "before", "1");
    add(OBSTACLES[_i].kind, "key", OBSTACLES[_i].args);
    add(WRITE_SET, "after", "1");
    (void)redis(OBSTACLES[_i].plant);

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, "key"));
    ck_assert_str_eq(redis("EXISTS before after"), "0 ");
    ck_assert_str_eq(redis("HEXISTS projection:position t/0"), "0 ");
}
END_TEST

static const char *const HEADS[] = {"projection:status", "projection:position"};

START_TEST(what_each_call_compares_is_named_where_it_is_damaged)
{
    char line[64];
    (void)snprintf(line, sizeof line, "DEL %s", HEADS[_i]);
    (void)redis(line);
    (void)snprintf(line, sizeof line, "SET %s damaged", HEADS[_i]);
    (void)redis(line);
    add(WRITE_SET, "before", "1");

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, HEADS[_i]));
    ck_assert_str_eq(redis("EXISTS before"), "0 ");
}
END_TEST

START_TEST(a_right_to_compare_that_is_missing_is_no_wrong_type)
{
    (void)redis("ACL SETUSER limited reset on >x ~* &* +@all -hget");
    (void)redis("AUTH limited x");
    add(WRITE_SET, "before", "1");

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_msg(strstr(f.text, "right of key projection:status (HGET)") != NULL, "%s", f.text);
    ck_assert_str_eq(redis("EXISTS before"), "0 ");
}
END_TEST

START_TEST(a_stream_at_its_last_id_is_told_with_what_mends_it)
{
    (void)redis("XADD stream:orders 18446744073709551615-18446744073709551615 a x");
    (void)redis("XDEL stream:orders 18446744073709551615-18446744073709551615"); /* it stays so */
    add(WRITE_XADD, "stream:orders", "9 1 a x");
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, "DEL of it begins it anew"));

    (void)redis("DEL stream:orders");
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert_str_eq(redis("XLEN stream:orders"), "1 ");
}
END_TEST

/* Each command that writes, missing from the rights of who writes. */
static const char *const RIGHTS[] = {
    "hset", "hdel", "hincrby", "set",  "del",     "rpush",           "ltrim",
    "sadd", "srem", "zadd",    "zrem", "publish", "zremrangebyrank", "expireat",
    "xadd",
};

START_TEST(a_right_that_is_missing_stops_everything_before_the_first_write)
{
    char user[128];
    (void)snprintf(user, sizeof user, "ACL SETUSER limited reset on >x ~* &* +@all -%s",
                   RIGHTS[_i]);
    (void)redis(user);
    (void)redis("RPUSH waiting a");
    (void)redis("RPUSH gone x");
    (void)redis("AUTH limited x");
    add(WRITE_SADD, "before", "1");
    add(WRITE_SET, "string", "1");
    add(WRITE_HSET, "hash", "a 1");
    add(WRITE_HDEL, "hash", "b");
    add(WRITE_HINCRBY, "counts", "a 1");
    write_set_del(&f.set, STRVIEW("gone"));
    add(WRITE_RPUSH_AT, "list", "0 a");
    add(WRITE_LTRIM_AT, "waiting", "1 1");
    add(WRITE_SREM, "set", "x");
    add(WRITE_ZADD, "scores", "1 x");
    add(WRITE_ZREM, "scores", "y");
    add(WRITE_ZCAP, "scores", "5");
    add(WRITE_COUNT, "counted", "a 1");
    add(WRITE_EXPIRE_AT, "counted", "2000000000");
    add(WRITE_XADD, "stream", "9 1 a x");
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("orders"), STRVIEW("hello"));

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_msg(strcasestr(f.text, RIGHTS[_i]) != NULL, "%s", f.text);
    ck_assert_str_eq(redis("EXISTS before string hash counts list scores stream"), "0 ");
    ck_assert_str_eq(redis("EXISTS gone waiting"), "2 ");
    (void)redis("ACL SETUSER limited +@all");
    save("1", VIEW_POSITIONS_NONE, 9);
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}
END_TEST

START_TEST(a_channel_that_may_not_be_told_stops_everything_before_the_first_write)
{
    (void)redis("ACL SETUSER limited reset on >x ~* &orders +@all");
    (void)redis("AUTH limited x");
    add(WRITE_SET, "before", "1");
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("orders"), STRVIEW("hello"));
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("orders:1"), STRVIEW("hello"));

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, "PUBLISH"));
    ck_assert_str_eq(redis("EXISTS before"), "0 ");
}
END_TEST

static const char *const PERSONAL[][2] = {
    {"lookup:email:victim@private.example", "lookup:email:*"},
    {"lookup:phone:+442079460000", "lookup:phone:*"},
    {"customer:victim", "customer:*"},
    {"projection:parked:customer:victim", "projection:parked:customer:*"},
};

START_TEST(a_refusal_tells_no_personal_data)
{
    char plant[TEXT_MAX];
    (void)snprintf(plant, sizeof plant, "SADD %s x", PERSONAL[_i][0]);
    (void)redis(plant);
    add(WRITE_HSET, PERSONAL[_i][0], "a 1");

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, PERSONAL[_i][1]));
    ck_assert_ptr_null(strstr(f.text, strrchr(PERSONAL[_i][0], ':') + 1));
}
END_TEST

START_TEST(a_full_redis_refuses_the_whole_and_can_still_be_read)
{
    struct error err;
    const struct strview get[] = {STRVIEW("GET"), STRVIEW("there")};
    const struct strview page[] = {STRVIEW("PAGE"), STRVIEW("nothing"), STRVIEW("5"),
                                   STRVIEW(""),     STRVIEW(""),        STRVIEW("status")};
    const struct redisconn_command reads[] = {{get, 2}, {page, 6}, {get, 2}};
    (void)redis("SET there 1");
    (void)redis("CONFIG SET maxmemory 1");
    add(WRITE_SET, "string", "value");

    save("1", VIEW_POSITIONS_NONE, 9);
    const enum error_kind kind = f.kind;
    ck_assert_int_eq(view_read(f.conn, &f.arena, reads, 3, on_reply, NULL, &err), ERROR_NONE);
    await();
    const enum error_kind read_kind = f.kind;
    (void)redis("CONFIG SET maxmemory 1gb");

    ck_assert_int_eq(kind, ERROR_TRANSIENT);
    ck_assert_int_eq(read_kind, ERROR_NONE);
    ck_assert_str_eq(redis("EXISTS string"), "0 ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/saving");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, every_kind_of_write_does_what_its_name_says);
    tcase_add_loop_test(server, a_text_of_any_length_arrives_whole, 0,
                        sizeof LENGTHS / sizeof LENGTHS[0]);
    tcase_add_test(server, a_call_as_0_1_0_makes_it_is_carried_out);
    tcase_add_loop_test(server, writes_that_cannot_be_taken_apart_are_refused, 0,
                        sizeof UNFORMED / sizeof UNFORMED[0]);
    tcase_add_test(server, a_hash_of_counters_takes_no_more_than_its_share);
    tcase_add_test(server, a_stream_keeps_the_newest_entries);
    tcase_add_loop_test(server, who_expects_another_position_or_generation_writes_nothing, 0,
                        sizeof STRANGERS / sizeof STRANGERS[0]);
    tcase_add_loop_test(server, what_cannot_be_written_stops_everything_before_the_first_write, 0,
                        sizeof OBSTACLES / sizeof OBSTACLES[0]);
    tcase_add_loop_test(server, what_each_call_compares_is_named_where_it_is_damaged, 0,
                        sizeof HEADS / sizeof HEADS[0]);
    tcase_add_test(server, a_right_to_compare_that_is_missing_is_no_wrong_type);
    tcase_add_test(server, a_stream_at_its_last_id_is_told_with_what_mends_it);
    tcase_add_loop_test(server, a_right_that_is_missing_stops_everything_before_the_first_write, 0,
                        sizeof RIGHTS / sizeof RIGHTS[0]);
    tcase_add_test(server, a_channel_that_may_not_be_told_stops_everything_before_the_first_write);
    tcase_add_loop_test(server, a_refusal_tells_no_personal_data, 0,
                        sizeof PERSONAL / sizeof PERSONAL[0]);
    tcase_add_test(server, a_full_redis_refuses_the_whole_and_can_still_be_read);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
