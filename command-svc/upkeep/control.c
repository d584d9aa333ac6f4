/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/control.h"

#include "command-svc/metrics.h"
#include "command-svc/upkeep/holders.h"
#include "common/base/must.h"
#include "common/base/strbuf.h"
#include "common/contract/shard.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/pgconn.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "common/run/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    UPKEEP_MS = 60000,
    SOON_MS = 100,
    LOOK_MS = 1000,
    ANSWER_MS = 5000, /* without an answer for that long, the service is not ready */
    PORTION = 1000,   /* receipts deleted at a time */
};

enum statement {
    RING_BELL,
    READ_INSTALLATION,
    MAINTAIN_OUTBOX,
    EXPIRE_RECEIPTS,
    FIND_RECEIPT,
    OUTBOX_AGE,
    READ_SEQUENCE,
    COUNT_SHARDS,
    FIND_HOLDERS,
    STATEMENT_COUNT
};

static const struct pgconn_statement STATEMENTS[STATEMENT_COUNT] = {
    [RING_BELL] = {"SELECT pg_notify('outbox', '')", 0},
    [READ_INSTALLATION] = {"SELECT shards, (extract(epoch FROM created_at) * 1000)::bigint"
                           " FROM installation",
                           0},
    [MAINTAIN_OUTBOX] = {"SELECT outbox_maintain()", 0},
    /* A thousand rows at a time: a big DELETE would hold back vacuum and fill the disk with WAL.
     * One service at a time: several would pick the same rows. */
    [EXPIRE_RECEIPTS] = {"DELETE FROM receipt WHERE key IN (SELECT key FROM receipt"
                         " WHERE (SELECT pg_try_advisory_xact_lock(outbox_lock_class() + 1, 1))"
                         " AND created_at < now() - $1::bigint * interval '1 ms' LIMIT 1000)",
                         1},
    [FIND_RECEIPT] = {"SELECT status, version, location, body FROM receipt WHERE key = $1::uuid",
                      1},
    [OUTBOX_AGE] = {"SELECT coalesce((extract(epoch FROM clock_timestamp() -"
                    " outbox_oldest_unpublished()) * 1000)::bigint, 0)",
                    0},
    [READ_SEQUENCE] = {"SELECT last_value - (NOT is_called)::int,"
                       " (SELECT coalesce(max(position), 0) FROM relay_shard) FROM outbox_seq_seq",
                       0},
    [COUNT_SHARDS] = {"SELECT min(n), count(*) FROM installation, generate_series(0, shards - 1) n"
                      " WHERE NOT EXISTS (SELECT FROM relay_shard WHERE shard = n)",
                      0},
    [FIND_HOLDERS] = {HOLDERS_SQL, HELD_KIND_COUNT},
};

struct control {
    struct control_options options;
    struct pgconn *conn;
    struct loop_timer *upkeep;
    struct loop_timer *expiry;
    struct loop_timer *look;
    struct activity upkeeping;
    struct activity expiring;
    struct activity looking;
    bool is_ringing; /* a ring is under way */
    bool ring_again; /* something was committed since */
    bool is_maintaining;
    struct holders holders;
    bool has_shards;
    int64_t answered_ms;  /* the last look */
    int64_t greatest_seq; /* before the look in flight */
    struct error sequence;
    struct activity shards; /* that relay_shard lacks none */
    int64_t expiry_began_ms;
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
    pgconn_query(control->conn, RING_BELL, NULL, 0);
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

/* Returns whether it succeeded. */
static bool note_end(struct activity *activity, const struct pgconn_failure *failure)
{
    if (failure == NULL) {
        activity_succeeded(activity, loop_now_ms());
    } else {
        (void)activity_failed(activity, &failure->err, loop_now_ms(), jitter_draw());
    }
    return failure == NULL;
}

static void on_maintained(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    control->is_maintaining = false;
    (void)note_end(&control->upkeeping, failure);
}

void control_make_partition(struct control *control)
{
    if (control->is_maintaining || !pgconn_is_ready(control->conn)) {
        return;
    }
    control->is_maintaining = true;
    pgconn_query(control->conn, MAINTAIN_OUTBOX, NULL, 0);
    pgconn_send_trip(control->conn, NULL, on_maintained, control);
}

static void on_expiry_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    (void)index;
    control->expired = pgconn_affected(result);
}

