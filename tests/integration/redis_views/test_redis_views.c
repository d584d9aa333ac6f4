/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function call against a real Redis: position and writes together or not at all, whatever
 * stands in the way. Uses logical database 9 and empties it.
 */
#include "common/base/arena.h"
#include "common/base/embedded_text.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/core/write_set.h"
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_read.h"
#include "projector-svc/views/view_save.h"
#include "projector-svc/views/view_store.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct embedded_text PROJECTOR_FUNCTIONS[];

enum { LIMIT_MS = 60000, TEXT_MAX = 512 };

struct fixture {
    struct loop *loop;
    struct redisconn *conn;
    struct loop_timer *limit;
    struct arena arena;
    struct write_set set;
    bool is_done;
    enum error_kind kind; /* of the last outcome */
    char text[TEXT_MAX];  /* the last reply, or failure */
};

static struct fixture f;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

static void end_with(const struct error *failure)
{
    f.is_done = true;
    f.kind = failure == NULL ? ERROR_NONE : failure->kind;
    if (failure != NULL) {
        (void)snprintf(f.text, sizeof f.text, "%s", failure->text);
    }
    loop_stop(f.loop);
}

static void await(void)
{
    while (!f.is_done) {
        loop_run(f.loop);
    }
    f.is_done = false;
}

static void on_ready(void *user)
{
    (void)user;
    end_with(NULL);
}

static void on_done(void *user, const struct error *failure)
{
    (void)user;
    end_with(failure);
}

/* Elements are told one after the other, with a blank between; nil as "-". */
static void tell(const struct redisconn_reply *reply)
{
    const size_t len = strlen(f.text);
    const struct strview text = redisconn_reply_text(reply);
    const int64_t number = redisconn_reply_integer(reply, -1);
    if (redisconn_reply_is_nil(reply)) {
        (void)snprintf(f.text + len, sizeof f.text - len, "- ");
    } else if (text.data != NULL) {
        (void)snprintf(f.text + len, sizeof f.text - len, "%.*s ", STRVIEW_ARG(text));
    } else if (number >= 0) { /* an array is none */
        (void)snprintf(f.text + len, sizeof f.text - len, "%d ", (int)number);
    }
    for (size_t i = 0; i < redisconn_reply_count(reply); i++) {
        tell(redisconn_reply_at(reply, i));
    }
}

static void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)user;
    f.text[0] = '\0';
    if (failure == NULL) {
        tell(reply);
    }
    end_with(failure);
}

enum { WORDS_MAX = 16 };

static size_t split(const char *line, struct strview *words)
{
    size_t count = 0;
    for (const char *at = line; at != NULL; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        words[count++] = (struct strview){.data = at, .len = strcspn(at, " ")};
    }
    return count;
}

/* Runs a command of words separated by blanks; gives its reply as text. */
static const char *redis(const char *line)
{
    struct strview words[WORDS_MAX];
    struct error err;
    const size_t count = split(line, words);
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, count}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    return f.text;
}

static bool is_bounded;

static void on_fitness(void *user, bool is, const struct error *failure)
{
    is_bounded = is;
    on_done(user, failure);
}

static void check_fitness(void)
{
    redis_fitness_check(f.conn, on_fitness, NULL);
    await();
}

static void setup(void)
{
    static char url[TEXT_MAX];
    struct error err;
    const char *given = getenv("TEST_REDIS_URL");
    ck_assert_msg(given != NULL, "TEST_REDIS_URL is not set; run me by tests/support/servers");
    const char *at = strchr(given, '@');
    const size_t len = strcspn(at == NULL ? given + sizeof "redis://" : at, "/");
    const size_t before = (size_t)((at == NULL ? given + sizeof "redis://" : at) - given);
    (void)snprintf(url, sizeof url, "%.*s/9", (int)(before + len), given);

    f = (struct fixture){.is_done = false};
    ck_assert_int_eq(loop_new(&f.loop, &err), ERROR_NONE);
    f.limit = loop_timer_new(f.loop, on_limit, NULL);
    loop_timer_start(f.limit, LIMIT_MS);
    arena_init(&f.arena, 1 << 20);
    write_set_init(&f.set, &f.arena);
    const struct redisconn_options options = {.url = url, .on_ready = on_ready};
    ck_assert_int_eq(redisconn_new(f.loop, &options, &f.conn, &err), ERROR_NONE);
    await();
    (void)redis("FLUSHDB");
    check_fitness();
    ck_assert_msg(f.kind == ERROR_NONE, "%s", f.text);
    (void)redis("HSET projection:status generation 1");
}

