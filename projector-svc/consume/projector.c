/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/projector.h"

#include "common/base/arena.h"
#include "common/base/backoff.h"
#include "common/base/cleanup.h"
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/contract/topics.h"
#include "common/io/jitter.h"
#include "common/io/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/io/redisconn.h"
#include "common/run/activity.h"
#include "common/run/kafka_setup.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/followed.h"
#include "projector-svc/consume/partition.h"
#include "projector-svc/consume/redis_fitness.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/core/keys.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/view_positions.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TICK_MS = 1000,
    COMMIT_EVERY = 5, /* ticks */
    RETRY_FIRST_MS = 50,
    RETRY_LAST_MS = 5000,
    FITNESS_RETRY_MS = 5000,
    FITNESS_EVERY = 10,    /* ticks: what may have changed under an open connection */
    OUTSIDE_EVERY = 5,     /* ticks: is a partition back that was cut? */
    LEAVE_AFTER_MS = 6000, /* without Redis: as long as the group would wait for a dead member */
    FOLLOW_WITHIN_MS = 10000,
    REPORT_ARENA_MAX = 4 << 20,
};

/* Where an assignment stands. */
enum assignment_state {
    ASSIGNMENT_NONE = 0, /* the group has given us nothing */
    ASSIGNMENT_OPENING,  /* given; positions are being read */
    ASSIGNMENT_RUNNING,  /* Kafka was told where to begin */
    ASSIGNMENT_REVOKED,  /* taken away; calls in flight end first */
};

struct projector {
    struct loop *loop;
    struct metrics *metrics;
    struct projector_options options;
    struct redisconn *redis;
    bool is_redis_fit;
    bool was_redis_fit;
    struct error redis_error; /* why it is not fit */
    struct kafka_consumer *kafka;
    char topic_names[AGGREGATE_COUNT][TOPIC_NAME_MAX + 1];
    struct partition_context context;
    enum assignment_state state;
    struct partition **partitions;
    size_t count;
    struct loop_timer *open_timer;
    int64_t open_due_ms;
    struct backoff open_backoff;
    bool is_opening; /* an answer is awaited */
    struct loop_timer *fitness_timer;
    bool is_checking_fitness;
    int64_t unfit_since_ms; /* while Redis is away or not fit */
    bool has_left;          /* the group, until Redis answers */
    struct loop_timer *restart_timer;
    bool wants_restart; /* reading must begin anew */
    struct activity assigning;
    bool was_cut; /* from a broker, since the partitions were compared */
    struct followed followed;
    int64_t followed_since_ms; /* the first assignment; 0: none yet */
    struct loop_timer *tick_timer;
    unsigned ticks;
    bool is_reporting; /* an answer is awaited */
    unsigned epoch;    /* counts assignments: an answer may come when they have changed */
    unsigned report_epoch;
    unsigned open_epoch;
    bool is_draining;
    bool is_closed;
};

static void open_closed(void *user);
static void stop_writing(struct projector *projector, const struct error *why);
static void check_fitness(void *user);
static void check_revoked(struct projector *projector);

static struct partition *find_partition(const struct projector *projector, int topic,
                                        int32_t number)
{
    for (size_t i = 0; i < projector->count; i++) {
        const struct partition_name *name = partition_name(projector->partitions[i]);
        if (name->topic_index == topic && name->number == number) {
            return projector->partitions[i];
        }
    }
    return NULL;
}

static struct kafka_position place_of(const struct partition *partition, int64_t offset)
{
    const struct partition_name *name = partition_name(partition);
    return (struct kafka_position){name->topic_index, name->number, offset};
}

static struct partition_report report_of(const struct projector *projector,
                                         const struct partition *partition, int64_t now_ms)
{
    const struct partition_name *name = partition_name(partition);
    return partition_report(
        partition, kafka_consumer_end_offset(projector->kafka, name->topic_index, name->number),
        now_ms);
}

/* --- opening: where Redis stands */

static void open_soon(struct projector *projector, int64_t delay_ms)
{
    const bool may_open =
        projector->is_redis_fit && !projector->is_opening &&
        (projector->state == ASSIGNMENT_OPENING || projector->state == ASSIGNMENT_RUNNING);
    const int64_t due_ms = loop_now_ms() + delay_ms;
    if (may_open &&
        (!loop_timer_is_armed(projector->open_timer) || due_ms < projector->open_due_ms)) {
        projector->open_due_ms = due_ms;
        loop_timer_start(projector->open_timer, delay_ms);
    }
}

