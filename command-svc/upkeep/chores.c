/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/chores.h"

#include "command-svc/upkeep/control_sql.h"
#include "common/base/strbuf.h"
#include "common/io/loop.h"
#include "common/run/log.h"

enum { SOON_MS = 100, MINUTE_MS = 60000, DIGITS_MAX = 32 };

/* Of READ_RETENTION: name, first seq, first beyond, why it is kept; at most one. */
static void on_partition(void *user, size_t index, const struct pgconn_result *result)
{
    enum { MAINTAINED = 0 };
    struct chores *chores = user;
    if (index == MAINTAINED || pgconn_row_count(result) == 0) {
        return;
    }
    const struct strview name = pgconn_value(result, 0, 0);
    const struct strview reason = pgconn_value(result, 0, 3);
    if (reason.data != NULL) {
        (void)error_set(&chores->kept, ERROR_CONFLICT, "%.*s is kept: %.*s", STRVIEW_ARG(name),
                        STRVIEW_ARG(reason));
        return;
    }
    log_event(LOG_INFO, "outbox_partition_dropped", LOG_VIEW("name", name),
              LOG_INT("from_seq", pgconn_value_i64(result, 0, 1)),
              LOG_INT("to_seq", pgconn_value_i64(result, 0, 2)));
}

static void on_maintained(void *user, const struct pgconn_failure *failure)
{
    struct chores *chores = user;
    chores->is_maintaining = false;
    if (activity_note(&chores->maintaining, pgconn_error_of(failure))) {
        (void)activity_note(&chores->retiring, &chores->kept);
    }
}

static const char *digits_of(int64_t number, struct strbuf *buf)
{
    strbuf_init(buf, DIGITS_MAX);
    strbuf_append_i64(buf, number);
    return strbuf_cstr(buf);
}

void chores_keep_outbox(struct chores *chores)
{
    if (chores->is_maintaining || !pgconn_is_ready(chores->conn)) {
        return;
    }
    struct strbuf retention;
    const char *param = digits_of(chores->options.outbox_retention_ms, &retention);
    chores->is_maintaining = true;
    chores->kept = (struct error){.kind = ERROR_NONE};
    pgconn_query(chores->conn, MAINTAIN_OUTBOX, &param, 1);
    pgconn_query(chores->conn, READ_RETENTION, NULL, 0);
    strbuf_done(&retention);
    pgconn_send_trip(chores->conn, on_partition, on_maintained, chores);
}

static void on_expiry_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct chores *chores = user;
    (void)index;
    chores->expired = pgconn_affected(result);
}

/* A full portion is followed by the next one; half of the time is left to others. */
static void on_expired(void *user, const struct pgconn_failure *failure)
{
    struct chores *chores = user;
    if (activity_note(&chores->expiring, pgconn_error_of(failure)) &&
        chores->expired >= EXPIRY_PORTION) {
        loop_timer_start(chores->expiry, loop_now_ms() - chores->expiry_began_ms);
    }
}

static void on_expiry(void *user)
{
    struct chores *chores = user;
    if (!pgconn_is_ready(chores->conn)) {
        return; /* begun again when the connection is back */
    }
    struct strbuf retention;
    const char *param = digits_of(chores->options.receipt_retention_ms, &retention);
    chores->expired = 0;
    chores->expiry_began_ms = loop_now_ms();
    pgconn_query(chores->conn, EXPIRE_RECEIPTS, &param, 1);
    strbuf_done(&retention);
    pgconn_send_trip(chores->conn, on_expiry_result, on_expired, chores);
}

static void on_minute(void *user)
{
    struct chores *chores = user;
    if (!pgconn_is_ready(chores->conn)) {
        return; /* begun again when the connection is back */
    }
    chores_keep_outbox(chores);
    on_expiry(chores);
    loop_timer_start(chores->minute, MINUTE_MS);
}

void chores_init(struct chores *chores, struct loop *loop, const struct chores_options *options)
{
    *chores = (struct chores){.options = *options};
    chores->minute = loop_timer_new(loop, on_minute, chores);
    chores->expiry = loop_timer_new(loop, on_expiry, chores);
    activity_init(&chores->maintaining, "upkeep");
    activity_init(&chores->retiring, "dropping old partitions of the outbox");
    activity_init(&chores->expiring, "receipts' expiry");
}

void chores_done(struct chores *chores)
{
    loop_timer_free(chores->minute);
    loop_timer_free(chores->expiry);
}

void chores_begin(struct chores *chores)
{
    loop_timer_start(chores->minute, SOON_MS);
}
