/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/projector.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/io/redis/redisconn.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/projector_internal.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/core/keys.h"

#include <stdlib.h>

enum {
    TICK_MS = 1000,
    SEEKING_MS = 50, /* a tick, apart from the group, until the partitions are known */
    TELLING_MS = 100,
    TELLING_FOR_MS = 10000,
    COMMIT_EVERY = 5,   /* ticks */
    FITNESS_EVERY = 10, /* ticks: what may have changed under an open connection */
    SCOUT_EVERY = 3,    /* ticks: does the address still lead here? */
    SURVEY_EVERY = 3,   /* ticks: which partitions are there, and how far do they go? */
    OUTSIDE_EVERY = 5,  /* ticks: is a partition back that was cut? */
};

/* --- what partitions say */

static void on_partition_closed(void *user, struct partition *partition, const struct error *why)
{
    struct projector *projector = user;
    (void)partition;
    if (why == NULL) {
        positions_open_soon(&projector->positions, 0);
        return;
    }
    redis_gate_reload(&projector->gate, why);
    if (why->kind == ERROR_INVALID) {
        positions_open_last(&projector->positions);
    } else {
        positions_open_later(&projector->positions);
    }
    assignment_check_revoked(&projector->assignment);
}

static void on_partition_stopped(void *user)
{
    struct projector *projector = user;
    assignment_check_revoked(&projector->assignment);
}

static void on_partition_room(void *user)
{
    const struct projector *projector = user;
    loop_deferred_schedule(projector->heeding);
}

static void on_heed(void *user)
{
    struct projector *projector = user;
    assignment_heed_room(&projector->assignment, false);
}

static void on_partition_restart(void *user)
{
    struct projector *projector = user;
    assignment_restart(&projector->assignment);
}

static void on_partition_recovered(void *user, struct partition *partition)
{
    enum { ARENA_MAX = 1024 };
    const struct projector *projector = user;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    redisconn_tell(
        projector->gate.conn,
        REDISCONN_COMMAND(STRVIEW("HDEL"),
                          keys_named(&arena, partition_name(partition)->number, KEYS_RECOVERING),
                          partition_slot(partition)));
}

/* --- Redis */

static void on_gate_open(void *user)
{
    struct projector *projector = user;
    backoff_reset(&projector->positions.backoff);
    followed_begin(&projector->followed);
    positions_open_soon(&projector->positions, 0);
    projector_tell_soon(projector);
}

/* Who else reaches Redis may have our partitions. */
static void on_gate_shut(void *user)
{
    struct projector *projector = user;
    positions_stop(&projector->positions);
    for (size_t i = 0; i < projector->assignment.count; i++) {
        partition_halt(projector->assignment.partitions[i]);
    }
}

static void on_gate_moved(void *user)
{
    const struct projector *projector = user;
    if (projector->options.on_redis_moved != NULL) {
        projector->options.on_redis_moved(projector->options.user);
    }
}

static void on_gate_fatal(void *user, const struct error *why)
{
    const struct projector *projector = user;
    projector->options.on_fatal(projector->options.user, why);
}

/* Somebody emptied what is filled here, or it took its place. */
static void on_exchanged(void *user)
{
    const struct projector *projector = user;
    struct error err;
    (void)error_set(&err, ERROR_FATAL, "these are not the views that were being filled any more");
    projector->options.on_fatal(projector->options.user, &err);
}

/* --- every second */

/* A broker that was away may have come back with less. */
static void compare_after_cut(struct projector *projector)
{
    struct error ignored;
    if (!projector->was_cut || kafka_consumer_state(projector->kafka, &ignored) != ERROR_NONE) {
        return;
    }
    projector->was_cut = false;
    for (size_t i = 0; i < projector->assignment.count; i++) {
        partition_recheck(projector->assignment.partitions[i]);
    }
}

