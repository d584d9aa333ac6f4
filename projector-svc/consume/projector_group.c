/* SPDX-License-Identifier: Apache-2.0 */
/* The projector as a member of its consumer group: what Kafka tells it, and when it stays out. */
#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/run/log.h"
#include "projector-svc/consume/group_properties.h"
#include "projector-svc/consume/projector_internal.h"

#include <stdlib.h>

/* Without Redis: as long as the group would wait for a dead member. */
enum { LEAVE_AFTER_MS = 6000 };

/* What is read again after a pause is asked for when the broker has answered about those that are
 * at their end; meanwhile what is queued is applied. */
enum { FETCH_WAIT_MS = 25 };

/* More than an answer of the broker brings, as a rule: what was fetched is handed out before the
 * next one is there, so that pausing throws nothing away. */
enum { BATCH_MAX = 2000 };

/* --- what Kafka tells */

static void on_records(void *user, struct kafka_record *records, size_t count)
{
    struct projector *projector = user;
    (void)FAULT_POINT("projector.polled");
    for (size_t i = 0; i < count; i++) {
        struct partition *partition =
            projector->assignment.state == ASSIGNMENT_RUNNING
                ? assignment_find(&projector->assignment, records[i].topic, records[i].partition)
                : NULL;
        if (partition == NULL || !projector_follows(projector, &records[i])) {
            kafka_record_done(&records[i]);
        } else {
            partition_take(partition, &records[i]);
        }
    }
    assignment_heed_room(&projector->assignment, false);
}

static void on_drained(void *user)
{
    struct projector *projector = user;
    assignment_heed_room(&projector->assignment, true);
}

static void on_end(void *user, const struct kafka_position *end)
{
    const struct projector *projector = user;
    struct partition *partition =
        assignment_find(&projector->assignment, end->topic, end->partition);
    if (partition != NULL) {
        partition_at_end(partition, end->offset);
    }
}

static void on_assigned(void *user, const struct kafka_position *places, size_t count)
{
    struct projector *projector = user;
    (void)FAULT_POINT("projector.assigned");
    assignment_take(&projector->assignment, places, count, projector->topics);
    projector->was_cut = false;
    projector->trouble.kind = ERROR_NONE;
    if (projector->followed_since_ms == 0) {
        projector->followed_since_ms = loop_now_ms();
    }
    if (count > 0 && projector->options.apart == NULL) {
        kafka_consumer_ask_committed(projector->kafka, places, count);
    }
    positions_open_soon(&projector->positions, 0);
    projector_tell_soon(projector);
}

static void on_revoked(void *user, const struct kafka_position *places, size_t count, bool is_lost)
{
    struct projector *projector = user;
    (void)places;
    (void)FAULT_POINT("projector.revoke");
    log_event(LOG_INFO, "partitions_revoked", LOG_INT("count", count), LOG_BOOL("lost", is_lost));
    positions_stop(&projector->positions);
    assignment_revoke(&projector->assignment);
}

static void on_partition_error(void *user, const struct kafka_position *where,
                               const struct error *err)
{
    const struct projector *projector = user;
    struct partition *partition =
        assignment_find(&projector->assignment, where->topic, where->partition);
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
    projector->trouble = *err;
    log_event(LOG_WARN, "kafka_trouble", LOG_ERR(err));
}

static void on_kafka_closed(void *user)
{
    struct projector *projector = user;
    projector->membership = MEMBERSHIP_ENDED;
}

/* So far the views were once: perhaps Redis has lost some since. */
static void on_committed(void *user, const struct kafka_position *positions, size_t count)
{
    struct projector *projector = user;
    for (size_t i = 0; i < count; i++) {
        struct partition *partition =
            assignment_find(&projector->assignment, positions[i].topic, positions[i].partition);
        if (partition != NULL) {
            const int64_t known_goal = assignment_report(&projector->assignment, partition, 0).goal;
            partition_note_committed(partition, positions[i].offset);
            positions_tell_goal(&projector->positions, partition, known_goal);
        }
    }
}

/* The first place that lost its beginning, where that is not there already; NULL: none has. */
static const struct kafka_survey_place *
find_cut(const struct projector_apart *apart, const struct kafka_survey_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const bool may_begin_late =
            apart->begins_anywhere ||
            (!apart->reads_replayed && apart->replayed[places[i].topic] != NULL);
        if (places[i].first > 0 && !may_begin_late) {
            return &places[i];
        }
    }
    return NULL;
}

