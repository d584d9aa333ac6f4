/* SPDX-License-Identifier: Apache-2.0 */
/*
 * views_fixture.h - the projector's functions in the Redis of TEST_REDIS_URL, with what they
 * answered. Uses logical database 9 and empties it.
 */
#ifndef TESTS_INTEGRATION_REDIS_VIEWS_VIEWS_FIXTURE_H
#define TESTS_INTEGRATION_REDIS_VIEWS_VIEWS_FIXTURE_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/write_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_MAX = 512, WORDS_MAX = 32 };

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

extern struct fixture f;

/* With a connection that is ready, the functions loaded; what was written is removed. */
void setup(void);
void teardown(void);

/* Runs the loop until a callback has said how it ended. */
void await(void);

/* Callbacks: each ends the wait. */
void end_with(const struct error *failure);
void on_done(void *user, const struct error *failure);
void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure);

/* At the blanks; gives how many words there are. The caller has room for all. */
size_t split(const char *line, struct strview *words);

/* Runs a command of words separated by blanks; gives its reply as text. */
const char *redis(const char *line);

/* Whether the last check found a bound of the memory. */
extern struct redis_facts facts;

void check_fitness(void);

/* One write for each word. */
void add(enum write_kind kind, const char *key, const char *args);

/* What was added, for slot t/0. */
void save(const char *generation, int64_t from, int64_t to);

/* Asks one question of words separated by blanks; gives its answer as text. */
const char *find(const char *line);

#endif
