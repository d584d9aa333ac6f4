/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `relay-svc quarantine`: what waits for a person, and what a person decides.
 *
 * By the database, not by a running relay: with several of them the one that holds the shard
 * carries it out, and the list is there when none runs.
 */
#include "common/base/cleanup.h"
#include "common/base/id_form.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/skipped_event.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/operator.h"
#include "relay-svc/outbox/operator_sql.h"

#include <stdio.h>
#include <string.h>

enum {
    NAME_MAX = 128,
    PAYLOAD_MAX = 4096,
    FIRST_MAX = 512,
};

struct order {
    const struct service_call *call;
    const char *verb;
    char type[NAME_MAX]; /* of the aggregate */
    const char *id;
    const char *reason;
    bool as_json;
};

DEFINE_CLEANUP(struct pgsession *, pgsession_close)

/* --- in place of what ------------------------------------------------------------------ */

/* It has the time of the event it stands for, so that times do not go back behind it. rest is what
 * was asked of that event. */
static bool write_skip(const struct order *order, struct strview rest, struct strbuf *out)
{
    const struct strview version = strview_take(&rest, '\t');
    const struct strview type = strview_take(&rest, '\t');
    const struct strview subject = strview_of(operator_user());
    struct skipped_event event = {
        .envelope = {.aggregate_id = strview_of(order->id),
                     .actor = {.role = STRVIEW("operator"),
                               .subject = id_form_fits(subject) ? subject : STRVIEW("operator")},
                     .reason = strview_of(order->reason)},
        .aggregate_type = strview_of(order->type),
        .type = type,
    };
    return parse_i64(version, &event.envelope.version) &&
           parse_i64(strview_take(&rest, '\t'), &event.envelope.occurred_at_ms) &&
           time_has_text(event.envelope.occurred_at_ms) && /* what waits may be a row by hand */
           skipped_event_encode(&event, out);
}

/* --- asking ----------------------------------------------------------------------------- */

static int request(struct pgsession *session, const struct order *order)
{
    struct error err;
    struct strview rest;
    char first[FIRST_MAX];
    char who[OPERATOR_NAME_MAX];
    CLEANUP(strbuf_done) struct strbuf payload = STRBUF(PAYLOAD_MAX);
    if (pgsession_ask(session, OPERATOR_SQL_FIRST, (const char *const[]){order->type, order->id}, 2,
                      &rest, &err) != ERROR_NONE) {
        return service_fail(order->call, "%s", err.text);
    }
    if (rest.data == NULL) {
        return service_fail(order->call, "it is not in the quarantine");
    }
    (void)snprintf(first, sizeof first, "%.*s", STRVIEW_ARG(rest));
    rest = strview_of(first);
    const struct strview seq = strview_take(&rest, '\t');
    const bool is_skip = strcmp(order->verb, "skip") == 0;
    if (is_skip && (rest.len == 0 || rest.data[0] == '\t')) {
        return service_fail(order->call,
                            "its event is gone from the outbox, and too little is known "
                            "of it: retry says what to do");
    }
    if (is_skip && !write_skip(order, rest, &payload)) {
        return service_fail(order->call, "the reason cannot be written down");
    }
    first[seq.len] = '\0';
    operator_name(who);
    const char *const params[] = {
        order->verb, order->type,   order->id,
        first,       order->reason, is_skip ? strbuf_cstr(&payload) : NULL,
        who};
    if (pgsession_ask(session, OPERATOR_SQL_REQUEST, params, sizeof params / sizeof params[0],
                      &rest, &err) != ERROR_NONE) {
        return service_fail(order->call, "%s", err.text);
    }
    if (rest.data == NULL) {
        return service_fail(order->call, "it has changed; look at it again");
    }
    (void)snprintf(first, sizeof first, "%.*s", STRVIEW_ARG(rest));
    return operator_await(order->call, session, first);
}

static int print(struct pgsession *session, const struct order *order, const char *sql,
                 size_t param_count)
{
    struct error err;
    struct strview text;
    if (pgsession_ask(session, sql, (const char *const[]){order->type, order->id}, param_count,
                      &text, &err) != ERROR_NONE) {
        return service_fail(order->call, "%s", err.text);
    }
    if (text.data == NULL && param_count > 0) {
        return service_fail(order->call, "it is not in the quarantine");
    }
    (void)printf("%.*s\n", STRVIEW_ARG(text.data == NULL ? STRVIEW("nothing waits") : text));
    return SERVICE_OK;
}

/* --- the command line ---------------------------------------------------------------------- */

static int list(struct pgsession *session, const struct order *order)
{
    return print(session, order, order->as_json ? OPERATOR_SQL_LIST_JSON : OPERATOR_SQL_LIST, 0);
}

static int show(struct pgsession *session, const struct order *order)
{
    return print(session, order, order->as_json ? OPERATOR_SQL_SHOW_JSON : OPERATOR_SQL_SHOW, 2);
}

static const struct {
    const char *verb;
    bool has_aggregate;
    bool needs_reason;
    int (*run)(struct pgsession *session, const struct order *order);
} VERBS[] = {
    {"list", false, false, list},
    {"show", true, false, show},
    {"retry", true, false, request},
    {"skip", true, true, request},
};
enum { VERB_COUNT = sizeof VERBS / sizeof VERBS[0] };

static bool read_aggregate(const char *name, struct order *order)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL || slash == name || slash[1] == '\0' ||
        (size_t)(slash - name) >= sizeof order->type) {
        return false;
    }
    memcpy(order->type, name, (size_t)(slash - name));
    order->id = slash + 1;
    return true;
}

static bool read_options(const struct service_call *call, int from, struct order *order)
{
    for (int i = from; i < call->argc; i += 2) {
        if (i + 1 == call->argc) {
            return false;
        }
        if (strcmp(call->argv[i], "--reason") == 0 && operator_reason_fits(call->argv[i + 1])) {
            order->reason = call->argv[i + 1];
        } else if (service_is_json(call, i)) {
            order->as_json = true;
        } else {
            return false;
        }
    }
    return true;
}

int app_quarantine(const struct service_call *call)
{
    struct order order = {.call = call, .reason = ""};
    int code = SERVICE_FAILED;
    CLEANUP(cleanup_pgsession_close) struct pgsession *session = NULL;
    size_t verb = 0;
    while (call->argc > 1 && verb < VERB_COUNT && strcmp(call->argv[1], VERBS[verb].verb) != 0) {
        verb++;
    }
    if (call->argc < 2 || verb == VERB_COUNT ||
        (VERBS[verb].has_aggregate && (call->argc < 3 || !read_aggregate(call->argv[2], &order))) ||
        !read_options(call, VERBS[verb].has_aggregate ? 3 : 2, &order) ||
        (VERBS[verb].needs_reason && order.reason[0] == '\0')) {
        return service_misuse(call);
    }
    order.verb = VERBS[verb].verb;
    session = operator_open(call, &code);
    if (session == NULL) {
        return code;
    }
    return VERBS[verb].run(session, &order);
}
