/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/resume/resuming.h"

#include "common/base/must.h"
#include "common/run/log.h"
#include "relay-svc/core/resume.h"
#include "relay-svc/lease/leases.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/shards/shards.h"

#include <stdio.h>
#include <stdlib.h>

/* MARKING: what is left out is being written down as the shard's position. */
enum resuming_state {
    RESUME_IDLE = 0,
    RESUME_WAITING,
    RESUME_WRITING,
    RESUME_MARKING,
    RESUME_ENDING
};

/* What was asked about one shard. */
struct resumed {
    struct resuming *resuming;
    enum resuming_state state;
    int64_t request;
    struct resume_wish wish;
    int64_t epoch;
    bool is_written; /* by the statement in flight */
    int count;       /* of topics */
    char outcome[ERROR_TEXT_MAX];
};

struct resuming {
    struct shards *shards;
    struct outbox_store *store;
    struct leases *leases;
    struct marking *marking;
    struct resumed *all; /* by shard */
};

static struct shard *shard_of(const struct resumed *resumed)
{
    const struct resuming *resuming = resumed->resuming;
    return &resuming->shards->all[resumed - resuming->all];
}

static void let_go(const struct resumed *resumed)
{
    struct shard *shard = shard_of(resumed);
    shards_follow(resumed->resuming->shards, shard->log.shard,
                  shard_log_go_on(&shard->log, SHARD_RESUMES));
}

static void on_ended(void *user, const struct error *err)
{
    struct resumed *resumed = user;
    (void)err; /* then it is asked once more, and finds nothing to do */
    resumed->state = RESUME_IDLE;
}

static void end(struct resumed *resumed, const char *outcome)
{
    (void)snprintf(resumed->outcome, sizeof resumed->outcome, "%s", outcome);
    log_event(LOG_WARN, "resume_ended", LOG_INT("request", resumed->request),
              LOG_INT("shard", shard_of(resumed)->log.shard), LOG_INT("topics", resumed->count),
              LOG_TEXT(resumed->outcome));
    resumed->state = RESUME_ENDING;
    let_go(resumed);
    outbox_store_end(resumed->resuming->store, resumed->request, resumed->outcome, on_ended,
                     resumed);
}

static void end_by(struct resumed *resumed, enum resume_verdict verdict)
{
    if (resumed->count > 0 && verdict == RESUME_RUNS) {
        end(resumed, "done: the shard runs");
    } else {
        end(resumed, resume_words(verdict));
    }
}

static void on_resumed(void *user)
{
    struct resumed *resumed = user;
    resumed->is_written = true;
}

/* What is written counts from the look on. */
static void on_written(void *user, const struct error *err)
{
    struct resumed *resumed = user;
    struct shard *shard = shard_of(resumed);
    resumed->state = RESUME_WAITING;
    if (err != NULL || !resumed->is_written) {
        let_go(resumed);
        return;
    }
    resumed->count++;
    shard->wants_recheck = true;
    leases_look(resumed->resuming->leases);
    if (!resumed->wish.is_refill) {
        end(resumed, "done: it looks at its partitions again, and goes on behind that record");
    }
}

static void write_down(struct resumed *resumed, const struct resume_plan *plan)
{
    static const struct outbox_resume_events EVENTS = {.on_resumed = on_resumed,
                                                       .on_done = on_written};
    const struct shard_log *log = &shard_of(resumed)->log;
    const struct outbox_resumption resumption = {
        .lease = {.shard = log->shard, .epoch = log->epoch},
        .topic = log->topic_names[plan->topic],
        .sent = plan->sent,
        .complete_to = plan->complete_to,
    };
    resumed->state = RESUME_WRITING;
    resumed->is_written = false;
    outbox_store_resume(resumed->resuming->store, &resumption, &EVENTS, resumed);
}

static void look_again(struct resumed *resumed, const char *outcome)
{
    shard_of(resumed)->wants_recheck = true;
    leases_look(resumed->resuming->leases);
    end(resumed, outcome);
}

