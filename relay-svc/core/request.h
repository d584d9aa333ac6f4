/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request.h - what becomes of what a person has asked for: that an aggregate in the quarantine is
 * tried again, or that its first event is skipped and the rest published.
 *
 * Why this module is alone: a decision must never hit another event than the one it was made about,
 * and nothing may be published out of order; both are decided here, from values. Pure.
 */
#ifndef RELAY_SVC_CORE_REQUEST_H
#define RELAY_SVC_CORE_REQUEST_H

#include "relay-svc/core/shard_log.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * WAITS:    not now: the shard does not run, parks something, or its topic is being filled
 * GOES:     it is to be carried out
 * GONE:     the aggregate waits no more
 * OTHER:    another event than the one to be skipped comes first
 * NO_TOPIC: there is nowhere to publish to
 */
#define REQUEST_VERDICTS(X)                                                                        \
    X(WAITS, "not yet")                                                                            \
    X(GOES, "carried out")                                                                         \
    X(GONE, "nothing to do: no event of it waits")                                                 \
    X(OTHER, "refused: another event of it comes first now; look at it again")                     \
    X(NO_TOPIC, "refused: its aggregate type has no topic; add it to AGGREGATE_TYPES, start "      \
                "relay-svc anew and retry")

#define REQUEST_ENTRY(VERDICT, words) REQUEST_##VERDICT,
enum request_verdict { REQUEST_VERDICTS(REQUEST_ENTRY) REQUEST_VERDICT_COUNT };

struct request_facts {
    int64_t asked; /* the event it was made about, by seq */
    int64_t first; /* that waits of the aggregate; 0: none */
    int topic;     /* -1: there is none */
    bool is_skip;
    bool is_parking; /* the shard pauses for something else */
};

enum request_verdict request_judge(const struct request_facts *facts, const struct shard_log *log);

/* For a person. */
const char *request_words(enum request_verdict verdict);

#endif
