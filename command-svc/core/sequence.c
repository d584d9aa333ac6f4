/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/sequence.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

enum sequence_news sequence_compare(struct sequence *sequence, int64_t last, int64_t position,
                                    int64_t committed)
{
    assert(sequence->fault.kind == ERROR_NONE || sequence->fault.kind == ERROR_CONFLICT);
    const int64_t greatest = position > committed ? position : committed;
    const bool was_back = sequence->fault.kind != ERROR_NONE;
    sequence->fault = (struct error){.kind = ERROR_NONE};
    sequence->greatest = greatest;
    if (last >= greatest) {
        return was_back ? SEQUENCE_MENDED : SEQUENCE_NO_NEWS;
    }
    (void)error_set(&sequence->fault, ERROR_CONFLICT,
                    "the sequence of outbox.seq went back to %" PRId64 ", below %" PRId64
                    " which it handed out before: see README, \"The outbox's sequence went back\"",
                    last, greatest);
    return was_back ? SEQUENCE_NO_NEWS : SEQUENCE_WENT_BACK;
}