static void open_later(struct projector *projector)
{
    open_soon(projector, backoff_next_ms(&projector->open_backoff, jitter_draw()));
}

static void announce_recovering(struct projector *projector, const struct partition *partition,
                                int64_t goal)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)goal);
    const struct strview args[] = {STRVIEW("HSET"), STRVIEW(KEYS_RECOVERING),
                                   partition_slot(partition), strview_of(number)};
    redisconn_tell(projector->redis, (struct redisconn_command){args, 4});
}

/* The group's assignment, and each later change of where one of its partitions is read. */
static enum error_kind assign_all(struct projector *projector, struct error *err)
{
    struct kafka_position *places = must_allocate(projector->count + 1, sizeof *places);
    for (size_t i = 0; i < projector->count; i++) {
        const struct partition *partition = projector->partitions[i];
        places[i] = place_of(partition, partition_reads_from(partition));
    }
    const enum error_kind kind =
        FAULT_POINT("projector.assign")
            ? error_set(err, ERROR_TRANSIENT, "a fault point said so")
            : kafka_consumer_assign(projector->kafka, places, projector->count, err);
    free(places);
    return kind;
}

static void restart_reading(void *user)
{
    struct projector *projector = user;
    struct error err;
    if (projector->state != ASSIGNMENT_OPENING && projector->state != ASSIGNMENT_RUNNING) {
        return;
    }
    if (assign_all(projector, &err) != ERROR_NONE) {
        loop_timer_start(projector->restart_timer, activity_failed(&projector->assigning, &err,
                                                                   loop_now_ms(), jitter_draw()));
        return;
    }
    activity_succeeded(&projector->assigning, loop_now_ms());
    projector->wants_restart = false;
    for (size_t i = 0; i < projector->count; i++) {
        partition_restarted(projector->partitions[i]);
    }
    if (projector->state == ASSIGNMENT_OPENING) {
        projector->state = ASSIGNMENT_RUNNING;
        log_event(LOG_INFO, "partitions_assigned", LOG_INT("count", projector->count),
                  LOG_STR("generation", projector->context.generation));
    }
}

static void on_restart(void *user)
{
    struct projector *projector = user;
    if (!projector->wants_restart && projector->state == ASSIGNMENT_RUNNING) {
        projector->wants_restart = true;
        loop_timer_start(projector->restart_timer, 0);
    }
}

/* Readers learn from this that what they see is not yet all that they saw before. */
static void tell_goal(struct projector *projector, const struct partition *partition,
                      int64_t known_goal)
{
    const int64_t goal = report_of(projector, partition, 0).goal;
    if (goal > known_goal) {
        announce_recovering(projector, partition, goal);
    }
}

static void on_recovered(void *user, struct partition *partition)
{
    const struct projector *projector = user;
    const struct strview args[] = {STRVIEW("HDEL"), STRVIEW(KEYS_RECOVERING),
                                   partition_slot(partition)};
    redisconn_tell(projector->redis, (struct redisconn_command){args, 3});
}

static void note_draining(struct projector *projector, const struct view_positions *reading)
{
    struct strview aggregate;
    struct strview slot;
    for (size_t i = 0; view_positions_draining(reading, i, &aggregate, &slot); i++) {
        const struct strview type = strview_take(&aggregate, ':');
        for (size_t at = 0; at < projector->count; at++) {
            struct partition *partition = projector->partitions[at];
            if (strview_equal(slot, partition_slot(partition)) &&
                strview_is(type, aggregate_name(partition_name(partition)->aggregate))) {
                partition_drain(partition, aggregate);
            }
        }
    }
}

static void open_all(struct projector *projector, const struct view_positions *reading)
{
    for (size_t i = 0; i < projector->count; i++) {
        struct partition *partition = projector->partitions[i];
        const struct partition_stand stand = {.position = reading->positions[i],
                                              .goal = reading->goals[i],
                                              .identity = reading->identities[i]};
        if (partition_is_closed(partition)) {
            partition_open(partition, &stand);
            tell_goal(projector, partition, stand.goal);
        }
    }
    if (projector->state == ASSIGNMENT_OPENING) {
        restart_reading(projector);
    }
    note_draining(projector, reading);
}

/* Our functions are not in Redis any more: they are loaded before anything else. */
static void reload_if_gone(struct projector *projector, const struct error *why)
{
    if (why->kind == ERROR_NOT_FOUND) {
        stop_writing(projector, why);
        check_fitness(projector);
    }
}

