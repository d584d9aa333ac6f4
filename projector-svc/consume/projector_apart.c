/* SPDX-License-Identifier: Apache-2.0 */
/* The projector apart from its group, as somebody leads it. */
#include "common/base/cleanup.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/consume/projector_internal.h"
#include "projector-svc/core/keys.h"

#include <inttypes.h>
#include <stdio.h>

/* Before the positions are read, on the same connection. That it was so is kept: nothing more can
 * come of the events before, so live views that stand among them are not waited for. */
static void begin_at(const struct projector *projector, const struct kafka_survey_place *place)
{
    enum { ARENA_MAX = 4096 };
    char first[sizeof "-9223372036854775808"];
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, ARENA_MAX);
    const struct strview slot =
        keys_slot(&arena, strview_of(projector->topics[place->topic]), place->partition);
    (void)snprintf(first, sizeof first, "%" PRId64, place->first);
    const struct strview begin[] = {STRVIEW("HSETNX"), STRVIEW(KEYS_POSITION), slot,
                                    strview_of(first)};
    const struct strview note[] = {STRVIEW("HSET"), STRVIEW(KEYS_REBUILD),
                                   keys_rebuild_first(&arena, slot), strview_of(first)};
    redisconn_tell(projector->gate.conn, (struct redisconn_command){begin, 4});
    redisconn_tell(projector->gate.conn, (struct redisconn_command){note, 4});
}

void projector_pass_over(const struct projector *projector, const struct kafka_survey_place *places,
                         size_t count)
{
    const struct projector_apart *apart = projector->options.apart;
    for (size_t i = 0; i < count && !apart->reads_replayed; i++) {
        if (apart->replayed[places[i].topic] != NULL && places[i].first > 0) {
            begin_at(projector, &places[i]);
        }
    }
}

bool projector_limit(struct projector *projector, projector_limit_fn *limit_of, void *user)
{
    const struct assignment *assignment = &projector->assignment;
    for (size_t i = 0; i < assignment->count; i++) {
        struct partition *partition = assignment->partitions[i];
        partition_set_ceiling(partition, limit_of(user, partition_slot(partition)));
    }
    assignment_heed_room(&projector->assignment, false);
    return assignment->state == ASSIGNMENT_RUNNING;
}

static void add_replayed(const struct assignment *assignment, const struct partition *partition,
                         struct projector_replayed *replayed)
{
    const struct partition_report report = assignment_report(assignment, partition, 0);
    replayed->events += report.end > 0 ? report.end : 0;
    replayed->done += report.position;
    replayed->is_over = replayed->is_over && !report.is_behind;
}

struct projector_replayed projector_replayed(const struct projector *projector)
{
    const struct assignment *assignment = &projector->assignment;
    const char *const *topics = projector->options.apart->replayed;
    bool is_there[AGGREGATE_COUNT] = {false};
    struct projector_replayed replayed = {.is_over = assignment->state == ASSIGNMENT_RUNNING};
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const enum aggregate_type type = partition_name(partition)->aggregate;
        is_there[type] = true;
        if (topics[type] != NULL) {
            add_replayed(assignment, partition, &replayed);
        }
    }
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        const bool is_missing = topics[type] != NULL && !is_there[type];
        if (is_missing && assignment->state == ASSIGNMENT_RUNNING) {
            replayed.missing = topics[type];
            replayed.is_over = false;
        }
    }
    return replayed;
}

bool projector_reads(const struct projector *projector, struct strview slot)
{
    const struct assignment *assignment = &projector->assignment;
    size_t at = 0;
    while (at < assignment->count &&
           !strview_equal(slot, partition_slot(assignment->partitions[at]))) {
        at++;
    }
    return at < assignment->count;
}

bool projector_is_at_limit(struct projector *projector)
{
    const struct assignment *assignment = &projector->assignment;
    bool is_at_limit = assignment->state == ASSIGNMENT_RUNNING;
    for (size_t i = 0; i < assignment->count; i++) {
        is_at_limit = partition_is_at_ceiling(assignment->partitions[i]) && is_at_limit;
    }
    return is_at_limit;
}