/* Apart from the group all of it is ours, once Kafka has told where it begins. */
static void take_all(struct projector *projector, const struct kafka_survey_place *places,
                     size_t count)
{
    const struct kafka_survey_place *cut = find_cut(projector->options.apart, places, count);
    struct kafka_position *all = must_allocate(count + 1, sizeof *all);
    bool is_known = count > 0;
    for (size_t i = 0; i < count; i++) {
        all[i] =
            (struct kafka_position){.topic = places[i].topic, .partition = places[i].partition};
        is_known = is_known && places[i].first >= 0;
    }
    is_known = is_known && projector->gate.is_open;
    struct error err;
    if (cut != NULL) {
        (void)error_set(&err, ERROR_FATAL,
                        "%s/%d begins at offset %lld: Kafka no longer has the events before it. "
                        "`relay-svc replay` writes all of them to a topic of their own, and "
                        "`projector-svc rebuild --from-topic` begins there",
                        projector->topics[cut->topic], (int)cut->partition, (long long)cut->first);
        projector->options.on_fatal(projector->options.user, &err);
    } else if (is_known) {
        projector_pass_over(projector, places, count);
        on_assigned(projector, all, count);
    }
    free(all);
}

/* When Kafka does not answer, what was known stays. */
static void on_surveyed(void *user, const struct kafka_survey_place *places, size_t count,
                        const struct error *err)
{
    struct projector *projector = user;
    if (err == NULL) {
        followed_take_survey(&projector->followed, places, count);
        if (projector->options.apart != NULL && projector->assignment.state == ASSIGNMENT_NONE) {
            take_all(projector, places, count);
        } else if (projector->options.apart != NULL &&
                   followed_wants_survey(&projector->followed)) {
            kafka_consumer_survey(projector->kafka, KAFKA_SURVEY_FIRSTS);
        }
    }
}

static const struct kafka_consumer_callbacks KAFKA_EVENTS = {
    .on_records = on_records,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_assigned = on_assigned,
    .on_revoked = on_revoked,
    .on_partition_error = on_partition_error,
    .on_error = on_kafka_error,
    .on_committed = on_committed,
    .on_surveyed = on_surveyed,
    .on_closed = on_kafka_closed,
};

/* --- in and out */

void projector_keep_group(struct projector *projector)
{
    struct error err;
    if (projector->options.apart != NULL) {
        return;
    }
    const bool is_out = projector->membership == MEMBERSHIP_OUT;
    const bool leaves = projector->membership == MEMBERSHIP_IN &&
                        redis_gate_shut_for_ms(&projector->gate, loop_now_ms()) >= LEAVE_AFTER_MS;
    if (!leaves && !(is_out && projector->gate.is_open)) {
        return;
    }
    if ((leaves ? kafka_consumer_leave : kafka_consumer_join)(projector->kafka, &err) !=
        ERROR_NONE) {
        log_event(LOG_WARN, "group_unchanged", LOG_ERR(&err));
        return;
    }
    projector->membership = leaves ? MEMBERSHIP_OUT : MEMBERSHIP_IN;
    log_event(
        leaves ? LOG_WARN : LOG_INFO, leaves ? "group_left" : "group_joined",
        LOG_TEXT(leaves ? "Redis is away: others may take the partitions" : "Redis answers again"));
}

/* In place of the usual topic; NULL: it is read. */
static const char *replayed_topic(const struct projector *projector, size_t type)
{
    const struct projector_apart *apart = projector->options.apart;
    return apart != NULL && apart->reads_replayed ? apart->replayed[type] : NULL;
}

static enum error_kind name_topics(struct projector *projector, struct error *err)
{
    for (size_t type = 0; type < AGGREGATE_COUNT; type++) {
        const char *replayed = replayed_topic(projector, type);
        if (replayed != NULL) {
            projector->topics[type] = projector->followed.topics[type] = replayed;
            continue;
        }
        if (!topic_name(projector->options.topic_prefix,
                        strview_of(aggregate_name((enum aggregate_type)type)),
                        projector->topic_names[type])) {
            return error_set(err, ERROR_FATAL, "the topic prefix makes no legal topic name");
        }
        projector->topics[type] = projector->followed.topics[type] = projector->topic_names[type];
    }
    return ERROR_NONE;
}

enum error_kind projector_open_group(struct projector *projector, struct error *err)
{
    enum error_kind kind = name_topics(projector, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct kafka_config config = projector->options.kafka;
    struct kafka_property *properties =
        group_properties(config.properties, config.property_count, &config.property_count);
    config.properties = properties;
    const struct kafka_consumer_options options = {
        .config = config,
        .group_id = projector->options.group,
        .chooses_itself = projector->options.apart != NULL,
        .topics = projector->topics,
        .topic_count = AGGREGATE_COUNT,
        .max_batch = BATCH_MAX,
        .fetch_wait_ms = FETCH_WAIT_MS,
        .reads_uncommitted = true, /* a stranger's open transaction would hide what is behind it */
        .events = &KAFKA_EVENTS,
        .user = projector,
    };
    kind = kafka_consumer_new(projector->loop, &options, &projector->kafka, err);
    projector->assignment.kafka = projector->kafka;
    free(properties);
    return kind;
}
