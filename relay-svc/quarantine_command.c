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
#include "common/base/utf8.h"
#include "common/contract/skipped_event.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/outbox/operator_sql.h"
#include "relay-svc/settings.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME_MAX = 128,
    HOST_MAX = 256,
    PAYLOAD_MAX = 4096,
    REASON_CHARACTERS = 200,
    WAIT_S = 30,
    POLLS_PER_S = 10,
    FIRST_MAX = 512,
};

struct order {
    const char *verb;
    char type[NAME_MAX]; /* of the aggregate */
    const char *id;
    const char *reason;
    bool as_json;
};

DEFINE_CLEANUP(struct pgsession *, pgsession_close)

static int fail(const char *verb, const char *text)
{
    (void)fprintf(stderr, "relay-svc quarantine %s: %s\n", verb, text);
    return SERVICE_FAILED;
}

static int misuse(void)
{
    (void)fprintf(stderr, "usage: relay-svc quarantine " QUARANTINE_ARGUMENTS "\n");
    return SERVICE_MISUSED;
}

/* --- who, and in place of what --------------------------------------------------------- */

static const char *user_name(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user == NULL ? "operator" : user->pw_name;
}

static void name_operator(char out[static NAME_MAX + HOST_MAX])
{
    char host[HOST_MAX] = "localhost";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(out, NAME_MAX + HOST_MAX, "%.100s@%s", user_name(), host);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool write_skip(const struct order *order, struct strview version, struct strview type,
                       struct strbuf *out)
{
    const struct strview subject = strview_of(user_name());
    struct skipped_event event = {
        .envelope = {.aggregate_id = strview_of(order->id),
                     .occurred_at_ms = now_ms(),
                     .actor = {.role = STRVIEW("operator"),
                               .subject = id_form_fits(subject) ? subject : STRVIEW("operator")},
                     .reason = strview_of(order->reason)},
        .aggregate_type = strview_of(order->type),
        .type = type,
    };
    return parse_i64(version, &event.envelope.version) && skipped_event_encode(&event, out);
}

/* --- asking ----------------------------------------------------------------------------- */

static struct strview take_field(struct strview *rest)
{
    const char *tab = memchr(rest->data, '\t', rest->len);
    const size_t len = tab == NULL ? rest->len : (size_t)(tab - rest->data);
    const struct strview field = {rest->data, len};
    const size_t skip = tab == NULL ? len : len + 1;
    *rest = (struct strview){rest->data + skip, rest->len - skip};
    return field;
}

/* Prints the outcome as soon as the relay that holds the shard has one. */
static int await(struct pgsession *session, const struct order *order, const char *request)
{
    struct error err;
    for (int i = 0; i < WAIT_S * POLLS_PER_S; i++) {
        struct strview outcome;
        if (pgsession_ask(session, OPERATOR_SQL_OUTCOME, &request, 1, &outcome, &err) !=
            ERROR_NONE) {
            return fail(order->verb, err.text);
        }
        if (outcome.data != NULL) {
            (void)printf("%.*s\n", STRVIEW_ARG(outcome));
            return outcome.len >= 4 && memcmp(outcome.data, "done", 4) == 0 ? SERVICE_OK
                                                                            : SERVICE_FAILED;
        }
        (void)usleep(1000000 / POLLS_PER_S);
    }
    (void)printf("request %s is written down; no relay has carried it out yet: see `relay-svc "
                 "status`\n",
                 request);
    return SERVICE_FAILED;
}

static int request(struct pgsession *session, const struct order *order)
{
    struct error err;
    struct strview rest;
    char first[FIRST_MAX];
    char who[NAME_MAX + HOST_MAX];
    CLEANUP(strbuf_done) struct strbuf payload;
    strbuf_init(&payload, PAYLOAD_MAX);
    if (pgsession_ask(session, OPERATOR_SQL_FIRST, (const char *const[]){order->type, order->id}, 2,
                      &rest, &err) != ERROR_NONE) {
        return fail(order->verb, err.text);
    }
    if (rest.data == NULL) {
        return fail(order->verb, "it is not in the quarantine");
    }
    (void)snprintf(first, sizeof first, "%.*s", STRVIEW_ARG(rest));
    rest = strview_of(first);
    const struct strview seq = take_field(&rest);
    const struct strview version = take_field(&rest);
    const bool is_skip = strcmp(order->verb, "skip") == 0;
    if (is_skip && !write_skip(order, version, take_field(&rest), &payload)) {
        return fail(order->verb, "the reason cannot be written down");
    }
    first[seq.len] = '\0';
    name_operator(who);
    const char *const params[] = {
        order->verb, order->type,   order->id,
        first,       order->reason, is_skip ? strbuf_cstr(&payload) : NULL,
        who};
    if (pgsession_ask(session, OPERATOR_SQL_REQUEST, params, sizeof params / sizeof params[0],
                      &rest, &err) != ERROR_NONE) {
        return fail(order->verb, err.text);
    }
    if (rest.data == NULL) {
        return fail(order->verb, "it has changed; look at it again");
    }
    (void)snprintf(first, sizeof first, "%.*s", STRVIEW_ARG(rest));
    return await(session, order, first);
}

static int print(struct pgsession *session, const struct order *order, const char *sql,
                 size_t param_count)
{
    struct error err;
    struct strview text;
    if (pgsession_ask(session, sql, (const char *const[]){order->type, order->id}, param_count,
                      &text, &err) != ERROR_NONE) {
        return fail(order->verb, err.text);
    }
    if (text.data == NULL && param_count > 0) {
        return fail(order->verb, "it is not in the quarantine");
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

/* As a reason stands in the contract. */
static bool is_reason(const char *text)
{
    const struct strview reason = strview_of(text);
    size_t characters = 0;
    for (size_t i = 0; i < reason.len; i++) {
        const unsigned char byte = (unsigned char)reason.data[i];
        if (byte < ' ' || byte == 0x7f) {
            return false;
        }
        characters += (byte & 0xc0) != 0x80 ? 1 : 0;
    }
    return characters > 0 && characters <= REASON_CHARACTERS && utf8_is_valid(reason);
}

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
        if (strcmp(call->argv[i], "--reason") == 0 && is_reason(call->argv[i + 1])) {
            order->reason = call->argv[i + 1];
        } else if (strcmp(call->argv[i], "-o") == 0 && strcmp(call->argv[i + 1], "json") == 0) {
            order->as_json = true;
        } else {
            return false;
        }
    }
    return true;
}

int app_quarantine(const struct service_call *call)
{
    const struct relay_settings *settings = call->values;
    struct order order = {.reason = ""};
    struct error err;
    CLEANUP(cleanup_pgsession_close) struct pgsession *session = NULL;
    size_t verb = 0;
    while (call->argc > 1 && verb < VERB_COUNT && strcmp(call->argv[1], VERBS[verb].verb) != 0) {
        verb++;
    }
    if (call->argc < 2 || verb == VERB_COUNT ||
        (VERBS[verb].has_aggregate && (call->argc < 3 || !read_aggregate(call->argv[2], &order))) ||
        !read_options(call, VERBS[verb].has_aggregate ? 3 : 2, &order) ||
        (VERBS[verb].needs_reason && order.reason[0] == '\0')) {
        return misuse();
    }
    order.verb = VERBS[verb].verb;
    if (settings->database_url == NULL) {
        (void)fprintf(stderr, "relay-svc quarantine: DATABASE_URL is not set\n");
        return SERVICE_MISUSED;
    }
    if (pgsession_open(settings->database_url, "relay-svc quarantine", &session, &err) !=
        ERROR_NONE) {
        return fail(order.verb, err.text);
    }
    return VERBS[verb].run(session, &order);
}
