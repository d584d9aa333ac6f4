/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/metrics.h"

#include "common/base/must.h"
#include "common/base/strbuf.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRAPE_MAX = 8 };

const double METRIC_SECONDS[METRIC_SECONDS_COUNT] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
};

#define TYPE_NAME_ROW(TYPE, name) [METRIC_##TYPE] = (name),
static const char *const TYPE_NAMES[] = {METRIC_TYPES(TYPE_NAME_ROW)};

/* One label value of one metric. buckets[i] counts what is ≤ bound i and > the one before. */
struct series {
    double value; /* of a histogram: the sum */
    uint64_t count;
    bool is_touched;
    uint64_t *buckets;
};

struct entry {
    const struct metric *metric;
    struct series *series;
    size_t series_count;
};

struct metrics {
    struct entry *entries;
    size_t count;
    struct {
        void (*callback)(void *user);
        void *user;
    } scrapes[SCRAPE_MAX];
    size_t scrape_count;
};

static size_t count_series(const struct metric *metric)
{
    size_t count = 0;
    if (metric->label == NULL) {
        return 1;
    }
    if (metric->values == NULL) {
        return metric->label_count;
    }
    while (metric->values[count] != NULL) {
        count++;
    }
    return count;
}

static const double *bounds_of(const struct metric *metric, size_t *ret_count)
{
    *ret_count = metric->bounds == NULL ? METRIC_SECONDS_COUNT : metric->bound_count;
    return metric->bounds == NULL ? METRIC_SECONDS : metric->bounds;
}

static void make_entry(struct entry *entry, const struct metric *metric)
{
    size_t bound_count = 0;
    (void)bounds_of(metric, &bound_count);
    entry->metric = metric;
    entry->series_count = count_series(metric);
    entry->series = must_allocate(entry->series_count + 1, sizeof *entry->series);
    for (size_t i = 0; i < entry->series_count; i++) {
        entry->series[i].is_touched = metric->label == NULL || metric->values != NULL;
        if (metric->type == METRIC_HISTOGRAM) {
            entry->series[i].buckets = must_allocate(bound_count + 1, sizeof(uint64_t));
        }
    }
}

struct metrics *metrics_new(const struct metric *table, size_t count)
{
    struct metrics *metrics = must_allocate(1, sizeof *metrics);
    (void)metrics_append(metrics, table, count);
    return metrics;
}

size_t metrics_append(struct metrics *metrics, const struct metric *table, size_t count)
{
    const size_t first = metrics->count;
    struct entry *grown = realloc(metrics->entries, (first + count + 1) * sizeof *grown);
    if (grown == NULL) {
        abort();
    }
    metrics->entries = grown;
    for (size_t i = 0; i < count; i++) {
        make_entry(&metrics->entries[first + i], &table[i]);
    }
    metrics->count += count;
    return first;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    for (size_t i = 0; i < metrics->count; i++) {
        for (size_t j = 0; j < metrics->entries[i].series_count; j++) {
            free(metrics->entries[i].series[j].buckets);
        }
        free(metrics->entries[i].series);
    }
    free(metrics->entries);
    free(metrics);
}

static struct series *touch(struct metrics *metrics, size_t which, size_t label)
{
    assert(which < metrics->count && label < metrics->entries[which].series_count);
    struct series *series = &metrics->entries[which].series[label];
    series->is_touched = true;
    return series;
}

void metrics_add(struct metrics *metrics, size_t which, size_t label, double amount)
{
    touch(metrics, which, label)->value += amount;
}

void metrics_set(struct metrics *metrics, size_t which, size_t label, double value)
{
    touch(metrics, which, label)->value = value;
}

void metrics_observe(struct metrics *metrics, size_t which, size_t label, double value)
{
    struct series *series = touch(metrics, which, label);
    const struct metric *metric = metrics->entries[which].metric;
    size_t bound_count = 0;
    const double *bounds = bounds_of(metric, &bound_count);
    assert(metric->type == METRIC_HISTOGRAM);
    series->value += value;
    series->count++;
    for (size_t i = 0; i < bound_count; i++) {
        if (value <= bounds[i]) {
            series->buckets[i]++;
            return;
        }
    }
}

double metrics_get(const struct metrics *metrics, size_t which, size_t label)
{
    assert(which < metrics->count && label < metrics->entries[which].series_count);
    return metrics->entries[which].series[label].value;
}

