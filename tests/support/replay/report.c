/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/report.h"

#include "tests/support/replay/request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { US_PER_S = 1000000, BAR_WIDTH = 30, GROUPED_SIZE = 32 };

void report_init(struct report *report, size_t commands)
{
    *report = (struct report){.latency_max = commands};
    report->latencies_us = calloc(commands == 0 ? 1 : commands, sizeof *report->latencies_us);
    if (report->latencies_us == NULL) {
        abort();
    }
}

void report_done(struct report *report)
{
    free(report->latencies_us);
}

/* ---- counting --------------------------------------------------------------------------- */

static void count_reason(struct report *report, enum plan_kind kind,
                         const struct report_answer *answer)
{
    char slug[REPORT_REASON_SIZE];
    (void)snprintf(slug, sizeof slug, "%.*s", STRVIEW_ARG(answer->reason));
    size_t i = 0;
    while (i < report->reason_count &&
           (report->reasons[i].kind != kind || strcmp(report->reasons[i].slug, slug) != 0)) {
        i++;
    }
    if (i == REPORT_REASONS_MAX) {
        return; /* the counts by command still hold it */
    }
    struct report_reason *reason = &report->reasons[i];
    if (i == report->reason_count) {
        report->reason_count++;
        reason->kind = kind;
        memcpy(reason->slug, slug, sizeof slug);
    }
    reason->count++;
    reason->replayed += answer->is_replayed;
}

static void count_latency(struct report *report, int64_t latency_us)
{
    if (report->latency_count < report->latency_max) {
        report->latencies_us[report->latency_count++] =
            latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
    }
}

void report_count(struct report *report, const struct plan_command *command,
                  const struct report_answer *answer)
{
    struct report_counts *counts = &report->counts[command->kind];
    if (answer->is_replayed) {
        counts->replayed++;
    } else if (answer->is_accepted) {
        counts->accepted++;
    } else {
        counts->refused++;
    }
    if (!answer->is_accepted) {
        count_reason(report, command->kind, answer);
    }
    if (command->order == NULL) {
        return;
    }
    count_latency(report, answer->latency_us);
    if (command->kind == PLAN_PLACE_ORDER && answer->is_accepted) {
        report->placed.orders++;
        report->placed.lines += command->order->line_count;
        report->placed.total_minor += command->order->total_minor;
    }
}

static int64_t sent_of(const struct report_counts *counts)
{
    return counts->accepted + counts->replayed + counts->refused;
}

int64_t report_sent(const struct report *report)
{
    int64_t sent = 0;
    for (size_t kind = 0; kind < PLAN_KIND_COUNT; kind++) {
        sent += sent_of(&report->counts[kind]);
    }
    return sent;
}

/* ---- printing --------------------------------------------------------------------------- */

/* 1234567 as "1,234,567". */
static const char *grouped(int64_t value, char text[static GROUPED_SIZE])
{
    char digits[GROUPED_SIZE];
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    const size_t len = strlen(digits);
    size_t to = 0;
    for (size_t i = 0; i < len; i++) {
        text[to++] = digits[i];
        if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0) {
            text[to++] = ',';
        }
    }
    text[to] = '\0';
    return text;
}

static void print_counts(const char *name, const struct report_counts *counts, FILE *out)
{
    char text[4][GROUPED_SIZE];
    (void)fprintf(out, "%-20s %10s %10s %10s %10s\n", name, grouped(sent_of(counts), text[0]),
                  grouped(counts->accepted, text[1]), grouped(counts->replayed, text[2]),
                  grouped(counts->refused, text[3]));
}

static void print_table(const struct report *report, FILE *out)
{
    struct report_counts sum = {0};
    (void)fprintf(out, "%-20s %10s %10s %10s %10s\n", "command", "sent", "accepted", "replayed",
                  "refused");
    for (enum plan_kind kind = PLAN_ADD_PRODUCT; kind < PLAN_KIND_COUNT; kind++) {
        const struct report_counts *counts = &report->counts[kind];
        sum.accepted += counts->accepted;
        sum.replayed += counts->replayed;
        sum.refused += counts->refused;
        if (sent_of(counts) > 0) {
            print_counts(request_command_name(kind), counts, out);
        }
    }
    print_counts("all", &sum, out);
}

