/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/sequence.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

enum sequence_news sequence_compare(struct sequence *sequence, const struct sequence_stand *stand,
                                    int64_t committed)
{
    assert(sequence->fault.kind == ERROR_NONE || sequence->fault.kind == ERROR_CONFLICT);
    const int64_t greatest = stand->position > committed ? stand->position : committed;
    const bool was_bad = sequence->fault.kind != ERROR_NONE;
    sequence->fault = (struct error){.kind = ERROR_NONE};
    sequence->greatest = greatest;
    if (stand->last < greatest) {
        (void)error_set(&sequence->fault, ERROR_CONFLICT,
                        "the sequence of outbox.seq went back to %" PRId64 ", below %" PRId64
                        " which it handed out before: see README, \"The outbox's sequence went "
                        "back\"",
                        stand->last, greatest);
        return was_bad ? SEQUENCE_NO_NEWS : SEQUENCE_WENT_BACK;
    }
    if (stand->cache != 1) {
        (void)error_set(&sequence->fault, ERROR_CONFLICT,
                        "the sequence of outbox.seq gives each session %" PRId64
                        " numbers at once, of which some are used behind larger ones and passed "
                        "over by the relay: ALTER SEQUENCE outbox_seq_seq CACHE 1",
                        stand->cache);
        return was_bad ? SEQUENCE_NO_NEWS : SEQUENCE_KEEPS_STOCK;
    }
    return was_bad ? SEQUENCE_MENDED : SEQUENCE_NO_NEWS;
}
