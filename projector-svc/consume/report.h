/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what partitions say of themselves: to readers through Redis, to operators as metrics.
 *
 * Why in Redis too: any projector answers /v1/freshness for all partitions, also
 * for those that another one holds.
 */
#ifndef PROJECTOR_SVC_CONSUME_REPORT_H
#define PROJECTOR_SVC_CONSUME_REPORT_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"
#include "projector-svc/consume/partition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct assignment;
struct metrics;
struct redisconn;

/* What readers learn; end -1: the topic is not followed. data is NULL when the arena is full. */
struct strview report_document(struct arena *arena, const struct partition_report *report,
                               int64_t now_ms);

struct report_totals {
    size_t partitions;
    size_t out_of_range;
    size_t stalled;
    size_t stuck;
    size_t behind;
    size_t recovering;
    size_t queued;
    size_t held[AGGREGATE_COUNT]; /* partitions */
    int64_t lag_events[AGGREGATE_COUNT];
    int64_t lag_ms[AGGREGATE_COUNT]; /* of the slowest */
    size_t unreported; /* partitions whose events nobody brings here, see followed.h */
    int64_t missed_events[AGGREGATE_COUNT];
    int64_t silent_ms[AGGREGATE_COUNT]; /* of the one that was silent longest */
};

struct report_totals report_totals_of(const struct assignment *assignment, int64_t now_ms);

/* Of what is held, and of what nobody reports. An aggregate with neither has no lag that we know.
 */
void report_expose(const struct report_totals *totals, struct metrics *metrics);

/* Once a second: each partition's document, and of how many there are any. partitions: 0: not
 * known. */
void report_send(const struct assignment *assignment, size_t partitions, const char *state,
                 struct redisconn *conn);

/* Whether Kafka has answered each since it was opened. */
bool report_is_whole(const struct assignment *assignment);

/* Health probes: user is the assignment. Fails when one stands still until a person has done
 * something, or when not a single one moves. */
enum error_kind report_probe_partitions(void *user, struct error *err);

/* Fails and names those that are stuck. */
enum error_kind report_probe_stuck(void *user, struct error *err);

#endif
