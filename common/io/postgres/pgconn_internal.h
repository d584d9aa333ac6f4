/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgconn_internal.h - what the parts of the PostgreSQL connection share; for
 * common/io/postgres/pgconn*.c.
 *
 *     pgconn.c          trips: queueing, sending, reading, failing
 *     pgconn_connect.c  finding a server, connecting, setting the session up
 *     pgconn_value.c    results, and array literals
 */
#ifndef COMMON_IO_POSTGRES_PGCONN_INTERNAL_H
#define COMMON_IO_POSTGRES_PGCONN_INTERNAL_H

#include "common/base/backoff.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgconn.h"
#include "common/io/postgres/pgurl.h"
#include "common/io/resolver.h"

struct pg_conn; /* libpq's */
struct pg_result;

enum { PGCONN_NAME_LEN = 24 };

struct trip {
    struct trip *next;
    size_t statement_count;
    size_t index; /* of the statement whose result comes next */
    bool has_failed;
    bool ends_connection; /* the failure is the session's, not the statement's */
    struct pgconn_failure failure;
    pgconn_result_fn *on_result;
    pgconn_done_fn *on_done;
    void *user;
};

struct trip_queue {
    struct trip *first;
    struct trip *last;
};

enum pgconn_state {
    PGCONN_WAITING = 0, /* for the next address, or the next round */
    PGCONN_RESOLVING,
    PGCONN_CONNECTING,
    PGCONN_SETTING_UP,
    PGCONN_READY,
};

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
    enum pgconn_state state;
    struct pg_conn *pg; /* NULL while waiting and resolving */
    struct loop_fd *watch;
    struct loop_timer *timer;    /* of the state: how long it may last */
    struct loop_timer *deadline; /* of the first trip in flight */
    struct loop_deferred *settle;
    struct backoff backoff;
    int64_t ready_since_ms;
    struct pgconn_lookup lookups[PGURL_HOSTS_MAX];
    bool is_in_round; /* next_host and next_address are the next to try */
    bool is_overdue;  /* begin with the first address that is found */
    size_t next_host;
    size_t next_address;
    int64_t share_ms;     /* of the time, for the address being tried */
    struct error refusal; /* of the session being set up */
    struct trip_queue in_flight;
    struct trip_queue unsent; /* sent while there was no connection: failed from the loop */
    size_t building;          /* statements of the trip not yet sent */
    const char *spoilt;       /* why what is built cannot be sent; NULL: it can */
    bool is_given_up;         /* to be dropped from the loop, for last_error */
    struct strbuf scratch;    /* parameters of the statement being queued */
    struct error last_error;
};

struct pgconn_result {
    const struct pg_result *pg;
    struct trip *trip;
};

/* ---- pgconn.c */

/* The connection is gone: ends the trips in flight, and goes to the next address or round. Only
 * from the loop. */
void pgconn_lose(struct pgconn *conn, const char *reason);
void pgconn_flush(struct pgconn *conn);
void pgconn_read(struct pgconn *conn);

/* Appends to the trips in flight; the caller has sent its statements and the sync. */
void pgconn_push_trip(struct pgconn *conn, struct trip *trip);
struct trip *pgconn_trip_new(size_t statement_count);
void pgconn_statement_name(size_t statement, char ret_name[static PGCONN_NAME_LEN]);

/* ---- pgconn_connect.c */

/* A loop_timer's callback: the state has lasted long enough. */
void pgconn_on_timer(void *user);

/* After a loss: how and when to go on. */
void pgconn_try_again(struct pgconn *conn, bool was_ready);
void pgconn_drop(struct pgconn *conn);

#endif