static void teardown(void)
{
    (void)redis("FLUSHDB");
    redisconn_free(f.conn);
    arena_done(&f.arena);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

static void save(const char *generation, int64_t from, int64_t to)
{
    struct error err;
    const struct view_save_move move = {
        .slot = STRVIEW("t/0"), .generation = generation, .from = from, .to = to};
    ck_assert(write_set_ok(&f.set));
    ck_assert_int_eq(view_save(f.conn, &f.arena, &move, &f.set, on_done, NULL, &err), ERROR_NONE);
    await();
}

static void add(enum write_kind kind, const char *key, const char *args)
{
    struct strview words[WORDS_MAX];
    const size_t count = split(args, words);
    for (size_t i = 0; i < count; i++) {
        write_set_add(&f.set, kind, strview_of(key), words[i]);
    }
}

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
    ck_assert_str_eq(redis("HGET projection:position t/0"), "7 ");
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
    {WRITE_HSET, "a 1", "SET key x"},         {WRITE_HDEL, "a", "SET key x"},
    {WRITE_HINCRBY, "a 1", "SADD key x"},     {WRITE_SET, "v", "HSET key a 1"},
    {WRITE_RPUSH, "x", "SET key x"},          {WRITE_RPUSH_AT, "0 x", "SET key x"},
    {WRITE_SADD, "x", "RPUSH key x"},         {WRITE_SREM, "x", "SET key x"},
    {WRITE_ZADD, "1 x", "SADD key x"},        {WRITE_ZREM, "x", "SET key x"},
    {WRITE_ZCAP, "5", "SET key x"},           {WRITE_RPUSH_AT, "1 x", "DEL key"},
    {WRITE_RPUSH_AT, "1 x", "RPUSH key a b"}, {WRITE_LTRIM_AT, "1 1", "RPUSH key a b"},
    {WRITE_LTRIM_AT, "1 1", "SET key x"},     {WRITE_HINCRBY, "a 1", "HSET key a word"},
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

/* Each command that writes, missing from the rights of who writes. */
static const char *const RIGHTS[] = {
    "hset", "hdel", "hincrby", "set",  "del",     "rpush",           "ltrim",
    "sadd", "srem", "zadd",    "zrem", "publish", "zremrangebyrank",
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
    write_set_append(&f.set, WRITE_PUBLISH, STRVIEW("orders"), STRVIEW("hello"));

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_msg(strcasestr(f.text, RIGHTS[_i]) != NULL, "%s", f.text);
    ck_assert_str_eq(redis("EXISTS before string hash counts list scores"), "0 ");
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
};

START_TEST(a_refusal_tells_no_personal_data)
{
    char plant[TEXT_MAX];
    (void)snprintf(plant, sizeof plant, "RPUSH %s x", PERSONAL[_i][0]);
    (void)redis(plant);
    add(WRITE_HSET, PERSONAL[_i][0], "a 1");

    save("1", VIEW_POSITIONS_NONE, 9);

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(f.text, PERSONAL[_i][1]));
    ck_assert_ptr_null(strstr(f.text, strrchr(PERSONAL[_i][0], ':') + 1));
}
END_TEST

