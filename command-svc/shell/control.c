/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/shell/control.h"

#include "command-svc/metrics.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/io/pgconn.h"
#include "common/run/log.h"

#include <stdlib.h>

enum { UPKEEP_MS = 60000, SOON_MS = 100, AGE_MS = 1000 };

enum statement {
    RING_BELL,
    READ_SHARDS,
    MAINTAIN_OUTBOX,
    EXPIRE_RECEIPTS,
    FIND_RECEIPT,
    OUTBOX_AGE,
    STATEMENT_COUNT
};

/* A thousand rows at a time: a big DELETE would hold back vacuum and fill the disk with WAL. */
static const struct pgconn_statement STATEMENTS[STATEMENT_COUNT] = {
    [RING_BELL] = {"SELECT pg_notify('outbox', '')", 0},
    [READ_SHARDS] = {"SELECT shards FROM installation", 0},
    [MAINTAIN_OUTBOX] = {"SELECT outbox_maintain()", 0},
    [EXPIRE_RECEIPTS] = {"DELETE FROM receipt WHERE key IN (SELECT key FROM receipt"
                         " WHERE created_at < now() - $1::bigint * interval '1 ms' LIMIT 1000)",
                         1},
    [FIND_RECEIPT] = {"SELECT status, version, location, body FROM receipt WHERE key = $1::uuid",
                      1},
    [OUTBOX_AGE] = {"SELECT coalesce((extract(epoch FROM clock_timestamp() -"
                    " outbox_oldest_unpublished()) * 1000)::bigint, 0)",
                    0},
};

struct control {
    struct control_options options;
    struct pgconn *conn;
    struct loop_timer *upkeep;
    struct loop_timer *age;
    bool is_ringing; /* a ring is under way */
    bool ring_again; /* something was committed since */
    bool has_shards;
    int64_t expired; /* rows of the last portion */
};

/* ---- the bell ------------------------------------------------------------------------------ */

static void ring(struct control *control);

static void on_rung(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    control->is_ringing = false;
    if (failure == NULL && control->ring_again) {
        ring(control);
    }
}

static void ring(struct control *control)
{
    control->ring_again = false;
    if (!pgconn_is_ready(control->conn)) {
        return; /* the relay polls anyway */
    }
    struct error err;
    (void)!pgconn_query(control->conn, RING_BELL, NULL, 0, &err);
    control->is_ringing = true;
    metrics_add(control->options.metrics, METRIC_BELLS, 0, 1);
    pgconn_send_trip(control->conn, NULL, on_rung, control);
}

void control_ring_bell(struct control *control)
{
    if (control->is_ringing) {
        control->ring_again = true;
    } else {
        ring(control);
    }
}

/* ---- upkeep -------------------------------------------------------------------------------- */

static void on_upkeep_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    if (index == 1) {
        control->expired = pgconn_affected(result);
    }
}

static void on_upkeep_done(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    if (failure != NULL) {
        log_event(LOG_WARN, "upkeep_failed", LOG_ERR(&failure->err),
                  LOG_TEXT("tried again in a minute"));
    }
    loop_timer_start(control->upkeep, control->expired > 0 ? SOON_MS : UPKEEP_MS);
}

static void on_upkeep(void *user)
{
    struct control *control = user;
    control->expired = 0;
    if (!pgconn_is_ready(control->conn)) {
        return; /* begun again when the connection is back */
    }
    struct strbuf retention;
    strbuf_init(&retention, 32);
    strbuf_append_i64(&retention, control->options.receipt_retention_ms);
    const struct strview param = strbuf_view(&retention);
    struct error err;
    (void)!pgconn_query(control->conn, MAINTAIN_OUTBOX, NULL, 0, &err);
    (void)!pgconn_query(control->conn, EXPIRE_RECEIPTS, &param, 1, &err);
    strbuf_done(&retention);
    pgconn_send_trip(control->conn, on_upkeep_result, on_upkeep_done, control);
}

/* ---- the outbox's age ---------------------------------------------------------------------- */

static void on_age_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    (void)index;
    const int64_t age_ms = pgconn_value_i64(result, 0, 0);
    metrics_set(control->options.metrics, METRIC_OUTBOX_AGE, 0, (double)age_ms / 1e3);
    control->options.on_outbox_age(control->options.user, age_ms);
}

static void on_age_done(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    if (failure != NULL && failure->err.kind != ERROR_TRANSIENT) {
        log_event(LOG_WARN, "outbox_age_unknown", LOG_ERR(&failure->err));
    }
    loop_timer_start(control->age, AGE_MS);
}