static void on_positions(void *user, const struct view_positions *reading,
                         const struct error *failure)
{
    struct projector *projector = user;
    projector->is_opening = false;
    if (failure != NULL) {
        log_event(LOG_WARN, "positions_unknown", LOG_ERR(failure), LOG_TEXT("asking Redis again"));
        reload_if_gone(projector, failure);
        open_later(projector);
        return;
    }
    const bool is_current =
        (projector->state == ASSIGNMENT_OPENING || projector->state == ASSIGNMENT_RUNNING) &&
        projector->open_epoch == projector->epoch;
    if (!is_current) { /* the group decided anew meanwhile */
        open_soon(projector, 0);
        return;
    }
    (void)snprintf(projector->context.generation, sizeof projector->context.generation, "%s",
                   reading->generation);
    open_all(projector, reading);
}

/* All are asked for, also the open ones: their answers are not used. */
static void open_closed(void *user)
{
    struct projector *projector = user;
    if (projector->count == 0 && projector->state == ASSIGNMENT_OPENING) {
        restart_reading(projector);
        return;
    }
    struct strview *slots = calloc(projector->count + 1, sizeof *slots);
    struct error err = {.kind = ERROR_NONE};
    for (size_t i = 0; slots != NULL && i < projector->count; i++) {
        slots[i] = partition_slot(projector->partitions[i]);
    }
    projector->open_epoch = projector->epoch;
    view_positions_start_generation(projector->redis);
    projector->is_opening =
        slots != NULL && view_positions_ask(projector->redis, slots, projector->count, on_positions,
                                            projector, &err) == ERROR_NONE;
    free(slots);
    if (!projector->is_opening) {
        open_later(projector);
    }
}

static void on_partition_closed(void *user, struct partition *partition, const struct error *why)
{
    struct projector *projector = user;
    if (why == NULL) {
        open_soon(projector, 0);
        return;
    }
    const enum log_level level = why->kind == ERROR_CONFLICT ? LOG_WARN : LOG_DEBUG;
    log_event(level, "partition_closed", LOG_VIEW("slot", partition_slot(partition)), LOG_ERR(why),
              LOG_TEXT("nothing was written; its position is read again"));
    reload_if_gone(projector, why);
    if (why->kind == ERROR_INVALID) {
        open_soon(projector, RETRY_LAST_MS); /* a person has to mend it first */
    } else {
        open_later(projector);
    }
    check_revoked(projector);
}

static void on_partition_stopped(void *user)
{
    check_revoked(user);
}

static void on_partition_full(void *user, struct partition *partition, bool is_full)
{
    struct projector *projector = user;
    const struct partition_name *name = partition_name(partition);
    if (projector->state != ASSIGNMENT_RUNNING) {
        return;
    }
    if (is_full) {
        kafka_consumer_pause(projector->kafka, name->topic_index, name->number);
    } else {
        kafka_consumer_resume(projector->kafka, name->topic_index, name->number);
    }
}

/* --- Redis */

/* Nothing is written to it from now on; who else reaches it may have our partitions. */
static void stop_writing(struct projector *projector, const struct error *why)
{
    if (projector->is_redis_fit) {
        projector->unfit_since_ms = loop_now_ms();
    }
    projector->is_redis_fit = false;
    projector->redis_error = *why;
    loop_timer_stop(projector->open_timer);
    for (size_t i = 0; i < projector->count; i++) {
        partition_halt(projector->partitions[i]);
    }
}

static void start_writing(struct projector *projector)
{
    const bool is_news = !projector->is_redis_fit;
    projector->is_redis_fit = projector->was_redis_fit = true;
    projector->redis_error.kind = ERROR_NONE;
    if (is_news) {
        backoff_reset(&projector->open_backoff);
        log_event(LOG_INFO, "redis_ready", LOG_TEXT("functions are loaded, nothing is evicted"));
        open_soon(projector, 0);
    }
}

static void on_fitness(void *user, const struct error *failure)
{
    struct projector *projector = user;
    projector->is_checking_fitness = false;
    if (failure == NULL) {
        start_writing(projector);
        return;
    }
    if (failure->kind == ERROR_FATAL && !projector->was_redis_fit) {
        projector->redis_error = *failure;
        projector->options.on_fatal(projector->options.user, failure);
        return;
    }
    stop_writing(projector, failure);
    log_event(failure->kind == ERROR_TRANSIENT ? LOG_WARN : LOG_ERROR, "redis_unfit",
              LOG_ERR(failure), LOG_TEXT("nothing is written until it is mended"));
    loop_timer_start(projector->fitness_timer, FITNESS_RETRY_MS);
}