/* A full portion is followed by the next one; half of the time is left to others. */
static void on_expired(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    if (note_end(&control->expiring, failure) && control->expired >= PORTION) {
        loop_timer_start(control->expiry, loop_now_ms() - control->expiry_began_ms);
    }
}

static void on_expiry(void *user)
{
    struct control *control = user;
    if (!pgconn_is_ready(control->conn)) {
        return; /* begun again when the connection is back */
    }
    struct strbuf retention;
    strbuf_init(&retention, 32);
    strbuf_append_i64(&retention, control->options.receipt_retention_ms);
    const struct strview param = strbuf_view(&retention);
    control->expired = 0;
    control->expiry_began_ms = loop_now_ms();
    pgconn_query(control->conn, EXPIRE_RECEIPTS, &param, 1);
    strbuf_done(&retention);
    pgconn_send_trip(control->conn, on_expiry_result, on_expired, control);
}

static void on_upkeep(void *user)
{
    struct control *control = user;
    if (!pgconn_is_ready(control->conn)) {
        return; /* begun again when the connection is back */
    }
    control_make_partition(control);
    on_expiry(control);
    loop_timer_start(control->upkeep, UPKEEP_MS);
}

/* ---- the outbox's age and numbers ---------------------------------------------------------- */

static void compare_sequence(struct control *control, int64_t last, int64_t position)
{
    const int64_t greatest = position > control->greatest_seq ? position : control->greatest_seq;
    const bool was_back = control->sequence.kind != ERROR_NONE;
    control->sequence = (struct error){.kind = ERROR_NONE};
    if (last >= greatest) {
        if (was_back) {
            log_event(LOG_INFO, "sequence_mended", LOG_INT("last", last));
        }
        return;
    }
    (void)error_set(&control->sequence, ERROR_CONFLICT,
                    "the sequence of outbox.seq went back to %" PRId64 ", below %" PRId64
                    " which it handed out before: see README, \"The outbox's sequence went back\"",
                    last, greatest);
    if (!was_back) {
        log_event(LOG_ERROR, "sequence_went_back", LOG_INT("last", last),
                  LOG_INT("greatest", greatest), LOG_ERR(&control->sequence));
    }
}

/* A shard without a row there is one that no relay can hold. */
static void judge_shards(struct control *control, int64_t first, int64_t missing)
{
    struct error err;
    if (missing == 0) {
        activity_succeeded(&control->shards, loop_now_ms());
        return;
    }
    (void)error_set(&err, ERROR_CONFLICT,
                    "shard %" PRId64 " has no row in relay_shard (%" PRId64
                    " have none): its events are taken and not published; see \"How a stop "
                    "ends\" in relay-svc/README.md",
                    first, missing);
    (void)activity_failed(&control->shards, &err, loop_now_ms(), jitter_draw());
}

static void on_look_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    enum { AGE = 0, SEQUENCE };
    const int64_t first = pgconn_value_i64(result, 0, 0);
    if (index == AGE) {
        metrics_set(control->options.metrics, METRIC_OUTBOX_AGE, 0, (double)first / 1e3);
        control->options.on_outbox_age(control->options.user, first);
    } else if (index == SEQUENCE) {
        compare_sequence(control, first, pgconn_value_i64(result, 0, 1));
    } else {
        judge_shards(control, first, pgconn_value_i64(result, 0, 1));
    }
}

static void on_looked(void *user, const struct pgconn_failure *failure)
{
    struct control *control = user;
    if (note_end(&control->looking, failure)) {
        control->answered_ms = loop_now_ms();
    }
    loop_timer_start(control->look, LOOK_MS);
}

