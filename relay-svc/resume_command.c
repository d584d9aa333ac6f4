/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc resume`: a person's decision about a shard that stands. */
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/base/uuid7.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/operator.h"
#include "relay-svc/outbox/operator_sql.h"

#include <stdio.h>
#include <string.h>

enum { REQUESTS_MAX = 1 << 16 };

struct wish {
    const char *shard; /* or "all" */
    const char *record;
    const char *seq;
    bool is_refill;
    const char *reason;
    const char *topic; /* NULL: whichever it stands for */
};

DEFINE_CLEANUP(struct pgsession *, pgsession_close)

static bool read_arguments(const struct service_call *call, struct wish *wish)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--shard", &wish->shard},
                   {"--after-record", &wish->record},
                   {"--past-seq", &wish->seq},
                   {"--reason", &wish->reason},
                   {"--topic", &wish->topic}};
    enum { OPTION_COUNT = sizeof options / sizeof options[0] };
    for (int i = 1; i < call->argc; i++) {
        size_t option = 0;
        if (strcmp(call->argv[i], "--refill") == 0) {
            wish->is_refill = true;
            continue;
        }
        while (option < OPTION_COUNT && strcmp(call->argv[i], options[option].name) != 0) {
            option++;
        }
        if (option == OPTION_COUNT || ++i == call->argc) {
            return false;
        }
        *options[option].value = call->argv[i];
    }
    const int kinds =
        (wish->is_refill ? 1 : 0) + (wish->record != NULL ? 1 : 0) + (wish->seq != NULL ? 1 : 0);
    return wish->shard != NULL && wish->reason != NULL && kinds == 1;
}

static bool goes_together(const struct wish *wish)
{
    int64_t shard;
    int64_t seq;
    struct uuid record;
    const bool is_shard =
        strcmp(wish->shard, "all") == 0 ||
        (parse_i64(strview_of(wish->shard), &shard) && shard >= 0 && shard < 32768);
    return is_shard && operator_reason_fits(wish->reason) &&
           (wish->record == NULL || uuid_parse(strview_of(wish->record), &record)) &&
           (wish->seq == NULL ||
            (wish->topic == NULL && parse_i64(strview_of(wish->seq), &seq) && seq > 0));
}

int app_resume(const struct service_call *call)
{
    struct wish wish = {.shard = NULL};
    int code = SERVICE_FAILED;
    struct error err;
    struct strview ids;
    char who[OPERATOR_NAME_MAX];
    CLEANUP(cleanup_pgsession_close) struct pgsession *session = NULL;
    CLEANUP(strbuf_done) struct strbuf requests = STRBUF(REQUESTS_MAX);
    if (!read_arguments(call, &wish) || !goes_together(&wish)) {
        return service_misuse(call);
    }
    session = operator_open(call, &code);
    if (session == NULL) {
        return code;
    }
    operator_name(who);
    const char *const params[] = {wish.is_refill ? "refill" : "after-record",
                                  wish.shard,
                                  wish.record,
                                  wish.reason,
                                  who,
                                  wish.topic,
                                  wish.seq};
    if (pgsession_ask(session, OPERATOR_SQL_RESUME, params, sizeof params / sizeof params[0], &ids,
                      &err) != ERROR_NONE) {
        return service_fail(call, "%s", err.text);
    }
    if (ids.data == NULL) {
        return service_fail(call, wish.seq == NULL ? "there is no such shard"
                                                   : "there is no such shard, or the outbox has "
                                                     "not given out that seq yet; look at the "
                                                     "message again");
    }
    strbuf_append(&requests, ids);
    return operator_await(call, session, strbuf_cstr(&requests));
}