static void check_fitness(void *user)
{
    struct projector *projector = user;
    if (redisconn_is_ready(projector->redis) && !projector->is_checking_fitness) {
        projector->is_checking_fitness = true;
        redis_fitness_check(projector->redis, on_fitness, projector);
    }
}

/* Not asked again on the same connection: the address may lead to another server by now. */
static void leave_unfit(void *user)
{
    struct projector *projector = user;
    redisconn_leave(projector->redis, projector->redis_error.text);
}

static void on_redis_lost(void *user, const struct error *why)
{
    struct projector *projector = user;
    projector->is_checking_fitness = false;
    loop_timer_stop(projector->fitness_timer);
    stop_writing(projector, why);
    log_event(LOG_WARN, "redis_lost", LOG_ERR(why), LOG_TEXT("reconnecting"));
}

/* A share that nobody can work on is given back: another member may reach Redis. Alone it waits as
 * well outside. */
static void keep_or_leave_group(struct projector *projector)
{
    struct error err;
    const bool is_away =
        !projector->is_redis_fit && loop_now_ms() - projector->unfit_since_ms >= LEAVE_AFTER_MS;
    if (projector->is_draining || is_away == projector->has_left ||
        (projector->has_left && !projector->is_redis_fit)) {
        return;
    }
    if ((is_away ? kafka_consumer_leave : kafka_consumer_join)(projector->kafka, &err) !=
        ERROR_NONE) {
        log_event(LOG_WARN, "group_unchanged", LOG_ERR(&err));
        return;
    }
    projector->has_left = is_away;
    log_event(is_away ? LOG_WARN : LOG_INFO, is_away ? "group_left" : "group_joined",
              LOG_TEXT(is_away ? "Redis is away: others may take the partitions"
                               : "Redis answers again"));
}

enum error_kind projector_probe_redis(void *user, struct error *err)
{
    const struct projector *projector = user;
    if (!redisconn_is_ready(projector->redis)) {
        return error_set(err, ERROR_TRANSIENT, "%s", redisconn_last_error(projector->redis));
    }
    if (!projector->is_redis_fit) {
        return error_set(err, ERROR_TRANSIENT, "%s",
                         projector->redis_error.kind == ERROR_NONE ? "checking it"
                                                                   : projector->redis_error.text);
    }
    return ERROR_NONE;
}

/* --- Kafka */

static void on_records(void *user, struct kafka_record *records, size_t count)
{
    struct projector *projector = user;
    (void)FAULT_POINT("projector.polled");
    for (size_t i = 0; i < count; i++) {
        struct partition *partition =
            projector->state == ASSIGNMENT_RUNNING
                ? find_partition(projector, records[i].topic, records[i].partition)
                : NULL;
        if (partition == NULL) {
            kafka_record_done(&records[i]);
        } else {
            partition_take(partition, &records[i]);
        }
    }
}

static void on_end(void *user, const struct kafka_position *end)
{
    const struct projector *projector = user;
    struct partition *partition = find_partition(projector, end->topic, end->partition);
    if (partition != NULL) {
        partition_at_end(partition, end->offset);
    }
}

static void on_assigned(void *user, const struct kafka_position *places, size_t count)
{
    struct projector *projector = user;
    (void)FAULT_POINT("projector.assigned");
    projector->partitions = must_allocate(count + 1, sizeof(struct partition *));
    for (size_t i = 0; i < count; i++) {
        const struct partition_name name = {
            .aggregate = (enum aggregate_type)places[i].topic,
            .topic = projector->topic_names[places[i].topic],
            .topic_index = places[i].topic,
            .number = places[i].partition,
        };
        projector->partitions[i] = partition_new(&projector->context, &name);
    }
    projector->count = count;
    projector->epoch++;
    projector->state = ASSIGNMENT_OPENING;
    projector->was_cut = false;
    if (projector->followed_since_ms == 0) {
        projector->followed_since_ms = loop_now_ms();
    }
    if (count > 0) {
        kafka_consumer_ask_committed(projector->kafka, places, count);
    }
    open_soon(projector, 0);
}

