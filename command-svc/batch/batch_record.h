/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch_record.h - a decided batch in words: its events for the outbox, its answers for clients.
 *
 * Ownership: texts live in the batch's arena. Limits: EVENT_BYTES_MAX each.
 */
#ifndef COMMAND_SVC_BATCH_BATCH_RECORD_H
#define COMMAND_SVC_BATCH_BATCH_RECORD_H

#include "command-svc/batch/batch_save.h"

struct batch_recorder {
    struct batch_record records[BATCH_COMMANDS_MAX]; /* of item i, then of the levels */
    struct strbuf text;                              /* one at a time, in the batch's arena */
    struct strbuf location;
    size_t decided; /* items that were not postponed */
    bool has_events;
};

void batch_recorder_init(struct batch_recorder *recorder);
void batch_recorder_done(struct batch_recorder *recorder);

/* ERROR_EXHAUSTED when a text is too large. */
MUST_USE enum error_kind batch_record_all(struct batch_recorder *recorder,
                                          const struct batch *batch, struct error *err);

#endif
