/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/resume.h"

#include "common/base/strview.h"

#include <assert.h>

#define WORDS_ROW(VERDICT, words) [RESUME_##VERDICT] = (words),
static const char *const WORDS[] = {RESUME_VERDICTS(WORDS_ROW)};

/* Either rows are left out, or it is about a topic there is. */
static bool is_sound(const struct resume_plan *plan, const struct shard_log *log)
{
    return plan->complete_to >= -1 && (plan->past > 0 ? plan->topic == -1 : plan->past == 0) &&
           plan->topic < log->topic_count && (plan->topic >= 0 || plan->past > 0);
}

static bool is_meant(const struct resume_wish *wish, int topic)
{
    assert(topic >= 0);
    return wish->topic == RESUME_ANY_TOPIC || wish->topic == topic;
}

/* All that the outbox still has; what lies at the partition's end says nothing of what is before.
 */
static enum resume_verdict refill(const struct shard_log *log, int topic,
                                  const struct tail_mark *record, struct resume_plan *ret_plan)
{
    *ret_plan = (struct resume_plan){
        .topic = topic, .sent = *record, .complete_to = log->floor > 0 ? log->floor - 1 : 0};
    assert(is_sound(ret_plan, log));
    return RESUME_GOES;
}

static enum resume_verdict leave_out(int64_t wanted, int64_t stop, struct resume_plan *ret_plan)
{
    assert(wanted > 0);
    assert(stop > 0);
    if (wanted != stop) {
        return RESUME_SEQ;
    }
    *ret_plan = (struct resume_plan){.topic = -1, .past = stop, .complete_to = -1};
    return RESUME_GOES;
}

/* Behind a record that lies before what was acknowledged a person may know better. */
static bool is_way_on(const struct resume_wish *wish, enum tail_verdict verdict)
{
    assert(tail_is_stop(verdict));
    return wish->is_refill ? verdict != TAIL_UNKNOWN
                           : verdict == TAIL_UNKNOWN || verdict == TAIL_LOST;
}

static enum resume_verdict judge_stopped(const struct resume_wish *wish,
                                         const struct shard_log *log, struct resume_plan *ret_plan)
{
    const struct shard_stop *stop = &log->stop;
    assert(log->state == SHARD_STOPPED);
    assert(stop->topic < log->topic_count);
    assert(stop->past >= 0);
    if (log->is_cut || shard_log_in_flight(log) > 0) {
        return RESUME_WAITS; /* the tails tell by which record it is to be filled */
    }
    if (wish->past > 0 && stop->past > 0) {
        return leave_out(wish->past, stop->past, ret_plan);
    }
    if (wish->past > 0 || stop->past > 0 || stop->topic < 0 || !is_meant(wish, stop->topic) ||
        !is_way_on(wish, stop->verdict)) {
        return RESUME_OTHER;
    }
    if (wish->is_refill) {
        return refill(log, stop->topic, &stop->record, ret_plan);
    }
    if (!strview_equal(uuid_view(&wish->record), uuid_view(&stop->record.id))) {
        return RESUME_RECORD;
    }
    *ret_plan = (struct resume_plan){.topic = stop->topic, .sent = stop->record, .complete_to = -1};
    assert(is_sound(ret_plan, log));
    return RESUME_GOES;
}

/* A topic can lack what the outbox has dropped while the others go on. */
static enum resume_verdict judge_running(const struct resume_wish *wish,
                                         const struct shard_log *log, struct resume_plan *ret_plan)
{
    assert(log->state == SHARD_RUNNING);
    assert(log->stop.past == 0); /* who runs stands for nothing */
    assert(log->stop.topic < 0);
    for (int i = 0; wish->is_refill && i < log->topic_count; i++) {
        if (log->topics[i].state == TOPIC_REFUSED && is_meant(wish, i)) {
            return refill(log, i, &log->topics[i].known.sent, ret_plan);
        }
    }
    return RESUME_RUNS;
}

enum resume_verdict resume_judge(const struct resume_wish *wish, const struct shard_log *log,
                                 struct resume_plan *ret_plan)
{
    assert(log->state < SHARD_STATE_COUNT);
    assert(log->topic_count > 0);
    switch (log->state) {
    case SHARD_STOPPED:
        return judge_stopped(wish, log, ret_plan);
    case SHARD_RUNNING:
        return judge_running(wish, log, ret_plan);
    case SHARD_UNOWNED:
    case SHARD_CHECKING:
    case SHARD_FAILED:
    case SHARD_LEAVING:
    case SHARD_STATE_COUNT:
        break;
    }
    return RESUME_WAITS;
}

const char *resume_words(enum resume_verdict verdict)
{
    assert(verdict < RESUME_VERDICT_COUNT);
    return WORDS[verdict];
}