static void commit_positions(struct projector *projector)
{
    struct kafka_position *places = calloc(projector->count + 1, sizeof *places);
    size_t count = 0;
    for (size_t i = 0; places != NULL && i < projector->count; i++) {
        const int64_t position = report_of(projector, projector->partitions[i], 0).position;
        if (position > 0) {
            places[count++] = place_of(projector->partitions[i], position);
        }
    }
    (void)FAULT_POINT("projector.before_commit");
    if (count > 0) {
        kafka_consumer_commit(projector->kafka, places, count);
    }
    free(places);
}

static void forget_partitions(struct projector *projector)
{
    for (size_t i = 0; i < projector->count; i++) {
        partition_free(projector->partitions[i]);
    }
    free(projector->partitions);
    projector->partitions = NULL;
    projector->count = 0;
}

/* Partitions go back to the group when no call of theirs is in flight any more. */
static void check_revoked(struct projector *projector)
{
    if (projector->state != ASSIGNMENT_REVOKED) {
        return;
    }
    for (size_t i = 0; i < projector->count; i++) {
        if (partition_is_busy(projector->partitions[i])) {
            return;
        }
    }
    (void)FAULT_POINT("projector.revoked");
    commit_positions(projector);
    forget_partitions(projector);
    projector->state = ASSIGNMENT_NONE;
    log_event(LOG_INFO, "partitions_returned", LOG_TEXT("nothing of theirs is in flight"));
    kafka_consumer_unassign(projector->kafka);
}

static void on_revoked(void *user, const struct kafka_position *places, size_t count, bool is_lost)
{
    struct projector *projector = user;
    (void)places;
    (void)FAULT_POINT("projector.revoke");
    log_event(LOG_INFO, "partitions_revoked", LOG_INT("count", count), LOG_BOOL("lost", is_lost));
    for (size_t i = 0; i < projector->count; i++) {
        partition_stop(projector->partitions[i]);
    }
    loop_timer_stop(projector->open_timer);
    loop_timer_stop(projector->restart_timer);
    projector->wants_restart = false;
    projector->state = ASSIGNMENT_REVOKED;
    check_revoked(projector);
}

static void on_partition_error(void *user, const struct kafka_position *where,
                               const struct error *err)
{
    const struct projector *projector = user;
    struct partition *partition = find_partition(projector, where->topic, where->partition);
    if (partition == NULL || err->kind != ERROR_NOT_FOUND) {
        return; /* it goes on by itself; /readyz shows the connection's state */
    }
    partition_outside(partition);
}

static void on_kafka_error(void *user, const struct error *err)
{
    struct projector *projector = user;
    if (err->kind == ERROR_FATAL) {
        projector->options.on_fatal(projector->options.user, err);
        return;
    }
    projector->was_cut = projector->was_cut || err->kind == ERROR_TRANSIENT;
    log_event(LOG_WARN, "kafka_trouble", LOG_ERR(err));
}

static void on_kafka_closed(void *user)
{
    struct projector *projector = user;
    projector->is_closed = true;
}

/* So far the views were once: perhaps Redis has lost some since. */
static void on_committed(void *user, const struct kafka_position *positions, size_t count)
{
    struct projector *projector = user;
    for (size_t i = 0; i < count; i++) {
        struct partition *partition =
            find_partition(projector, positions[i].topic, positions[i].partition);
        if (partition != NULL) {
            const int64_t known_goal = report_of(projector, partition, 0).goal;
            partition_note_committed(partition, positions[i].offset);
            tell_goal(projector, partition, known_goal);
        }
    }
}

static const struct kafka_consumer_callbacks KAFKA_EVENTS = {
    .on_records = on_records,
    .on_end = on_end,
    .on_assigned = on_assigned,
    .on_revoked = on_revoked,
    .on_partition_error = on_partition_error,
    .on_error = on_kafka_error,
    .on_committed = on_committed,
    .on_closed = on_kafka_closed,
};

enum error_kind projector_probe_kafka(void *user, struct error *err)
{
    struct projector *projector = user;
    const enum error_kind kind = kafka_consumer_state(projector->kafka, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (projector->has_left) {
        return error_set(err, ERROR_TRANSIENT, "outside the group until Redis answers");
    }
    if (projector->state == ASSIGNMENT_NONE) {
        return error_set(err, ERROR_TRANSIENT, "the group has assigned no partitions yet");
    }
    return activity_probe(&projector->assigning, err);
}

static enum error_kind tell_partition(const struct partition *partition,
                                      const struct partition_report *report, struct error *err)
{
    const struct strview slot = partition_slot(partition);
    if (report->is_out_of_range) {
        return error_set(err, ERROR_INVALID,
                         "%.*s: Kafka no longer has what comes after position %lld; see "
                         "\"A partition that lost events\" in projector-svc/README.md",
                         STRVIEW_ARG(slot), (long long)report->position);
    }
    return error_set(err, ERROR_INVALID, "%.*s: %s", STRVIEW_ARG(slot), report->trouble);
}

/* Not a single partition moves that has anything to do. */
static enum error_kind tell_stuck(const struct report_totals *totals, struct error *err)
{
    if (totals->stuck == 0 || totals->stuck < totals->behind) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_TRANSIENT, "no partition gets on, and %zu have events to apply",
                     totals->stuck);
}

