/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.h - counters, gauges and histograms from one static table per service.
 *
 * Why a table: names, units and sentences stand together, the README's list comes
 * from it, and an update is an array index instead of a look-up by name.
 *
 *     #define COMMAND_METRIC_ROWS(X)                                                            \
 *         X(METRIC_QUEUE, GAUGE, "orderspine_queue_commands", "Commands that wait.", )          \
 *         X(METRIC_COMMANDS, COUNTER, "orderspine_commands_total", "Commands by outcome.",      \
 *           METRIC_BY("outcome", OUTCOMES))
 *     enum command_metric { COMMAND_METRIC_ROWS(METRIC_ENTRY) COMMAND_METRIC_COUNT };
 *     const struct metric COMMAND_METRICS[] = {COMMAND_METRIC_ROWS(METRIC_ROW)};
 *
 * One label at most, with a bounded set of values: named ones (all of them are
 * exposed from the start) or numbers below label_count (exposed once touched).
 * Ids never are labels.
 *
 * Threads: the loop's only.
 */
#ifndef COMMON_RUN_METRICS_H
#define COMMON_RUN_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct metrics;
struct strbuf;

#define METRIC_TYPES(X)               X(COUNTER, "counter") X(GAUGE, "gauge") X(HISTOGRAM, "histogram")

#define METRIC_TYPE_ENTRY(TYPE, name) METRIC_##TYPE,
enum metric_type { METRIC_TYPES(METRIC_TYPE_ENTRY) METRIC_TYPE_COUNT };

struct metric {
    const char *name; /* with its unit: _total, _seconds, _bytes */
    enum metric_type type;
    const char *help;
    const char *label;         /* NULL: none */
    const char *const *values; /* NULL-ended label values, or NULL: numbers */
    size_t label_count;        /* with numbers: how many */
    const double *bounds;      /* histogram: upper bounds, ascending; NULL: METRIC_SECONDS */
    size_t bound_count;
};

/* Of a list of rows: the enum, and the table by it. */
#define METRIC_ENTRY(NAME, TYPE, name, help, more) NAME,
#define METRIC_ROW(NAME, TYPE, text, sentence, more)                                               \
    [NAME] = {.name = (text), .type = METRIC_##TYPE, .help = (sentence), more},
#define METRIC_BY(name, names) .label = (name), .values = (names)
#define METRIC_BOUNDS(array)   .bounds = (array), .bound_count = sizeof(array) / sizeof((array)[0])

/* Bounds from 0.5 ms to 10 s, for latencies. */
enum { METRIC_SECONDS_COUNT = 14 };
extern const double METRIC_SECONDS[METRIC_SECONDS_COUNT];

struct metrics *metrics_new(const struct metric *table, size_t count);

/* Adds another table; returns the index its first row has here. */
size_t metrics_append(struct metrics *metrics, const struct metric *table, size_t count);
void metrics_free(struct metrics *metrics);

/* which = the row's index; label = index of the label's value, 0 without one. */
void metrics_add(struct metrics *metrics, size_t which, size_t label, double amount);
/* NAN: not known; it has no sample then, as any number would be taken for one. */
void metrics_set(struct metrics *metrics, size_t which, size_t label, double value);
void metrics_observe(struct metrics *metrics, size_t which, size_t label, double value);
double metrics_get(const struct metrics *metrics, size_t which, size_t label);

/* Called before each exposition, to bring gauges up to date. Several may be added. */
void metrics_on_scrape(struct metrics *metrics, void (*callback)(void *user), void *user);

/* Prometheus text format 0.0.4. */
void metrics_expose(struct metrics *metrics, struct strbuf *out);

/* The rows of the README's table: name, type, label, sentence. */
void metrics_markdown(const struct metric *table, size_t count, struct strbuf *out);

#endif
