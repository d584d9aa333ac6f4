/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With the hash tag of a partition before each key, put there by keys.c (KEYS_TAG) and by the names
 * that tests/docs/keys makes for Lua, all that a call of this partition touches is in one slot of a
 * Redis Cluster. Who calls for a partition may touch keys with its tag alone, so that Redis itself
 * looks at each key of each command.
 *
 * On standard input: orderspine.lua and rebuild.lua, made with that tag.
 */
#include "common/io/redis/redisurl.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/core/view_diff.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_save.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS_MAX = 1 << 18 };

static char functions[FUNCTIONS_MAX];

/* Two partitions, with who calls for each. */
static struct {
    const int32_t partition;
    const char *const slot;
    const char *const user;
    struct redisconn *conn;
} sides[] = {{3, "order.events/3", "of-three", NULL}, {7, "order.events/7", "of-seven", NULL}};
enum { THREE, SEVEN, SIDES };

static const char *tell(struct redisconn *conn, const char *line)
{
    struct strview words[WORDS_MAX];
    struct error err;
    const size_t count = split(line, words);
    ck_assert_int_eq(
        redisconn_send(conn, (struct redisconn_command){words, count}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    return f.text;
}

static void load(struct strview code)
{
    const struct strview words[] = {STRVIEW("FUNCTION"), STRVIEW("LOAD"), STRVIEW("REPLACE"), code};
    struct error err;
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, 4}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}

static void on_ready(void *user)
{
    (void)user;
    end_with(NULL);
}

static void connect_side(size_t side)
{
    struct redisurl at;
    struct error err;
    char line[128];
    char url[sizeof at.host + 64];
    ck_assert_int_eq(redisurl_read(getenv("TEST_REDIS_URL"), &at, &err), ERROR_NONE);
    (void)snprintf(line, sizeof line, "ACL SETUSER %s reset on >x ~{%d}* &* +@all",
                   sides[side].user, (int)sides[side].partition);
    ck_assert_str_eq(redis(line), "OK ");
    (void)snprintf(line, sizeof line, "HSET {%d}projection:status generation 1",
                   (int)sides[side].partition);
    (void)redis(line);
    (void)snprintf(url, sizeof url, "redis://%s:x@%s:%d/9", sides[side].user, at.host,
                   (int)at.port);
    const struct redisconn_options options = {.url = url, .on_ready = on_ready};
    ck_assert_int_eq(redisconn_new(f.loop, &options, &sides[side].conn, &err), ERROR_NONE);
    await();
}

static void setup_tagged(void)
{
    const char *second = strstr(functions + 1, "#!lua");
    ck_assert_msg(second != NULL, "the functions are to come on standard input");
    setup();
    (void)redis("FLUSHDB");
    load((struct strview){functions, (size_t)(second - functions)});
    load(strview_of(second));
    for (size_t side = 0; side < SIDES; side++) {
        connect_side(side);
    }
}

/* With the usual functions, as others expect them. */
static void teardown_tagged(void)
{
    for (size_t side = 0; side < SIDES; side++) {
        redisconn_free(sides[side].conn);
        sides[side].conn = NULL;
    }
    (void)redis("ACL DELUSER of-three of-seven");
    (void)redis("FUNCTION DELETE orderspine_rebuild"); /* each rebuild loads its own */
    check_fitness();
    teardown();
}

/* --- a call that writes */

static void add_parties(struct write_set *set)
{
    static const struct view_moment MOMENT = {.projected_at_ms = 1, .recent_cap = 9};
    const struct customer_view nobody = {.version = 0};
    const struct customer_view ada = {.version = 1,
                                      .customer_id = STRVIEW("c1"),
                                      .email = STRVIEW("ada@example.org"),
                                      .phone = STRVIEW("+44 1")};
    const struct product_view nothing = {.version = 0};
    const struct product_view pen = {
        .version = 1, .sku = STRVIEW("PEN"), .name = STRVIEW("Pen"), .currency = STRVIEW("GBP")};
    view_diff_customer(&nobody, &ada, &MOMENT, set);
    view_diff_product(&nothing, &pen, &MOMENT, set);
}

/* Of each kind whose keys Lua looks at before it writes. */
static void add_others(struct write_set *set)
{
    const int32_t partition = set->partition;
    const struct strview id = STRVIEW("o1");
    write_set_add2(set, WRITE_HSET, keys_order(set->arena, partition, id), STRVIEW("status"),
                   STRVIEW("placed"));
    write_set_add2(set, WRITE_RPUSH_AT, keys_order_timeline(set->arena, partition, id),
                   STRVIEW("0"), STRVIEW("{}"));
    write_set_add2(set, WRITE_ZADD, keys_named(set->arena, partition, KEYS_OPS_OPEN), STRVIEW("1"),
                   id);
    write_set_count(set, keys_ops_minute(set->arena, partition, STRVIEW("1")), STRVIEW("a:b:c"));
    const struct strview stream = keys_named(set->arena, partition, KEYS_STREAM_ORDERS);
    write_set_add2(set, WRITE_XADD, stream, STRVIEW("9"), STRVIEW("1"));
    write_set_add2(set, WRITE_XADD, stream, STRVIEW("type"), STRVIEW("OrderPlaced"));
    write_set_append(set, WRITE_PUBLISH, STRVIEW(KEYS_CHANNEL_ORDERS), STRVIEW("{}"));
}

/* Writes keys of its own partition, at that slot. */
static void call(size_t side, const char *slot)
{
    struct error err;
    const struct view_save_move move = {
        .slot = strview_of(slot), .generation = "1", .from = VIEW_POSITIONS_NONE, .to = 7};
    write_set_init(&f.set, &f.arena);
    f.set.partition = sides[side].partition;
    add_parties(&f.set);
    add_others(&f.set);
    ck_assert(write_set_ok(&f.set));
    ck_assert_int_eq(view_save(sides[side].conn, &f.arena, &move, &f.set, on_done, NULL, &err),
                     ERROR_NONE);
    await();
}

START_TEST(all_that_a_call_touches_has_the_tag_of_its_partition)
{
    for (size_t side = 0; side < SIDES; side++) {
        call(side, sides[side].slot);
        ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    }
    ck_assert_str_eq(redis("HGET {3}projection:position order.events/3"), "7 ");
    ck_assert_str_eq(redis("HGET {7}projection:position order.events/7"), "7 ");
    ck_assert_str_eq(redis("EXISTS {3}lookup:email:ada@example.org {7}search:product:pen"), "2 ");
    ck_assert_str_eq(redis("KEYS [^{]*"), "");
}
END_TEST

/* So what Lua spells is seen, too: the caller's own keys would do. */
START_TEST(a_call_that_names_another_partition_touches_what_it_may_not)
{
    call(THREE, sides[SEVEN].slot);
    ck_assert_int_ne(f.kind, ERROR_NONE);
    ck_assert_str_eq(redis("EXISTS {3}projection:position {3}order:o1"), "0 ");
}
END_TEST

START_TEST(views_are_held_by_partition)
{
    (void)redis("SET {3}projection:held somebody");
    call(THREE, sides[THREE].slot);
    ck_assert_int_eq(f.kind, ERROR_CONFLICT);
    call(SEVEN, sides[SEVEN].slot);
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
}
END_TEST

/* --- others */

#define DECIDE                                                                                     \
    "FCALL orderspine_decide 4 {3}projection:frozen {3}projection:decided "                        \
    "{3}projection:draining {3}projection:parked:order:o1 order:o1 {a}  [1] "

START_TEST(a_decision_is_of_the_partition_that_carries_it_out)
{
    (void)redis("HSET {3}projection:frozen order:o1 {a}");
    (void)tell(sides[THREE].conn, DECIDE "order.events/7");
    ck_assert_int_ne(f.kind, ERROR_NONE);
    ck_assert_str_eq(redis("EXISTS {3}projection:decided"), "0 ");
    ck_assert_str_eq(tell(sides[THREE].conn, DECIDE "order.events/3"), "ok ");
}
END_TEST

START_TEST(who_reads_or_rebuilds_all_is_told_no_tag)
{
    (void)redis("HSET order:o1 status placed");
    (void)redis("ZADD orders:recent 1 o1");
    ck_assert_str_eq(find("PAGE orders:recent 5   status"), "o1 1 placed ");
    ck_assert_msg(strncmp(find("BYTES 5"), "1 ", 2) == 0, "%s", f.text);

    const char *const begin = "FCALL orderspine_rebuild_begin 0 9 10 run back v t";
    ck_assert_str_eq(redis(begin), "no-views ");
    (void)redis("HSET projection:status generation 1");
    ck_assert_str_eq(redis(begin), "nothing-back ");
}
END_TEST

int main(void)
{
    (void)fread(functions, 1, sizeof functions - 1, stdin);
    Suite *suite = suite_create("projector-svc/functions, with a hash tag");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup_tagged, teardown_tagged);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, all_that_a_call_touches_has_the_tag_of_its_partition);
    tcase_add_test(server, a_call_that_names_another_partition_touches_what_it_may_not);
    tcase_add_test(server, views_are_held_by_partition);
    tcase_add_test(server, a_decision_is_of_the_partition_that_carries_it_out);
    tcase_add_test(server, who_reads_or_rebuilds_all_is_told_no_tag);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
