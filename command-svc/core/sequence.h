/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequence.h - whether the outbox's sequence only grows; pure.
 *
 * Why: numbers that are handed out again, after a restore for one, make events that no relay
 * reads, as its positions are beyond them.
 */
#ifndef COMMAND_SVC_CORE_SEQUENCE_H
#define COMMAND_SVC_CORE_SEQUENCE_H

#include "common/base/error.h"

#include <stdint.h>

/* Zeroed: nothing is wrong. */
struct sequence {
    struct error fault; /* ERROR_NONE while it only grows */
    int64_t greatest;   /* known to be handed out, as of the last comparison */
};

enum sequence_news { SEQUENCE_NO_NEWS = 0, SEQUENCE_WENT_BACK, SEQUENCE_MENDED };

/* last: handed out last. position, committed: the greatest that a relay has published, and that
 * this process committed, both known before `last` was asked for. */
enum sequence_news sequence_compare(struct sequence *sequence, int64_t last, int64_t position,
                                    int64_t committed);

#endif