enum error_kind projector_probe_partitions(void *user, struct error *err)
{
    const struct projector *projector = user;
    struct report_totals totals = {.partitions = projector->count};
    for (size_t i = 0; i < projector->count; i++) {
        const struct partition *partition = projector->partitions[i];
        const struct partition_report report = report_of(projector, partition, 0);
        if (report.is_out_of_range || report.is_stalled) {
            return tell_partition(partition, &report, err);
        }
        report_add(&totals, partition_name(partition)->aggregate, &report);
    }
    return tell_stuck(&totals, err);
}

enum error_kind projector_probe_stuck(void *user, struct error *err)
{
    const struct projector *projector = user;
    enum { NAMES_MAX = 400 };
    char names[NAMES_MAX] = "";
    size_t len = 0;
    for (size_t i = 0; i < projector->count && len < sizeof names; i++) {
        const struct partition *partition = projector->partitions[i];
        if (report_of(projector, partition, 0).is_stuck) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%.*s", len > 0 ? ", " : "",
                                    STRVIEW_ARG(partition_slot(partition)));
        }
    }
    return len == 0 ? ERROR_NONE
                    : error_set(err, ERROR_TRANSIENT, "no progress for ten seconds: %s", names);
}

enum error_kind projector_probe_topics(void *user, struct error *err)
{
    struct projector *projector = user;
    return followed_probe(&projector->followed, err);
}

/* In the first seconds the topics may just be being made: ready means that all are followed. Later
 * the others are not withheld for one that is missing. */
enum error_kind projector_probe_following(void *user, struct error *err)
{
    struct projector *projector = user;
    const bool is_early = loop_now_ms() - projector->followed_since_ms < FOLLOW_WITHIN_MS;
    if (projector->state == ASSIGNMENT_NONE ||
        (!is_early && followed_count(&projector->followed) > 0)) {
        return ERROR_NONE; /* the first is "kafka"'s to say */
    }
    return followed_probe(&projector->followed, err);
}

/* --- every second */

/* A partition with nothing in flight must stand in Redis where we think it does. If not, Redis was
 * emptied or restored behind our back, and no event may come for long to tell us. */
static void compare_positions(struct projector *projector, const struct view_positions *reading)
{
    const bool is_same_generation = strcmp(reading->generation, projector->context.generation) == 0;
    bool any_differs = false;
    for (size_t i = 0; i < projector->count; i++) {
        const bool differs = !is_same_generation ||
                             !partition_stands_at(projector->partitions[i], reading->positions[i]);
        if (differs) {
            partition_close(projector->partitions[i]);
        }
        any_differs = any_differs || differs;
    }
    if (any_differs) {
        open_soon(projector, 0);
    }
}

static void on_reported(void *user, const struct view_positions *reading,
                        const struct error *failure)
{
    struct projector *projector = user;
    projector->is_reporting = false;
    if (failure != NULL) {
        reload_if_gone(projector, failure);
    } else if (projector->state == ASSIGNMENT_RUNNING &&
               projector->report_epoch == projector->epoch) {
        compare_positions(projector, reading);
        note_draining(projector, reading);
    }
}

static size_t add_reports(const struct projector *projector, struct arena *arena,
                          struct strview *ret_slots, struct strview *ret_fields)
{
    const int64_t now_ms = loop_wall_ms();
    size_t count = 0;
    for (size_t i = 0; i < projector->count; i++) {
        const struct partition *partition = projector->partitions[i];
        const struct partition_report report = report_of(projector, partition, now_ms);
        ret_slots[i] = partition_slot(partition);
        count += report_fields(&report, ret_slots[i], now_ms, arena, ret_fields + count);
    }
    return count;
}

