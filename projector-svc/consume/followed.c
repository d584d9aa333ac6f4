/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/followed.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/contract/json.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/log.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/consume/followed_internal.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/views/arglist.h"
#include "projector-svc/views/view_read.h"

#include <stdlib.h>

enum { ARENA_MAX = 4 << 20 };

/* --- which there are */

static const struct followed_partition *find(const struct followed *followed, int topic,
                                             int32_t number)
{
    for (size_t i = 0; i < followed->count; i++) {
        const struct kafka_survey_place *place = &followed->partitions[i].place;
        if (place->topic == topic && place->partition == number) {
            return &followed->partitions[i];
        }
    }
    return NULL;
}

static struct followed_partition make(const struct followed *followed,
                                      const struct kafka_survey_place *place)
{
    const struct followed_partition *before = find(followed, place->topic, place->partition);
    struct followed_partition made = {.known = {.told_end = -1, .told_lag_ms = -1}};
    if (before != NULL) {
        made = *before;
    }
    made.place = *place;
    made.known.end = place->end;
    return made;
}

void followed_take_survey(struct followed *followed, const struct kafka_survey_place *places,
                          size_t count)
{
    struct followed_partition *partitions =
        must_allocate(count + AGGREGATE_COUNT, sizeof *partitions);
    bool is_surveyed[AGGREGATE_COUNT] = {false};
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        partitions[used++] = make(followed, &places[i]);
        is_surveyed[places[i].topic] = true;
    }
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        followed->is_surveyed[type] = is_surveyed[type];
        if (!is_surveyed[type]) {
            partitions[used++] =
                make(followed, &(struct kafka_survey_place){.topic = type, .end = -1});
        }
    }
    free(followed->partitions);
    followed->partitions = partitions;
    followed->count = used;
    followed->epoch++;
}

/* Two: see followed.h. */
enum { SURVEYS_ANEW = 2 };

void followed_ask_anew(struct followed *followed)
{
    followed->anew_epoch = followed->epoch;
}

bool followed_wants_survey(const struct followed *followed)
{
    return followed->epoch - followed->anew_epoch < SURVEYS_ANEW;
}

int64_t followed_new_end(const struct followed *followed, int topic, int32_t number)
{
    const struct followed_partition *at = find(followed, topic, number);
    return at == NULL || followed_wants_survey(followed) ? -1 : at->place.end;
}

int followed_partitions(const struct followed *followed, enum aggregate_type type)
{
    int count = 0;
    for (size_t i = 0; followed->is_surveyed[type] && i < followed->count; i++) {
        count += followed->partitions[i].place.topic == (int)type ? 1 : 0;
    }
    return count;
}

size_t followed_all_partitions(const struct followed *followed)
{
    size_t count = 0;
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        count += (size_t)followed_partitions(followed, (enum aggregate_type)type);
    }
    return count;
}

/* --- judging */

static void set_followed(struct followed *followed, int type, bool is_followed)
{
    if (followed->is_known[type] && followed->is_followed[type] == is_followed) {
        return;
    }
    if (is_followed) {
        log_event(LOG_INFO, "topic_followed", LOG_STR("topic", followed->topics[type]));
    } else {
        log_event(LOG_WARN, "topic_not_followed", LOG_STR("topic", followed->topics[type]),
                  LOG_TEXT("nobody brings a partition of it here: it is not in Kafka (yet), or "
                           "TOPIC_PREFIX is another one than relay-svc's; views miss its events"));
    }
    followed->is_known[type] = true;
    followed->is_followed[type] = is_followed;
}

static void judge_topics(struct followed *followed, int64_t now_ms)
{
    bool is_followed[AGGREGATE_COUNT] = {false};
    for (size_t i = 0; i < followed->count; i++) {
        const struct followed_partition *at = &followed->partitions[i];
        is_followed[at->place.topic] =
            is_followed[at->place.topic] || following_is_reported(&at->known, now_ms);
    }
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        set_followed(followed, type, is_followed[type]);
    }
}

static void judge(struct followed *followed)
{
    const int64_t now_ms = loop_wall_ms();
    for (size_t i = 0; i < followed->count; i++) {
        struct followed_partition *at = &followed->partitions[i];
        at->missed = following_missed(&at->known, followed->since_ms, now_ms);
    }
    judge_topics(followed, now_ms);
    followed_tell_operators(followed);
}

/* --- what others report */

