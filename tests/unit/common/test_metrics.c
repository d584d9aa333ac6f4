/* SPDX-License-Identifier: Apache-2.0 */
/* The text Prometheus reads, and the README's table. */
#include "common/base/strbuf.h"
#include "common/run/metrics.h"
#include "tests/support/check_main.h"

#include <math.h>
#include <string.h>

enum { COMMANDS, QUEUE, LAG, LATENCY, ROW_COUNT };

static const char *const OUTCOMES[] = {"accepted", "refused", NULL};
static const double BOUNDS[] = {0.1, 1};

static const struct metric ROWS[ROW_COUNT] = {
    [COMMANDS] = {.name = "commands_total",
                  .type = METRIC_COUNTER,
                  .help = "Commands.",
                  .label = "outcome",
                  .values = OUTCOMES},
    [QUEUE] = {.name = "queue_bytes", .type = METRIC_GAUGE, .help = "Waiting."},
    [LAG] = {.name = "lag_seconds",
             .type = METRIC_GAUGE,
             .help = "Lag.",
             .label = "shard",
             .label_count = 12},
    [LATENCY] = {.name = "took_seconds",
                 .type = METRIC_HISTOGRAM,
                 .help = "Took.",
                 .bounds = BOUNDS,
                 .bound_count = 2},
};

static struct metrics *metrics;
static struct strbuf text;

static void setup(void)
{
    metrics = metrics_new(ROWS, ROW_COUNT);
    strbuf_init(&text, 65536);
}

static void teardown(void)
{
    metrics_free(metrics);
    strbuf_done(&text);
}

START_TEST(every_row_is_exposed_with_its_help_and_type)
{
    metrics_add(metrics, COMMANDS, 1, 2);
    metrics_add(metrics, COMMANDS, 1, 1);
    metrics_set(metrics, QUEUE, 0, 4096);
    metrics_set(metrics, LAG, 7, 0.25);
    metrics_observe(metrics, LATENCY, 0, 0.1);
    metrics_observe(metrics, LATENCY, 0, 0.5);
    metrics_observe(metrics, LATENCY, 0, 60);

    metrics_expose(metrics, &text);

    ck_assert_str_eq(strbuf_cstr(&text), "# HELP commands_total Commands.\n"
                                         "# TYPE commands_total counter\n"
                                         "commands_total{outcome=\"accepted\"} 0\n"
                                         "commands_total{outcome=\"refused\"} 3\n"
                                         "# HELP queue_bytes Waiting.\n"
                                         "# TYPE queue_bytes gauge\n"
                                         "queue_bytes 4096\n"
                                         "# HELP lag_seconds Lag.\n"
                                         "# TYPE lag_seconds gauge\n"
                                         "lag_seconds{shard=\"7\"} 0.25\n"
                                         "# HELP took_seconds Took.\n"
                                         "# TYPE took_seconds histogram\n"
                                         "took_seconds_bucket{le=\"0.1\"} 1\n"
                                         "took_seconds_bucket{le=\"1\"} 2\n"
                                         "took_seconds_bucket{le=\"+Inf\"} 3\n"
                                         "took_seconds_sum 60.6\n"
                                         "took_seconds_count 3\n");
}
END_TEST

static void bring_up_to_date(void *user)
{
    (void)user;
    metrics_set(metrics, QUEUE, 0, 7);
}

START_TEST(gauges_are_brought_up_to_date_when_asked)
{
    metrics_on_scrape(metrics, bring_up_to_date, NULL);

    metrics_expose(metrics, &text);

    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&text), "\nqueue_bytes 7\n"));
}
END_TEST

START_TEST(what_is_not_known_has_no_sample)
{
    metrics_set(metrics, QUEUE, 0, (double)NAN);
    metrics_expose(metrics, &text);
    ck_assert_ptr_null(strstr(strbuf_cstr(&text), "\nqueue_bytes"));
    metrics_set(metrics, QUEUE, 0, 0);
    metrics_expose(metrics, &text);
    ck_assert_ptr_nonnull(strstr(strbuf_cstr(&text), "\nqueue_bytes 0\n"));
}
END_TEST

START_TEST(appended_rows_keep_the_first_ones_where_they_were)
{
    static const struct metric MORE[] = {
        {.name = "more_total", .type = METRIC_COUNTER, .help = "More."}};
    metrics_set(metrics, QUEUE, 0, 5);

    const size_t first = metrics_append(metrics, MORE, 1);
    metrics_add(metrics, first, 0, 1);

    ck_assert_uint_eq(first, ROW_COUNT);
    ck_assert_double_eq(metrics_get(metrics, QUEUE, 0), 5);
    ck_assert_double_eq(metrics_get(metrics, first, 0), 1);
}
END_TEST

START_TEST(the_table_for_people_names_label_values)
{
    metrics_markdown(ROWS, 2, &text);

    ck_assert_str_eq(strbuf_cstr(&text),
                     "| `commands_total` | counter | `outcome`: accepted, refused | Commands. |\n"
                     "| `queue_bytes` | gauge |  | Waiting. |\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/run/metrics");
    TCase *exposition = tcase_create("exposition");
    tcase_add_checked_fixture(exposition, setup, teardown);
    tcase_add_test(exposition, every_row_is_exposed_with_its_help_and_type);
    tcase_add_test(exposition, gauges_are_brought_up_to_date_when_asked);
    tcase_add_test(exposition, what_is_not_known_has_no_sample);
    tcase_add_test(exposition, appended_rows_keep_the_first_ones_where_they_were);
    tcase_add_test(exposition, the_table_for_people_names_label_values);
    suite_add_tcase(suite, exposition);
    return check_main(suite);
}