static void send_reports(struct projector *projector)
{
    struct arena arena;
    struct error ignored; /* the next report comes in a second */
    arena_init(&arena, REPORT_ARENA_MAX);
    struct strview *slots = arena_array(&arena, projector->count + 1, sizeof *slots);
    struct strview *args = arena_array(&arena, projector->count * 2 + 2, sizeof *args);
    if (slots != NULL && args != NULL && projector->count > 0) {
        args[0] = STRVIEW("HSET");
        args[1] = STRVIEW(KEYS_STATUS);
        const size_t count = add_reports(projector, &arena, slots, args + 2);
        if (count > 0) {
            redisconn_tell(projector->redis, (struct redisconn_command){args, count + 2});
        }
        projector->report_epoch = projector->epoch;
        projector->is_reporting =
            view_positions_ask(projector->redis, slots, projector->count, on_reported, projector,
                               &ignored) == ERROR_NONE;
    }
    arena_done(&arena);
}

/* A broker that was away may have come back with less. */
static void compare_after_cut(struct projector *projector)
{
    struct error ignored;
    if (!projector->was_cut || kafka_consumer_state(projector->kafka, &ignored) != ERROR_NONE) {
        return;
    }
    projector->was_cut = false;
    for (size_t i = 0; i < projector->count; i++) {
        partition_recheck(projector->partitions[i]);
    }
}

static void look_at_partitions(struct projector *projector)
{
    struct error ignored;
    const bool can_move =
        projector->is_redis_fit && kafka_consumer_state(projector->kafka, &ignored) == ERROR_NONE;
    for (size_t i = 0; i < projector->count; i++) {
        struct partition *partition = projector->partitions[i];
        const struct partition_name *name = partition_name(partition);
        partition_look(partition,
                       kafka_consumer_end_offset(projector->kafka, name->topic_index, name->number),
                       can_move, loop_now_ms());
        if (projector->ticks % OUTSIDE_EVERY == 0 &&
            report_of(projector, partition, 0).is_out_of_range) {
            partition_recheck(partition); /* what was cut off may be there again */
        }
    }
}

static void look_at_topics(struct projector *projector)
{
    size_t own[AGGREGATE_COUNT] = {0};
    for (size_t i = 0; i < projector->count; i++) {
        own[partition_name(projector->partitions[i])->aggregate]++;
    }
    if (projector->is_redis_fit) {
        followed_look(&projector->followed, own);
    }
}

static void on_tick(void *user)
{
    struct projector *projector = user;
    loop_timer_start(projector->tick_timer, TICK_MS);
    projector->ticks++;
    keep_or_leave_group(projector);
    look_at_topics(projector);
    if (projector->ticks % FITNESS_EVERY == 0 && projector->is_redis_fit) {
        check_fitness(projector);
    }
    if (projector->state != ASSIGNMENT_RUNNING) {
        return;
    }
    compare_after_cut(projector);
    look_at_partitions(projector);
    if (projector->is_redis_fit && !projector->is_reporting) {
        send_reports(projector);
    }
    if (!loop_timer_is_armed(projector->open_timer) && !projector->is_opening) {
        backoff_reset(&projector->open_backoff); /* nothing was in the way for a while */
    }
    if (projector->ticks % COMMIT_EVERY == 0) {
        commit_positions(projector);
    }
}

static void on_scrape(void *user)
{
    const struct projector *projector = user;
    struct report_totals totals = {.partitions = projector->count};
    const int64_t now_ms = loop_wall_ms();
    for (size_t i = 0; i < projector->count; i++) {
        const struct partition *partition = projector->partitions[i];
        const struct partition_report report = report_of(projector, partition, now_ms);
        report_add(&totals, partition_name(partition)->aggregate, &report);
    }
    report_expose(&totals, projector->metrics);
    metrics_set(projector->metrics, METRIC_TOPICS, TOPICS_WANTED, AGGREGATE_COUNT);
    metrics_set(projector->metrics, METRIC_TOPICS, TOPICS_FOLLOWED,
                (double)followed_count(&projector->followed));
}

/* --- life */

static enum error_kind name_topics(struct projector *projector, struct error *err)
{
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        if (!topic_name(projector->options.topic_prefix,
                        strview_of(aggregate_name((enum aggregate_type)type)),
                        projector->topic_names[type])) {
            return error_set(err, ERROR_FATAL, "the topic prefix makes no legal topic name");
        }
    }
    return ERROR_NONE;
}

