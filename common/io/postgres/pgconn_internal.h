/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgconn_internal.h - what the parts of the PostgreSQL connection share; for
 * common/io/postgres/pgconn*.c.
 *
 *     pgconn.c          its life: how it begins, is lost and ends
 *     pgconn_state.c    how it is; beneath all others
 *     pgconn_connect.c  finding a server, connecting, setting the session up
 *     pgconn_trip.c     trips: queueing, sending, reading, failing
 *     pgconn_error.c    what went wrong with a trip, and what SQLSTATE means
 *     pgconn_value.c    results, and array literals
 *
 * Who may be called back from where: outcomes come while the socket is read, or when the loop lets
 * go of a connection. A part that finds it bad says pgconn_abandon(), which only notes it; until
 * the loop has let go of it, the libpq connection is there, and is not read any more.
 */
#ifndef COMMON_IO_POSTGRES_PGCONN_INTERNAL_H
#define COMMON_IO_POSTGRES_PGCONN_INTERNAL_H

#include "common/io/postgres/pgconn.h"
#include "common/io/postgres/pgserver.h"
#include "common/io/postgres/pgurl.h"
#include "common/io/reconnect.h"
#include "common/io/resolver.h"

struct pg_conn; /* libpq's */
struct pg_result;

enum { PGCONN_NAME_LEN = 40 };

struct trip {
    struct trip *next, *previous; /* in its queue */
    size_t statement_count;
    size_t index; /* of the statement whose result comes next; SIZE_MAX: setup_sql, before all */
    bool has_failed;
    bool ends_connection; /* the failure is the session's, not the statement's */
    struct pgconn_failure failure;
    pgconn_result_fn *on_result;
    pgconn_done_fn *on_done;
    void *user;
};

/* Of an attempt to connect. */
enum pgconn_step {
    PGCONN_RESOLVING = 0,
    PGCONN_CONNECTING,
    PGCONN_SETTING_UP,
};

/* Who answers. */
enum pgconn_peer { PGCONN_SERVER = 0, PGCONN_POOLER };

/* Of one host in the URL. A look-up that outlives its round is waited for in the next. */
struct pgconn_lookup {
    struct pgconn *conn;
    struct resolver *resolver; /* NULL: none is running */
    struct resolver_addresses found;
};

struct pgconn {
    struct loop *loop;
    struct pgconn_options options;
    struct pgurl url;
    struct reconnect life;
    enum pgconn_step step;
    struct pg_conn *pg; /* NULL while waiting and resolving */
    int socket;         /* libpq's, by a number of our own, while there is: */
    struct loop_fd *watch;
    struct loop_timer *deadline;   /* of the first trip in flight */
    struct loop_deferred *settler; /* of unsent */
    struct pgconn_lookup lookups[PGURL_HOSTS_MAX];
    char (*names)[PGCONN_NAME_LEN]; /* of options.statements, and behind them of setup_sql */
    enum pgconn_peer peer;          /* as of the last set-up */
    char pid[PGSERVER_PID_LEN];     /* that the connection was promised */
    bool is_in_round;               /* next_host and next_address are the next to try */
    bool is_overdue;                /* begin with the first address that is found */
    size_t next_host;
    size_t next_address;
    int64_t share_ms;       /* of the time, for the address being tried */
    struct error refusal;   /* of the session being set up */
    struct trip *in_flight; /* the first of them */
    struct trip *unsent;    /* sent while there was no connection: failed from the loop */
    size_t building;        /* statements of the trip not yet sent */
    const char *spoilt;     /* why what is built cannot be sent; NULL: it can */
};

struct pgconn_result {
    const struct pg_result *pg;
    struct trip *trip;
};

/* ---- pgconn_connect.c: struct reconnect_options */

void pgconn_on_attempt(void *user);
void pgconn_on_overdue(void *user);

/* Nothing more is heard of the socket. */
void pgconn_unwatch(struct pgconn *conn);

/* After a loss: is there another address to be tried in this round? */
bool pgconn_next_address(struct pgconn *conn);

/* ---- pgconn_trip.c */

void pgconn_flush(struct pgconn *conn);
void pgconn_read(struct pgconn *conn);

/* Appends to the trips in flight; the caller has sent its statements and the sync. */
void pgconn_push_trip(struct pgconn *conn, struct trip *trip);
struct trip *pgconn_trip_new(size_t statement_count);

/* Queues setup_sql, which was prepared. */
bool pgconn_queue_setup(struct pgconn *conn);

/* A name for each statement, by its text. The caller frees. */
char (*pgconn_names_new(const struct pgconn_options *options))[PGCONN_NAME_LEN];

/* With the reason why the connection is not ready. */
void pgconn_fail_in_flight(struct pgconn *conn);
void pgconn_forget_trips(struct pgconn *conn);

/* Two callbacks, of deadline and settler. */
void pgconn_on_deadline(void *user);
void pgconn_on_settle(void *user);

/* ---- pgconn_error.c */

/* Why the connection is given up, with what to do where that is known. */
void pgconn_reason(const struct pgconn *conn, const struct pgconn_failure *failure,
                   char ret_reason[static ERROR_TEXT_MAX]);

/* Of the statement whose result comes next. */
void pgconn_record_failure(struct trip *trip, const struct pg_result *pg);

#endif
