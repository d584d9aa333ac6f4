/* SPDX-License-Identifier: Apache-2.0 */
/* How the consuming half is: probes and metrics. */
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/run/health.h"
#include "common/run/metrics.h"
#include "projector-svc/consume/projector_internal.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/metrics.h"

enum { FOLLOW_WITHIN_MS = 10000 };

enum error_kind projector_probe_kafka(void *user, struct error *err)
{
    struct projector *projector = user;
    const enum error_kind kind = kafka_consumer_state(projector->kafka, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (projector->membership == MEMBERSHIP_OUT) {
        return error_set(err, ERROR_TRANSIENT, "outside the group until Redis answers");
    }
    if (projector->assignment.state == ASSIGNMENT_NONE) {
        const bool has_trouble = projector->trouble.kind != ERROR_NONE;
        return error_set(err, ERROR_TRANSIENT, "the group has assigned no partitions yet%s%s",
                         has_trouble ? "; last heard: " : "",
                         has_trouble ? projector->trouble.text : "");
    }
    return activity_probe(&projector->assignment.assigning, err);
}

enum error_kind projector_probe_partitions(void *user, struct error *err)
{
    struct projector *projector = user;
    return report_probe_partitions(&projector->assignment, err);
}

/* In the first seconds the topics may just be being made: ready means that all are followed. Later
 * the others are not withheld for one that is missing. */
enum error_kind projector_probe_following(void *user, struct error *err)
{
    struct projector *projector = user;
    const bool is_early = loop_now_ms() - projector->followed_since_ms < FOLLOW_WITHIN_MS;
    if (projector->assignment.state == ASSIGNMENT_NONE ||
        (!is_early && followed_count(&projector->followed) > 0)) {
        return followed_probe_all(&projector->followed, err); /* NONE is "kafka"'s to say */
    }
    return followed_probe(&projector->followed, err);
}

/* Advisory are those that name what stands still while the rest goes on. */
void projector_add_probes(struct projector *projector, struct health *health)
{
    health_add(health, "redis", redis_gate_probe, &projector->gate);
    health_add(health, "kafka", projector_probe_kafka, projector);
    health_add(health, "partitions", projector_probe_partitions, projector);
    health_add(health, "following", projector_probe_following, projector);
    health_add_advisory(health, "functions", redis_gate_probe_functions, &projector->gate);
    health_add_advisory(health, "topics", followed_probe, &projector->followed);
    health_add_advisory(health, "unreported", activity_probe, &projector->followed.bringing);
    health_add_advisory(health, "positions", activity_probe, &projector->positions.agreeing);
    health_add_advisory(health, "progress", report_probe_stuck, &projector->assignment);
    health_add_advisory(health, "frozen", activity_probe, &projector->frozen.standing);
}

void projector_on_scrape(void *user)
{
    const struct projector *projector = user;
    struct report_totals totals = report_totals_of(&projector->assignment, loop_wall_ms());
    followed_add(&projector->followed, loop_wall_ms(), &totals);
    report_expose(&totals, projector->metrics);
    metrics_set(projector->metrics, METRIC_PARTITIONS, PARTITION_UNCOMPARED,
                activity_is_failing(&projector->positions.agreeing) ? (double)totals.partitions
                                                                    : 0);
    frozen_expose(&projector->frozen, projector->metrics);
    metrics_set(projector->metrics, METRIC_TOPICS, TOPICS_WANTED, AGGREGATE_COUNT);
    metrics_set(projector->metrics, METRIC_TOPICS, TOPICS_FOLLOWED,
                (double)followed_count(&projector->followed));
}