void metrics_on_scrape(struct metrics *metrics, void (*callback)(void *user), void *user)
{
    assert(metrics->scrape_count < SCRAPE_MAX);
    metrics->scrapes[metrics->scrape_count].callback = callback;
    metrics->scrapes[metrics->scrape_count].user = user;
    metrics->scrape_count++;
}

/* --- exposition ---------------------------------------------------------------- */

/* Whole numbers without a fraction, so that counters read as counts. */
static void put_number(struct strbuf *out, double value)
{
    if (value == floor(value) && fabs(value) < 1e15) {
        strbuf_append_i64(out, (int64_t)value);
    } else {
        strbuf_printf(out, "%.9g", value);
    }
}

/* The label, and le= for a bucket, in braces; nothing when there is neither. */
static void put_labels(struct strbuf *out, const struct metric *metric, size_t label,
                       const char *le)
{
    if (metric->label == NULL && le == NULL) {
        return;
    }
    strbuf_append_char(out, '{');
    if (metric->label != NULL && metric->values != NULL) {
        strbuf_printf(out, "%s=\"%s\"", metric->label, metric->values[label]);
    } else if (metric->label != NULL) {
        strbuf_printf(out, "%s=\"%zu\"", metric->label, label);
    }
    if (le != NULL) {
        strbuf_printf(out, "%sle=\"%s\"", metric->label == NULL ? "" : ",", le);
    }
    strbuf_append_char(out, '}');
}

static void put_sample(struct strbuf *out, const struct metric *metric, const char *suffix,
                       size_t label, double value)
{
    strbuf_append_cstr(out, metric->name);
    strbuf_append_cstr(out, suffix);
    put_labels(out, metric, label, NULL);
    strbuf_append_char(out, ' ');
    put_number(out, value);
    strbuf_append_char(out, '\n');
}

static void put_bucket(struct strbuf *out, const struct metric *metric, size_t label,
                       const char *le, uint64_t count)
{
    strbuf_printf(out, "%s_bucket", metric->name);
    put_labels(out, metric, label, le);
    strbuf_printf(out, " %" PRIu64 "\n", count);
}

static void put_histogram(struct strbuf *out, const struct metric *metric,
                          const struct series *series, size_t label)
{
    size_t bound_count = 0;
    uint64_t total = 0;
    const double *bounds = bounds_of(metric, &bound_count);
    for (size_t i = 0; i < bound_count; i++) {
        char le[32];
        (void)snprintf(le, sizeof le, "%.9g", bounds[i]);
        total += series->buckets[i];
        put_bucket(out, metric, label, le, total);
    }
    put_bucket(out, metric, label, "+Inf", series->count);
    put_sample(out, metric, "_sum", label, series->value);
    put_sample(out, metric, "_count", label, (double)series->count);
}

static void put_entry(struct strbuf *out, const struct entry *entry)
{
    const struct metric *metric = entry->metric;
    strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                  TYPE_NAMES[metric->type]);
    for (size_t i = 0; i < entry->series_count; i++) {
        if (!entry->series[i].is_touched || isnan(entry->series[i].value)) {
            continue;
        }
        if (metric->type == METRIC_HISTOGRAM) {
            put_histogram(out, metric, &entry->series[i], i);
        } else {
            put_sample(out, metric, "", i, entry->series[i].value);
        }
    }
}

void metrics_expose(struct metrics *metrics, struct strbuf *out)
{
    for (size_t i = 0; i < metrics->scrape_count; i++) {
        metrics->scrapes[i].callback(metrics->scrapes[i].user);
    }
    for (size_t i = 0; i < metrics->count; i++) {
        put_entry(out, &metrics->entries[i]);
    }
}

void metrics_markdown(const struct metric *table, size_t count, struct strbuf *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct metric *metric = &table[i];
        strbuf_printf(out, "| `%s` | %s | ", metric->name, TYPE_NAMES[metric->type]);
        if (metric->label != NULL) {
            strbuf_printf(out, "`%s`", metric->label);
        }
        for (size_t j = 0; metric->values != NULL && metric->values[j] != NULL; j++) {
            strbuf_printf(out, "%s%s", j == 0 ? ": " : ", ", metric->values[j]);
        }
        strbuf_printf(out, " | %s |\n", metric->help);
    }
}
