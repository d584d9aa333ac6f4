/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/view_filter.h"

#include "common/base/arena.h"
#include "common/contract/json.h"
#include "projector-svc/views/told_times.h"

enum { TREE_MAX = 16 << 20 }; /* bytes; the largest order's document is below half a MiB */

/* A member that is shown to who may read it; rows end with one without a name. */
struct shown {
    const char *name;
    enum readable readable;
    const struct shown *inside; /* NULL: all of it */
    const char *instead;        /* what others are shown; NULL: nothing */
};

static const struct shown CUSTOMER[] = {
    {"customer_id", READABLE_ORDER, NULL, NULL},
    {"name", READABLE_RECIPIENT, NULL, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown FRESHNESS[] = {
    {"source_version", READABLE_ORDER, NULL, NULL},
    {"last_event_id", READABLE_ORDER, NULL, NULL},
    {"last_event_type", READABLE_INTERNAL, NULL, NULL}, /* it may be one of theirs */
    {"projected_at", READABLE_ORDER, NULL, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown DISPUTE_CASE[] = {
    {"reason", READABLE_INTERNAL, NULL, NULL},
    {"opened_at", READABLE_ORDER, NULL, NULL},
    {"resolution", READABLE_INTERNAL, NULL, NULL},
    {"resolved_at", READABLE_ORDER, NULL, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown DETAILS[] = {
    {"order_id", READABLE_ORDER, NULL, NULL},
    {"status", READABLE_ORDER, NULL, NULL},
    {"payment_status", READABLE_ORDER, NULL, NULL},
    {"refund_state", READABLE_ORDER, NULL, NULL},
    {"dispute", READABLE_ORDER, NULL, NULL},
    {"risk_flags", READABLE_INTERNAL, NULL, NULL},
    {"customer", READABLE_ORDER, CUSTOMER, NULL},
    {"currency", READABLE_ORDER, NULL, NULL},
    {"total_minor", READABLE_ORDER, NULL, NULL},
    {"item_count", READABLE_ORDER, NULL, NULL},
    {"region", READABLE_ORDER, NULL, NULL},
    {"lines", READABLE_ORDER, NULL, NULL},
    {"shipping_address", READABLE_RECIPIENT, NULL, NULL},
    {"payment", READABLE_ORDER, NULL, NULL},
    {"shipment", READABLE_ORDER, NULL, NULL},
    {"refunds", READABLE_ORDER, NULL, NULL},
    {"refund_count", READABLE_ORDER, NULL, NULL},
    {"dispute_case", READABLE_ORDER, DISPUTE_CASE, NULL},
    {"notes", READABLE_INTERNAL, NULL, NULL},
    {"note_count", READABLE_INTERNAL, NULL, NULL},
    {"cancellation", READABLE_ORDER, NULL, NULL},
    {"return", READABLE_ORDER, NULL, NULL},
    {"placed_at", READABLE_ORDER, NULL, NULL},
    {"status_since", READABLE_ORDER, NULL, NULL},
    {"updated_at", READABLE_ORDER, NULL, NULL},
    {"freshness", READABLE_ORDER, FRESHNESS, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown STAFF[] = {
    {"role", READABLE_ORDER, NULL, NULL},
    {"subject", READABLE_STAFF, NULL, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown EVENT_OF_STAFF[] = {
    {"version", READABLE_ORDER, NULL, NULL},  {"type", READABLE_ORDER, NULL, NULL},
    {"at", READABLE_ORDER, NULL, NULL},       {"actor", READABLE_ORDER, STAFF, NULL},
    {"summary", READABLE_ORDER, NULL, NULL},  {"data", READABLE_ORDER, NULL, NULL},
    {"event_id", READABLE_ORDER, NULL, NULL}, {NULL, READABLE_COUNT, NULL, NULL},
};

/* What a customer did itself, its own subject included. */
static const struct shown EVENT_OF_CUSTOMER[] = {
    {"version", READABLE_ORDER, NULL, NULL},  {"type", READABLE_ORDER, NULL, NULL},
    {"at", READABLE_ORDER, NULL, NULL},       {"actor", READABLE_ORDER, NULL, NULL},
    {"summary", READABLE_ORDER, NULL, NULL},  {"data", READABLE_ORDER, NULL, NULL},
    {"event_id", READABLE_ORDER, NULL, NULL}, {NULL, READABLE_COUNT, NULL, NULL},
};

/* Everybody sees that there is a version, so that none seems to be missing. */
static const struct shown INTERNAL_EVENT[] = {
    {"version", READABLE_ORDER, NULL, NULL},
    {"type", READABLE_INTERNAL, NULL, "InternalEvent"},
    {"at", READABLE_ORDER, NULL, NULL},
    {"actor", READABLE_INTERNAL, NULL, NULL},
    {"summary", READABLE_INTERNAL, NULL, "Worked on by the staff"},
    {"data", READABLE_INTERNAL, NULL, NULL},
    {"event_id", READABLE_ORDER, NULL, NULL},
    {NULL, READABLE_COUNT, NULL, NULL},
};

static const struct shown DISPUTE_EVENT[] = {
    {"version", READABLE_ORDER, NULL, NULL},  {"type", READABLE_ORDER, NULL, NULL},
    {"at", READABLE_ORDER, NULL, NULL},       {"actor", READABLE_ORDER, STAFF, NULL},
    {"summary", READABLE_ORDER, NULL, NULL},  {"data", READABLE_INTERNAL, NULL, NULL},
    {"event_id", READABLE_ORDER, NULL, NULL}, {NULL, READABLE_COUNT, NULL, NULL},
};

/* Whose summary tells no more than their type does. */
static const struct {
    const char *type;
    const struct shown *shown;
} GUARDED[] = {
    {"NoteAdded", INTERNAL_EVENT},      {"RiskFlagged", INTERNAL_EVENT},
    {"RiskCleared", INTERNAL_EVENT},    {"DisputeOpened", DISPUTE_EVENT},
    {"DisputeResolved", DISPUTE_EVENT},
};

static const struct shown *find(const struct shown *list, struct strview name)
{
    while (list->name != NULL && !strview_is(name, list->name)) {
        list++;
    }
    return list->name == NULL ? NULL : list;
}

static void open_members(struct json_writer *writer, const struct json_value *object,
                         const struct shown *list, enum role role)
{
    json_open_object(writer);
    for (const struct json_value *member = object->first; member != NULL; member = member->next) {
        const struct shown *shown = find(list, member->name);
        if (shown == NULL || !readers_may_read(role, shown->readable)) {
            if (shown != NULL && shown->instead != NULL) {
                json_put_member_string(writer, shown->name, strview_of(shown->instead));
            }
            continue;
        }
        json_key_text(writer, member->name);
        if (shown->inside != NULL && member->type == JSON_OBJECT) {
            open_members(writer, member, shown->inside, role);
            json_close_object(writer);
        } else {
            json_put_value(writer, member);
        }
    }
}

typedef const struct shown *choose_fn(const struct json_value *document);

static const struct shown *choose_details(const struct json_value *document)
{
    (void)document;
    return DETAILS;
}

/* NULL: it is not guarded. */
static const struct shown *guarded(struct strview type)
{
    for (size_t i = 0; i < sizeof GUARDED / sizeof GUARDED[0]; i++) {
        if (strview_is(type, GUARDED[i].type)) {
            return GUARDED[i].shown;
        }
    }
    return NULL;
}

static const struct shown *choose_event(const struct json_value *document)
{
    const struct shown *list = guarded(json_text(document, "type"));
    if (list != NULL) {
        return list;
    }
    enum role actor = ROLE_COUNT;
    const struct strview name = json_text(json_member(document, "actor"), "role");
    return role_parse(name, &actor) && actor == ROLE_CUSTOMER ? EVENT_OF_CUSTOMER : EVENT_OF_STAFF;
}

static void open_told(struct json_writer *writer, struct strview json, enum role role,
                      choose_fn *choose)
{
    if (role == ROLE_AGENT) { /* agents read all there is */
        json_open_object_of(writer, json);
        return;
    }
    struct error ignored; /* we wrote it: damage is told without its words */
    const struct json_value *document = NULL;
    struct arena arena = ARENA(TREE_MAX);
    if (json_parse(json, &arena, &document, &ignored) == ERROR_NONE &&
        document->type == JSON_OBJECT) {
        open_members(writer, document, choose(document), role);
    } else {
        json_open_object_of(writer, STRVIEW("")); /* none, which spoils it */
    }
    arena_done(&arena);
}

static void open_shown(struct json_writer *writer, struct strview json, enum role role,
                       choose_fn *choose)
{
    struct strbuf told = STRBUF(TREE_MAX);
    const struct strview as_told = told_times(json, &told);
    open_told(writer, strbuf_ok(&told) ? as_told : STRVIEW(""), role, choose);
    strbuf_done(&told);
}

void view_filter_details(struct json_writer *writer, struct strview json, enum role role)
{
    open_shown(writer, json, role, choose_details);
}

void view_filter_timeline(struct json_writer *writer, struct strview json, enum role role)
{
    open_shown(writer, json, role, choose_event);
}

struct strview view_filter_type(struct strview type, enum role role)
{
    const struct shown *list = guarded(type);
    const struct shown *shown = list == NULL ? NULL : find(list, STRVIEW("type"));
    const bool is_told = shown == NULL || readers_may_read(role, shown->readable);
    return is_told ? type : strview_of(shown->instead);
}
