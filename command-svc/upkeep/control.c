/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/control.h"

#include "command-svc/upkeep/bell.h"
#include "command-svc/upkeep/control_sql.h"
#include "common/base/must.h"
#include "common/contract/shard.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/log.h"

#include <stdlib.h>

struct control {
    struct control_options options;
    struct pgconn *conn;
    bool has_shards;
    struct bell bell;
    struct chores chores;
    struct watch watch;
    struct level_scan levels;
};

/* ---- what the others ask for --------------------------------------------------------------- */

void control_ring_bell(struct control *control)
{
    bell_ring(&control->bell);
}

void control_make_partition(struct control *control)
{
    chores_keep_outbox(&control->chores);
}

void control_find_holders(struct control *control)
{
    watch_find_holders(&control->watch);
}

void control_find_receipt(struct control *control, const struct uuid *key,
                          receipt_found_fn *on_receipt, void *user)
{
    receipt_search(control->conn, key, on_receipt, user);
}

/* ---- the connection ------------------------------------------------------------------------ */

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
    if (!pgconn_is_ready(control->conn)) {
        return; /* it is asked again where it comes back */
    }
    if (failure != NULL) {
        pgconn_abandon(control->conn, failure->err.text);
    } else if (!control->has_shards) {
        pgconn_abandon(control->conn, "the database is not set up: run `command-svc migrate`");
    }
}

static void on_ready(void *user)
{
    struct control *control = user;
    control->has_shards = false;
    pgconn_query(control->conn, READ_INSTALLATION, NULL, 0);
    pgconn_send_trip(control->conn, on_installation_result, on_installation_done, control);
    chores_begin(&control->chores);
    watch_begin(&control->watch);
    level_scan_begin(&control->levels);
    bell_ring(&control->bell); /* what was committed while this connection was away */
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
    chores_init(&control->chores, loop, &options->chores);
    watch_init(&control->watch, loop, &options->watch);
    level_scan_init(&control->levels, loop, options->on_level, options->user);
    const struct pgconn_options conn = {
        .url = options->database_url,
        .application_name = "command-svc control",
        .setup_sql = CONTROL_SETUP_SQL,
        .statements = CONTROL_STATEMENTS,
        .statement_count = CONTROL_STATEMENT_COUNT,
        .on_ready = on_ready,
        .on_forgotten = receipt_search_forget,
        .on_lost = on_lost,
        .user = control,
    };
    const enum error_kind kind = pgconn_new(loop, &conn, &control->conn, err);
    if (kind != ERROR_NONE) {
        control_free(control);
        return kind;
    }
    control->chores.conn = control->conn;
    control->watch.conn = control->conn;
    control->levels.conn = control->conn;
    control->bell = (struct bell){.conn = control->conn, .metrics = options->watch.metrics};
    *ret_control = control;
    return ERROR_NONE;
}

void control_free(struct control *control)
{
    if (control != NULL) {
        pgconn_free(control->conn);
        chores_done(&control->chores);
        watch_done(&control->watch);
        level_scan_done(&control->levels);
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
    return watch_probe(&control->watch, err);
}

enum error_kind control_sequence_probe(void *user, struct error *err)
{
    const struct control *control = user;
    *err = control->watch.sequence.fault;
    return err->kind;
}

enum error_kind control_shards_probe(void *user, struct error *err)
{
    struct control *control = user;
    return activity_probe(&control->watch.shards, err);
}
