/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what came of a replay: counted while it runs, printed at its end.
 *
 * sent = accepted + replayed + refused: an answer that is a replay of an earlier
 * one counts as replayed, whether it accepts or refuses. Refusals are listed by
 * reason, replayed ones among them.
 */
#ifndef TESTS_SUPPORT_REPLAY_REPORT_H
#define TESTS_SUPPORT_REPLAY_REPORT_H

#include "common/base/strview.h"
#include "tests/support/replay/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { REPORT_REASONS_MAX = 64, REPORT_REASON_SIZE = 48 };

struct report_answer {
    bool is_accepted;      /* 2xx */
    bool is_replayed;      /* Idempotent-Replayed */
    struct strview reason; /* the problem's slug; empty when accepted */
    int64_t latency_us;    /* of the try that was answered */
};

struct report_counts {
    int64_t accepted;
    int64_t replayed;
    int64_t refused;
};

struct report_reason {
    enum plan_kind kind;
    char slug[REPORT_REASON_SIZE];
    int64_t count;
    int64_t replayed;
};

struct report {
    struct report_counts counts[PLAN_KIND_COUNT];
    struct report_reason reasons[REPORT_REASONS_MAX];
    size_t reason_count;
    uint32_t *latencies_us; /* of the commands on orders */
    size_t latency_count;
    size_t latency_max;
    struct plan_totals placed; /* orders, lines and total of the orders that stand */
    int64_t withheld;          /* commands on an order that was refused */
    int64_t put_off;           /* tries answered 429, 503 … and made again */
    int64_t lost;              /* tries without an answer, made again */
    int64_t sales_us;          /* how long the sales took */
};

void report_init(struct report *report, size_t commands);
void report_done(struct report *report);

void report_count(struct report *report, const struct plan_command *command,
                  const struct report_answer *answer);

/* Answers counted so far. */
int64_t report_sent(const struct report *report);

void report_print(struct report *report, const struct plan_totals *planned, FILE *out);

/* One line of progress, drawn over itself on a terminal. */
void report_progress(const struct report *report, int64_t planned, int64_t elapsed_us,
                     bool is_terminal, FILE *out);

#endif
