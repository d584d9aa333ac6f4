/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/source.h"

#include "common/io/kafka/kafka_consumer.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/incoming.h"

#include <assert.h>

void source_init(struct source *source, struct strview slot, struct metrics *metrics)
{
    *source = (struct source){.slot = slot, .metrics = metrics, .end = -1, .highest_end = -1};
}

void source_open(struct source *source, int64_t position, const struct anchor_identity *kept)
{
    source->end = -1;
    source->highest_end = -1;
    source->floor = position;
    source->is_doubtful = false;
    anchor_open(&source->anchor, position, kept);
}

bool source_is_sure(const struct source *source)
{
    return !source->is_doubtful && anchor_is_sure(&source->anchor);
}

int64_t source_reads_from(const struct source *source)
{
    const int64_t start = anchor_start(&source->anchor);
    return start == ANCHOR_BEGINNING ? KAFKA_OFFSET_BEGINNING : start;
}

bool source_wants_restart(const struct source *source)
{
    return source->anchor.wants_restart;
}

/* --- what was found */

static void tell_replaced(const struct source *source)
{
    const struct anchor *anchor = &source->anchor;
    log_event(LOG_ERROR, "kafka_lost_records", LOG_VIEW("slot", source->slot),
              LOG_INT("position", anchor->position), LOG_INT("last_taken", anchor->start),
              LOG_STR("last_taken_id", anchor->kept.id),
              LOG_TEXT("another record stands where the last one was taken, or the log ends before "
                       "it; it is read again from its beginning, what was applied is passed over"));
}

static void tell_removed(const struct source *source)
{
    if (!source->is_out_of_range) {
        log_event(
            LOG_ERROR, "position_out_of_range", LOG_VIEW("slot", source->slot),
            LOG_INT("position", source->anchor.position),
            LOG_TEXT("Kafka has removed events that were never read; this partition is not "
                     "consumed. `relay-svc replay`, then `projector-svc rebuild --from-topic` has "
                     "them again; see projector-svc/README.md, \"A partition that lost events\""));
    }
}

static void tell_unknown(const struct source *source)
{
    log_event(LOG_INFO, "identity_unknown", LOG_VIEW("slot", source->slot),
              LOG_INT("position", source->anchor.position),
              LOG_TEXT("no event that was taken can be compared with the log; going on"));
}

static void note_finding(struct source *source, enum anchor_finding finding)
{
    typedef void tell_fn(const struct source *source);
    static tell_fn *const TELL[ANCHOR_FINDING_COUNT] = {
        [ANCHOR_NOTHING] = NULL,         [ANCHOR_SAME] = NULL,
        [ANCHOR_UNKNOWN] = tell_unknown, [ANCHOR_REPLACED] = tell_replaced,
        [ANCHOR_REMOVED] = tell_removed,
    };
    if (TELL[finding] != NULL) {
        TELL[finding](source);
    }
    if (finding != ANCHOR_NOTHING) {
        metrics_add(source->metrics, METRIC_CHECKS, finding - ANCHOR_SAME, 1);
    }
    if (finding == ANCHOR_REPLACED) {
        source->floor = 0; /* what comes now counts from the new log's beginning */
    }
    if (source->anchor.state == ANCHOR_CUT) {
        source->is_out_of_range = true;
    } else if (anchor_is_sure(&source->anchor)) {
        source->is_out_of_range = false;
    }
}

/* --- what Kafka says */

bool source_meet(struct source *source, const struct kafka_record *record)
{
    enum anchor_finding finding;
    const struct strview id = anchor_is_comparing(&source->anchor)
                                  ? incoming_event_id(record)
                                  : STRVIEW(""); /* reading headers costs memory */
    const bool is_taken = anchor_meet(&source->anchor, record->offset, id, &finding);
    note_finding(source, finding);
    assert(!is_taken || record->offset >= source->floor);
    return is_taken;
}

bool source_meet_end(struct source *source, int64_t offset)
{
    source->end = offset;
    if (source->anchor.state == ANCHOR_SURE && offset < source->anchor.next) {
        return false; /* records that were taken are beyond it */
    }
    note_finding(source, anchor_meet_end(&source->anchor, offset));
    return true;
}

bool source_meet_outside(struct source *source)
{
    if (anchor_is_sure(&source->anchor)) {
        return false;
    }
    if (anchor_meet_outside(&source->anchor)) {
        note_finding(source, ANCHOR_NOTHING);
    } else {
        tell_removed(source); /* it is not there at all */
        source->is_out_of_range = true;
    }
    return true;
}

/* An end that went back was cut off, and perhaps filled again. */
bool source_watch_end(struct source *source, int64_t known_end)
{
    const bool went_back =
        known_end >= 0 && anchor_is_sure(&source->anchor) && known_end < source->highest_end;
    if (went_back) {
        log_event(LOG_WARN, "end_went_back", LOG_VIEW("slot", source->slot),
                  LOG_INT("was", source->highest_end), LOG_INT("end", known_end),
                  LOG_TEXT("comparing what was taken with what Kafka has"));
    }
    if (known_end >= 0 && anchor_is_sure(&source->anchor)) {
        source->highest_end = known_end;
    }
    return !went_back;
}
