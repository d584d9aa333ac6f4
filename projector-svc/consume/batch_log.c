/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/consume/batch_log.h"

#include "common/io/loop.h"
#include "common/run/log.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/views/batch.h"

/* Which customer it is stands in projection:frozen, not in a log. */
static struct strview id_shown(const struct batch_aggregate *aggregate)
{
    return aggregate->type == AGGREGATE_CUSTOMER ? STRVIEW("*") : aggregate->id;
}

/* The first of those that came now and cannot be read, and how many they are. */
static const struct incoming *find_unread(const struct batch_aggregate *aggregate, bool is_foreign,
                                          uint64_t *ret_count)
{
    const struct lineup *lineup = &aggregate->lineup;
    const struct incoming *first = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < lineup->parked_count; i++) {
        const struct lineup_item *item = &lineup->parked[i];
        const struct incoming *incoming = item->event;
        if (!item->is_stored && !item->is_readable &&
            (incoming->kind == INCOMING_FOREIGN) == is_foreign) {
            first = first == NULL ? incoming : first;
            (*ret_count)++;
        }
    }
    return first;
}

static void log_unread(const struct batch_aggregate *aggregate, struct strview slot,
                       bool is_foreign, struct news *news)
{
    uint64_t times = 0;
    const struct incoming *first = find_unread(aggregate, is_foreign, &times);
    const bool is_frozen_anew = aggregate->lineup.state != batch_aggregate_state_before(aggregate);
    if (first == NULL || (!is_frozen_anew && !news_is_due(news, times, loop_now_ms(), &times))) {
        return;
    }
    log_event(is_foreign ? LOG_WARN : LOG_ERROR, is_foreign ? "record_foreign" : "event_unreadable",
              LOG_STR("type", aggregate_name(aggregate->type)), LOG_VIEW("id", id_shown(aggregate)),
              LOG_VIEW("slot", slot), LOG_INT("offset", first->offset), LOG_INT("times", times),
              LOG_STR("why", first->why),
              LOG_TEXT("parked with everything behind it; the others flow"));
}

/* A fork is for a person; a gap may close by itself. */
static enum log_level level_of(enum lineup_state state)
{
    if (state == LINEUP_FORKED) {
        return LOG_ERROR;
    }
    return state == LINEUP_DRAINING || state == LINEUP_FLOWING ? LOG_INFO : LOG_WARN;
}

static void log_aggregate(const struct batch_aggregate *aggregate, struct strview slot)
{
    const struct lineup *lineup = &aggregate->lineup;
    if (lineup->state == batch_aggregate_state_before(aggregate)) {
        return;
    }
    log_event(level_of(lineup->state),
              lineup->state == LINEUP_FLOWING ? "aggregate_flows" : "aggregate_frozen",
              LOG_STR("type", aggregate_name(aggregate->type)), LOG_VIEW("id", id_shown(aggregate)),
              LOG_VIEW("slot", slot), LOG_STR("reason", lineup_state_name(lineup->state)),
              LOG_INT("waits_for", lineup->version + 1),
              LOG_TEXT("projector-svc dead-letters show TYPE:ID tells more"));
}

/* By whom and why stands in projection:decided. */
static void log_decided(const struct batch_aggregate *aggregate, struct strview slot)
{
    if (aggregate->portion == 0 || batch_aggregate_stays(aggregate) ||
        aggregate->decided == aggregate->frozen.decided) {
        return;
    }
    log_event(LOG_INFO, "decision_carried_out", LOG_STR("type", aggregate_name(aggregate->type)),
              LOG_VIEW("id", id_shown(aggregate)), LOG_VIEW("slot", slot),
              LOG_INT("decisions", aggregate->decisions.count),
              LOG_INT("dropped", aggregate->lineup.dropped),
              LOG_INT("version", aggregate->lineup.version));
}

void batch_log(const struct batch *batch, struct strview slot, struct batch_log_news *news,
               struct metrics *metrics)
{
    const struct batch_counts *counts = &batch->counts;
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_APPLIED, (double)counts->applied);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_DUPLICATE, (double)counts->duplicates);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_PARKED, (double)counts->parked);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_UNREADABLE, (double)counts->unreadable);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_FOREIGN, (double)counts->foreign);
    metrics_add(metrics, METRIC_EVENTS, OUTCOME_UNTOLD, (double)counts->untold);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_GAP, (double)counts->gaps);
    metrics_add(metrics, METRIC_FROZEN, FROZEN_FORK, (double)counts->forks);
    metrics_observe(metrics, METRIC_BATCH_EVENTS, 0, (double)batch->event_count);
    for (size_t i = 0; i < batch->aggregate_count; i++) {
        log_unread(batch->aggregates[i], slot, true, &news->foreign);
        log_unread(batch->aggregates[i], slot, false, &news->unreadable);
        log_decided(batch->aggregates[i], slot);
        log_aggregate(batch->aggregates[i], slot);
    }
}
