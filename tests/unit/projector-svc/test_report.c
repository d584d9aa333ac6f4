/* SPDX-License-Identifier: Apache-2.0 */
/* What the metrics tell of the partitions held: each state its own number. */
#include "common/run/metrics.h"
#include "projector-svc/consume/report.h"
#include "projector-svc/metrics.h"
#include "tests/support/check_main.h"

START_TEST(each_state_of_partitions_is_told_by_its_own_number)
{
    enum { HELD = 8, OUT_OF_RANGE = 2, STALLED, STUCK, UNREPORTED, RECOVERING };
    const struct report_totals totals = {.partitions = HELD,
                                         .out_of_range = OUT_OF_RANGE,
                                         .stalled = STALLED,
                                         .stuck = STUCK,
                                         .unreported = UNREPORTED,
                                         .recovering = RECOVERING};
    static const struct {
        size_t state;
        double told;
    } STATES[] = {{PARTITION_ASSIGNED, HELD},         {PARTITION_OUT_OF_RANGE, OUT_OF_RANGE},
                  {PARTITION_STALLED, STALLED},       {PARTITION_STUCK, STUCK},
                  {PARTITION_UNREPORTED, UNREPORTED}, {PARTITION_RECOVERING, RECOVERING}};
    struct metrics *metrics = metrics_new(PROJECTOR_METRICS, PROJECTOR_METRIC_COUNT);
    report_expose(&totals, metrics);
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        ck_assert(metrics_get(metrics, METRIC_PARTITIONS, STATES[i].state) == STATES[i].told);
    }
    metrics_free(metrics);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/consume/report");
    TCase *totals = tcase_create("totals");
    tcase_add_test(totals, each_state_of_partitions_is_told_by_its_own_number);
    suite_add_tcase(suite, totals);
    return check_main(suite);
}