static void take_stands(void *user, const struct view_positions *reading,
                        const struct error *failure)
{
    (void)user;
    ck_assert_ptr_null(failure);
    (void)snprintf(f.text, sizeof f.text, "%lld %lld %lld %s; %lld %lld %s",
                   (long long)reading->positions[0], (long long)reading->goals[0],
                   (long long)reading->identities[0].offset, reading->identities[0].id,
                   (long long)reading->positions[1], (long long)reading->identities[1].offset,
                   reading->identities[1].id);
    end_with(NULL);
}

START_TEST(where_a_partition_stands_comes_with_the_record_before_it)
{
    struct error err;
    const struct strview slots[] = {STRVIEW("t/0"), STRVIEW("t/1")};
    (void)redis("HSET projection:position t/0 7 t/1 9");
    (void)redis("HSET projection:identity t/0 {\"offset\":6,\"id\":\"e-6\"} t/1 damaged");
    (void)redis("HSET projection:recovering t/0 8");

    ck_assert_int_eq(view_positions_ask(f.conn, slots, 2, take_stands, NULL, &err), ERROR_NONE);
    await();

    ck_assert_str_eq(f.text, "7 8 6 e-6; 9 -1 ");
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

static const char *read_page(const char *limit, const char *score, const char *member)
{
    struct error err;
    const struct strview args[] = {STRVIEW("PAGE"),   STRVIEW("list"),    strview_of(limit),
                                   strview_of(score), strview_of(member), STRVIEW("status")};
    const struct redisconn_command command = {args, sizeof args / sizeof args[0]};
    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    return f.text;
}

START_TEST(pages_follow_each_other_also_within_one_instant)
{
    (void)redis("ZADD list 1 a 2 b 2 c 2 d 3 e");
    (void)redis("HSET order:d status shipped");

    ck_assert_str_eq(read_page("2", "", ""), "e 3  d 2 shipped c 2  "); /* one more than asked */
    ck_assert_str_eq(read_page("2", "2", "d"), "c 2  b 2  a 1  ");
    ck_assert_str_eq(read_page("2", "2", "b"), "a 1  ");
    ck_assert_str_eq(read_page("2", "1", "a"), "");
    ck_assert_str_eq(read_page("2", "2", "cc"), "c 2  b 2  a 1  "); /* one that is gone */
}
END_TEST

/* Fills a sorted set: members m00000 to m<count - 1>, all of one instant. */
static void plant_instant(const char *key, unsigned count)
{
    char member[16];
    for (unsigned i = 0; i < count; i++) {
        struct error err;
        (void)snprintf(member, sizeof member, "m%05u", i);
        const struct strview words[] = {STRVIEW("ZADD"), strview_of(key), STRVIEW("7"),
                                        strview_of(member)};
        ck_assert_int_eq(
            redisconn_send(f.conn, (struct redisconn_command){words, 4}, on_reply, NULL, &err),
            ERROR_NONE);
        await();
    }
}

START_TEST(a_page_within_a_crowded_instant_begins_where_the_last_one_ended)
{
    plant_instant("list", 1000);

    ck_assert_str_eq(read_page("2", "7", "m00500"), "m00499 7  m00498 7  m00497 7  ");
    ck_assert_str_eq(read_page("2", "7", "m00001"), "m00000 7  ");
    ck_assert_str_eq(read_page("2", "7", "m00000"), "");
    ck_assert_str_eq(read_page("2", "7", "z"), "m00999 7  m00998 7  m00997 7  ");
    ck_assert_str_eq(read_page("2", "6", "z"), "");
}
END_TEST

static const char *find(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX];
    const struct redisconn_command command = {words, split(line, words)};
    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    return f.text;
}

START_TEST(who_is_in_all_sets_is_found)
{
    (void)redis("SADD mail b a c");
    (void)redis("SADD phone c b d");
    (void)redis("HSET customer:b name Bob");

    ck_assert_str_eq(find("FIND 5 1 mail name"), "0 a  b Bob c  ");
    ck_assert_str_eq(find("FIND 5 2 mail phone name"), "0 b Bob c  ");
    ck_assert_str_eq(find("FIND 3 1 mail name"), "0 a  b Bob c  ");
    ck_assert_str_eq(find("FIND 5 2 mail nothing name"), "0 ");
    ck_assert_str_eq(find("FIND 5 1 nothing name"), "0 ");
}
END_TEST

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

