/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/refusal_log.h"

#include "common/base/id_form.h"
#include "common/io/loop.h"

#include <assert.h>

struct strview refusal_slug_of(struct strview body)
{
    static const char SCHEME[] = "urn:problem:";
    enum { BEFORE = 9 }; /* the member type comes first, and this is its name */
    struct strview rest = strview_skip(body, body.len < BEFORE ? body.len : BEFORE);
    if (!strview_begins(rest, SCHEME)) {
        return STRVIEW("");
    }
    rest = strview_skip(rest, strlen(SCHEME));
    return strview_take(&rest, '"');
}

static void add(struct log_field *fields, size_t *count, struct log_field field)
{
    fields[(*count)++] = field;
}

/* Only what has the form of an id, or was made here: what a client calls one may be its name. */
static void add_id(struct log_field *fields, size_t *count, const char *key, struct strview id)
{
    if (id_form_fits(id)) {
        add(fields, count, LOG_VIEW(key, id));
    }
}

void refusal_fields(const struct refusal *refusal, struct log_field ret[static REFUSAL_FIELDS_MAX])
{
    const struct command *command = refusal->command;
    size_t count = 0;
    add(ret, &count, LOG_STR("command", command_name(refusal->kind)));
    add(ret, &count, LOG_INT("status", refusal->status));
    add(ret, &count, LOG_VIEW("reason", refusal->slug));
    add_id(ret, &count, "aggregate_id", command->aggregate_id);
    add_id(ret, &count, "command_id", strview_of(command->command_id.text));
    add_id(ret, &count, "role", command->actor.role);
    add_id(ret, &count, "subject", command->actor.subject);
    if (command->traceparent.len > 0) {
        add(ret, &count, LOG_VIEW("traceparent", command->traceparent));
    }
    if (refusal->is_replayed) {
        add(ret, &count, LOG_BOOL("replayed", true));
    }
    if (refusal->held > 0) {
        add(ret, &count, LOG_INT("left_out", refusal->held));
    }
    assert(count < REFUSAL_FIELDS_MAX);
    ret[count] = LOG_END;
}

void refusal_log(struct trickle *trickle, const struct refusal *refusal)
{
    struct log_field fields[REFUSAL_FIELDS_MAX];
    struct refusal told = *refusal;
    if (trickle_passes(trickle, loop_now_ms(), &told.held)) {
        refusal_fields(&told, fields);
        log_write(LOG_INFO, "command_refused", fields);
    }
}
