/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/redis_views/views_fixture.h"

#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/views/view_read.h"
#include "projector-svc/views/view_save.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 60000 };

struct fixture f;

static void on_limit(void *user)
{
    (void)user;
    ck_abort_msg("no end within %d ms", LIMIT_MS);
}

void end_with(const struct error *failure)
{
    f.is_done = true;
    f.kind = failure == NULL ? ERROR_NONE : failure->kind;
    if (failure != NULL) {
        (void)snprintf(f.text, sizeof f.text, "%s", failure->text);
    }
    loop_stop(f.loop);
}

void await(void)
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

void on_done(void *user, const struct error *failure)
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

void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)user;
    f.text[0] = '\0';
    if (failure == NULL) {
        tell(reply);
    }
    end_with(failure);
}

size_t split(const char *line, struct strview *words)
{
    size_t count = 0;
    for (const char *at = line; at != NULL; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL) {
        words[count++] = (struct strview){.data = at, .len = strcspn(at, " ")};
    }
    return count;
}

const char *redis(const char *line)
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

struct redis_facts facts;

static void on_fitness(void *user, const struct redis_facts *told, const struct error *failure)
{
    facts = *told;
    on_done(user, failure);
}

void check_fitness(void)
{
    redis_fitness_check(f.conn, on_fitness, NULL);
    await();
}

void setup(void)
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

void teardown(void)
{
    (void)redis("FLUSHDB");
    redisconn_free(f.conn);
    arena_done(&f.arena);
    loop_timer_free(f.limit);
    loop_free(f.loop);
}

void save(const char *generation, int64_t from, int64_t to)
{
    struct error err;
    const struct view_save_move move = {
        .slot = STRVIEW("t/0"), .generation = generation, .from = from, .to = to};
    ck_assert(write_set_ok(&f.set));
    ck_assert_int_eq(view_save(f.conn, &f.arena, &move, &f.set, on_done, NULL, &err), ERROR_NONE);
    await();
}

void add(enum write_kind kind, const char *key, const char *args)
{
    struct strview words[WORDS_MAX];
    const size_t count = split(args, words);
    for (size_t i = 0; i < count; i++) {
        write_set_add(&f.set, kind, strview_of(key), words[i]);
    }
}

const char *find(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX];
    const struct redisconn_command command = {words, split(line, words)};
    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    return f.text;
}
