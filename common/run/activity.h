/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activity.h - what a service does again and again (a statement, a call), and how it fares.
 *
 * Why one place: an attempt that fails and is simply made again is invisible at full
 * speed. So each such thing has one record that (a) keeps its last error, (b) says each
 * kind of it in the log at once and then once a minute, also where attempts fail and
 * succeed by turns, (c) tells how long to wait before the next attempt, 50 ms to 5 s,
 * and (d) answers a probe of /readyz.
 *
 *     static struct activity marking = ACTIVITY("marking");
 *     …  delay_ms = activity_failed(&reading, &err, loop_now_ms(), jitter_draw());
 *     …  activity_succeeded(&reading, loop_now_ms());
 *     health_add(health, "reading", activity_probe, &reading);
 *
 * Ownership: plain values; the name is stored.
 * Units: milliseconds of loop_now_ms().
 * Threads: the loop's.
 */
#ifndef COMMON_RUN_ACTIVITY_H
#define COMMON_RUN_ACTIVITY_H

#include "common/base/backoff.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ACTIVITY_PAUSE_MIN_MS = 50,
    ACTIVITY_PAUSE_MAX_MS = 5000,
    ACTIVITY_TELL_EVERY_MS = 60000,
    ACTIVITY_LATELY_MS = 60000,
    ACTIVITY_WELL_MS = 10000 /* without a failure for so long it has recovered */
};

struct activity {
    const char *name; /* "reading": the log's member "activity" and the probe's word */
    struct backoff backoff;
    struct error last;        /* of the last attempt; kind ERROR_NONE: it succeeded */
    int64_t failing_since_ms; /* while last says a failure */
    int64_t failed_ms;        /* the last failure */
    bool is_told;             /* the log's last word is a failure */
    int64_t told_since_ms;    /* while it is: the first failure of these */
    struct {
        bool is_told;
        int64_t at_ms;
    } kinds[ERROR_KIND_COUNT]; /* what the log has heard since it was well, and when last */
    uint64_t failures;         /* ever, for a metric */
    uint64_t told;             /* log lines ever */
    uint64_t recovered;        /* the same */
};

#define ACTIVITY(n)                                                                                \
    {                                                                                              \
        .name = (n), .backoff = {                                                                  \
            .first_ms = ACTIVITY_PAUSE_MIN_MS,                                                     \
            .cap_ms = ACTIVITY_PAUSE_MAX_MS                                                        \
        }                                                                                          \
    }

void activity_init(struct activity *activity, const char *name);

/*
 * An attempt failed. Keeps the error, logs activity_failed (warn) when the log has not heard of
 * this kind since it was well, and after a minute again. Returns how long to wait.
 */
int64_t activity_failed(struct activity *activity, const struct error *err, int64_t now_ms,
                        uint64_t random);

/* An attempt succeeded; logs activity_recovered (info) when the log's last word is a failure and
 * there was none for ACTIVITY_WELL_MS. */
void activity_succeeded(struct activity *activity, int64_t now_ms);

/* By the loop's clock: err is NULL, or of kind ERROR_NONE, where it succeeded. Returns whether. */
bool activity_note(struct activity *activity, const struct error *err);

/* A success with something else of the same kind (another key): one that is damaged among good ones
 * is no recovery each time a good one is read, but a minute without a failure is. */
void activity_succeeded_elsewhere(struct activity *activity, int64_t now_ms);

bool activity_is_failing(const struct activity *activity);

/* The same, but a failure that nothing has followed for a minute is none any more: for what is not
 * tried again when its cause has gone in another way. */
bool activity_is_failing_lately(const struct activity *activity, int64_t now_ms);

/* ERROR_NONE, or the last error of one that is failing lately, its name in front. */
MUST_USE enum error_kind activity_probe_lately(const struct activity *activity, int64_t now_ms,
                                               struct error *err);

/* A health_probe; user is the struct activity. Fails with the last error, its name in front. */
enum error_kind activity_probe(void *user, struct error *err);

#endif