static void look_at_partitions(struct projector *projector)
{
    struct error ignored;
    const bool can_move =
        projector->gate.is_open && kafka_consumer_state(projector->kafka, &ignored) == ERROR_NONE;
    for (size_t i = 0; i < projector->assignment.count; i++) {
        struct partition *partition = projector->assignment.partitions[i];
        partition_look(partition, assignment_end_of(&projector->assignment, partition), can_move,
                       loop_now_ms());
        if (projector->ticks % OUTSIDE_EVERY == 0 &&
            assignment_report(&projector->assignment, partition, 0).is_out_of_range) {
            partition_recheck(partition); /* what was cut off may be there again */
        }
    }
}

/* No group tells it which partitions there are. */
static bool is_seeking(const struct projector *projector)
{
    return projector->options.apart != NULL && projector->assignment.state == ASSIGNMENT_NONE;
}

static void survey(struct projector *projector)
{
    struct error ignored;
    const bool is_apart = projector->options.apart != NULL;
    if (projector->membership == MEMBERSHIP_IN &&
        kafka_consumer_state(projector->kafka, &ignored) == ERROR_NONE) {
        kafka_consumer_survey(projector->kafka, is_apart ? KAFKA_SURVEY_FIRSTS
                                                : projector->followed.is_all_own
                                                    ? KAFKA_SURVEY_ENDS
                                                    : KAFKA_SURVEY_HOLDERS);
    }
}

static void look_at_topics(struct projector *projector)
{
    if (!projector->gate.is_open) {
        return;
    }
    if (projector->ticks % SURVEY_EVERY == 0 || is_seeking(projector)) {
        survey(projector);
    }
    if (projector->options.apart == NULL) {
        followed_look(&projector->followed, &projector->assignment);
    }
    frozen_look(&projector->frozen);
}

/* As all see it, whoever has the partitions that are behind. */
static const char *state_of(const struct projector *projector)
{
    if (projector->options.apart != NULL) {
        return "filling";
    }
    return projector->positions.is_recovering ? "recovering" : "live";
}

static void tell(struct projector *projector)
{
    report_send(&projector->assignment, followed_all_partitions(&projector->followed),
                state_of(projector), projector->gate.conn);
}

static bool is_told_whole(const struct projector *projector)
{
    return projector->assignment.state == ASSIGNMENT_RUNNING && projector->gate.is_open &&
           followed_all_partitions(&projector->followed) > 0 &&
           report_is_whole(&projector->assignment);
}

/* Until readers know of each partition: they say that they do not know how whole the views are. */
static void on_telling(void *user)
{
    struct projector *projector = user;
    const bool is_last = is_told_whole(projector);
    if (projector->assignment.state == ASSIGNMENT_RUNNING && projector->gate.is_open) {
        if (followed_all_partitions(&projector->followed) == 0) {
            survey(projector);
        }
        tell(projector);
    }
    if (!is_last && loop_now_ms() < projector->telling_until_ms) {
        loop_timer_start(projector->telling_timer, TELLING_MS);
    }
}

void projector_tell_soon(struct projector *projector)
{
    if (projector->options.apart == NULL) {
        projector->telling_until_ms = loop_now_ms() + TELLING_FOR_MS;
        loop_timer_start(projector->telling_timer, TELLING_MS);
    }
}

static void work(struct projector *projector)
{
    compare_after_cut(projector);
    look_at_partitions(projector);
    if (projector->gate.is_open && !projector->positions.comparing.is_asked) {
        tell(projector);
        positions_compare(&projector->positions);
    }
    positions_settle(&projector->positions);
    if (projector->ticks % COMMIT_EVERY == 0 && projector->options.apart == NULL) {
        assignment_commit(&projector->assignment);
    }
}

