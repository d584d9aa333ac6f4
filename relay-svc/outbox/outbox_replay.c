/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/outbox/outbox_replay.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <stdlib.h>

enum { TYPES_MAX = 1 << 14, SQL_REPLAY = 0, TIMEOUT_MS = 35000 };

struct outbox_replay {
    struct outbox_replay_options options;
    struct pgconn *conn;
    struct strbuf types;
};

/* $1 shard, $2 after, $3 up to, $4 aggregate types, $5 how many */
static const struct pgconn_statement STATEMENTS[] = {
    [SQL_REPLAY] = {"SELECT " OUTBOX_ROW_COLUMNS " FROM (" OUTBOX_ROWS
                    "  WHERE shard = $1::smallint AND seq > $2::bigint AND seq <= $3::bigint"
                    "   AND aggregatetype = ANY ($4::text[])"
                    "   AND NOT EXISTS (SELECT FROM relay_quarantine q WHERE q.shard = outbox.shard"
                    "    AND q.aggregatetype = outbox.aggregatetype"
                    "    AND q.aggregateid = outbox.aggregateid AND q.seq <= outbox.seq)"
                    "  ORDER BY seq LIMIT $5::int) AS o",
                    5},
};

static void on_rows(void *user, size_t index, const struct pgconn_result *result)
{
    struct outbox_replay *replay = user;
    (void)index;
    for (size_t i = 0; i < pgconn_row_count(result); i++) {
        const struct outbox_row row = outbox_row_of(result, i);
        replay->options.on_row(replay->options.user, &row);
    }
}

static void on_read(void *user, const struct pgconn_failure *failure)
{
    struct outbox_replay *replay = user;
    replay->options.on_done(replay->options.user, pgconn_error_of(failure));
}

void outbox_replay_read(struct outbox_replay *replay, const struct outbox_range *range,
                        int64_t upto)
{
    pgconn_query(replay->conn, SQL_REPLAY,
                 (const char *const[]){NUMBER_TEXT(range->shard), NUMBER_TEXT(range->after),
                                       NUMBER_TEXT(upto), strbuf_cstr(&replay->types),
                                       NUMBER_TEXT(range->rows)},
                 5);
    pgconn_send_trip(replay->conn, on_rows, on_read, replay);
}

static void on_ready(void *user)
{
    struct outbox_replay *replay = user;
    replay->options.on_ready(replay->options.user);
}

/* What it was asked has ended with the reason. */
static void on_lost(void *user, const struct error *err)
{
    (void)user;
    (void)err;
}

enum error_kind outbox_replay_new(struct loop *loop, const struct outbox_replay_options *options,
                                  struct outbox_replay **ret_replay, struct error *err)
{
    struct outbox_replay *replay = must_allocate(1, sizeof *replay);
    const struct pgconn_options conn = {
        .url = options->url,
        .application_name = "relay-svc replay",
        .setup_sql = OUTBOX_READER_SETUP,
        .reply_timeout_ms = TIMEOUT_MS,
        .statements = STATEMENTS,
        .statement_count = sizeof STATEMENTS / sizeof STATEMENTS[0],
        .by_row = true,
        .on_ready = on_ready,
        .on_lost = on_lost,
        .user = replay,
    };
    replay->options = *options;
    strbuf_init(&replay->types, TYPES_MAX);
    pgconn_array_open(&replay->types);
    for (int i = 0; i < options->type_count; i++) {
        pgconn_array_text(&replay->types, strview_of(options->types[i]));
    }
    pgconn_array_close(&replay->types);
    if (pgconn_new(loop, &conn, &replay->conn, err) != ERROR_NONE) {
        outbox_replay_free(replay);
        return err->kind;
    }
    *ret_replay = replay;
    return ERROR_NONE;
}

void outbox_replay_free(struct outbox_replay *replay)
{
    if (replay != NULL) {
        pgconn_free(replay->conn);
        strbuf_done(&replay->types);
        free(replay);
    }
}
