/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare_views - the function calls by which projector-svc wrote its views, sent again without the
 * service: no Kafka, no folding, no JSON, a loop of hiredis calls.
 *
 *     bare_views HOST PORT USER DATABASE WINDOW FILE     password in REDISCLI_AUTH
 *
 * Why: it is what the service could reach on this Redis if it cost nothing (WINDOW calls on their
 * way), and what one call at a time would (WINDOW 1). FILE is what tests/bench/tap recorded:
 * "<length>\n<command>" each, so the calls are the service's own and cannot drift. The database
 * must be as empty as it was then; a call that is refused ends it. Prints "RESULT calls
 * milliseconds".
 */
#include "common/base/parse.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW_MAX = 1024, COMMAND_MAX = 64 << 20, ARGS = 7 };

static _Noreturn void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "bare_views: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int number_of(const char *text, int64_t least, int64_t most)
{
    int64_t number;
    if (!parse_i64(strview_of(text), &number) || number < least || number > most) {
        give_up(text, "is no number, or out of range");
    }
    return (int)number;
}

static void must_succeed(redisContext *redis, redisReply *reply)
{
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR) {
        give_up("Redis", reply == NULL ? redis->errstr : reply->str);
    }
    freeReplyObject(reply);
}

static redisContext *log_in(char *const argv[])
{
    const char *password = getenv("REDISCLI_AUTH");
    redisContext *redis = redisConnect(argv[1], number_of(argv[2], 1, 65535));
    if (redis == NULL || redis->err != 0) {
        give_up("Redis", redis == NULL ? "no memory" : redis->errstr);
    }
    must_succeed(redis,
                 redisCommand(redis, "AUTH %s %s", argv[3], password == NULL ? "" : password));
    must_succeed(redis, redisCommand(redis, "SELECT %s", argv[4]));
    return redis;
}

/* The next recorded command; NULL at the end. The caller frees. */
static char *read_command(FILE *file, size_t *ret_len)
{
    char line[32];
    if (fgets(line, sizeof line, file) == NULL) {
        return NULL;
    }
    line[strcspn(line, "\n")] = '\0';
    *ret_len = (size_t)number_of(line, 1, COMMAND_MAX);
    char *command = malloc(*ret_len);
    if (command == NULL || fread(command, 1, *ret_len, file) != *ret_len) {
        give_up("the recording", "ends in a command");
    }
    return command;
}

/* orderspine_project answers with a list that begins with its verdict. */
static void take_answer(redisContext *redis)
{
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK) {
        give_up("Redis", redis->errstr);
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        give_up("Redis", reply->str);
    }
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        strcmp(reply->element[0]->str, "ok") != 0) {
        give_up("Redis", "a call was refused: is the database as empty as when it was recorded?");
    }
    freeReplyObject(reply);
}

static int send_all(redisContext *redis, FILE *file, int window)
{
    int sent = 0;
    int answered = 0;
    char *command;
    size_t len = 0;
    while ((command = read_command(file, &len)) != NULL) {
        if (redisAppendFormattedCommand(redis, command, len) != REDIS_OK) {
            give_up("Redis", redis->errstr);
        }
        free(command);
        sent++;
        if (sent - answered == window) {
            take_answer(redis);
            answered++;
        }
    }
    for (; answered < sent; answered++) {
        take_answer(redis);
    }
    return sent;
}

int main(int argc, char **argv)
{
    if (argc != ARGS) {
        give_up("usage", "bare_views HOST PORT USER DATABASE WINDOW FILE");
    }
    FILE *file = fopen(argv[6], "rb");
    if (file == NULL) {
        give_up(argv[6], "cannot be read");
    }
    redisContext *redis = log_in(argv);
    const int window = number_of(argv[5], 1, WINDOW_MAX);
    const int64_t began_us = now_us();
    const int calls = send_all(redis, file, window);
    (void)printf("RESULT %d %lld\n", calls, (long long)((now_us() - began_us) / 1000));
    redisFree(redis);
    (void)fclose(file);
    return 0;
}