static void on_age(void *user)
{
    struct control *control = user;
    struct error err;
    if (!pgconn_is_ready(control->conn)) {
        return; /* begun again when the connection is back */
    }
    (void)!pgconn_query(control->conn, OUTBOX_AGE, NULL, 0, &err);
    pgconn_send_trip(control->conn, on_age_result, on_age_done, control);
}

/* ---- receipts ------------------------------------------------------------------------------ */

struct search {
    control_receipt_fn *on_receipt;
    void *user;
    bool is_found;
};

static void on_search_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct search *search = user;
    (void)index;
    if (pgconn_row_count(result) == 0) {
        return;
    }
    const struct control_receipt receipt = {.status = (int)pgconn_value_i64(result, 0, 0),
                                            .version = pgconn_value_i64(result, 0, 1),
                                            .location = pgconn_value(result, 0, 2),
                                            .body = pgconn_value(result, 0, 3)};
    search->is_found = true;
    search->on_receipt(search->user, &receipt, NULL);
}

static void on_search_done(void *user, const struct pgconn_failure *failure)
{
    struct search *search = user;
    if (!search->is_found) {
        search->on_receipt(search->user, NULL, failure == NULL ? NULL : &failure->err);
    }
    free(search);
}

void control_find_receipt(struct control *control, const struct uuid *key,
                          control_receipt_fn *on_receipt, void *user)
{
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        const struct error err = {.kind = ERROR_EXHAUSTED, .text = "no memory"};
        on_receipt(user, NULL, &err);
        return;
    }
    *search = (struct search){.on_receipt = on_receipt, .user = user};
    const struct strview param = uuid_view(key);
    struct error err;
    (void)!pgconn_query(control->conn, FIND_RECEIPT, &param, 1, &err);
    pgconn_send_trip(control->conn, on_search_result, on_search_done, search);
}

/* ---- shards -------------------------------------------------------------------------------- */

static void on_shards_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    (void)index;
    if (pgconn_row_count(result) == 0 || control->has_shards) {
        return;
    }
    const int64_t shards = pgconn_value_i64(result, 0, 0);
    if (shards >= 1 && shards <= SHARDS_MAX) {
        control->has_shards = true;
        control->options.on_shards(control->options.user, (int)shards);
    }
}

static void on_shards_done(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    if (failure == NULL && !control->has_shards) {
        pgconn_abandon(control->conn, "the database is not set up: run `command-svc migrate`");
    }
}

static void on_ready(void *user)
{
    struct control *control = user;
    control->is_ringing = false;
    struct error err;
    (void)!pgconn_query(control->conn, READ_SHARDS, NULL, 0, &err);
    pgconn_send_trip(control->conn, on_shards_result, on_shards_done, control);
    loop_timer_start(control->upkeep, SOON_MS);
    loop_timer_start(control->age, SOON_MS);
    control_ring_bell(control); /* what was committed while this connection was away */
}

static void on_lost(void *user, const struct error *err)
{
    (void)user;
    log_event(LOG_WARN, "control_connection_lost", LOG_ERR(err),
              LOG_TEXT("connecting again; the relay polls meanwhile"));
}

enum error_kind control_new(struct loop *loop, const struct control_options *options,
                            struct control **ret_control, struct error *err)
{
    struct control *control = calloc(1, sizeof *control);
    if (control == NULL) {
        return error_set(err, ERROR_FATAL, "no memory for the control connection");
    }
    control->options = *options;
    control->upkeep = loop_timer_new(loop, on_upkeep, control);
    control->age = loop_timer_new(loop, on_age, control);
    const struct pgconn_options conn = {
        .url = options->database_url,
        .application_name = "command-svc control",
        .statements = STATEMENTS,
        .statement_count = STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = control,
    };
    const enum error_kind kind = pgconn_new(loop, &conn, &control->conn, err);
    if (kind != ERROR_NONE) {
        control_free(control);
        return kind;
    }
    *ret_control = control;
    return ERROR_NONE;
}

void control_free(struct control *control)
{
    if (control != NULL) {
        pgconn_free(control->conn);
        loop_timer_free(control->upkeep);
        loop_timer_free(control->age);
        free(control);
    }
}

enum error_kind control_probe(void *user, struct error *err)
{
    const struct control *control = user;
    if (pgconn_is_ready(control->conn) && control->has_shards) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(control->conn));
}
