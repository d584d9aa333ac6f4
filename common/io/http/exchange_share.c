/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds how much of what all requests may hold, and who is refused where that gets scarce. */
#include "common/io/http/exchange_internal.h"

#include <assert.h>

static bool refuse(struct http_request *request, int status, const char *slug, const char *detail)
{
    request->server->stats.refused++;
    http_problem(request, &(struct http_problem){.status = status,
                                                 .slug = slug,
                                                 .detail = detail,
                                                 .put_members = http_problem_put_reason,
                                                 .members_user = "memory"});
    return false;
}

bool http_exchange_refuse_crowd(struct http_request *request)
{
    return refuse(request, 503, "overloaded", HTTP_CROWDED);
}

static bool refuse_share(struct http_request *request)
{
    return request->server->parties.count < 2
               ? http_exchange_refuse_crowd(request)
               : refuse(request, 429, "rate-limited",
                        "others need memory, too, and most of it is yours");
}

bool http_exchange_is_within_share(struct http_request *request)
{
    const struct http_server *server = request->server;
    return request->share == NULL ||
           http_budget_is_open(&server->budget, &server->parties, request->share->who) ||
           refuse_share(request);
}

bool http_request_charge(struct http_request *request, uint64_t who)
{
    assert(request->share == NULL && request->state == EXCHANGE_READING);
    request->share = shares_enter(&request->server->parties, who);
    request->share->amount += request->held + request->body_cap + request->arena.used;
    request->arena.tally = &request->share->amount;
    return http_exchange_is_within_share(request);
}

void http_exchange_leave_share(struct http_request *request)
{
    struct share *share = request->share;
    if (share != NULL) {
        share->amount -= request->held + request->body_cap;
        request->share = NULL;
        request->arena.tally = NULL;
        shares_leave(&request->server->parties, share);
    }
}
