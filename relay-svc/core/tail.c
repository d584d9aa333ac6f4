/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/tail.h"

#include "common/base/strview.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

const char *const TAIL_VERDICT_NAMES[TAIL_VERDICT_COUNT + 1] = {
    [TAIL_SAME] = "same",
    [TAIL_NEWER] = "newer",
    [TAIL_OLDER] = "older",
    [TAIL_NONE_FINE] = "none",
    [TAIL_NONE_RECREATED] = "recreated",
    [TAIL_WENT_BACK] = "went_back",
    [TAIL_UNKNOWN] = "unknown",
    [TAIL_LOST] = "lost",
    NULL,
};

static bool is_same_row(const struct tail_mark *a, const struct tail_mark *b)
{
    return a->seq == b->seq && strview_equal(uuid_view(&a->id), uuid_view(&b->id));
}

bool tail_mark_is_same(const struct tail_mark *a, const struct tail_mark *b)
{
    return a->exists == b->exists && (!a->exists || is_same_row(a, b));
}

static enum tail_verdict compare_none(const struct tail_known *known,
                                      const struct tail_found *found)
{
    assert(!found->record.exists);
    const bool was_ours = known->sent.exists || known->acked.exists;
    return was_ours && found->first_offset <= 0 ? TAIL_NONE_RECREATED : TAIL_NONE_FINE;
}

/* An offset is given once: a newer row before an older one's offset lies in another log. */
static bool went_back(const struct tail_mark *acked, const struct tail_mark *record)
{
    assert(record->exists);
    assert(!acked->exists || acked->offset >= 0);
    const int64_t least = acked->offset + (record->seq > acked->seq ? 1 : 0); /* a newer row's */
    return acked->exists && record->seq >= acked->seq && record->offset < least;
}

enum tail_verdict tail_compare(const struct tail_known *known, const struct tail_found *found)
{
    const struct tail_mark *sent = &known->sent;
    const struct tail_mark *record = &found->record;
    if (!record->exists) {
        return compare_none(known, found);
    }
    if (went_back(&known->acked, record)) {
        return TAIL_WENT_BACK;
    }
    if (!sent->exists || record->seq > sent->seq) {
        return TAIL_NEWER;
    }
    if (is_same_row(sent, record)) {
        return TAIL_SAME;
    }
    return record->seq == sent->seq ? TAIL_UNKNOWN : TAIL_OLDER;
}

enum tail_verdict tail_confirm(enum tail_verdict verdict, const struct tail_found *found,
                               const struct tail_mark *in_outbox)
{
    assert(verdict == TAIL_NEWER || verdict == TAIL_OLDER);
    assert(found->record.exists);
    if (in_outbox->exists && is_same_row(in_outbox, &found->record)) {
        return verdict;
    }
    return verdict == TAIL_OLDER ? TAIL_LOST : TAIL_UNKNOWN;
}

bool tail_is_stop(enum tail_verdict verdict)
{
    assert(verdict < TAIL_VERDICT_COUNT);
    return verdict == TAIL_NONE_RECREATED || verdict == TAIL_WENT_BACK || verdict == TAIL_UNKNOWN ||
           verdict == TAIL_LOST;
}

/* Each names the topic, what was found, and the way out; within an error's text. */
void tail_explain(enum tail_verdict verdict, const char *topic, int partition,
                  const struct tail_known *known, const struct tail_found *found, char *out,
                  size_t size)
{
    const struct tail_mark *record = &found->record;
    assert(verdict < TAIL_VERDICT_COUNT);
    assert(size > 0);
    assert(partition >= 0);
    switch (verdict) {
    case TAIL_UNKNOWN:
        (void)snprintf(out, size,
                       "%s/%d ends with seq %" PRId64
                       ", which this database's outbox does not hold: to go on behind it "
                       "relay-svc resume --shard %d --after-record %s --reason TEXT; or restore "
                       "the database that wrote it, or set TOPIC_PREFIX",
                       topic, partition, record->seq, partition, record->id.text);
        break;
    case TAIL_NONE_RECREATED:
        (void)snprintf(out, size,
                       "%s/%d holds no record of ours, yet seq %" PRId64
                       " was acknowledged: the topic was made anew, or is another Kafka's; to "
                       "publish all of it again relay-svc resume --shard %d --refill --reason "
                       "TEXT; or restore it, or set TOPIC_PREFIX",
                       topic, partition, known->sent.seq, partition);
        break;
    case TAIL_WENT_BACK:
        (void)snprintf(out, size,
                       "%s/%d: seq %" PRId64 " lies at offset %" PRId64 ", before offset %" PRId64
                       " given earlier: the topic was made anew or cut; to publish all of it "
                       "again relay-svc resume --shard %d --refill --reason TEXT; or restore it, "
                       "or set TOPIC_PREFIX",
                       topic, partition, record->seq, record->offset, known->acked.offset,
                       partition);
        break;
    case TAIL_LOST:
        (void)snprintf(out, size,
                       "%s/%d ends with seq %" PRId64
                       ", which the outbox does not hold, but seq %" PRId64
                       " was acknowledged: Kafka has lost records; to publish all again that the "
                       "outbox has relay-svc resume --shard %d --refill --reason TEXT; or restore "
                       "the topic, or set TOPIC_PREFIX",
                       topic, partition, record->seq, known->sent.seq, partition);
        break;
    case TAIL_OLDER:
        (void)snprintf(out, size,
                       "%s/%d ends with seq %" PRId64 ", but seq %" PRId64
                       " was acknowledged: Kafka has lost records; publishing them again",
                       topic, partition, record->seq, known->sent.seq);
        break;
    case TAIL_SAME:
    case TAIL_NEWER:
    case TAIL_NONE_FINE:
    case TAIL_VERDICT_COUNT:
        (void)snprintf(out, size, "%s/%d is as expected", topic, partition);
        break;
    }
}
