/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/watch/watching.h"

#include "common/base/must.h"
#include "common/base/stall.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "relay-svc/lease/marking.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/shards/shards.h"

#include <stdio.h>
#include <stdlib.h>

enum { TABLE_MAX = 64, OWNER_MAX = 128 };

struct watched {
    bool has_rows;         /* behind the position, when last counted */
    int64_t position;      /* the same, as the database has it: of a shard that is not ours */
    char owner[OWNER_MAX]; /* the same; "": nobody */
    bool is_stalled;
    bool is_fill_stalled;
    struct foreign_lock lock;
    struct stall rows;
    struct stall fill;
};

struct watching {
    struct shards *shards;
    struct outbox_store *store;
    const struct publisher *publisher;
    const struct marking *marking;
    const char *owner; /* this relay's name */
    bool is_asking;
    bool is_asking_locks;
    struct foreign_lock member; /* our own row of relay_member */
    struct foreign_lock table;  /* the first of those locked as a whole */
    char table_name[TABLE_MAX];
    bool has_table;   /* the question in flight was answered with one */
    int64_t distance; /* as the question in flight tells, summed over the shards */
    int64_t oldest_age_ms;
    int missing; /* shards without a row in relay_shard, the first of them */
    int first_missing;
    struct watched *watched; /* by shard */
    struct outbox_lease *held;
    struct stall marks;
    bool are_marks_stalled;
    struct activity sequence;
    struct activity rows; /* of relay_shard */
};

/* --- asking ---------------------------------------------------------------------------- */

static const char STUCK[] = "end that session if it is stuck: pg_terminate_backend(pid)";

static void on_member(void *user, const struct foreign_holder *holder)
{
    struct watching *watching = user;
    if (foreign_lock_look(&watching->member, holder)) {
        log_event(LOG_WARN, "lock_held_elsewhere", LOG_STR("lock", "relay_member"),
                  LOG_STR("name", watching->owner), LOG_STR("holder", watching->member.holder),
                  LOG_TEXT(STUCK));
    }
}

static void judge_table(struct watching *watching, struct strview table,
                        const struct foreign_holder *holder)
{
    (void)snprintf(watching->table_name, sizeof watching->table_name, "%.*s", STRVIEW_ARG(table));
    if (foreign_lock_look(&watching->table, holder)) {
        log_event(LOG_WARN, "lock_held_elsewhere", LOG_STR("lock", "table"),
                  LOG_STR("name", watching->table_name), LOG_STR("holder", watching->table.holder),
                  LOG_TEXT(STUCK));
    }
}

static void on_table(void *user, struct strview table, const struct foreign_holder *holder)
{
    struct watching *watching = user;
    if (!watching->has_table) {
        watching->has_table = true;
        judge_table(watching, table, holder);
    }
}

static void on_locks_done(void *user, const struct error *err)
{
    static const struct foreign_holder NOBODY = {.pid = 0};
    struct watching *watching = user;
    watching->is_asking_locks = false;
    if (err == NULL && !watching->has_table) {
        judge_table(watching, (struct strview){0}, &NOBODY);
    }
}

/* By itself: what waits for a locked table fails, and all that is asked together with it. */
static void ask_locks(struct watching *watching)
{
    static const struct outbox_lock_events EVENTS = {.on_table = on_table,
                                                     .on_done = on_locks_done};
    watching->is_asking_locks = true;
    watching->has_table = false;
    outbox_store_table_locks(watching->store, &EVENTS, watching);
}

static void judge_holder(struct watched *watched, int shard, const struct foreign_holder *holder)
{
    if (foreign_lock_look(&watched->lock, holder)) {
        log_event(LOG_WARN, "lock_held_elsewhere", LOG_STR("lock", watched->lock.table),
                  LOG_INT("name", shard), LOG_STR("holder", watched->lock.holder),
                  LOG_STR("harm", foreign_lock_harm(&watched->lock)), LOG_TEXT(STUCK));
    }
}

/* A shard's numbers have holes, as all draw from one sequence. */
static void count_shard(const struct watching *watching, const struct outbox_waiting *waiting)
{
    struct metrics *metrics = watching->shards->metrics;
    const size_t shard = (size_t)waiting->shard;
    struct shard_stand *stand = &watching->shards->all[shard].stand;
    stand->position = waiting->position;
    stand->newest = waiting->position + waiting->distance;
    stand->rows_behind =
        (waiting->distance + watching->shards->count - 1) / watching->shards->count;
    stand->oldest_age_ms = waiting->oldest_age_ms;
    metrics_set(metrics, METRIC_POSITION, shard, (double)waiting->position);
    metrics_set(metrics, METRIC_ROWS_BEHIND, shard, (double)stand->rows_behind);
    metrics_set(metrics, METRIC_SECONDS_BEHIND, shard, (double)waiting->oldest_age_ms / 1e3);
}

