/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/redis_fitness.h"

#include "common/base/embedded_text.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/redis/redisconn.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct embedded_text PROJECTOR_FUNCTIONS[];

enum { OLDEST_MAJOR = 7 };

struct check {
    struct redisconn *conn;
    struct redis_facts facts;
    bool only_looks;
    redis_fitness_fn *done;
    void *user;
};

static void finish(struct check *check, const struct error *failure)
{
    check->done(check->user, &check->facts, failure);
    free(check);
}

static void send(struct check *check, const struct strview *args, size_t count,
                 redisconn_reply_fn *on_reply)
{
    struct error err;
    const struct redisconn_command command = {.args = args, .count = count};
    if (redisconn_send(check->conn, command, on_reply, check, &err) != ERROR_NONE) {
        finish(check, &err);
    }
}

struct strview redis_fitness_value(struct strview info, struct strview name)
{
    const char *at = info.len == 0 ? NULL : memmem(info.data, info.len, name.data, name.len);
    if (at == NULL) {
        return STRVIEW("");
    }
    const char *end = info.data + info.len;
    const char *value = at + name.len;
    const char *stop = value;
    while (stop < end && *stop != '\r' && *stop != '\n') {
        stop++;
    }
    return (struct strview){.data = value, .len = (size_t)(stop - value)};
}

/* --- the functions */

static void on_loaded(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    (void)reply;
    finish(user, failure);
}

/* 0: a library from before there were any. */
static int64_t number_of(struct strview code)
{
    int64_t number;
    return parse_i64(redis_fitness_value(code, STRVIEW("\n-- number ")), &number) ? number : 0;
}

static void on_listed(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct check *check = user;
    const struct strview ours = strview_of(PROJECTOR_FUNCTIONS[0].text);
    const struct strview code = redisconn_reply_text(
        redisconn_reply_field(redisconn_reply_at(reply, 0), STRVIEW("library_code")));
    check->facts.has_library = strview_equal(code, ours);
    check->facts.newer = number_of(code) > number_of(ours) ? number_of(code) : 0;
    if (failure != NULL || check->facts.has_library || check->facts.newer > 0 ||
        check->only_looks) {
        finish(check, failure);
        return;
    }
    const struct strview load[] = {STRVIEW("FUNCTION"), STRVIEW("LOAD"), STRVIEW("REPLACE"), ours};
    send(check, load, sizeof load / sizeof load[0], on_loaded);
}

/* --- the server */

static int64_t major_version(struct strview info)
{
    struct strview version = redis_fitness_value(info, STRVIEW("redis_version:"));
    const char *dot = version.len == 0 ? NULL : memchr(version.data, '.', version.len);
    int64_t major;
    if (dot == NULL) {
        return 0;
    }
    version.len = (size_t)(dot - version.data);
    return parse_i64(version, &major) ? major : 0;
}

static enum error_kind judge(struct strview info, struct error *err)
{
    const struct strview policy = redis_fitness_value(info, STRVIEW("maxmemory_policy:"));
    const int64_t major = major_version(info);
    if (major < OLDEST_MAJOR) {
        return error_set(err, ERROR_FATAL, "Redis %lld has no functions: 7 or newer is needed",
                         (long long)major);
    }
    if (!strview_is(redis_fitness_value(info, STRVIEW("role:")), "master")) {
        return error_set(err, ERROR_TRANSIENT, "this Redis is a replica: it takes no writes");
    }
    if (!strview_is(policy, "noeviction")) {
        return error_set(err, ERROR_FATAL,
                         "Redis may delete views by itself: its maxmemory-policy is '%.*s' and "
                         "must be noeviction",
                         STRVIEW_ARG(policy));
    }
    return ERROR_NONE;
}

/* 0: it does not tell. */
static int64_t clock_of(struct strview info)
{
    int64_t us;
    return parse_i64(redis_fitness_value(info, STRVIEW("server_time_usec:")), &us) ? us / 1000 : 0;
}

static void on_info(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    struct check *check = user;
    const struct strview version =
        redis_fitness_value(redisconn_reply_text(reply), STRVIEW("redis_version:"));
    struct error err;
    check->facts.wall_ms = clock_of(redisconn_reply_text(reply));
    (void)snprintf(check->facts.version, sizeof check->facts.version, "%.*s", STRVIEW_ARG(version));
    const struct strview server =
        redis_fitness_value(redisconn_reply_text(reply), STRVIEW("run_id:"));
    (void)snprintf(check->facts.server, sizeof check->facts.server, "%.*s", STRVIEW_ARG(server));
    if (failure == NULL && judge(redisconn_reply_text(reply), &err) != ERROR_NONE) {
        failure = &err;
    }
    if (failure != NULL) {
        finish(check, failure);
        return;
    }
    const struct strview most =
        redis_fitness_value(redisconn_reply_text(reply), STRVIEW("maxmemory:"));
    check->facts.is_bounded = !strview_is(most, "0");
    const struct strview list[] = {STRVIEW("FUNCTION"), STRVIEW("LIST"), STRVIEW("LIBRARYNAME"),
                                   STRVIEW("orderspine"), STRVIEW("WITHCODE")};
    send(check, list, sizeof list / sizeof list[0], on_listed);
}

static void begin(const struct check *wanted)
{
    const struct strview info = STRVIEW("INFO");
    struct check *check = must_allocate(1, sizeof *check);
    *check = *wanted;
    send(check, &info, 1, on_info);
}

void redis_fitness_check(struct redisconn *conn, redis_fitness_fn *done, void *user)
{
    begin(&(struct check){.conn = conn, .done = done, .user = user});
}

void redis_fitness_look(struct redisconn *conn, redis_fitness_fn *done, void *user)
{
    begin(&(struct check){.conn = conn, .done = done, .only_looks = true, .user = user});
}
