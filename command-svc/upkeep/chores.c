/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/chores.h"

#include "command-svc/upkeep/control_sql.h"
#include "common/base/strbuf.h"
#include "common/io/loop.h"

enum { SOON_MS = 100, MINUTE_MS = 60000, DIGITS_MAX = 32 };

static void on_maintained(void *user, const struct pgconn_failure *failure)
{
    struct chores *chores = user;
    chores->is_maintaining = false;
    (void)activity_note(&chores->maintaining, pgconn_error_of(failure));
}

void chores_make_partition(struct chores *chores)
{
    if (chores->is_maintaining || !pgconn_is_ready(chores->conn)) {
        return;
    }
    chores->is_maintaining = true;
    pgconn_query(chores->conn, MAINTAIN_OUTBOX, NULL, 0);
    pgconn_send_trip(chores->conn, NULL, on_maintained, chores);
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
    strbuf_init(&retention, DIGITS_MAX);
    strbuf_append_i64(&retention, chores->receipt_retention_ms);
    const char *param = strbuf_cstr(&retention);
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
    chores_make_partition(chores);
    on_expiry(chores);
    loop_timer_start(chores->minute, MINUTE_MS);
}

void chores_init(struct chores *chores, struct loop *loop, int64_t receipt_retention_ms)
{
    *chores = (struct chores){.receipt_retention_ms = receipt_retention_ms};
    chores->minute = loop_timer_new(loop, on_minute, chores);
    chores->expiry = loop_timer_new(loop, on_expiry, chores);
    activity_init(&chores->maintaining, "upkeep");
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
