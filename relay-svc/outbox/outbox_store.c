/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/outbox/outbox_store.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <stdlib.h>

enum {
    READER_TIMEOUT_MS = 35000, /* the server ends a read before */
    ARRAY_BYTES_MAX = 8 << 20
};

#define WORK_NAME(WORK, name) (name),
static const char *const WORK_NAMES[] = {OUTBOX_WORKS(WORK_NAME)};

static bool is_whole(const struct outbox_store *store)
{
    bool is_whole = pgconn_is_ready(store->control);
    for (int i = 0; i < outbox_reader_count(store); i++) {
        is_whole = is_whole && pgconn_is_ready(store->readers[i].conn);
    }
    return is_whole;
}

static void on_installation(void *user, size_t index, const struct pgconn_result *result)
{
    struct outbox_store *store = user;
    if (index == 0 && pgconn_row_count(result) == 1) {
        store->shards = (int)pgconn_value_i64(result, 0, 0);
    }
}

/* By a new connection, whose pauses grow: nothing else would put the question a second time. */
static void ask_again(struct outbox_store *store, const char *reason)
{
    if (pgconn_is_ready(store->control)) {
        pgconn_abandon(store->control, reason);
    }
}

static void on_greeting_done(void *user, const struct pgconn_failure *failure)
{
    struct outbox_store *store = user;
    store->is_greeting = false;
    if (failure != NULL) {
        ask_again(store, failure->err.text);
    } else if (store->shards == 0) {
        ask_again(store, "the database is not migrated: run command-svc migrate");
    } else if (is_whole(store)) {
        store->is_ready = true;
        for (size_t i = 0; i < OUTBOX_WORK_COUNT; i++) {
            activity_succeeded(&store->works[i], loop_now_ms()); /* what failed before is over */
        }
        store->options.on_ready(store->options.user, store->shards);
    }
}

/* Begins as soon as the last connection has come. */
static void greet(struct outbox_store *store)
{
    if (!is_whole(store) || store->is_greeting) {
        return;
    }
    store->is_greeting = true;
    store->shards = 0;
    pgconn_query(store->control, SQL_INSTALLATION, NULL, 0);
    if (!pgconn_has_pooler(store->control)) { /* it would be somebody else's session that listens */
        pgconn_query(store->control, SQL_LISTEN, NULL, 0);
    }
    pgconn_send_trip(store->control, on_installation, on_greeting_done, store);
}

static void on_control_ready(void *user)
{
    const struct outbox_store *store = user;
    if (pgconn_has_pooler(store->control)) {
        log_event(
            LOG_WARN, "pooler_seen",
            LOG_TEXT("a pooler stands before PostgreSQL: no bell is heard through it, so that "
                     "new events wait for RELAY_POLL; pgbouncer must be 1.21 or newer with "
                     "max_prepared_statements above 0, or pool sessions; or go round it"));
    }
    greet(user);
}

static void on_reader_ready(void *user)
{
    const struct outbox_reader *reader = user;
    greet(reader->store);
}

static void lose(struct outbox_store *store, const struct error *err)
{
    store->doubt = *err;
    if (store->is_ready) {
        store->is_ready = false;
        store->options.on_lost(store->options.user);
    }
}

static void on_control_lost(void *user, const struct error *err)
{
    lose(user, err);
}

static void on_reader_lost(void *user, const struct error *err)
{
    const struct outbox_reader *reader = user;
    lose(reader->store, err);
}

static void on_bell(void *user, struct strview channel)
{
    struct outbox_store *store = user;
    (void)channel;
    store->options.on_bell(store->options.user);
}

static enum error_kind open_reader(struct outbox_store *store, struct loop *loop, int index,
                                   struct error *err)
{
    struct outbox_reader *reader = &store->readers[index];
    *reader = (struct outbox_reader){.store = store, .index = index};
    const struct pgconn_options options = {
        .url = store->options.url,
        .application_name = "relay-svc reader",
        .setup_sql = OUTBOX_READER_SETUP,
        .reply_timeout_ms = READER_TIMEOUT_MS,
        .statements = OUTBOX_READER_SQL,
        .statement_count = READER_STATEMENT_COUNT,
        .by_row = true,
        .on_ready = on_reader_ready,
        .on_lost = on_reader_lost,
        .user = reader,
    };
    return pgconn_new(loop, &options, &reader->conn, err);
}

static enum error_kind open_all(struct outbox_store *store, struct loop *loop, struct error *err)
{
    const struct pgconn_options options = {
        .url = store->options.url,
        .application_name = "relay-svc",
        .setup_sql = OUTBOX_CONTROL_SETUP,
        .statements = OUTBOX_CONTROL_SQL,
        .statement_count = CONTROL_STATEMENT_COUNT,
        .on_ready = on_control_ready,
        .on_lost = on_control_lost,
        .on_notify = on_bell,
        .user = store,
    };
    enum error_kind kind = pgconn_new(loop, &options, &store->control, err);
    for (int i = 0; kind == ERROR_NONE && i < outbox_reader_count(store); i++) {
        kind = open_reader(store, loop, i, err);
    }
    return kind;
}

enum error_kind outbox_store_new(struct loop *loop, const struct outbox_store_options *options,
                                 struct outbox_store **ret_store, struct error *err)
{
    struct outbox_store *store = must_allocate(1, sizeof *store);
    struct outbox_reader *readers =
        must_allocate((size_t)options->readers + OUTBOX_FILLER_COUNT, sizeof *readers);
    store->options = *options;
    store->readers = readers;
    (void)format_i64(options->lease_ms, store->lease_ms);
    (void)error_set(&store->doubt, ERROR_TRANSIENT, "not connected yet");
    for (size_t i = 0; i < OUTBOX_WORK_COUNT; i++) {
        activity_init(&store->works[i], WORK_NAMES[i]);
    }
    for (size_t i = 0; i < OUTBOX_ARRAYS_MAX; i++) {
        strbuf_init(&store->arrays[i], ARRAY_BYTES_MAX);
    }
    if (open_all(store, loop, err) != ERROR_NONE) {
        outbox_store_free(store);
        return err->kind;
    }
    *ret_store = store;
    return ERROR_NONE;
}

void outbox_store_free(struct outbox_store *store)
{
    if (store == NULL) {
        return;
    }
    for (int i = 0; i < outbox_reader_count(store); i++) {
        pgconn_free(store->readers[i].conn);
    }
    pgconn_free(store->control);
    outbox_forget_errands(store); /* whose trips were forgotten with the connection */
    for (size_t i = 0; i < OUTBOX_ARRAYS_MAX; i++) {
        strbuf_done(&store->arrays[i]);
    }
    free(store->readers);
    free(store);
}

enum error_kind outbox_store_state(const struct outbox_store *store, struct error *err)
{
    if (store->is_ready) {
        return ERROR_NONE;
    }
    if (!pgconn_is_ready(store->control)) {
        return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(store->control));
    }
    for (int i = 0; i < outbox_reader_count(store); i++) {
        if (!pgconn_is_ready(store->readers[i].conn)) {
            return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(store->readers[i].conn));
        }
    }
    *err = store->doubt;
    return ERROR_TRANSIENT;
}

enum error_kind outbox_store_probe(const struct outbox_store *store, struct error *err)
{
    enum error_kind kind = ERROR_NONE;
    for (size_t i = 0; kind == ERROR_NONE && i < OUTBOX_WORK_COUNT; i++) {
        kind = activity_probe_lately(&store->works[i], loop_now_ms(), err);
    }
    return kind;
}
