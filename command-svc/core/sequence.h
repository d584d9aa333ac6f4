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

#include <stdbool.h>
#include <stdint.h>

enum sequence_state { SEQUENCE_SOUND = 0, SEQUENCE_WENT_BACK, SEQUENCE_KEEPS_STOCK };

/* Zeroed: sound. */
struct sequence {
    enum sequence_state state; /* as of the last comparison; so is what follows */
    struct error fault;        /* why it is not sound, for a probe; else ERROR_NONE */
    int64_t greatest;          /* known to be handed out */
};

/* As the database tells. */
struct sequence_stand {
    int64_t last;     /* handed out last */
    int64_t position; /* the greatest that a relay has published */
    int64_t cache;    /* how many a session draws at once */
};

/* committed: the greatest that this process committed, known before the stand was asked for. True
 * where its state is another one than before, which is worth a line. */
bool sequence_compare(struct sequence *sequence, const struct sequence_stand *stand,
                      int64_t committed);

#endif