/* False: there is none. */
static bool read_report(const struct redisconn_reply *reply, struct following *known,
                        struct arena *arena)
{
    const struct json_value *report = NULL;
    struct error ignored; /* a damaged one says nothing */
    const struct strview text = redisconn_reply_text(reply);
    known->told_end = known->told_lag_ms = -1;
    known->reported_at = 0;
    if (text.data != NULL && json_parse(text, arena, &report, &ignored) == ERROR_NONE) {
        known->told_end = json_integer(report, "end_offset", -1);
        known->told_lag_ms = json_integer(report, "lag_ms", -1);
        known->reported_at = json_time(report, "reported_at", 0);
    }
    return text.data != NULL;
}

static void on_answer(void *user, const struct redisconn_reply *reply, const struct error *failure)
{
    enum { REPORTS = 0, POSITIONS };
    struct followed *followed = user;
    followed->is_asking = false;
    if (failure != NULL || followed->asked_epoch != followed->epoch) {
        return; /* asked again in a second */
    }
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    for (size_t i = 0; i < followed->count; i++) {
        struct followed_partition *at = &followed->partitions[i];
        at->known.position = redisconn_reply_integer_at(redisconn_reply_at(reply, POSITIONS), i, 0);
        if (!read_report(redisconn_reply_at(redisconn_reply_at(reply, REPORTS), i), &at->known,
                         &arena) &&
            !at->known.is_own) {
            followed_tell_unreported(followed, at);
        }
        arena_reset(&arena);
    }
    judge(followed);
    followed_tell_readers(followed);
}

static struct strview slot_of(const struct followed *followed, size_t index, struct arena *arena)
{
    const struct kafka_survey_place *place = &followed->partitions[index].place;
    return keys_slot(arena, strview_of(followed->topics[place->topic]), place->partition);
}

static void ask(struct followed *followed)
{
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    struct arglist reports = {.arena = &arena};
    struct arglist positions = {.arena = &arena};
    arglist_add(&reports, STRVIEW("HMGET"));
    arglist_add(&reports, STRVIEW(KEYS_STATUS));
    arglist_add(&positions, STRVIEW("HMGET"));
    arglist_add(&positions, STRVIEW(KEYS_POSITION));
    for (size_t i = 0; i < followed->count; i++) {
        const struct strview slot = slot_of(followed, i, &arena);
        arglist_add(&reports, keys_status_end(&arena, slot));
        arglist_add(&positions, slot);
    }
    if (reports.failed || positions.failed) {
        return; /* of so many partitions nobody can tell */
    }
    struct error ignored; /* asked again in a second */
    const struct redisconn_command commands[] = {{reports.args, reports.count},
                                                 {positions.args, positions.count}};
    followed->asked_epoch = followed->epoch;
    followed->is_asking = view_read(followed->redis, &arena, commands, 2, on_answer, followed,
                                    &ignored) == ERROR_NONE;
}

/* --- each second */

/* Returns whether all of them are ours. */
static bool note_own(struct followed *followed, const struct assignment *assignment)
{
    size_t own[AGGREGATE_COUNT] = {0};
    bool is_all = true;
    for (size_t i = 0; i < assignment->count; i++) {
        own[partition_name(assignment->partitions[i])->aggregate]++;
    }
    for (size_t i = 0; i < followed->count; i++) {
        struct followed_partition *at = &followed->partitions[i];
        const int type = at->place.topic;
        at->known.is_own = followed->is_surveyed[type]
                               ? assignment_find(assignment, type, at->place.partition) != NULL
                               : own[type] > 0;
        is_all = is_all && at->known.is_own;
    }
    return is_all;
}

void followed_look(struct followed *followed, const struct assignment *assignment)
{
    if (followed->since_ms == 0) {
        followed->since_ms = loop_wall_ms();
    }
    followed->is_all_own = note_own(followed, assignment);
    if (followed->is_all_own) {
        judge(followed);
    } else if (!followed->is_asking && redisconn_is_ready(followed->redis)) {
        ask(followed);
    }
}

void followed_begin(struct followed *followed)
{
    followed->since_ms = 0;
}

/* --- life */

void followed_init(struct followed *followed)
{
    activity_init(&followed->bringing, "unreported partitions");
    followed_take_survey(followed, NULL, 0);
}

void followed_done(struct followed *followed)
{
    free(followed->partitions);
    followed->partitions = NULL;
    followed->count = 0;
}
