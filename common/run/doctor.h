/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor.h - the subcommand `doctor`: whether all that a service needs is there, and where
 * something is not, the line that mends it.
 *
 * Why beside /readyz: that one asks a service that runs. This one is for the evening before, and
 * for a service that does not come up: with its own settings and secrets it reaches each party,
 * changes nothing, and says more than the first thing that is wrong.
 *
 * A service has one table of checks. One whose `needs` failed is not made: there is nothing to
 * learn. Exit codes: 0 all is well, 1 something is not, 2 wrong usage or settings.
 */
#ifndef COMMON_RUN_DOCTOR_H
#define COMMON_RUN_DOCTOR_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOCTOR_ARGUMENTS "[-o json]"

enum { DOCTOR_CHECKS_MAX = 16, DOCTOR_LINE_MAX = 1024 };

struct service_call;
struct strbuf;

struct doctor_check {
    const char *name;  /* "clock" */
    const char *needs; /* the name of an earlier row; NULL: none */
    size_t part;       /* offset in the service's patient of what the function is handed */
    /* ERROR_NONE, having told what is there (may be nothing), or what is wrong. */
    enum error_kind (*look)(void *part, struct strbuf *told, struct error *err);
    const char *mends; /* one line; NULL: where something is wrong, look has told that line */
};

enum doctor_state { DOCTOR_WELL = 0, DOCTOR_ILL, DOCTOR_SKIPPED };

struct doctor_finding {
    enum doctor_state state;
    char says[ERROR_TEXT_MAX];   /* skipped: the check that it needs */
    char mends[DOCTOR_LINE_MAX]; /* ill: the line */
};

/* Makes the checks in their order. Returns whether all are well. */
bool doctor_look(const struct doctor_check *checks, size_t count, void *patient,
                 struct doctor_finding *findings);

/* For people, and as JSON: {"service": …, "is_well": …, "checks": [{name, state, says, mends}]}. */
void doctor_put_table(const struct doctor_check *checks, const struct doctor_finding *findings,
                      size_t count, struct strbuf *out);
void doctor_put_json(const char *service, const struct doctor_check *checks,
                     const struct doctor_finding *findings, size_t count, struct strbuf *out);

/* Pure: whether a party's clock, read between before_ms and after_ms of ours, is too far from it.
 */
MUST_USE enum error_kind doctor_compare_clocks(const char *party, int64_t theirs_ms,
                                               int64_t before_ms, int64_t after_ms,
                                               struct error *err);

/* How a clock is set. */
#define DOCTOR_CLOCK_MENDS "set the clocks of both machines: timedatectl set-ntp true"

/* The subcommand: arguments, checks, stdout, exit code. */
int doctor_run(const struct service_call *call, const struct doctor_check *checks, size_t count,
               void *patient);

#endif