static void on_look(void *user)
{
    struct control *control = user;
    if (!pgconn_is_ready(control->conn)) {
        return; /* begun again when the connection is back */
    }
    control->greatest_seq = control->options.greatest_seq(control->options.user);
    pgconn_query(control->conn, OUTBOX_AGE, NULL, 0);
    pgconn_query(control->conn, READ_SEQUENCE, NULL, 0);
    pgconn_query(control->conn, COUNT_SHARDS, NULL, 0);
    pgconn_send_trip(control->conn, on_look_result, on_looked, control);
    holders_ask(&control->holders, control->conn, FIND_HOLDERS);
}

void control_find_holders(struct control *control)
{
    holders_ask(&control->holders, control->conn, FIND_HOLDERS);
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

static void forget_trip(pgconn_done_fn *on_done, void *user)
{
    if (on_done == on_search_done) {
        free(user);
    }
}

void control_find_receipt(struct control *control, const struct uuid *key,
                          control_receipt_fn *on_receipt, void *user)
{
    struct search *search = must_allocate(1, sizeof *search);
    *search = (struct search){.on_receipt = on_receipt, .user = user};
    const struct strview param = uuid_view(key);
    pgconn_query(control->conn, FIND_RECEIPT, &param, 1);
    pgconn_send_trip(control->conn, on_search_result, on_search_done, search);
}

/* ---- shards -------------------------------------------------------------------------------- */

static void on_installation_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct control *control = user;
    (void)index;
    if (pgconn_row_count(result) == 0) {
        return;
    }
    const int64_t shards = pgconn_value_i64(result, 0, 0);
    if (shards >= 1 && shards <= SHARDS_MAX) {
        control->has_shards = true;
        control->options.on_installation(control->options.user, (int)shards,
                                         pgconn_value_i64(result, 0, 1));
    }
}

static void on_installation_done(void *user, const struct pgconn_failure *failure)
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
    control->has_shards = false;
    control->answered_ms = loop_now_ms();
    pgconn_query(control->conn, READ_INSTALLATION, NULL, 0);
    pgconn_send_trip(control->conn, on_installation_result, on_installation_done, control);
    loop_timer_start(control->upkeep, SOON_MS);
    loop_timer_start(control->look, SOON_MS);
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
    struct control *control = must_allocate(1, sizeof *control);
    control->options = *options;
    control->holders = (struct holders){.held = options->held};
    control->upkeep = loop_timer_new(loop, on_upkeep, control);
    control->expiry = loop_timer_new(loop, on_expiry, control);
    control->look = loop_timer_new(loop, on_look, control);
    activity_init(&control->upkeeping, "upkeep");
    activity_init(&control->expiring, "receipts' expiry");
    activity_init(&control->looking, "look at the outbox");
    activity_init(&control->shards, "what relay_shard holds");
    const struct pgconn_options conn = {
        .url = options->database_url,
        .application_name = "command-svc control",
        .statements = STATEMENTS,
        .statement_count = STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_forgotten = forget_trip,
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
        loop_timer_free(control->expiry);
        loop_timer_free(control->look);
        free(control);
    }
}

enum error_kind control_probe(void *user, struct error *err)
{
    const struct control *control = user;
    if (!pgconn_is_ready(control->conn)) {
        return error_set(err, ERROR_TRANSIENT, "%s", pgconn_last_error(control->conn));
    }
    if (!control->has_shards) {
        return error_set(err, ERROR_TRANSIENT, "the database has not told its number of shards");
    }
    if (loop_now_ms() - control->answered_ms < ANSWER_MS) {
        return ERROR_NONE;
    }
    if (activity_is_failing(&control->looking)) {
        return activity_probe((struct activity *)(uintptr_t)&control->looking, err);
    }
    return error_set(err, ERROR_TRANSIENT,
                     "PostgreSQL took a question and has not answered for %d s",
                     (int)((loop_now_ms() - control->answered_ms) / 1000));
}

enum error_kind control_sequence_probe(void *user, struct error *err)
{
    const struct control *control = user;
    *err = control->sequence;
    return err->kind;
}

enum error_kind control_shards_probe(void *user, struct error *err)
{
    struct control *control = user;
    return activity_probe(&control->shards, err);
}
