/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asking.h - a request on its way to a decision, and the ways to refuse it.
 *
 * Every refusal is counted, and returns false, so that a step can end with it; the request is
 * answered and the asking gone then.
 *
 * Ownership: an asking lives in its request's arena. Threads: the loop's.
 */
#ifndef COMMAND_SVC_HTTP_ASKING_H
#define COMMAND_SVC_HTTP_ASKING_H

#include "command-svc/batch/id_source.h"
#include "command-svc/batch/lanes.h"
#include "command-svc/core/rate.h"
#include "command-svc/core/trickle.h"
#include "command-svc/http/command_json.h"
#include "command-svc/metrics.h"

struct digest;
struct http_request;
struct principal;

/* What the whole interface has. */
struct asking_means {
    struct lanes *lanes;
    struct metrics *metrics; /* may be NULL */
    struct digest *digest;
    struct strview query_base; /* put before every Location; without a slash at its end */
    int64_t refund_window_ms;
    struct id_source ids;
    struct rate rate;
    struct trickle refusals; /* in the log */
};

struct asking {
    struct asking_means *means; /* outlive it */
    struct http_request *request;
    enum command_kind kind;
    const struct principal *principal; /* valid only while the head is judged */
    struct strview identity;           /* "<role>:<subject>", 0, key: whose key it is */
    struct rate_state rate;            /* of its principal, where there is a limit */
    struct submission submission;
};

void asking_count_refusal(const struct asking_means *means, enum door_refusal why);

/* One line of a command that is answered so. */
void asking_log_refusal(const struct asking *asking, int status, struct strview slug,
                        bool is_replayed);

bool asking_refuse(const struct asking *asking, int status, const char *slug, const char *detail);

/* 503: it may be taken in a moment. */
bool asking_refuse_busy(const struct asking *asking, enum door_refusal why, const char *slug,
                        const char *reason, const char *detail);

/* 429: it would be taken of others. */
bool asking_refuse_share(const struct asking *asking, const char *reason, const char *detail);

/* What its principal may still send, as the headers of draft-ietf-httpapi-ratelimit-headers. */
enum { ASKING_RATE_MAX = 64 };
struct asking_rate {
    char policy[ASKING_RATE_MAX]; /* RateLimit-Policy */
    char left[ASKING_RATE_MAX];   /* RateLimit */
};
void asking_say_rate(const struct asking *asking, struct asking_rate *said);

/* 429: its principal has sent too many. */
bool asking_refuse_rate(const struct asking *asking);
bool asking_refuse_unavailable(const struct asking *asking);

/* Memory ran out for it. */
bool asking_refuse_memory(const struct asking *asking);

/* 422 with the body's faults. */
bool asking_refuse_faults(const struct asking *asking, const struct command_faults *faults);

#endif