static void print_reasons(const struct report *report, FILE *out)
{
    char text[2][GROUPED_SIZE];
    if (report->reason_count > 0) {
        (void)fprintf(out, "\n%-20s %10s %10s  %s\n", "refused", "times", "replayed", "reason");
    }
    for (size_t i = 0; i < report->reason_count; i++) {
        const struct report_reason *reason = &report->reasons[i];
        (void)fprintf(out, "%-20s %10s %10s  %s\n", request_command_name(reason->kind),
                      grouped(reason->count, text[0]), grouped(reason->replayed, text[1]),
                      reason->slug);
    }
}

static int ascending(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left;
    const uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double percentile_ms(const struct report *report, size_t percent)
{
    if (report->latency_count == 0) {
        return 0;
    }
    const size_t at = (report->latency_count - 1) * percent / 100;
    return report->latencies_us[at] / 1000.0;
}

static double per_second(int64_t count, int64_t elapsed_us)
{
    return elapsed_us <= 0 ? 0 : (double)count * US_PER_S / (double)elapsed_us;
}

static void print_speed(struct report *report, FILE *out)
{
    qsort(report->latencies_us, report->latency_count, sizeof *report->latencies_us, ascending);
    const double seconds = (double)report->sales_us / US_PER_S;
    (void)fprintf(out, "\n%.0f orders/s, %.0f commands on orders a second, over %.1f s\n",
                  per_second(sent_of(&report->counts[PLAN_PLACE_ORDER]), report->sales_us),
                  per_second((int64_t)report->latency_count, report->sales_us), seconds);
    (void)fprintf(out, "answers in p50 %.1f ms, p99 %.1f ms\n", percentile_ms(report, 50),
                  percentile_ms(report, 99));
    if (report->put_off + report->lost > 0) {
        (void)fprintf(out,
                      "tries made again: %" PRId64 " put off by the service, %" PRId64
                      " without an answer\n",
                      report->put_off, report->lost);
    }
}

static void print_sum(const char *what, const struct plan_totals *totals, FILE *out)
{
    char text[3][GROUPED_SIZE];
    (void)fprintf(out, "%s: %s orders, %s lines, %s.%02d GBP\n", what,
                  grouped(totals->orders, text[0]), grouped(totals->lines, text[1]),
                  grouped(totals->total_minor / 100, text[2]), (int)(totals->total_minor % 100));
}

static void print_totals(const struct report *report, const struct plan_totals *planned, FILE *out)
{
    char text[4][GROUPED_SIZE];
    (void)fprintf(out,
                  "\n%s invoices, of which %s without a line to sell, %s cancellations; "
                  "%s of these found no order\n",
                  grouped(planned->invoices, text[0]), grouped(planned->empty_invoices, text[1]),
                  grouped(planned->cancellations, text[2]),
                  grouped(planned->idle_cancellations, text[3]));
    if (planned->merged_codes > 0) {
        (void)fprintf(out, "%s codes are another code's sku\n",
                      grouped(planned->merged_codes, text[0]));
    }
    print_sum("planned", planned, out);
    print_sum("placed", &report->placed, out);
    if (report->withheld > 0) {
        (void)fprintf(out, "%s commands not sent, as their order was refused\n",
                      grouped(report->withheld, text[0]));
    }
}

void report_print(struct report *report, const struct plan_totals *planned, FILE *out)
{
    print_table(report, out);
    print_reasons(report, out);
    print_speed(report, out);
    print_totals(report, planned, out);
}

void report_progress(const struct report *report, int64_t planned, int64_t elapsed_us,
                     bool is_terminal, FILE *out)
{
    const int64_t done = report_sent(report) + report->withheld;
    const int percent = planned == 0 ? 100 : (int)(done * 100 / planned);
    char text[2][GROUPED_SIZE];
    char bar[BAR_WIDTH + 1] = "";
    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
    }
    (void)fprintf(out, "%s[%s] %3d %%  %s of %s commands, %.0f/s, %.0f s%s",
                  is_terminal ? "\r" : "", bar, percent, grouped(done, text[0]),
                  grouped(planned, text[1]), per_second(done, elapsed_us),
                  (double)elapsed_us / US_PER_S, is_terminal ? "  " : "\n");
    (void)fflush(out);
}