static void on_shard(void *user, const struct outbox_waiting *waiting)
{
    struct watching *watching = user;
    if (waiting->shard < 0 || waiting->shard >= watching->shards->count) {
        return;
    }
    struct watched *watched = &watching->watched[waiting->shard];
    watched->has_rows = waiting->distance > 0;
    watched->position = waiting->position;
    (void)snprintf(watched->owner, sizeof watched->owner, "%.*s", STRVIEW_ARG(waiting->owner));
    judge_holder(watched, waiting->shard, &waiting->holder);
    if (waiting->is_missing && watching->missing++ == 0) {
        watching->first_missing = waiting->shard;
    }
    count_shard(watching, waiting);
    watching->distance += waiting->distance;
    watching->oldest_age_ms = waiting->oldest_age_ms > watching->oldest_age_ms
                                  ? waiting->oldest_age_ms
                                  : watching->oldest_age_ms;
}

static void on_sequence(void *user, const struct error *fault)
{
    struct watching *watching = user;
    if (fault == NULL) {
        activity_succeeded(&watching->sequence, loop_now_ms());
    } else {
        (void)activity_failed(&watching->sequence, fault, loop_now_ms(), jitter_draw());
    }
}

static void on_lost(void *user, int64_t lost_below)
{
    const struct watching *watching = user;
    struct shards *shards = watching->shards;
    for (int i = 0; i < shards->count; i++) {
        shards_follow(shards, i, shard_log_note_lost(&shards->all[i].log, lost_below));
    }
}

static void judge_rows(struct watching *watching)
{
    struct error err;
    if (watching->missing == 0) {
        activity_succeeded(&watching->rows, loop_now_ms());
        return;
    }
    (void)error_set(&err, ERROR_CONFLICT,
                    "shard %d has no row in relay_shard (%d of %d have none): no relay can hold "
                    "it, and its events wait; see " SHARD_WAY_OUT,
                    watching->first_missing, watching->missing, watching->shards->count);
    (void)activity_failed(&watching->rows, &err, loop_now_ms(), jitter_draw());
}

static void on_done(void *user, const struct error *err)
{
    struct watching *watching = user;
    struct metrics *metrics = watching->shards->metrics;
    watching->is_asking = false;
    if (err == NULL) {
        judge_rows(watching);
        metrics_set(metrics, METRIC_BACKLOG, 0,
                    (double)watching->distance / watching->shards->count);
        metrics_set(metrics, METRIC_OLDEST_AGE, 0, (double)watching->oldest_age_ms / 1000.0);
    }
}

static void ask(struct watching *watching)
{
    static const struct outbox_backlog_events EVENTS = {.on_shard = on_shard,
                                                        .on_sequence = on_sequence,
                                                        .on_lost = on_lost,
                                                        .on_member = on_member,
                                                        .on_done = on_done};
    const struct shards *shards = watching->shards;
    size_t count = 0;
    for (int i = 0; i < shards->count; i++) {
        const struct shard_log *log = &shards->all[i].log;
        if (shard_log_is_owned(log)) {
            watching->held[count++] = (struct outbox_lease){.shard = i, .position = log->position};
        }
    }
    watching->is_asking = true;
    watching->distance = 0;
    watching->oldest_age_ms = 0;
    watching->missing = 0;
    outbox_store_backlog(watching->store, watching->held, count, &EVENTS, watching);
}

/* --- comparing -------------------------------------------------------------------------- */

/* Whoever holds it: a lease of another relay is no progress. */
static int64_t position_of(const struct watching *watching, int shard)
{
    const struct shard_log *log = &watching->shards->all[shard].log;
    return shard_log_is_owned(log) ? log->position : watching->watched[shard].position;
}

static void compare_shard(struct watching *watching, int shard, bool is_fit, int64_t now_ms)
{
    struct watched *watched = &watching->watched[shard];
    const struct shard_log *log = &watching->shards->all[shard].log;
    const int filled = log->fill.topic;
    const int64_t fill = filled < 0 ? 0 : log->fill.read + log->topics[filled].complete_to;
    watched->is_stalled =
        stall_look(&watched->rows, is_fit && log->state != SHARD_LEAVING && watched->has_rows,
                   (uint64_t)position_of(watching, shard), now_ms);
    watched->is_fill_stalled =
        stall_look(&watched->fill, is_fit && log->state == SHARD_RUNNING && filled >= 0,
                   (uint64_t)fill, now_ms);
}

static void compare(struct watching *watching)
{
    struct shards *shards = watching->shards;
    struct error err;
    const int64_t now_ms = loop_now_ms();
    const bool is_database_up = outbox_store_state(watching->store, &err) == ERROR_NONE;
    const bool is_fit = is_database_up && publisher_state(watching->publisher, &err) == ERROR_NONE;
    bool is_dirty = false;
    for (int i = 0; i < shards->count; i++) {
        compare_shard(watching, i, is_fit && !shards->is_draining, now_ms);
        is_dirty = is_dirty || shard_log_is_dirty(&shards->all[i].log);
    }
    watching->are_marks_stalled = stall_look(&watching->marks, is_database_up && is_dirty,
                                             marking_written(watching->marking), now_ms);
}

