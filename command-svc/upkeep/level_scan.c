/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/level_scan.h"

#include "command-svc/upkeep/control_sql.h"
#include "command-svc/upkeep/outcome.h"
#include "common/io/loop.h"

#include <string.h>

enum { SOON_MS = 100, PAUSE_MS = 20, MINUTE_MS = 60000 };

/* Rows: a sku, and whether its level is news. The last one is how far was looked. */
static void on_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct level_scan *scan = user;
    (void)index;
    scan->is_over = pgconn_row_count(result) == 0;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct strview sku = pgconn_value(result, row, 0);
        if (!id_form_fits(sku)) {
            continue; /* a row that somebody made by hand */
        }
        if (strview_is(pgconn_value(result, row, 1), "t")) {
            scan->on_found(scan->user, sku);
        }
        memcpy(scan->last, sku.data, sku.len);
        scan->last[sku.len] = '\0';
    }
}

static void on_looked(void *user, const struct pgconn_failure *failure)
{
    struct level_scan *scan = user;
    const bool goes_on = note_outcome(&scan->looking, failure) && !scan->is_over;
    if (!goes_on) {
        scan->last[0] = '\0';
    }
    loop_timer_start(scan->next, goes_on ? PAUSE_MS : MINUTE_MS);
}

static void on_next(void *user)
{
    struct level_scan *scan = user;
    if (!pgconn_is_ready(scan->conn)) {
        return; /* begun again when the connection is back */
    }
    const char *last = scan->last;
    scan->is_over = true;
    pgconn_query(scan->conn, FIND_LEVELS, &last, 1);
    pgconn_send_trip(scan->conn, on_result, on_looked, scan);
}

void level_scan_init(struct level_scan *scan, struct loop *loop, level_found_fn *on_found,
                     void *user)
{
    *scan = (struct level_scan){.on_found = on_found, .user = user};
    scan->next = loop_timer_new(loop, on_next, scan);
    activity_init(&scan->looking, "look for levels to announce");
}

void level_scan_done(struct level_scan *scan)
{
    loop_timer_free(scan->next);
}

void level_scan_begin(struct level_scan *scan)
{
    scan->last[0] = '\0';
    loop_timer_start(scan->next, SOON_MS);
}
