/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/partition_internal.h"

#include <assert.h>

/* Nothing waits for a turn that is not READY, and nothing has one
 * that is not BUSY. */
void partition_enter(struct partition *partition, enum partition_state state)
{
    static const bool MAY[STATE_COUNT][STATE_COUNT] = {
        [STATE_NEW] = {[STATE_READY] = true},
        [STATE_CLOSED] = {[STATE_READY] = true},
        [STATE_READY] = {[STATE_CLOSED] = true, [STATE_BUSY] = true},
        [STATE_BUSY] = {[STATE_CLOSED] = true, [STATE_READY] = true},
    };
    assert(MAY[partition->state][state]);
    partition->state = state;
    if (state == STATE_CLOSED) {
        turns_leave(&partition->context->turns, &partition->turn);
        partition->next = partition->next == NEXT_STOP ? NEXT_STOP : NEXT_BATCH;
    }
    assert((partition->turn.state == TURN_TAKEN) == (state == STATE_BUSY));
    assert(partition->turn.state != TURN_WAITING || state == STATE_READY);
}
