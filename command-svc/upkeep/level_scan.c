/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/level_scan.h"

#include "command-svc/upkeep/control_sql.h"
#include "common/io/loop.h"

enum { SOON_MS = 100, PAUSE_MS = 20, MINUTE_MS = 60000 };

/* Rows: a sku, and whether its level is news. The last one is how far was looked. */
static void on_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct level_scan *scan = user;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct strview sku = pgconn_value(result, row, 0);
        if (level_walk_pass(&scan->walk, sku) && strview_is(pgconn_value(result, row, 1), "t")) {
            scan->on_found(scan->user, sku);
        }
    }
}

static void on_looked(void *user, const struct pgconn_failure *failure)
{
    struct level_scan *scan = user;
    const bool goes_on =
        activity_note(&scan->looking, pgconn_error_of(failure)) && !scan->walk.is_over;
    if (!goes_on) {
        level_walk_begin(&scan->walk);
    }
    loop_timer_start(scan->next, goes_on ? PAUSE_MS : MINUTE_MS);
}

static void on_next(void *user)
{
    struct level_scan *scan = user;
    if (!pgconn_is_ready(scan->conn)) {
        return; /* begun again when the connection is back */
    }
    const char *last = level_walk_next(&scan->walk);
    pgconn_query(scan->conn, FIND_LEVELS, &last, 1);
    pgconn_send_trip(scan->conn, on_result, on_looked, scan);
}

void level_scan_init(struct level_scan *scan, struct loop *loop, level_found_fn *on_found,
                     void *user)
{
    *scan = (struct level_scan){.on_found = on_found, .user = user};
    level_walk_init(&scan->walk);
    scan->next = loop_timer_new(loop, on_next, scan);
    activity_init(&scan->looking, "look for levels to announce");
}

void level_scan_done(struct level_scan *scan)
{
    loop_timer_free(scan->next);
    level_walk_done(&scan->walk);
}

void level_scan_begin(struct level_scan *scan)
{
    level_walk_begin(&scan->walk);
    loop_timer_start(scan->next, SOON_MS);
}
