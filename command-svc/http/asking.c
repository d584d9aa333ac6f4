/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/asking.h"

#include "command-svc/http/refusal_log.h"
#include "common/base/parse.h"
#include "common/contract/json.h"
#include "common/io/http/exchange.h"
#include "common/io/http/server.h"
#include "common/run/metrics.h"

#include <inttypes.h>
#include <stdio.h>

enum { DETAIL_MAX = 256 };

void asking_count_refusal(const struct asking_means *means, enum door_refusal why)
{
    if (means->metrics != NULL) {
        metrics_add(means->metrics, METRIC_COMMANDS_REFUSED, why, 1);
    }
}

void asking_log_refusal(const struct asking *asking, int status, struct strview slug,
                        bool is_replayed)
{
    refusal_log(&asking->means->refusals, &(struct refusal){.command = &asking->submission.command,
                                                            .kind = asking->kind,
                                                            .status = status,
                                                            .slug = slug,
                                                            .is_replayed = is_replayed});
}

/* Whose command was counted is told what is left, whatever becomes of it. */
static bool refuse_with(const struct asking *asking, enum door_refusal why,
                        const struct http_problem *problem)
{
    struct asking_rate said;
    const struct http_header headers[] = {
        {"RateLimit-Policy", said.policy}, {"RateLimit", said.left}, {NULL, NULL}};
    struct http_problem told = *problem;
    asking_count_refusal(asking->means, why);
    asking_log_refusal(asking, problem->status, strview_of(problem->slug), false);
    if (asking->rate.is_allowed) {
        asking_say_rate(asking, &said);
        told.headers = headers;
    }
    http_problem(asking->request, &told);
    return false;
}

bool asking_refuse(const struct asking *asking, int status, const char *slug, const char *detail)
{
    return refuse_with(asking, DOOR_INVALID,
                       &(struct http_problem){.status = status, .slug = slug, .detail = detail});
}

bool asking_refuse_busy(const struct asking *asking, enum door_refusal why, const char *slug,
                        const char *reason, const char *detail)
{
    return refuse_with(asking, why,
                       &(struct http_problem){.status = 503,
                                              .slug = slug,
                                              .detail = detail,
                                              .put_members = http_problem_put_reason,
                                              .members_user = reason});
}

bool asking_refuse_share(const struct asking *asking, const char *reason, const char *detail)
{
    return refuse_with(asking, DOOR_OVER_SHARE,
                       &(struct http_problem){.status = 429,
                                              .slug = "rate-limited",
                                              .detail = detail,
                                              .put_members = http_problem_put_reason,
                                              .members_user = reason});
}

void asking_say_rate(const struct asking *asking, struct asking_rate *said)
{
    const struct rate *rate = &asking->means->rate;
    (void)snprintf(said->policy, sizeof said->policy, "\"commands\";q=%" PRId64 ";w=%" PRId64,
                   rate->quota, rate_window_s(rate));
    (void)snprintf(said->left, sizeof said->left, "\"commands\";r=%" PRId64 ";t=%" PRId64,
                   asking->rate.remaining, asking->rate.reset_s);
}

bool asking_refuse_rate(const struct asking *asking)
{
    struct asking_rate said;
    asking_say_rate(asking, &said);
    const struct http_header headers[] = {{"RateLimit-Policy", said.policy},
                                          {"RateLimit", said.left},
                                          {"Retry-After", NUMBER_TEXT(asking->rate.reset_s)},
                                          {NULL, NULL}};
    return refuse_with(asking, DOOR_RATE_LIMITED,
                       &(struct http_problem){.status = 429,
                                              .slug = "rate-limited",
                                              .detail = "this token has sent as many commands "
                                                        "as it may: wait as Retry-After says",
                                              .put_members = http_problem_put_reason,
                                              .members_user = "quota",
                                              .headers = headers});
}

/* Too much for one request stays too much; what all of them hold will be less in a moment. */
bool asking_refuse_memory(const struct asking *asking)
{
    if (http_request_is_crowded(asking->request)) {
        return asking_refuse_busy(asking, DOOR_OVERLOADED, "overloaded", "memory",
                                  "too many requests are waiting: try again with the same "
                                  "Idempotency-Key");
    }
    return asking_refuse(asking, 413, "too-large",
                         "the request needs more memory than one may have");
}

static void put_errors(struct json_writer *writer, const void *user)
{
    const struct command_faults *faults = user;
    json_open_member_array(writer, "errors");
    for (const struct command_fault *fault = faults->first; fault != NULL; fault = fault->next) {
        json_open_object(writer);
        json_put_member_string(writer, "pointer", strview_of(fault->pointer));
        json_put_member_string(writer, "detail", strview_of(fault->detail));
        json_close_object(writer);
    }
    json_close_array(writer);
}

bool asking_refuse_faults(const struct asking *asking, const struct command_faults *faults)
{
    char detail[DETAIL_MAX];
    (void)snprintf(detail, sizeof detail, "the body has %zu fault%s, listed in errors%s",
                   faults->count, faults->count == 1 ? "" : "s",
                   faults->count > COMMAND_FAULTS_MAX ? " as far as there is room" : "");
    return refuse_with(asking, DOOR_INVALID,
                       &(struct http_problem){.status = 422,
                                              .slug = "invalid-command",
                                              .detail = detail,
                                              .put_members = put_errors,
                                              .members_user = faults});
}

bool asking_refuse_unavailable(const struct asking *asking)
{
    return asking_refuse_busy(asking, DOOR_UNAVAILABLE, "dependency-unavailable", "postgresql",
                              "the database has not been reached yet: try again with the same "
                              "Idempotency-Key");
}
