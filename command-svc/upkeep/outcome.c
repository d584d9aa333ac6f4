/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/outcome.h"

#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgconn.h"
#include "common/run/activity.h"

bool note_outcome(struct activity *activity, const struct pgconn_failure *failure)
{
    if (failure == NULL) {
        activity_succeeded(activity, loop_now_ms());
    } else {
        (void)activity_failed(activity, &failure->err, loop_now_ms(), jitter_draw());
    }
    return failure == NULL;
}
