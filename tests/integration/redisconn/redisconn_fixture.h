/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redisconn_fixture.h - connections to the server of TEST_REDIS_URL, and what came back by them.
 */
#ifndef TESTS_INTEGRATION_REDISCONN_REDISCONN_FIXTURE_H
#define TESTS_INTEGRATION_REDISCONN_REDISCONN_FIXTURE_H

#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, SEEN_MAX = 16 };

struct fixture {
    struct loop *loop;
    struct redisconn *conn;
    struct redisconn *other; /* publishes, kills */
    struct loop_timer *limit;
    int ready;
    int lost;
    int replies;
    enum error_kind kinds[SEEN_MAX]; /* of failures; NONE for replies */
    char texts[SEEN_MAX][128];
    int subscribed;
    int messages;
    char message[64];
};

extern struct fixture f;

void on_ready(void *user);
void on_reply(void *user, const struct redisconn_reply *reply, const struct error *failure);
const char *test_url(void);
struct redisconn *connect_to(const char *url, const char *channel, bool needs_primary);

struct redisconn *connect_usual(const char *url, const char *channel);

void setup(void);
void teardown(void);

/* Sends words separated by blanks. */
void send_words(struct redisconn *conn, const char *line);

void await_replies(int count);

#endif
