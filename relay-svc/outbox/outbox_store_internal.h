/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox_store_internal.h - what the files of the store share: store (connections, life), errand
 * (trips of the control connection), control (leases, marks), look (what is looked up there),
 * quarantine (what waits for a person) and reader (range reads).
 */
#ifndef RELAY_SVC_OUTBOX_OUTBOX_STORE_INTERNAL_H
#define RELAY_SVC_OUTBOX_OUTBOX_STORE_INTERNAL_H

#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/activity.h"
#include "relay-svc/outbox/outbox_store.h"

struct pgconn_result;

enum {
    OUTBOX_ARRAYS_MAX = 8,
    OUTBOX_FILLER_COUNT = 1,
};

struct outbox_reader {
    struct outbox_store *store;
    struct pgconn *conn;
    int index;
    bool is_reading;
    const struct outbox_read_events *events;
    void *user;
};

struct outbox_store {
    struct outbox_store_options options;
    struct activity works[OUTBOX_WORK_COUNT];
    struct pgconn *control;
    struct outbox_reader *readers;
    struct errand *errands; /* in flight */
    struct strbuf arrays[OUTBOX_ARRAYS_MAX];
    char lease_ms[NUMBER_TEXT_SIZE];
    bool is_ready;
    bool is_greeting;
    int shards;         /* as the greeting told */
    struct error doubt; /* why not, when every connection is there */
};

/* The one fill at a time has the last reader, behind those of the range reads. */
static inline int outbox_reader_count(const struct outbox_store *store)
{
    return store->options.readers + OUTBOX_FILLER_COUNT;
}

static inline const char *outbox_array(struct outbox_store *store, size_t index)
{
    return strbuf_cstr(&store->arrays[index]);
}

static inline const char *outbox_owner(const struct outbox_store *store)
{
    return store->options.owner;
}

/* What a trip in flight remembers; freed when it is done. */
struct errand {
    struct errand *next; /* of those in flight */
    struct outbox_store *store;
    enum outbox_work work;
    const void *events;
    void *user;
    outbox_done *on_done;
    outbox_answer *on_answer;
    struct tail_mark answer;
};

struct errand *outbox_errand_new(struct outbox_store *store, enum outbox_work work,
                                 const void *events, outbox_done *on_done, void *user);
/* Calls back; a pgconn_done_fn. */
void outbox_errand_finish(void *user, const struct pgconn_failure *failure);
/* Those in flight, when they will never be answered. */
void outbox_forget_errands(struct outbox_store *store);

/* A row as SQL_READ gives it; borrowed from the result. */
struct outbox_row outbox_row_of(const struct pgconn_result *result, size_t row);

/* As arrays of the same length; a column that is not wanted is NULL. */
void outbox_put_leases(const struct outbox_lease *leases, size_t count, struct strbuf *shards,
                       struct strbuf *epochs, struct strbuf *positions);

#endif
