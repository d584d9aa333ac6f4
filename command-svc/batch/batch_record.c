/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/batch/batch_record.h"

#include <assert.h>

void batch_recorder_init(struct batch_recorder *recorder)
{
    strbuf_init(&recorder->location, EVENT_BYTES_MAX);
}

void batch_recorder_done(struct batch_recorder *recorder)
{
    strbuf_done(&recorder->location);
}

static struct strview keep(struct strbuf *text, bool *ok)
{
    const struct strview kept = strbuf_keep(text);
    *ok = *ok && kept.data != NULL;
    return kept;
}

static bool record_event(struct batch_recorder *recorder, const struct event *event,
                         struct batch_record *record)
{
    bool ok = event_encode(event, &recorder->text);
    record->payload = keep(&recorder->text, &ok);
    recorder->has_events = true;
    return ok;
}

static bool record_rejected(struct batch_recorder *recorder, const struct batch *batch,
                            size_t index)
{
    const struct batch_item *item = &batch->items[index];
    struct answer *answer = &recorder->records[index].answer;
    strbuf_reset(&recorder->location);
    bool ok = answer_write(item->command, &item->outcome, batch->now_ms, &recorder->text,
                           &recorder->location, answer);
    answer->body = keep(&recorder->text, &ok);
    answer->location = arena_view(batch->arena, strbuf_view(&recorder->location));
    return ok && answer->location.data != NULL;
}

static bool record_accepted(struct batch_recorder *recorder, const struct batch *batch,
                            size_t index)
{
    return record_event(recorder, &batch->items[index].outcome.event, &recorder->records[index]) &&
           record_rejected(recorder, batch, index);
}

static bool record_replayed(struct batch_recorder *recorder, const struct batch *batch,
                            size_t index)
{
    const struct world_receipt *receipt = batch->items[index].receipt;
    recorder->records[index].answer = (struct answer){.status = receipt->status,
                                                      .version = receipt->version,
                                                      .location = receipt->location,
                                                      .body = receipt->body,
                                                      .is_replayed = true};
    return true;
}

static bool record_repeated(struct batch_recorder *recorder, const struct batch *batch,
                            size_t index)
{
    struct answer *answer = &recorder->records[index].answer;
    *answer = recorder->records[batch->items[index].outcome.original].answer;
    answer->is_replayed = true;
    return true;
}

static bool record_postponed(struct batch_recorder *recorder, const struct batch *batch,
                             size_t index)
{
    (void)batch;
    (void)index;
    recorder->decided--;
    return true;
}

static bool record_level(struct batch_recorder *recorder, const struct world_level *level,
                         struct batch_record *record)
{
    const struct event event = {.aggregate = AGGREGATE_STOCK, .stock = level->event};
    return record_event(recorder, &event, record);
}

/* Behind the items' records, in the order of the world's list. */
static bool record_levels(struct batch_recorder *recorder, const struct batch *batch)
{
    struct batch_record *record = recorder->records + batch->count;
    bool ok = true;
    for (const struct world_entry *entry = batch->world.levels.first; entry != NULL;
         entry = entry->next) {
        const struct world_level *level = (const void *)entry;
        assert(record < recorder->records + BATCH_COMMANDS_MAX);
        *record = (struct batch_record){.payload = {0}};
        ok = ok && (!level->is_changed || record_level(recorder, level, record));
        record++;
    }
    return ok;
}

typedef bool record_fn(struct batch_recorder *recorder, const struct batch *batch, size_t index);

#define RECORD_ROW(KIND, kind) [OUTCOME_##KIND] = record_##kind,
static record_fn *const RECORDERS[] = {OUTCOMES(RECORD_ROW)};

enum error_kind batch_record_all(struct batch_recorder *recorder, const struct batch *batch,
                                 struct error *err)
{
    recorder->has_events = false;
    recorder->decided = batch->count;
    strbuf_init_in(&recorder->text, batch->arena, EVENT_BYTES_MAX);
    for (size_t i = 0; i < batch->count; i++) {
        recorder->records[i] = (struct batch_record){.payload = {0}};
        if (!RECORDERS[batch->items[i].outcome.kind](recorder, batch, i)) {
            return error_set(err, ERROR_EXHAUSTED, "an event or answer is larger than %d bytes",
                             EVENT_BYTES_MAX);
        }
    }
    if (!record_levels(recorder, batch)) {
        return error_set(err, ERROR_EXHAUSTED, "an announcement is larger than %d bytes",
                         EVENT_BYTES_MAX);
    }
    return ERROR_NONE;
}