/* More than half of what one batch may load of parked ones. */
static void park_large(const char *id)
{
    enum { LARGE = BATCH_PARKED_BYTES / 2 + 1, LINE_MAX = LARGE + 512 };
    char *line = malloc(LINE_MAX);
    ck_assert_ptr_nonnull(line);
    const int len = snprintf(line, LINE_MAX,
                             "RPUSH projection:parked:product:%s "
                             "{\"ce_id\":\"e9\",\"ce_type\":\"StockReceived\","
                             "\"ce_aggregateversion\":9}\n",
                             id);
    memset(line + len, 'x', LARGE);
    line[len + LARGE] = '\0';
    (void)redis(line);
    free(line);
    char mark[TEXT_MAX];
    (void)snprintf(mark, sizeof mark,
                   "HSET projection:frozen product:%s {\"reason\":\"draining\",\"waits_for\":9,"
                   "\"since\":1,\"left\":1,\"moved\":1,\"reader\":\"%s-before\"}",
                   id, id);
    (void)redis(mark);
}

START_TEST(parked_ones_of_all_aggregates_share_what_a_batch_may_load)
{
    static const char *const IDS[] = {"a", "b", "c"};
    static const char *const READERS[] = {"a-before", "b-before", "c-before"};
    struct batch batch;
    struct error err;
    bool wants_more = false;
    ck_assert_int_eq(batch_init(&batch, &f.arena, &err), ERROR_NONE);
    for (size_t i = 0; i < 3; i++) {
        park_large(IDS[i]);
        ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, strview_of(IDS[i]), &err),
                         ERROR_NONE);
    }

    ck_assert_int_eq(view_store_load(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert_int_eq(batch_look(&batch, &wants_more, &err), ERROR_NONE);
    ck_assert(wants_more);
    ck_assert_int_eq(view_store_load_more(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();

    ck_assert_int_eq(f.kind, ERROR_NONE);
    for (size_t i = 0; i < 3; i++) {
        const struct batch_aggregate *aggregate = batch.aggregates[i];
        ck_assert_uint_eq(aggregate->lineup.parked_count, i == 0 ? 1 : 0);
        ck_assert_int_eq(aggregate->parked_total, 1);
        ck_assert(strview_is(aggregate->frozen.reader, READERS[i])); /* behind the reply's life */
    }
}
END_TEST

START_TEST(what_stands_still_is_told_with_how_much_waits_and_was_decided)
{
    (void)redis("HSET projection:frozen order:o1 {} product:p1 {x}");
    (void)redis("RPUSH projection:parked:order:o1 a b");
    (void)redis("SET projection:parked:product:p1 damaged");
    (void)redis("HSET projection:decided order:o1 [1234]");

    ck_assert_str_eq(find("FROZEN 0 100"), "0 order:o1 {} 2 6 product:p1 {x} 0 0 ");
    (void)redis("DEL projection:frozen");
    ck_assert_str_eq(find("FROZEN 0 100"), "0 ");
}
END_TEST

/* decide FIELD MARK BEFORE NOW SLOT; "-" for an empty one. */
static const char *decide(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX] = {STRVIEW("FCALL"),
                                       STRVIEW("orderspine_decide"),
                                       STRVIEW("4"),
                                       STRVIEW("projection:frozen"),
                                       STRVIEW("projection:decided"),
                                       STRVIEW("projection:draining"),
                                       STRVIEW("projection:parked:order:-")};
    const size_t count = 7 + split(line, words + 7);
    for (size_t i = 7; i < count; i++) {
        words[i] = strview_is(words[i], "-") ? STRVIEW("") : words[i];
    }
    ck_assert_int_eq(
        redisconn_send(f.conn, (struct redisconn_command){words, count}, on_reply, NULL, &err),
        ERROR_NONE);
    await();
    return f.text;
}

START_TEST(a_decision_is_taken_about_what_was_seen_and_nothing_else)
{
    (void)redis("HSET projection:frozen order:o1 {a}");

    ck_assert_str_eq(decide("order:o1 {b} - [1] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o1 {a} [0] [1] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o2 {a} - [1] order.events/3"), "moved ");
    ck_assert_str_eq(redis("EXISTS projection:decided projection:draining"), "0 ");

    ck_assert_str_eq(decide("order:o1 {a} - [1] order.events/3"), "ok ");
    ck_assert_str_eq(redis("HGET projection:decided order:o1"), "[1] ");
    ck_assert_str_eq(redis("HGET projection:draining order:o1"), "order.events/3 ");
    ck_assert_str_eq(redis("HGET projection:frozen order:o1"), "{a} ");
    ck_assert_str_eq(decide("order:o1 {a} - [2] order.events/3"), "moved ");
    ck_assert_str_eq(decide("order:o1 {a} [1] [2] order.events/3"), "ok ");
}
END_TEST

START_TEST(what_belongs_to_no_aggregate_is_dropped_at_once)
{
    (void)redis("HSET projection:frozen order:- {a} order:o1 {b}");
    (void)redis("RPUSH projection:parked:order:- one two");

    ck_assert_str_eq(decide("order:- {a} - [1] -"), "ok ");

    ck_assert_str_eq(redis("EXISTS projection:parked:order:- projection:draining"), "0 ");
    ck_assert_str_eq(redis("HGETALL projection:frozen"), "order:o1 {b} ");
    ck_assert_str_eq(redis("HGET projection:decided order:-"), "[1] ");
}
END_TEST

START_TEST(a_decision_that_cannot_be_kept_whole_is_not_taken)
{
    (void)redis("HSET projection:frozen order:o1 {a}");
    (void)redis("SET projection:draining damaged");

    (void)decide("order:o1 {a} - [1] order.events/3");

    ck_assert_int_eq(f.kind, ERROR_INVALID);
    ck_assert_str_eq(redis("EXISTS projection:decided"), "0 ");
}
END_TEST

START_TEST(what_was_decided_is_loaded_with_what_is_parked)
{
    struct batch batch;
    struct error err;
    bool wants_more = false;
    (void)redis(
        "HSET projection:frozen product:a {\"reason\":\"forked\",\"waits_for\":9,\"decided\":4}"
        " product:b {\"reason\":\"forked\",\"waits_for\":9}");
    (void)redis("RPUSH projection:parked:product:a {\"ce_aggregateversion\":9}");
    (void)redis("RPUSH projection:parked:product:b {\"ce_aggregateversion\":9}");
    (void)redis("HSET projection:decided product:a [{}] product:b [{},{}]");
    ck_assert_int_eq(batch_init(&batch, &f.arena, &err), ERROR_NONE);
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("a"), &err), ERROR_NONE);
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("b"), &err), ERROR_NONE);

    ck_assert_int_eq(view_store_load(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert_int_eq(batch_look(&batch, &wants_more, &err), ERROR_NONE);
    ck_assert_int_eq(view_store_load_more(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();

    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert(batch_aggregate_stays(batch.aggregates[0]));
    ck_assert_uint_eq(batch.aggregates[0]->lineup.parked_count, 0);
    ck_assert(!batch_aggregate_stays(batch.aggregates[1]));
    ck_assert_uint_eq(batch.aggregates[1]->decisions.count, 2);
    ck_assert_uint_eq(batch.aggregates[1]->lineup.parked_count, 1);
}
END_TEST

START_TEST(strings_are_told_as_far_as_there_is_room)
{
    (void)redis("SET one aaaa");
    (void)redis("SET two bbbb");

    ck_assert_str_eq(find("STRINGS 8 one none two"), "aaaa - bbbb ");
    ck_assert_str_eq(find("STRINGS 7 one none two"), "aaaa - ");
    ck_assert_str_eq(find("STRINGS 1 one none two"), "aaaa ");
    ck_assert_str_eq(find("STRINGS 1 none one two"), "- ");
}
END_TEST

/* Larger than any encoding that Redis gives back at once. */
static void plant_set(const char *key, unsigned first, unsigned count)
{
    char line[TEXT_MAX];
    for (unsigned i = first; i < first + count; i++) {
        (void)snprintf(line, sizeof line, "SADD %s c%u", key, i);
        (void)redis(line);
    }
}

START_TEST(a_search_stops_at_its_limit_and_says_so)
{
    plant_set("mail", 0, 2000);
    plant_set("phone", 2000, 2000);
    (void)redis("SADD mail both");
    (void)redis("SADD phone both");
    (void)redis("SADD few both c1");

    (void)find("FIND 5 1 mail name");
    ck_assert_msg(strncmp(f.text, "1 ", 2) == 0, "%s", f.text);
    ck_assert_uint_eq(split(f.text, (struct strview[WORDS_MAX]){{0}}),
                      12); /* 5 rows, each with an empty name */
    /* Nearly nobody is in both: to find out takes a look at all of them. */
    ck_assert_msg(strncmp(find("FIND 5 2 mail phone name"), "1 ", 2) == 0, "%s", f.text);
    ck_assert_str_eq(find("FIND 5 2 mail few name"), "0 both  c1  "); /* the smallest set decides */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/function");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, every_kind_of_write_does_what_its_name_says);
    tcase_add_loop_test(server, who_expects_another_position_or_generation_writes_nothing, 0,
                        sizeof STRANGERS / sizeof STRANGERS[0]);
    tcase_add_loop_test(server, what_cannot_be_written_stops_everything_before_the_first_write, 0,
                        sizeof OBSTACLES / sizeof OBSTACLES[0]);
    tcase_add_loop_test(server, a_right_that_is_missing_stops_everything_before_the_first_write, 0,
                        sizeof RIGHTS / sizeof RIGHTS[0]);
    tcase_add_test(server, a_channel_that_may_not_be_told_stops_everything_before_the_first_write);
    tcase_add_loop_test(server, a_refusal_tells_no_personal_data, 0,
                        sizeof PERSONAL / sizeof PERSONAL[0]);
    tcase_add_test(server, where_a_partition_stands_comes_with_the_record_before_it);
    tcase_add_test(server, a_full_redis_refuses_the_whole_and_can_still_be_read);
    tcase_add_test(server, a_missing_function_is_said_and_loaded_again);
    tcase_add_test(server, functions_that_do_not_know_a_question_yet_are_said_and_loaded_again);
    tcase_add_test(server, a_redis_that_evicts_is_refused);
    tcase_add_test(server, a_redis_without_a_bound_is_told_apart);
    tcase_add_test(server, a_replica_is_refused_until_it_is_a_master);
    tcase_add_test(server, pages_follow_each_other_also_within_one_instant);
    tcase_add_test(server, a_page_within_a_crowded_instant_begins_where_the_last_one_ended);
    tcase_add_test(server, parked_ones_of_all_aggregates_share_what_a_batch_may_load);
    tcase_add_test(server, strings_are_told_as_far_as_there_is_room);
    tcase_add_test(server, what_stands_still_is_told_with_how_much_waits_and_was_decided);
    tcase_add_test(server, a_decision_is_taken_about_what_was_seen_and_nothing_else);
    tcase_add_test(server, what_belongs_to_no_aggregate_is_dropped_at_once);
    tcase_add_test(server, a_decision_that_cannot_be_kept_whole_is_not_taken);
    tcase_add_test(server, what_was_decided_is_loaded_with_what_is_parked);
    tcase_add_test(server, who_is_in_all_sets_is_found);
    tcase_add_loop_test(server, a_list_is_taken_from_an_end_as_far_as_number_and_bytes_allow, 0,
                        sizeof HEADS / sizeof HEADS[0]);
    tcase_add_test(server, a_search_stops_at_its_limit_and_says_so);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
