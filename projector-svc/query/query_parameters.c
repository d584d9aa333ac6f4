/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters that several queries take. */
#include "common/base/parse.h"
#include "projector-svc/query/query.h"

bool query_limit(struct query *query, int64_t *ret_limit)
{
    const struct strview text = http_request_query(query->request, "limit");
    int64_t limit = QUERY_LIMIT_DEFAULT;
    if (text.data != NULL && (!parse_i64(text, &limit) || limit < 1 || limit > QUERY_LIMIT_MAX)) {
        query_refuse(query, 400, "malformed-request", "limit is a number from 1 to 200");
        return false;
    }
    *ret_limit = limit;
    return true;
}