void watching_look(struct watching *watching)
{
    compare(watching);
    if (!watching->is_asking_locks) {
        ask_locks(watching);
    }
    if (!watching->is_asking) {
        ask(watching);
    }
}

/* --- telling ------------------------------------------------------------------------------ */

bool watching_is_sequence_bad(const struct watching *watching)
{
    return activity_is_failing(&watching->sequence);
}

static enum error_kind set_stalled(const struct watching *watching, int shard, struct error *err)
{
    const long long position = (long long)position_of(watching, shard);
    const char *owner = watching->watched[shard].owner;
    if (shard_log_is_owned(&watching->shards->all[shard].log)) {
        return error_set(
            err, ERROR_CONFLICT,
            "shard %d has rows behind position %lld, and has not moved for ten seconds", shard,
            position);
    }
    return error_set(err, ERROR_CONFLICT,
                     "shard %d has rows behind position %lld, and has not moved for ten seconds: "
                     "%s%s; relay-svc doctor looks for why",
                     shard, position,
                     owner[0] == '\0' ? "no relay holds it" : "it is held by relay ", owner);
}

static enum error_kind probe_shard(const struct watching *watching, int shard, struct error *err)
{
    const struct watched *watched = &watching->watched[shard];
    if (watched->lock.is_held) {
        return error_set(err, ERROR_CONFLICT,
                         "the row of %s of shard %d is locked by %s: %s; "
                         "pg_terminate_backend(pid) if it is stuck",
                         watched->lock.table, shard, watched->lock.holder,
                         foreign_lock_harm(&watched->lock));
    }
    if (watched->is_stalled) {
        return set_stalled(watching, shard, err);
    }
    if (watched->is_fill_stalled) {
        return error_set(err, ERROR_CONFLICT,
                         "a topic of shard %d is being filled, and has not moved for ten seconds",
                         shard);
    }
    return ERROR_NONE;
}

static enum error_kind probe_locks(const struct watching *watching, struct error *err)
{
    if (watching->table.is_held) {
        return error_set(err, ERROR_CONFLICT,
                         "the whole table %s is locked by %s: what needs it waits and fails; "
                         "pg_terminate_backend(pid) if it is stuck",
                         watching->table_name, watching->table.holder);
    }
    if (watching->member.is_held) {
        return error_set(err, ERROR_CONFLICT,
                         "our row of relay_member is locked by %s: other relays will take this one "
                         "for dead; pg_terminate_backend(pid) if it is stuck",
                         watching->member.holder);
    }
    return ERROR_NONE;
}

int watching_locks(const struct watching *watching)
{
    int count = (watching->table.is_held ? 1 : 0) + (watching->member.is_held ? 1 : 0);
    for (int i = 0; i < watching->shards->count; i++) {
        count += watching->watched[i].lock.is_held ? 1 : 0;
    }
    return count;
}

enum error_kind watching_probe(const struct watching *watching, struct error *err)
{
    if (activity_is_failing(&watching->sequence)) {
        return activity_probe((void *)(uintptr_t)&watching->sequence, err); /* only reads */
    }
    if (activity_is_failing(&watching->rows)) {
        return activity_probe((void *)(uintptr_t)&watching->rows, err);
    }
    enum error_kind kind = probe_locks(watching, err);
    for (int i = 0; kind == ERROR_NONE && i < watching->shards->count; i++) {
        kind = probe_shard(watching, i, err);
    }
    if (kind == ERROR_NONE && watching->are_marks_stalled) {
        kind = error_set(err, ERROR_CONFLICT,
                         "positions have moved, and none was written for ten seconds");
    }
    return kind;
}

/* --- life ---------------------------------------------------------------------------------- */

struct watching *watching_new(struct shards *shards, struct outbox_store *store,
                              const struct publisher *publisher, const struct marking *marking,
                              const char *owner)
{
    const size_t count = (size_t)shards->count;
    struct watching *watching = must_allocate(1, sizeof *watching);
    *watching = (struct watching){
        .shards = shards,
        .store = store,
        .publisher = publisher,
        .marking = marking,
        .owner = owner,
        .watched = must_allocate(count, sizeof *watching->watched),
        .held = must_allocate(count, sizeof *watching->held),
        .sequence = ACTIVITY("the outbox's sequence"),
        .rows = ACTIVITY("what relay_shard holds"),
    };
    return watching;
}

void watching_free(struct watching *watching)
{
    if (watching == NULL) {
        return;
    }
    free(watching->watched);
    free(watching->held);
    free(watching);
}