/* One that is looking again, or runs, may always have more to mark. */
static bool is_marked(const struct resumed *resumed)
{
    const struct shard_log *log = &shard_of(resumed)->log;
    return log->state == SHARD_STOPPED ? !shard_log_is_dirty(log)
                                       : log->marked >= resumed->wish.past;
}

static void leave_out(struct resumed *resumed)
{
    shard_log_leave_out(&shard_of(resumed)->log);
    resumed->state = RESUME_MARKING;
    marking_hurry(resumed->resuming->marking);
}

/* Nothing is to be written to the same row meanwhile. */
static void carry_out(struct resumed *resumed, const struct resume_plan *plan)
{
    struct shard *shard = shard_of(resumed);
    struct shard_log *log = &shard->log;
    if (resumed->count > log->topic_count) {
        end(resumed, "not done: it stands for the same again");
        return;
    }
    if (log->state == SHARD_RUNNING && log->pace == SHARD_FLOWS) {
        shard_log_pause(log, SHARD_RESUMES);
    }
    if (log->state == SHARD_RUNNING && !shard_log_is_quiet(log, SHARD_RESUMES)) {
        return;
    }
    if (shard_log_is_dirty(log)) {
        marking_hurry(resumed->resuming->marking);
    } else {
        write_down(resumed, plan);
    }
}

static void pump(struct resumed *resumed)
{
    const struct shard *shard = shard_of(resumed);
    struct resume_plan plan;
    const bool is_marking = resumed->state == RESUME_MARKING;
    if (!is_marking && (resumed->state != RESUME_WAITING || shard->wants_recheck)) {
        return;
    }
    if (!shard_log_is_owned(&shard->log) || shard->log.epoch != resumed->epoch) {
        resumed->state = RESUME_IDLE; /* whoever holds it finds the request */
        return;
    }
    if (is_marking) {
        if (is_marked(resumed)) {
            look_again(resumed, "done: it goes on behind that seq, without what is left out");
        }
        return;
    }
    const enum resume_verdict verdict = resume_judge(&resumed->wish, &shard->log, &plan);
    if (verdict == RESUME_GOES && plan.past > 0) {
        leave_out(resumed);
    } else if (verdict == RESUME_GOES) {
        carry_out(resumed, &plan);
    } else if (verdict != RESUME_WAITS) {
        end_by(resumed, verdict);
    }
}

void resuming_pump(struct resuming *resuming)
{
    struct error err;
    for (int i = 0; i < resuming->shards->count; i++) {
        if (outbox_store_state(resuming->store, &err) == ERROR_NONE) {
            pump(&resuming->all[i]);
        }
    }
}

static int topic_of(const struct shards *shards, struct strview name)
{
    int topic = 0;
    while (topic < shards->topic_count && !strview_is(name, shards->topics[topic])) {
        topic++;
    }
    return name.data == NULL ? RESUME_ANY_TOPIC : topic;
}

void resuming_take(struct resuming *resuming, const struct outbox_request *request)
{
    const int shard = request->about.shard;
    if (shard < 0 || shard >= resuming->shards->count ||
        resuming->all[shard].state != RESUME_IDLE) {
        return;
    }
    resuming->all[shard] = (struct resumed){
        .resuming = resuming,
        .state = RESUME_WAITING,
        .request = request->id,
        .wish = {.topic = topic_of(resuming->shards, request->topic),
                 .is_refill = request->kind == OUTBOX_REFILL,
                 .record = request->record,
                 .past = request->kind == OUTBOX_PAST_SEQ ? request->about.seq : 0},
        .epoch = resuming->shards->all[shard].log.epoch,
    };
}

struct resuming *resuming_new(struct shards *shards, struct outbox_store *store,
                              struct leases *leases, struct marking *marking)
{
    struct resuming *resuming = must_allocate(1, sizeof *resuming);
    *resuming =
        (struct resuming){.shards = shards, .store = store, .leases = leases, .marking = marking};
    resuming->all = must_allocate((size_t)shards->count, sizeof *resuming->all);
    for (int i = 0; i < shards->count; i++) {
        resuming->all[i].resuming = resuming;
    }
    return resuming;
}

void resuming_free(struct resuming *resuming)
{
    if (resuming == NULL) {
        return;
    }
    free(resuming->all);
    free(resuming);
}
