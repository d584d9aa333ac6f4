/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgconn_fixture.h - a connection to the server of TEST_DATABASE_URL, and what came back by it.
 *
 * Why the loop is stopped by each callback: a test says how long it waits, loop by loop; without an
 * end it fails after a minute.
 */
#ifndef TESTS_INTEGRATION_PGCONN_PGCONN_FIXTURE_H
#define TESTS_INTEGRATION_PGCONN_PGCONN_FIXTURE_H

#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "tests/support/check_main.h"

#include <stdbool.h>
#include <stdint.h>

enum statement {
    ECHO,
    DIVIDE,
    BACKEND_PID,
    SLEEP,
    UNNEST,
    LISTEN,
    NOTIFY,
    COUNT_DOWN,
    BECOME_READ_ONLY,
    WRITE,
    SHOW,
    COMPARE,
    STATEMENT_COUNT
};

enum { SEEN_MAX = 16 };

struct seen {
    size_t index;
    char value[64];
    size_t rows;
};

struct fixture {
    struct loop *loop;
    struct pgconn *conn;
    struct loop_timer *limit;
    int ready;
    int lost;
    int notified;
    struct seen seen[SEEN_MAX];
    size_t seen_count;
    int done;
    struct pgconn_failure failure;
    bool has_failed;
    int64_t number;
    int checked;
    int forgotten;
};

extern struct fixture f;

/* With a connection that is ready; without any. */
void setup(void);
void setup_alone(void);
void teardown(void);

const char *url_of_server(void);
struct pgconn_options options_for(const char *url);
void connect_with(const struct pgconn_options *options);
void wait_until_ready(void);

/* One parameter, or none when it is NULL. */
void query(size_t statement, const char *param);

/* Sends what was queried, and waits for the outcome. */
void run_trip(void);

/* Of a trip that the test itself sends. */
void on_result(void *user, size_t index, const struct pgconn_result *result);
void on_done(void *user, const struct pgconn_failure *failure);

/* Serves what is due for ten milliseconds. */
void turn(void);

/* By another session. */
void kill_backend(const char *pid);
void ask(const char *sql);

#endif
