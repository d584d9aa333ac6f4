/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume.h - what ends a stop that only a person can end: what is to be written down about which
 * topic.
 *
 * Why this module is alone: whoever says "go on" has seen a certain stop, and must not end another
 * one. So a decision names the record or the seq it goes on behind, or that a topic is to be filled
 * again, and it counts only for a shard that stands for that.
 *
 *     the partition ends with a record the outbox does not hold   go on behind that record
 *     the topic was made anew, or cut                             fill it with all the outbox has
 *     both: the record lies before what was acknowledged          fill it; or go on behind
 *     the topic lacks what the outbox has dropped                 the same
 *     rows are gone, or can be neither read nor parked            go on behind them
 *
 * Pure.
 */
#ifndef RELAY_SVC_CORE_RESUME_H
#define RELAY_SVC_CORE_RESUME_H

#include "relay-svc/core/shard_log.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * WAITS:   it does not stand, or is just looking
 * GOES:    as the plan says
 * RUNS:    nothing keeps it
 * RECORD:  the partition ends with another record
 * SEQ:     what it stands for ends with another seq
 * OTHER:   it stands for something else
 */
#define RESUME_VERDICTS(X)                                                                         \
    X(WAITS, "not yet")                                                                            \
    X(GOES, "carried out")                                                                         \
    X(RUNS, "nothing to do: the shard runs")                                                       \
    X(RECORD, "refused: the partition ends with another record; look at the message again")        \
    X(SEQ, "refused: what cannot be published ends with another seq; look at the message again")   \
    X(OTHER, "refused: the shard stands for something else; look at the message again")

#define RESUME_ENTRY(VERDICT, words) RESUME_##VERDICT,
enum resume_verdict { RESUME_VERDICTS(RESUME_ENTRY) RESUME_VERDICT_COUNT };

enum { RESUME_ANY_TOPIC = -1 }; /* whichever it stands for */

struct resume_wish {
    int topic;          /* one that it has not means none */
    bool is_refill;     /* else: go on behind that record or seq */
    struct uuid record; /* by its id */
    int64_t past;       /* 0: it is the record */
};

/* What the database is to say of a topic from now on; or (past > 0) that rows are left out, see
 * shard_log_leave_out(). */
struct resume_plan {
    int64_t past;
    int topic;
    struct tail_mark sent;
    int64_t complete_to; /* -1: as it is */
};

enum resume_verdict resume_judge(const struct resume_wish *wish, const struct shard_log *log,
                                 struct resume_plan *ret_plan);

/* For a person. */
const char *resume_words(enum resume_verdict verdict);

#endif
