/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/bell.h"

#include "command-svc/metrics.h"
#include "command-svc/upkeep/control_sql.h"
#include "common/run/metrics.h"

#include <assert.h>

static void ring(struct bell *bell);

/* A ring that failed is not repeated: the connection is gone, and rings when it is back. */
static void on_rung(void *user, const struct pgconn_failure *failure)
{
    struct bell *bell = user;
    const bool is_wanted = bell->state == BELL_TO_RING_AGAIN;
    assert(bell->state != BELL_STILL);
    bell->state = BELL_STILL;
    if (failure == NULL && is_wanted) {
        ring(bell);
    }
}

static void ring(struct bell *bell)
{
    assert(bell->state == BELL_STILL);
    if (!pgconn_is_ready(bell->conn)) {
        return; /* the relay polls anyway */
    }
    bell->state = BELL_RINGING;
    metrics_add(bell->metrics, METRIC_BELLS, 0, 1);
    pgconn_query(bell->conn, RING_BELL, NULL, 0);
    pgconn_send_trip(bell->conn, NULL, on_rung, bell);
}

void bell_ring(struct bell *bell)
{
    if (bell->state == BELL_STILL) {
        ring(bell);
    } else {
        bell->state = BELL_TO_RING_AGAIN;
    }
}
