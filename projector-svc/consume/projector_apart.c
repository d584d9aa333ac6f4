/* SPDX-License-Identifier: Apache-2.0 */
/* The projector apart from its group, as somebody leads it. */
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/consume/projector_internal.h"
#include "projector-svc/core/keys.h"

/* Before the positions are read, on the same connection. That it was so is kept: nothing more can
 * come of the events before, so live views that stand among them are not waited for. */
static void begin_at(const struct projector *projector, const struct kafka_survey_place *place)
{
    enum { ARENA_MAX = 4096 };
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    const struct strview slot =
        keys_slot(&arena, strview_of(projector->topics[place->topic]), place->partition);
    const struct strview first = strview_of(NUMBER_TEXT(place->first));
    redisconn_tell(projector->gate.conn,
                   REDISCONN_COMMAND(STRVIEW("HSETNX"), STRVIEW(KEYS_POSITION), slot, first));
    redisconn_tell(projector->gate.conn,
                   REDISCONN_COMMAND(STRVIEW("HSET"), STRVIEW(KEYS_REBUILD),
                                     keys_rebuild_first(&arena, slot), first));
}

static void tell_torn(const struct projector *projector, int topic, int32_t number)
{
    struct error err;
    const char *replayed = projector->options.apart->replayed[topic];
    (void)error_set(
        &err, ERROR_FATAL,
        "%s/%d begins behind the last event that %s has of it: others may lie between "
        "them. `relay-svc replay --append --topic %s` once more, up to now, then the same "
        "`projector-svc rebuild --from-topic`",
        projector->topics[topic], (int)number, replayed, replayed);
    projector->options.on_fatal(projector->options.user, &err);
}

/* What comes after it is refused, if it is not whole. */
static void expect(const struct projector *projector, const struct kafka_survey_place *place)
{
    struct seam(*seams)[SHARDS_MAX] = projector->options.apart->seams;
    if (place->partition < SHARDS_MAX &&
        !seam_expect(&seams[place->topic][place->partition], place->first, place->end)) {
        tell_torn(projector, place->topic, place->partition);
    }
}

void projector_pass_over(const struct projector *projector, const struct kafka_survey_place *places,
                         size_t count)
{
    const struct projector_apart *apart = projector->options.apart;
    for (size_t i = 0; i < count && !apart->reads_replayed; i++) {
        if (apart->replayed[places[i].topic] != NULL && places[i].first > 0) {
            begin_at(projector, &places[i]);
            expect(projector, &places[i]);
        }
    }
}

/* 0: it has none, or was published late and out of order. */
static int64_t number_of(const struct kafka_record *record, bool is_replayed)
{
    int64_t number;
    const bool is_late =
        !is_replayed && kafka_record_header(record, TOPICS_HEADER_CE_REPUBLISHED).len > 0;
    return !is_late && topics_read_sequence(kafka_record_header(record, TOPICS_HEADER_CE_SEQUENCE),
                                            &number)
               ? number
               : 0;
}

bool projector_follows(const struct projector *projector, const struct kafka_record *record)
{
    const struct projector_apart *apart = projector->options.apart;
    if (apart == NULL || apart->replayed[record->topic] == NULL ||
        record->partition >= SHARDS_MAX) {
        return true;
    }
    struct seam *seam = &apart->seams[record->topic][record->partition];
    const bool was_torn = seam->state == SEAM_TORN;
    if (apart->reads_replayed) {
        seam_note(seam, number_of(record, true));
    } else if (!seam_meet(seam, record->offset, number_of(record, false)) && !was_torn) {
        tell_torn(projector, record->topic, record->partition);
    }
    return seam->state != SEAM_TORN;
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

/* Each end is known, and none is behind a record. */
static const char *find_empty(const struct assignment *assignment, const char *const *topics)
{
    int64_t ends[AGGREGATE_COUNT] = {0};
    size_t partitions[AGGREGATE_COUNT] = {0};
    const char *empty = NULL;
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const size_t type = partition_name(partition)->aggregate;
        const int64_t end = assignment_report(assignment, partition, 0).end;
        ends[type] += end >= 0 ? end : 1;
        partitions[type]++;
    }
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        if (topics[type] != NULL && partitions[type] > 0 && ends[type] == 0) {
            empty = topics[type];
        }
    }
    return empty;
}

static void add_replayed(const struct assignment *assignment, const struct partition *partition,
                         struct projector_replayed *replayed)
{
    const struct partition_report report = assignment_report(assignment, partition, 0);
    takeover_add(&replayed->state, report.end, report.position);
    replayed->are_ends_known = replayed->are_ends_known && report.end >= 0;
    replayed->is_over = replayed->is_over && !report.is_behind;
}

struct projector_replayed projector_replayed(const struct projector *projector)
{
    const struct assignment *assignment = &projector->assignment;
    const char *const *topics = projector->options.apart->replayed;
    bool is_there[AGGREGATE_COUNT] = {false};
    const bool is_running = assignment->state == ASSIGNMENT_RUNNING;
    struct projector_replayed replayed = {.are_ends_known = is_running, .is_over = is_running};
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const enum aggregate_type type = partition_name(partition)->aggregate;
        is_there[type] = true;
        if (topics[type] != NULL) {
            add_replayed(assignment, partition, &replayed);
        }
    }
    replayed.empty = replayed.is_over ? find_empty(assignment, topics) : NULL;
    replayed.is_over = replayed.is_over && replayed.empty == NULL;
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        const bool is_missing = topics[type] != NULL && !is_there[type];
        if (is_missing && is_running) {
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

/* Its first record is still to come, and may be one that does not follow. Where the live views
 * stand before it nothing else waits for it. */
static bool has_open_seam(const struct projector *projector, const struct partition *partition)
{
    const struct projector_apart *apart = projector->options.apart;
    const struct partition_name *name = partition_name(partition);
    return name->number < SHARDS_MAX &&
           apart->seams[name->aggregate][name->number].state == SEAM_OPEN;
}

bool projector_is_at_limit(struct projector *projector)
{
    const struct assignment *assignment = &projector->assignment;
    bool is_at_limit = assignment->state == ASSIGNMENT_RUNNING;
    for (size_t i = 0; i < assignment->count; i++) {
        is_at_limit = partition_is_at_ceiling(assignment->partitions[i]) && is_at_limit &&
                      !has_open_seam(projector, assignment->partitions[i]);
    }
    return is_at_limit;
}

void projector_ask_ends(struct projector *projector)
{
    followed_ask_anew(&projector->followed);
    kafka_consumer_survey(projector->kafka, KAFKA_SURVEY_FIRSTS);
}

/* Why not what was fetched last: while Kafka stands still that is an end, too. */
bool projector_find_short(const struct projector *projector, struct projector_short *ret)
{
    const struct assignment *assignment = &projector->assignment;
    for (size_t i = 0; i < assignment->count; i++) {
        const struct partition *partition = assignment->partitions[i];
        const struct partition_name *name = partition_name(partition);
        const int64_t end = followed_new_end(&projector->followed, name->topic_index, name->number);
        int64_t ceiling;
        if (end >= 0 && partition_ends_below(partition, end, &ceiling)) {
            *ret = (struct projector_short){
                .slot = partition_slot(partition), .end = end, .wanted = ceiling};
            return true;
        }
    }
    return false;
}