static void on_tick(void *user)
{
    struct projector *projector = user;
    loop_timer_start(projector->tick_timer, is_seeking(projector) ? SEEKING_MS : TICK_MS);
    projector->ticks++;
    projector_keep_group(projector);
    look_at_topics(projector);
    if (projector->ticks % FITNESS_EVERY == 0 && projector->gate.is_open) {
        redis_gate_check(&projector->gate);
    }
    if (projector->ticks % SCOUT_EVERY == 0 && projector->gate.is_open) {
        redis_gate_scout(&projector->gate);
    }
    if (projector->assignment.state == ASSIGNMENT_RUNNING) {
        work(projector);
    }
}

/* --- life */

static enum error_kind open_redis(struct projector *projector, struct error *err)
{
    const struct redis_gate_options options = {
        .url = projector->options.redis_url,
        .on_open = on_gate_open,
        .on_shut = on_gate_shut,
        .on_moved = on_gate_moved,
        .on_fatal = on_gate_fatal,
        .user = projector,
    };
    const enum error_kind kind = redis_gate_init(&projector->gate, projector->loop, &options, err);
    projector->context.redis = projector->followed.redis = projector->frozen.redis =
        projector->gate.conn;
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
    reader_name(options->version, projector->reader);
    projector->context = (struct partition_context){
        .metrics = metrics,
        .recent_cap = options->recent_cap,
        .stream_cap = options->stream_cap,
        .limits = options->limits,
        .is_quiet = options->apart != NULL,
        .reader = strview_of(projector->reader),
        .on_closed = on_partition_closed,
        .on_stopped = on_partition_stopped,
        .on_room = on_partition_room,
        .on_restart = on_partition_restart,
        .on_recovered = on_partition_recovered,
        .user = projector,
    };
    partition_context_open(&projector->context, loop);
    assignment_init(&projector->assignment, loop, &projector->context);
    followed_init(&projector->followed);
    frozen_init(&projector->frozen);
    projector->frozen.reader = projector->context.reader;
    projector->frozen.assignment = &projector->assignment;
    projector->frozen.followed = &projector->followed;
    positions_init(&projector->positions, loop, &projector->assignment, &projector->gate);
    if (options->apart != NULL) {
        projector->positions.generation = options->apart->generation;
        projector->positions.on_exchanged = on_exchanged;
        projector->positions.user = projector;
    }
    projector->tick_timer = loop_timer_new(loop, on_tick, projector);
    projector->telling_timer = loop_timer_new(loop, on_telling, projector);
    projector->heeding = loop_deferred_new(loop, on_heed, projector);
    enum error_kind kind = open_redis(projector, err);
    if (kind == ERROR_NONE) {
        kind = projector_open_group(projector, err);
    }
    if (kind != ERROR_NONE) {
        projector_free(projector);
        return kind;
    }
    if (options->apart == NULL) {
        metrics_on_scrape(metrics, projector_on_scrape, projector);
    }
    loop_timer_start(projector->tick_timer, is_seeking(projector) ? 0 : TICK_MS);
    *ret_projector = projector;
    return ERROR_NONE;
}

void projector_drain(struct projector *projector)
{
    if (projector->membership == MEMBERSHIP_ENDING || projector->membership == MEMBERSHIP_ENDED) {
        return;
    }
    projector->membership = MEMBERSHIP_ENDING;
    if (projector->assignment.state == ASSIGNMENT_OPENING) { /* given, and never answered */
        positions_stop(&projector->positions);
        assignment_give_up(&projector->assignment);
    }
    kafka_consumer_close(projector->kafka);
}

bool projector_is_drained(const struct projector *projector)
{
    return projector->membership == MEMBERSHIP_ENDED;
}

void projector_free(struct projector *projector)
{
    if (projector == NULL) {
        return;
    }
    redis_gate_done(&projector->gate); /* first: no call of a partition ends after this */
    assignment_done(&projector->assignment);
    positions_done(&projector->positions);
    followed_done(&projector->followed);
    partition_context_close(&projector->context);
    kafka_consumer_free(projector->kafka);
    loop_timer_free(projector->tick_timer);
    loop_timer_free(projector->telling_timer);
    loop_deferred_free(projector->heeding);
    free(projector);
}
