/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/sequence.h"

#include <assert.h>
#include <inttypes.h>

static enum sequence_state judge(const struct sequence_stand *stand, int64_t greatest,
                                 struct error *ret_fault)
{
    assert(greatest >= stand->position);
    *ret_fault = (struct error){.kind = ERROR_NONE};
    if (stand->last < greatest) {
        (void)error_set(ret_fault, ERROR_CONFLICT,
                        "the sequence of outbox.seq went back to %" PRId64 ", below %" PRId64
                        " which it handed out before: see README, \"The outbox's sequence went "
                        "back\"",
                        stand->last, greatest);
        return SEQUENCE_WENT_BACK;
    }
    if (stand->cache != 1) {
        (void)error_set(ret_fault, ERROR_CONFLICT,
                        "the sequence of outbox.seq gives each session %" PRId64
                        " numbers at once, of which some are used behind larger ones and passed "
                        "over by the relay: ALTER SEQUENCE outbox_seq_seq CACHE 1",
                        stand->cache);
        return SEQUENCE_KEEPS_STOCK;
    }
    return SEQUENCE_SOUND;
}

bool sequence_compare(struct sequence *sequence, const struct sequence_stand *stand,
                      int64_t committed)
{
    const enum sequence_state before = sequence->state;
    assert((before == SEQUENCE_SOUND) == (sequence->fault.kind == ERROR_NONE));
    sequence->greatest = stand->position > committed ? stand->position : committed;
    sequence->state = judge(stand, sequence->greatest, &sequence->fault);
    assert((sequence->state == SEQUENCE_SOUND) == (sequence->fault.kind == ERROR_NONE));
    return sequence->state != before;
}