static enum error_kind open_redis(struct projector *projector, struct error *err)
{
    const struct redisconn_options options = {
        .needs_primary = true,
        .url = projector->options.redis_url,
        .client_name = "orderspine-projector",
        .on_ready = check_fitness,
        .on_lost = on_redis_lost,
        .user = projector,
    };
    return redisconn_new(projector->loop, &options, &projector->redis, err);
}

/* Topics may be made after we came, and until then their events are not followed. */
static enum error_kind open_kafka(struct projector *projector, struct error *err)
{
    const size_t given = projector->options.property_count;
    struct kafka_property *properties = must_allocate(given + 1, sizeof *properties);
    properties[0] = (struct kafka_property){"topic.metadata.refresh.interval.ms", "1000"};
    for (size_t i = 0; i < given; i++) {
        properties[i + 1] = projector->options.properties[i]; /* the later one counts */
    }
    const char *topics[AGGREGATE_COUNT];
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        topics[type] = projector->topic_names[type];
    }
    const struct kafka_consumer_options options = {
        .config = {.brokers = projector->options.kafka_brokers,
                   .client_id = "orderspine-projector",
                   .properties = properties,
                   .property_count = given + 1,
                   .on_log = kafka_setup_log},
        .group_id = projector->options.group,
        .topics = topics,
        .topic_count = AGGREGATE_COUNT,
        .reads_uncommitted = true, /* a stranger's open transaction would hide what is behind it */
        .events = &KAFKA_EVENTS,
        .user = projector,
    };
    const enum error_kind kind =
        kafka_consumer_new(projector->loop, &options, &projector->kafka, err);
    free(properties);
    return kind;
}

enum error_kind projector_new(struct loop *loop, struct metrics *metrics,
                              const struct projector_options *options,
                              struct projector **ret_projector, struct error *err)
{
    struct projector *projector = must_allocate(1, sizeof *projector);
    projector->loop = loop;
    projector->metrics = metrics;
    projector->options = *options;
    projector->open_backoff = (struct backoff){.first_ms = RETRY_FIRST_MS, .cap_ms = RETRY_LAST_MS};
    projector->open_timer = loop_timer_new(loop, open_closed, projector);
    projector->fitness_timer = loop_timer_new(loop, leave_unfit, projector);
    projector->tick_timer = loop_timer_new(loop, on_tick, projector);
    projector->restart_timer = loop_timer_new(loop, restart_reading, projector);
    projector->unfit_since_ms = loop_now_ms();
    activity_init(&projector->assigning, "assigning partitions");
    enum error_kind kind = name_topics(projector, err);
    if (kind == ERROR_NONE) {
        kind = open_redis(projector, err);
    }
    if (kind == ERROR_NONE) {
        kind = open_kafka(projector, err);
    }
    if (kind != ERROR_NONE) {
        projector_free(projector);
        return kind;
    }
    projector->context = (struct partition_context){
        .redis = projector->redis,
        .metrics = metrics,
        .recent_cap = options->recent_cap,
        .on_closed = on_partition_closed,
        .on_stopped = on_partition_stopped,
        .on_full = on_partition_full,
        .on_restart = on_restart,
        .on_recovered = on_recovered,
        .user = projector,
    };
    partition_context_open(&projector->context, loop);
    projector->followed.redis = projector->redis;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        projector->followed.topics[type] = projector->topic_names[type];
    }
    metrics_on_scrape(metrics, on_scrape, projector);
    loop_timer_start(projector->tick_timer, TICK_MS);
    *ret_projector = projector;
    return ERROR_NONE;
}

void projector_drain(struct projector *projector)
{
    if (projector->is_draining) {
        return;
    }
    projector->is_draining = true;
    if (projector->state == ASSIGNMENT_OPENING) { /* given, and never answered */
        loop_timer_stop(projector->open_timer);
        loop_timer_stop(projector->restart_timer);
        forget_partitions(projector);
        projector->state = ASSIGNMENT_NONE;
        kafka_consumer_unassign(projector->kafka);
    }
    kafka_consumer_close(projector->kafka);
}

bool projector_is_drained(const struct projector *projector)
{
    return projector->is_closed;
}

void projector_free(struct projector *projector)
{
    if (projector == NULL) {
        return;
    }
    redisconn_free(projector->redis); /* first: no call of a partition ends after this */
    forget_partitions(projector);
    partition_context_close(&projector->context);
    kafka_consumer_free(projector->kafka);
    loop_timer_free(projector->open_timer);
    loop_timer_free(projector->fitness_timer);
    loop_timer_free(projector->tick_timer);
    loop_timer_free(projector->restart_timer);
    free(projector);
}
