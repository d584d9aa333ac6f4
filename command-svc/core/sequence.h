/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sequence.h - whether the outbox's sequence only grows; pure.
 *
 * Why: numbers that are handed out again, after a restore for one, make events that no relay
 * reads, as its positions are beyond them. So do numbers that a session has drawn in stock (CACHE)
 * and uses when others have used larger ones.
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

enum sequence_news {
    SEQUENCE_NO_NEWS = 0,
    SEQUENCE_WENT_BACK,
    SEQUENCE_KEEPS_STOCK,
    SEQUENCE_MENDED
};

/* As the database tells. */
struct sequence_stand {
    int64_t last;     /* handed out last */
    int64_t position; /* the greatest that a relay has published */
    int64_t cache;    /* how many a session draws at once */
};

/* committed: the greatest that this process committed, known before the stand was asked for. */
enum sequence_news sequence_compare(struct sequence *sequence, const struct sequence_stand *stand,
                                    int64_t committed);

#endif
