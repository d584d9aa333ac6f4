/* SPDX-License-Identifier: Apache-2.0 */
/*
 * projector_internal.h - the consuming half, for the files of its module.
 *
 *   projector.c ──> projector_apart.c, projector_group.c, projector_health.c
 */
#ifndef PROJECTOR_SVC_CONSUME_PROJECTOR_INTERNAL_H
#define PROJECTOR_SVC_CONSUME_PROJECTOR_INTERNAL_H

#include "common/contract/topics.h"
#include "projector-svc/consume/assignment.h"
#include "projector-svc/consume/followed.h"
#include "projector-svc/consume/frozen.h"
#include "projector-svc/consume/partition.h"
#include "projector-svc/consume/positions.h"
#include "projector-svc/consume/projector.h"
#include "projector-svc/consume/redis_gate.h"
#include "projector-svc/core/reader.h"

/* Where we stand to the group. */
enum membership {
    MEMBERSHIP_IN = 0,
    MEMBERSHIP_OUT, /* until Redis answers */
    MEMBERSHIP_ENDING,
    MEMBERSHIP_ENDED,
};

struct projector {
    struct loop *loop;
    struct metrics *metrics;
    struct projector_options options;
    struct redis_gate gate;
    struct kafka_consumer *kafka;
    char topic_names[AGGREGATE_COUNT][TOPIC_NAME_MAX + 1];
    const char *topics[AGGREGATE_COUNT]; /* the same */
    struct partition_context context;
    struct assignment assignment;
    struct positions positions;
    enum membership membership;
    bool was_cut;         /* from a broker, since the partitions were compared */
    struct error trouble; /* the client's last; kind ERROR_NONE: none since partitions came */
    struct followed followed;
    struct frozen frozen;
    char reader[READER_NAME_MAX];
    int64_t followed_since_ms; /* the first assignment; 0: none yet */
    struct loop_timer *tick_timer;
    struct loop_timer *telling_timer; /* while readers wait for the first report */
    int64_t telling_until_ms;
    struct loop_deferred *heeding; /* that there is room */
    unsigned ticks;
};

/* Joins the group, with every topic by name. ERROR_FATAL on a bad prefix or bad settings. */
MUST_USE enum error_kind projector_open_group(struct projector *projector, struct error *err);

/* What is ours anew is told at once, not with the next tick. */
void projector_tell_soon(struct projector *projector);

/* A share that nobody can work on is given back: another member may reach Redis. Alone it waits as
 * well outside. */
void projector_keep_group(struct projector *projector);

/* What Kafka no longer has of topics that were replayed is there already. */
void projector_pass_over(const struct projector *projector, const struct kafka_survey_place *places,
                         size_t count);

/* Apart: false where events may be missing before the record, which was told as fatal. */
MUST_USE bool projector_follows(const struct projector *projector,
                                const struct kafka_record *record);

/* What the metrics are at this moment; user is the projector. */
void projector_on_scrape(void *user);

#endif
